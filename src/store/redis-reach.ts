/** Every call on Redis ends in time, and whatever fails is StoreUnavailable. */
import { StoreUnavailable } from "../chat/ports.ts";

/** A call of several commands as a whole; as far below the 2 s that the API promises as its own work may take on a busy machine. */
const CALL_MS = 1_700;

/** The outcome of `work`; StoreUnavailable when it fails (Redis gone, full, loading, read-only) or takes too long. */
export async function reach<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailable(`Redis gave no answer within ${CALL_MS} ms`)), CALL_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw error instanceof StoreUnavailable ? error : new StoreUnavailable(`Redis: ${messageOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
