/** The bytes that a framer was given, cut where it cuts them: framers drop line ends, and bodies that nobody reads. */
import { ByteQueue } from "./bytes.ts";
import type { Framer } from "./framing.ts";

/** Kept while nobody has logged in: a login is shorter. */
const GREETING_BYTES = 4 * 1024;

export class RawCut {
  readonly #framer: Framer;
  readonly #queue = new ByteQueue();
  #maxBytes: number;
  /** Bytes at the head of the stream that were more than is kept. */
  #lost = 0;

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

  /** What the framer has used up since it gave the last unit, as a view until the next `push`; null: more than was kept. */
  take(): Buffer | null {
    const used = this.#lost + this.#queue.length - this.#framer.buffered;
    const lost = Math.min(used, this.#lost);
    this.#lost -= lost;
    const bytes = this.#queue.take(used - lost);
    return lost === 0 ? bytes : null;
  }

  /** The framer has no further unit for now. */
  rest(): void {
    if (this.#queue.length > this.#maxBytes) this.#lost += this.#queue.take(this.#queue.length).length;
    this.#queue.detach();
  }
}
