/** Hints for one node, together: those that come while others are being handed over make up the next job. */
import { setTimeout as pause } from "node:timers/promises";
import type { Hint } from "./mail.ts";

/** Hints of one job. */
const MOST = 1_000;

export class HintBag {
  readonly #send: (hints: readonly Hint[]) => Promise<void>;
  readonly #gatherMs: number;
  #waiting = new Map<string, Hint>();
  /** Of those that wait; null: none does. */
  #next: Promise<void> | null = null;
  #last: Promise<void> = Promise.resolve();

  /** `gatherMs`: how long the first hint of a job waits for others; 0: no longer than for the job before. */
  constructor(send: (hints: readonly Hint[]) => Promise<void>, gatherMs = 0) {
    this.#send = send;
    this.#gatherMs = gatherMs;
  }

  /** Resolves when it is handed over; rejects as `send` does. Of one line's texts the newest stands for all. */
  add(hint: Hint): Promise<void> {
    // A takeover or a withdrawal must not be swallowed by the news of a text.
    const key = `${hint.t} ${hint.e} ${hint.w ?? 0}`;
    this.#waiting.set(key, newer(this.#waiting.get(key), hint));
    this.#next ??= this.#carry();
    return this.#next;
  }

  async #carry(): Promise<void> {
    await this.#last;
    if (this.#gatherMs > 0) await pause(this.#gatherMs, undefined, { ref: false });
    const hints = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#next = null;
    const sending = this.#sendAll(hints);
    this.#last = sending.catch(() => undefined);
    await sending;
  }

  async #sendAll(hints: readonly Hint[]): Promise<void> {
    for (let at = 0; at < hints.length; at += MOST) await this.#send(hints.slice(at, at + MOST));
  }
}

/** A hint that names no text means any. */
function newer(one: Hint | undefined, other: Hint): Hint {
  if (one === undefined) return other;
  return one.m === undefined || (other.m !== undefined && one.m > other.m) ? one : other;
}
