/** Every call on Redis ends in time, and whatever fails is StoreUnavailable. */
import { StoreUnavailable } from "../chat/ports.ts";

/** A call of several commands as a whole; as far below the 2 s that the API promises as its own work may take on a busy machine. */
const CALL_MS = 1_700;

/** The outcome of `work`; StoreUnavailable when it fails (Redis gone, full, loading, read-only) or takes too long. */
export function reach<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StoreUnavailable(`Redis gave no answer within ${CALL_MS} ms`)), CALL_MS);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof StoreUnavailable ? error : new StoreUnavailable(`Redis: ${messageOf(error)}`, { cause: error }));
      },
    );
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
