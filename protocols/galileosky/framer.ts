/**
 * Cuts what a device sends into packets by their length. When bytes came that are none, the stream is followed from the next
 * packet whose CRC is right.
 */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { isHead, isSound, PACKET_OVERHEAD, type Size, sizeOf } from "./wire.ts";

/** Longest packet that is waited for behind bytes that are none (manual v5.1, p. 82). */
const MAX_FOUND_BYTES = PACKET_OVERHEAD + 1_000;
/** What looked like a packet and was none, one after the other, before the stream is given up. */
const MAX_FALSE_HEADS = 16;

export class GalileoskyFramer implements Framer {
  readonly #queue = new ByteQueue();
  /** Null: it is known where packets begin. */
  #falseHeads: number | null = null;

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    const size = this.#sizeOf(bytes);
    if (size.type === "no") return this.#noise(bytes);
    if (size.type === "more" || bytes.length < size.bytes) {
      this.#queue.detach();
      return null;
    }
    if (this.#falseHeads !== null && size.type === "packet" && !isSound(bytes.subarray(0, size.bytes))) return this.#falseHead(bytes);
    this.#falseHeads = null;
    return { kind: "frame", bytes: this.#queue.take(size.bytes) };
  }

  #begins(bytes: Buffer, at: number): boolean {
    return isHead(bytes[at]) && this.#sizeOf(bytes.subarray(at)).type !== "no";
  }

  #sizeOf(bytes: Buffer): Size {
    const size = sizeOf(bytes);
    return this.#falseHeads !== null && "bytes" in size && size.bytes > MAX_FOUND_BYTES ? NONE : size;
  }

  #falseHead(bytes: Buffer): Framed {
    this.#falseHeads = (this.#falseHeads ?? 0) + 1;
    if (this.#falseHeads > MAX_FALSE_HEADS) return { kind: "broken", reason: "no packet is found any more" };
    return this.#noise(bytes);
  }

  /** Up to where the next packet may begin. */
  #noise(bytes: Buffer): Framed {
    this.#falseHeads ??= 0;
    let length = 1;
    while (length < bytes.length && !this.#begins(bytes, length)) length += 1;
    return { kind: "noise", bytes: this.#queue.take(length), reason: "bytes outside a packet" };
  }
}

const NONE: Size = { type: "no" };
