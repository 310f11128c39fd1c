/** Cuts the stream by the length in each header; a damaged header is handed on alone, and what follows is searched for the next. */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { HEADER_BYTES, ROUTED_HEADER_BYTES } from "./layout.ts";
import { headOf, VERSION } from "./wire.ts";

export class EgtsFramer implements Framer {
  readonly #queue = new ByteQueue();
  /** Nobody knows where packets begin: a header counts only when its check is right. */
  #lost = false;

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const head = headOf(bytes);
    if (head.type === "no" || (head.type === "damaged" && this.#lost)) return this.#noise(bytes);
    if (head.type === "more" || bytes.length < head.bytes) {
      this.#queue.detach();
      return null;
    }
    this.#lost = head.type === "damaged";
    if (!this.#lost) return { kind: "frame", bytes: this.#queue.take(head.bytes) };
    // The next header may begin anywhere behind its first byte.
    this.#queue.take(1);
    return { kind: "frame", bytes: bytes.subarray(0, head.bytes) };
  }

  #noise(bytes: Buffer): Framed {
    this.#lost = true;
    return { kind: "noise", bytes: this.#queue.take(nextCandidate(bytes)), reason: "bytes outside a packet" };
  }
}

/** Where the next header may begin, at least one byte on. */
function nextCandidate(bytes: Buffer): number {
  for (let at = bytes.indexOf(VERSION, 1); at !== -1; at = bytes.indexOf(VERSION, at + 1)) {
    const size = bytes[at + 3];
    if (size === undefined || size === HEADER_BYTES || size === ROUTED_HEADER_BYTES) return at;
  }
  return bytes.length;
}
