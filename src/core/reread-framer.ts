/** A framer that hands a frame over once more, for protocols without a login: a line's first frame names the device and says something, too. */
import type { Framed, Framer } from "./framing.ts";

export class RereadFramer implements Framer {
  readonly #framer: Framer;
  #again: Buffer | null = null;

  constructor(framer: Framer) {
    this.#framer = framer;
  }

  get buffered(): number {
    return this.#framer.buffered;
  }

  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** This frame is the next one, before whatever came behind it. */
  again(frame: Buffer): void {
    this.#again = frame;
  }

  next(): Framed | null {
    const bytes = this.#again;
    this.#again = null;
    return bytes === null ? this.#framer.next() : { kind: "frame", bytes };
  }
}
