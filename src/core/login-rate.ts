/** How fast the units of one line may log in: each login is a write to the store. */

const PER_SECOND = 50;
/** As many may come at once. */
const BURST = 100;

export class LoginRate {
  #tokens = BURST;
  #at: number | null = null;

  /** One more login; false: too many. */
  take(now: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + ((now - (this.#at ?? now)) * PER_SECOND) / 1_000);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
