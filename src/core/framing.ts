/**
 * Cutting a byte stream into frames. A framer is pulled one unit at a time, so a session that waits for a verdict
 * simply stops pulling and the bytes stay where they are.
 */
import { ByteQueue } from "./bytes.ts";

/** One unit of the stream. `bytes` are a view that is valid until the next `push`: copy what outlives it. */
export type Framed =
  | { readonly kind: "frame"; readonly bytes: Buffer }
  /** Bytes that are no frame; the framer has already moved on. */
  | { readonly kind: "noise"; readonly bytes: Buffer; readonly reason: string }
  /** The stream cannot be followed any further: the line must be closed. */
  | { readonly kind: "broken"; readonly reason: string };

/** What a line may hold back of a frame that is not complete yet, on top of the bytes last read; a protocol may name a bound of its own. */
export const HELD_BYTES = 64 * 1024;

export interface Framer {
  push(chunk: Buffer): void;
  /** The next complete unit, or null until more bytes come. */
  next(): Framed | null;
  /** Bytes held back, waiting for the rest of a frame. */
  readonly buffered: number;
}

export interface FlagFraming {
  readonly flag: number;
  readonly maxBytes: number;
  /** Some devices let one flag end a frame and start the next: is this, with both flags, a frame? Absent: such bytes are noise. */
  readonly valid?: (frame: Buffer) => boolean;
}

/** Frames between two equal flag bytes (JT/T 808: 0x7E ... 0x7E). A frame keeps both flags; empty pieces are skipped. */
export class FlagFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #flag: number;
  readonly #maxBytes: number;
  readonly #valid: ((frame: Buffer) => boolean) | null;
  #scanned = 0;
  /** The flag that ended the last frame may also start what comes now. */
  #shared = false;

  constructor(options: FlagFraming) {
    this.#flag = options.flag;
    this.#maxBytes = options.maxBytes;
    this.#valid = options.valid ?? null;
  }

  /** Bytes behind a frame that may turn out to be noise are no half frame. */
  get buffered(): number {
    return this.#shared && this.#queue.view()[0] !== this.#flag ? 0 : this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    this.#skipRepeatedFlags();
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const start = bytes.indexOf(this.#flag);
    if (start !== 0) return this.#shared ? this.#sharing(bytes, start) : this.#noise(start === -1 ? bytes.length : start, OUTSIDE);
    this.#shared = false;
    const end = bytes.indexOf(this.#flag, Math.max(1, this.#scanned));
    if (end === -1) {
      this.#scanned = bytes.length;
      if (bytes.length > this.#maxBytes) return this.#noise(bytes.length, "frame too long");
      this.#queue.detach();
      return null;
    }
    if (end + 1 > this.#maxBytes) return this.#noise(end, "frame too long");
    this.#scanned = 0;
    this.#shared = this.#valid !== null;
    return { kind: "frame", bytes: this.#queue.take(end + 1) };
  }

  /** No flag stands between the last frame and these bytes; `end` is the next one. */
  #sharing(bytes: Buffer, end: number): Framed | null {
    if (end === -1 && bytes.length < this.#maxBytes) {
      this.#queue.detach();
      return null;
    }
    this.#shared = false;
    if (end === -1 || end + 2 > this.#maxBytes) return this.#noise(end === -1 ? bytes.length : end, OUTSIDE);
    const frame = Buffer.concat([Buffer.of(this.#flag), bytes.subarray(0, end + 1)]);
    if (this.#valid?.(frame) !== true) return this.#noise(end, OUTSIDE);
    this.#queue.take(end + 1);
    this.#shared = true;
    return { kind: "frame", bytes: frame };
  }

  /** Two flags in a row: the end of one frame and the start of the next. */
  #skipRepeatedFlags(): void {
    if (this.#scanned > 1) return;
    const bytes = this.#queue.view();
    let skip = 0;
    while (bytes[skip] === this.#flag && bytes[skip + 1] === this.#flag) skip += 1;
    this.#queue.take(skip);
  }

  #noise(length: number, reason: string): Framed {
    this.#scanned = 0;
    return { kind: "noise", bytes: this.#queue.take(length), reason };
  }
}

const OUTSIDE = "bytes outside a frame";

/** Lines that end with LF; a CR before it is dropped. `frame` is the line without its end. */
export class LineFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #maxBytes: number;
  #scanned = 0;

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    const end = bytes.indexOf(LF, this.#scanned);
    if (end === -1) {
      this.#scanned = bytes.length;
      if (bytes.length <= this.#maxBytes) {
        this.#queue.detach();
        return null;
      }
      return { kind: "broken", reason: `line longer than ${this.#maxBytes} bytes` };
    }
    this.#scanned = 0;
    const line = this.#queue.take(end + 1);
    const stop = end > 0 && line[end - 1] === CR ? end - 1 : end;
    if (stop > this.#maxBytes) return { kind: "noise", bytes: line, reason: "line too long" };
    return { kind: "frame", bytes: line.subarray(0, stop) };
  }
}

const CR = 0x0d;
const LF = 0x0a;
