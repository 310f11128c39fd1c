import { ChatError } from "./chat-error.ts";
import { StoreUnavailable } from "./ports.ts";

/** The store's failure as the code that a call answers then: 8 for what is queued, else 14. */
export async function unlessDown<T>(code: 8 | 14, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new ChatError(code);
    throw error;
  }
}
