/** Cuts the stream by the length in each frame; bytes that are no frame are skipped up to the next mark. */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { HEAD_BYTES, LENGTHS, MARK } from "./wire.ts";

export class BinaryTemplateFramer implements Framer {
  readonly #queue = new ByteQueue();

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const mark = bytes.indexOf(MARK);
    if (mark !== 0) return this.#noise(mark === -1 ? bytes.length : mark, "bytes outside a frame");
    if (bytes.length < HEAD_BYTES) return this.#wait();
    const length = bytes.readUInt16BE(1);
    // Never wait for a length that no frame has: a hostile device would pick our memory.
    if (length < LENGTHS.least || length > LENGTHS.most) return this.#noise(1, `a length of ${length}`);
    const size = HEAD_BYTES + length + 1;
    return bytes.length < size ? this.#wait() : { kind: "frame", bytes: this.#queue.take(size) };
  }

  #noise(count: number, reason: string): Framed {
    return { kind: "noise", bytes: this.#queue.take(count), reason };
  }

  #wait(): null {
    this.#queue.detach();
    return null;
  }
}
