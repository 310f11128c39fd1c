/** Cuts the stream into text frames (`+RESP:...$`, `AT+...$`) and frames of the HEX mode. */
import { ByteQueue, type Direction, type Framed, type Framer } from "../../src/core/index.ts";
import { type Head, headOf, knownHead } from "./heads.ts";

/** No report that is documented comes near it. */
export const MAX_FRAME_BYTES = 4096;
/** Head, length, checksum and CR LF of a frame of the HEX mode. */
const MIN_HEX_BYTES = 12;

/** A text frame keeps its `$`; where a NUL ends it (old devices), that is dropped. So are NUL, CR, LF and `$` between frames. */
export class QueclinkFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #direction: Direction;
  /** Bytes at the head of the queue in which no `$` or NUL is, and in which no frame's head is either: no frame looks there again. */
  #endless = 0;
  #headless = 0;
  /** The last bytes were noise: what separates frames is part of it. */
  #lost = false;

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    if (!this.#lost) this.#skipSeparators();
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const head = headOf(bytes, this.#direction);
    switch (head.type) {
      case "text":
        return this.#text(bytes);
      case "hex":
        return this.#hex(bytes, head);
      case "more":
        return this.#wait();
      case "none":
        return this.#noise(bytes, "bytes outside a frame");
    }
  }

  #text(bytes: Buffer): Framed | null {
    const last = Math.min(bytes.length, MAX_FRAME_BYTES);
    const breaks = this.#breaksAt(bytes);
    const known = breaks === "head" ? Math.min(this.#endless, this.#headless) : this.#endless;
    for (let at = Math.max(1, known); at < last; at += 1) {
      const ends = endsAt(bytes, at, breaks);
      if (ends === "more") return this.#wait(at, breaks);
      if (ends !== null) return this.#frame(ends);
    }
    this.#know(last, breaks);
    return bytes.length < MAX_FRAME_BYTES ? this.#wait(last, breaks) : this.#noise(bytes, "frame too long");
  }

  /** A frame that lost its end is ended by the next one's head; where a driver's words may look like a head, behind a time and count only. */
  #breaksAt(bytes: Buffer): Break {
    if (this.#direction === "down") return "none";
    return CARRIES_WORDS.test(bytes.toString("latin1", 0, CARRIES_WORDS_BYTES)) ? "tail" : "head";
  }

  #hex(bytes: Buffer, { length }: Extract<Head, { type: "hex" }>): Framed | null {
    if (bytes.length < length.at + length.bytes) return this.#wait();
    const size = bytes.readUIntBE(length.at, length.bytes);
    if (size < MIN_HEX_BYTES || size > MAX_FRAME_BYTES) return this.#noise(bytes, `a frame of the HEX mode with a length of ${size}`);
    if (bytes.length < size) return this.#wait();
    if (bytes[size - 2] !== CR || bytes[size - 1] !== LF) return this.#noise(bytes, "a frame of the HEX mode without CR LF at its end");
    return this.#frame(size);
  }

  #frame(size: number): Framed {
    this.#lost = false;
    return { kind: "frame", bytes: this.#take(size) };
  }

  #wait(scanned = 0, breaks: Break = "none"): null {
    this.#know(scanned, breaks);
    this.#queue.detach();
    return null;
  }

  /** So many bytes were looked at, for heads as well or not. */
  #know(scanned: number, breaks: Break): void {
    this.#endless = Math.max(this.#endless, scanned);
    if (breaks === "head") this.#headless = Math.max(this.#headless, scanned);
  }

  #take(count: number): Buffer {
    this.#endless = Math.max(0, this.#endless - count);
    this.#headless = Math.max(0, this.#headless - count);
    return this.#queue.take(count);
  }

  /** Up to where the next frame may begin. */
  #noise(bytes: Buffer, reason: string): Framed {
    this.#lost = true;
    let end = 1;
    while (end < bytes.length && bytes[end] !== PLUS && (this.#direction === "up" || bytes[end] !== LETTER_A)) end += 1;
    return { kind: "noise", bytes: this.#take(end), reason };
  }

  #skipSeparators(): void {
    const bytes = this.#queue.view();
    let count = 0;
    while (count < bytes.length && SEPARATORS.has(bytes[count] ?? -1)) count += 1;
    if (count > 0) this.#take(count);
  }
}

/** What ends a text frame that has no `$`: the next one's head, or its own send time and count before a head or a line's end. */
type Break = "head" | "tail" | "none";

/** The frame's bytes, if this place shows its end. */
function endsAt(bytes: Buffer, at: number, breaks: Break): number | "more" | null {
  switch (bytes[at]) {
    case DOLLAR:
      return at + 1;
    case NUL:
      return at;
    case CR:
    case LF:
      return breaks === "tail" && endsTail(bytes, at) ? at : null;
    case PLUS:
      return breaks === "head" || (breaks === "tail" && endsTail(bytes, at)) ? nextHead(bytes, at) : null;
    default:
      return null;
  }
}

function nextHead(bytes: Buffer, at: number): number | "more" | null {
  const { type } = knownHead(bytes.subarray(at));
  return type === "none" ? null : type === "more" ? "more" : at;
}

function endsTail(bytes: Buffer, at: number): boolean {
  return TAIL.test(bytes.toString("latin1", Math.max(0, at - TAIL_BYTES), at));
}

/** Send time and count. */
const TAIL = /^,\d{14},[0-9A-F]{4}$/i;
const TAIL_BYTES = 20;
/** A report with what a terminal wrote at the serial port, as it stands. */
const CARRIES_WORDS = /^\+(?:RESP|BUFF):GTDAT,/;
const CARRIES_WORDS_BYTES = 12;
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const DOLLAR = 0x24;
const PLUS = 0x2b;
const LETTER_A = 0x41;
const SEPARATORS: ReadonlySet<number> = new Set([NUL, LF, CR, DOLLAR]);
