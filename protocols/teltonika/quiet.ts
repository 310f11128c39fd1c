/** The silence after a login or a record, before anything of ours goes out that the device did not ask for. */

/** A device that sends record after record is interrupted, right behind each count, after this long. */
const MAX_HELD_MS = 30_000;

export class Quiet {
  /** Begun, but `tick` has not said when. */
  #fresh = false;
  #last: number | null = null;
  /** When the first record of an unbroken row came. */
  #rowSince = 0;
  #until: number | null = null;

  get over(): boolean {
    return !this.#fresh && this.#until === null;
  }

  /** A login or a record packet was answered. */
  begin(): void {
    this.#fresh = true;
  }

  /** When the silence ends; null: it is over. */
  tick(now: number, quietMs: number): number | null {
    if (this.#fresh) {
      this.#fresh = false;
      if (this.#last === null || now - this.#last >= quietMs) this.#rowSince = now;
      this.#last = now;
      this.#until = Math.min(now + quietMs, this.#rowSince + MAX_HELD_MS);
    }
    if (this.#until !== null && now >= this.#until) this.#until = null;
    return this.#until;
  }
}
