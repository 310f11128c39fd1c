/** Cuts what a device sends into logins and data frames; the one-byte keep-alive FF is consumed. */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { CODEC, FRAME_OVERHEAD, HEAD_BYTES, MAX_BODY_BYTES, MAX_KEY_BYTES } from "./wire.ts";

/**
 * The order of the tests is TRC's: FF, then the preamble of four zeros, then a login. Bytes that are none of them are
 * noise, and then only a preamble with a possible length gets the stream back on track.
 */
export class TeltonikaFramer implements Framer {
  readonly #queue = new ByteQueue();
  #lost = false;
  /** Nobody knows whether the last frame ended where its length said. */
  #doubtful = false;

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  /** Length and CRC of the last frame: one that was cut short has taken bytes of the next, whose length is then read from a wrong place. */
  judged(sound: boolean): void {
    this.#doubtful = !sound;
  }

  next(): Framed | null {
    if (!this.#lost) this.#skipPings();
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    if (this.#lost) return this.#search(bytes);
    const length = this.#doubtful && !isKnown(bytes) ? NO_CODEC : unitLength(bytes);
    if (length === "more" || (typeof length === "number" && bytes.length < length)) {
      this.#queue.detach();
      return null;
    }
    if (typeof length === "number") return { kind: "frame", bytes: this.#queue.take(length) };
    this.#lost = true;
    return { kind: "noise", bytes: this.#queue.take(1), reason: length.reason };
  }

  #search(bytes: Buffer): Framed | null {
    const at = bytes.indexOf(PREAMBLE);
    if (at === 0) {
      this.#lost = false;
      return this.next();
    }
    const length = at === -1 ? bytes.length - trailingZeros(bytes) : at;
    if (length === 0) {
      this.#queue.detach();
      return null;
    }
    return { kind: "noise", bytes: this.#queue.take(length), reason: "bytes outside a frame" };
  }

  #skipPings(): void {
    const bytes = this.#queue.view();
    let count = 0;
    while (bytes[count] === PING) count += 1;
    this.#queue.take(count);
  }
}

const PING = 0xff;
const PREAMBLE = Buffer.alloc(4);

const NO_CODEC = { reason: "no codec behind a preamble and a length" };
const CODECS: ReadonlySet<number> = new Set(Object.values(CODEC));

/** As far as can be told: a data frame has its codec behind preamble and length. */
function isKnown(bytes: Buffer): boolean {
  const codec = bytes[HEAD_BYTES];
  return codec === undefined || !bytes.subarray(0, PREAMBLE.length).equals(PREAMBLE) || CODECS.has(codec);
}

/** Bytes of the unit that begins here, as soon as that can be told. */
export function unitLength(bytes: Buffer): number | "more" | { readonly reason: string } {
  if (bytes.length < 2) return bytes[0] === 0 ? "more" : { reason: "neither a login nor a preamble" };
  const key = bytes.readUInt16BE(0);
  return key === 0 ? dataLength(bytes) : loginLength(bytes, key);
}

function dataLength(bytes: Buffer): number | "more" | { readonly reason: string } {
  if (!bytes.subarray(0, 4).equals(PREAMBLE.subarray(0, bytes.length))) return { reason: "a preamble has four zeros" };
  if (bytes.length < HEAD_BYTES) return "more";
  const length = bytes.readUInt32BE(4);
  return length > MAX_BODY_BYTES ? { reason: `a length of ${length}, at most ${MAX_BODY_BYTES} is possible` } : length + FRAME_OVERHEAD;
}

function loginLength(bytes: Buffer, key: number): number | "more" | { readonly reason: string } {
  if (key > MAX_KEY_BYTES) return { reason: `a login of ${key} bytes, at most ${MAX_KEY_BYTES} are possible` };
  if (!/^[0-9A-Za-z]*$/.test(bytes.toString("latin1", 2, 2 + key))) return { reason: "a login is letters and digits" };
  return 2 + key;
}

function trailingZeros(bytes: Buffer): number {
  let count = 0;
  while (count < PREAMBLE.length - 1 && bytes[bytes.length - 1 - count] === 0) count += 1;
  return count;
}
