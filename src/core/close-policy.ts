/**
 * What a missing receipt means for the line. A device that never acknowledged anything is never closed for it; another
 * at most after 0, 1, 5, 15, then every 60 minutes, counted over its lines until its next receipt.
 */
import { type Flight, nextPart, silentSince } from "./flight.ts";
import type { Standing } from "./session-io.ts";

const MINUTE = 60_000;
const WAITS: readonly number[] = [0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];
const LONGEST = 60 * MINUTE;

export class ClosePolicy {
  /** Without tags: the text whose receipt is overdue; nothing else is written meanwhile. */
  #muted: Flight | null = null;
  #closeAt: number | null = null;
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

  /** When `closesNow` may have another answer. */
  get deadline(): number | null {
    return this.#closeAt;
  }

  get muted(): Flight | null {
    return this.#muted;
  }

  mute(flight: Flight): void {
    this.#muted = flight;
  }

  unmute(flight: Flight): void {
    if (this.#muted !== flight) return;
    this.#muted = null;
    this.#closeAt = null;
  }

  /** A muted line is closed only where that helps: not a byte came since the write, or something waits, be it the text's own next part. */
  closesNow(now: number, bytesReceived: number, waiting: number): boolean {
    this.#closeAt = null;
    if (this.#muted === null || !this.#proven) return false;
    if (!silentSince(this.#muted, bytesReceived) && waiting === 0 && nextPart(this.#muted) === null) return false;
    if (!this.mayClose(now)) this.#closeAt = this.#allowedAt;
    return this.mayClose(now);
  }

  mayClose(now: number): boolean {
    return this.#proven && now >= this.#allowedAt;
  }

  receiptCame(): void {
    this.#proven = true;
    this.#allowedAt = Number.NEGATIVE_INFINITY;
  }
}
