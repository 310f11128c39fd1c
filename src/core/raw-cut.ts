/** The bytes that a framer was given, cut where it cuts them: framers drop line ends, and bodies that nobody reads. */
import { ByteQueue } from "./bytes.ts";
import type { Framer } from "./framing.ts";

/** Kept while nobody has logged in: a login is shorter. */
const GREETING_BYTES = 4 * 1024;

export class RawCut {
  readonly #framer: Framer;
  readonly #queue = new ByteQueue();
  #maxBytes: number;
  /** Of the unit in hand, bytes that were more than is kept. */
  #dropped = 0;

  constructor(framer: Framer, maxBytes = GREETING_BYTES) {
    this.#framer = framer;
    this.#maxBytes = maxBytes;
  }

  /** Longer units come from now on. */
  widen(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** What the framer is given as well. */
  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  /** What the framer has used up since it gave the last unit, as a view until the next `push`; null: more than is kept. */
  take(): Buffer | null {
    const bytes = this.#queue.take(this.#queue.length - this.#framer.buffered);
    const whole = this.#dropped === 0;
    this.#dropped = 0;
    return whole ? bytes : null;
  }

  /** The framer has no further unit for now. */
  rest(): void {
    const used = this.#queue.length - this.#framer.buffered;
    if (used > this.#maxBytes || this.#dropped > 0) this.#dropped += this.#queue.take(used).length;
    this.#queue.detach();
  }
}
