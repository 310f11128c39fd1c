/**
 * Shares the event loop between thousands of lines: what they say at once is dealt with for some milliseconds of each turn, and the
 * rest waits for the next, so that timers, requests and Redis's replies are not late by all of it.
 */

/** Of one turn, for what lines say. */
const SHARE_MS = 4;
/** What waits at most, of all lines; beyond it nothing is put off. */
export const WAITING_BYTES = 4 * 1024 * 1024;

export interface Latecomer {
  /** Deals with what it put off, as far as it has not done so by itself. */
  catchUp(): void;
}

export class Turns {
  readonly #now: () => number;
  readonly #next: () => void;
  #waiting: Latecomer[] = [];
  #bytes = 0;
  /** When lines have had their share of this turn, which is before anybody is put off; null: none has said anything in it. */
  #endsAt: number | null = null;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#next = () => this.#serve();
  }

  /** Too much waits already. */
  get full(): boolean {
    return this.#bytes >= WAITING_BYTES;
  }

  /** What a line says now need not wait. */
  get open(): boolean {
    if (this.full) return true;
    if (this.#endsAt !== null) return this.#now() < this.#endsAt;
    this.#begin();
    return true;
  }

  /** First come, first served. */
  putOff(who: Latecomer, bytes: number): void {
    this.#waiting.push(who);
    this.#bytes += bytes;
  }

  /** So many bytes wait no longer. */
  caughtUp(bytes: number): void {
    this.#bytes -= bytes;
  }

  #begin(): void {
    this.#endsAt = this.#now() + SHARE_MS;
    setImmediate(this.#next);
  }

  /** Everybody who can be heard in this turn was: those who were put off have a share of their own. */
  #serve(): void {
    this.#endsAt = null;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#begin();
    let served = 0;
    while (served < waiting.length && (served === 0 || this.#now() < (this.#endsAt ?? 0))) waiting[served++]?.catchUp();
    this.#waiting = waiting.slice(served);
  }
}
