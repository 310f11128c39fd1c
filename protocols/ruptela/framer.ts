/**
 * Cuts the stream by the length in front of each packet. There is no mark where a packet begins, but every one from a device
 * has its IMEI behind the length: that is looked for when a length was false.
 */
import { ByteQueue, type Direction, type Framed, type Framer } from "../../src/core/index.ts";
import { IMEI_BYTES, isSound, LENGTH_BYTES, looksLikeHead, sizeOf } from "./wire.ts";

/** A line with damaged bytes has one such length, then right ones. */
const MOST_SWALLOWED = 16;

export class RuptelaFramer implements Framer {
  readonly #queue = new ByteQueue();
  /** What a length counts at least: the IMEI, if there is one, and the command. */
  readonly #least: number;
  readonly #direction: Direction;
  /** Of the last packet that was right. */
  #imei: Buffer | null = null;
  #lost = false;
  /** False lengths in a row that swallowed what came behind them. */
  #swallowed = 0;

  constructor(direction: Direction) {
    this.#direction = direction;
    this.#least = direction === "up" ? IMEI_BYTES + 1 : 1;
  }

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    if (this.#lost) return this.#search();
    const bytes = this.#queue.view();
    if (bytes.length < LENGTH_BYTES) return this.#wait();
    const size = sizeOf(bytes, this.#least);
    if (size === null || !this.#mayBegin(bytes)) return this.#lose();
    return bytes.length < size ? this.#wait() : this.#packet(size);
  }

  /** Behind a packet that was cut short, or bytes between packets, what stands where the IMEI should is none: nobody waits for such a length. */
  #mayBegin(bytes: Buffer): boolean {
    const imei = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + IMEI_BYTES);
    return this.#imei === null || imei.length < IMEI_BYTES || imei.equals(this.#imei) || looksLikeHead(bytes, 0);
  }

  #packet(size: number): Framed {
    const packet = this.#queue.view().subarray(0, size);
    if (isSound(packet)) {
      this.#swallowed = 0;
      if (this.#direction === "up") this.#imei = Buffer.from(packet.subarray(LENGTH_BYTES, LENGTH_BYTES + IMEI_BYTES));
      return { kind: "frame", bytes: this.#queue.take(size) };
    }
    // A length that is too large swallows the packets behind its own.
    const next = this.#imei === null ? -1 : packet.indexOf(this.#imei, LENGTH_BYTES + 1);
    this.#swallowed = next === -1 ? 0 : this.#swallowed + 1;
    // The bytes behind are read again for each: a few times must do.
    if (this.#swallowed > MOST_SWALLOWED) return { kind: "broken", reason: `${this.#swallowed} lengths in a row are false` };
    return { kind: "frame", bytes: this.#queue.take(next === -1 ? size : next - LENGTH_BYTES) };
  }

  #lose(): Framed {
    if (this.#direction === "down") return { kind: "broken", reason: "no packet begins like this" };
    this.#lost = true;
    return { kind: "noise", bytes: this.#queue.take(1), reason: OUTSIDE };
  }

  #search(): Framed | null {
    const bytes = this.#queue.view();
    const start = this.#startIn(bytes);
    if (start === 0) {
      this.#lost = false;
      return this.next();
    }
    const length = start ?? bytes.length - LENGTH_BYTES - IMEI_BYTES + 1;
    return length > 0 ? { kind: "noise", bytes: this.#queue.take(length), reason: OUTSIDE } : this.#wait();
  }

  /** Where the next packet begins; null: nowhere yet. */
  #startIn(bytes: Buffer): number | null {
    if (this.#imei !== null) {
      const at = bytes.indexOf(this.#imei, LENGTH_BYTES);
      return at === -1 ? null : at - LENGTH_BYTES;
    }
    for (let at = 0; at < bytes.length; at += 1) if (looksLikeHead(bytes, at)) return at;
    return null;
  }

  #wait(): null {
    this.#queue.detach();
    return null;
  }
}

const OUTSIDE = "bytes outside a packet";
