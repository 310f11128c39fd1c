/** Cuts what a server says into the answer to the login (one byte), counts (four), and data frames. */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { CODEC, FRAME_OVERHEAD, HEAD_BYTES, MAX_BODY_BYTES } from "./wire.ts";

export const COUNT_BYTES = 4;
/** Codec, two counts, type and size. */
const MIN_MESSAGE_BYTES = 8;

/**
 * A count of 0 looks like a preamble: it is told apart by what follows, and waits for it. Servers hardly ever say it, and a device
 * treats silence no worse.
 */
export class UpstreamFramer implements Framer {
  readonly #queue = new ByteQueue();
  #welcomed = false;

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const length = this.#welcomed ? unitLength(bytes) : 1;
    this.#welcomed = true;
    if (length !== null && bytes.length >= length) return { kind: "frame", bytes: this.#queue.take(length) };
    this.#queue.detach();
    return null;
  }
}

/** Null: too few bytes to tell. */
function unitLength(bytes: Buffer): number | null {
  if (bytes.length < COUNT_BYTES) return null;
  if (bytes.readUInt32BE(0) !== 0) return COUNT_BYTES;
  if (bytes.length < HEAD_BYTES) return null;
  const body = bytes.readUInt32BE(COUNT_BYTES);
  if (body < MIN_MESSAGE_BYTES || body > MAX_BODY_BYTES) return COUNT_BYTES;
  const codec = bytes[HEAD_BYTES];
  if (codec === undefined) return null;
  return MESSAGES.has(codec) ? body + FRAME_OVERHEAD : COUNT_BYTES;
}

const MESSAGES: ReadonlySet<number> = new Set([CODEC.text, CODEC.timed, CODEC.addressed, CODEC.both]);
