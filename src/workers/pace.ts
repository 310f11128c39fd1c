/** How long a worker that died stays away: longer each time, until one has lived for a while. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Whoever lived for this long died of something new. */
const HEALTHY_MS = 60_000;

export class Pace {
  #nextMs = FIRST_MS;

  /** Milliseconds to wait, after a worker that lived for `livedMs`. */
  after(livedMs: number): number {
    if (livedMs >= HEALTHY_MS) this.#nextMs = FIRST_MS;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(LONGEST_MS, waitMs * 2);
    return waitMs;
  }
}
