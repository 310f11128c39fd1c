/**
 * What a missing receipt means for the line. A device that never acknowledged anything is never closed for it; another
 * at most after 0, 1, 5, 15, then every 60 minutes, counted over its lines until its next receipt.
 */
import type { Standing } from "./session-io.ts";

const MINUTE = 60_000;
const WAITS: readonly number[] = [0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];
const LONGEST = 60 * MINUTE;

export class ClosePolicy {
  #proven: boolean;
  #allowedAt: number;

  constructor(standing: Standing, now: number) {
    this.#proven = standing.proven;
    const wait = WAITS[standing.closings] ?? LONGEST;
    this.#allowedAt = standing.sinceClosingMs === null ? now : now - standing.sinceClosingMs + wait;
  }

  /** The device has acknowledged a text at least once in its life. */
  get proven(): boolean {
    return this.#proven;
  }

  /** The earliest time at which this line may be closed (monotonic ms). */
  get allowedAt(): number {
    return this.#allowedAt;
  }

  mayClose(now: number): boolean {
    return this.#proven && now >= this.#allowedAt;
  }

  receiptCame(): void {
    this.#proven = true;
    this.#allowedAt = Number.NEGATIVE_INFINITY;
  }
}
