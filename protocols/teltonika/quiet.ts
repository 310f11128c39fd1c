/** The silence after a login or a record, before anything of ours goes out that the device did not ask for. */

/** A device that sends record after record is interrupted, right behind a count, after this long. */
const MAX_HELD_MS = 30_000;

export class Quiet {
  /** Begun, but `tick` has not said when. */
  #fresh = false;
  #until: number | null = null;
  #heldSince: number | null = null;

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
      this.#heldSince ??= now;
      this.#until = Math.min(now + quietMs, this.#heldSince + MAX_HELD_MS);
    }
    if (this.#until !== null && now >= this.#until) {
      this.#until = null;
      this.#heldSince = null;
    }
    return this.#until;
  }
}
