/** How much nonsense a line may send before it is closed. */
import type { Effect } from "./session-io.ts";

/** Bytes outside of frames that a line may send in its life. */
const NOISE_BYTES = 64 * 1024;

export class Strikes {
  readonly #limit: number;
  #count = 0;
  #noiseBytes = 0;
  /** The last unit was noise: one stretch of noise is one strike, however it was cut. */
  #noisy = false;

  /** `limit`: malformed units in a row that close the line. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A frame as the protocol says. */
  forget(): void {
    this.#count = 0;
    this.#noisy = false;
  }

  /** A frame that is not. */
  bad(out: Effect[]): void {
    this.#noisy = false;
    this.#strike(out);
  }

  noise(bytes: number, out: Effect[]): void {
    this.#noiseBytes += bytes;
    if (this.#noiseBytes > NOISE_BYTES) out.push({ type: "close", reason: "broken-stream" });
    else if (!this.#noisy) this.#strike(out);
    this.#noisy = true;
  }

  #strike(out: Effect[]): void {
    this.#count += 1;
    if (this.#count >= this.#limit) out.push({ type: "close", reason: "too-many-bad-frames" });
  }
}
