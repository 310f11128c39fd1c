/**
 * Cuts the stream into packets. A packet of printable characters ends with its checksum and line end, whatever its length says;
 * one with other bytes in it (CCC, CCE, photos) can only be as long as it says.
 */
import { ByteQueue, type Direction, type Framed, type Framer, sum8 } from "../../src/core/index.ts";
import { isCheck, MARK, TAIL_BYTES } from "./wire.ts";

/** A length has at most four digits. */
export const MAX_FRAME_BYTES = 10_008;

/** Starts that turn out to be no packets' and are looked through one by one, each costing as much as the longest packet. */
const MAX_FALSE_STARTS = 8;

/** How many bytes the packet at the head of the queue has. */
type Length = number | "more" | { readonly reason: string };

export class MeitrackFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #mark: string;
  /** Printable bytes of the packet at the head that were looked at. */
  #scanned = 0;
  /** It has other bytes in it. */
  #binary = false;
  #falseStarts = 0;

  constructor(direction: Direction) {
    this.#mark = MARK[direction];
  }

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    this.#skipLineEnds();
    const bytes = this.#queue.view();
    const length = bytes.length === 0 ? "more" : this.#length(bytes);
    if (length === "more") {
      this.#queue.detach();
      return null;
    }
    const looked = this.#scanned;
    this.#scanned = 0;
    this.#binary = false;
    if (typeof length === "object") return { kind: "noise", bytes: this.#queue.take(this.#noise(bytes, looked)), reason: length.reason };
    this.#falseStarts = 0;
    const frame = this.#queue.take(length);
    return { kind: "frame", bytes: endsLine(frame) ? frame : Buffer.concat([frame, LINE_END]) };
  }

  #length(bytes: Buffer): Length {
    const declared = declaredLength(bytes, this.#mark);
    if (typeof declared !== "number") return declared;
    this.#binary ||= BINARY.test(bytes.toString("latin1", 0, HEAD_BYTES));
    if (!this.#binary) {
      const length = this.#textLength(bytes, declared);
      if (typeof length === "number" && isTwo(bytes.subarray(0, length))) return { reason: "a packet that was cut off" };
      if (length !== "binary") return length;
      this.#binary = true;
    }
    if (bytes.length < declared) return "more";
    const fits = isCheck(bytes, declared - TAIL_BYTES) && endsLine(bytes.subarray(0, declared));
    return fits ? declared : { reason: "a packet that does not end where it says" };
  }

  #textLength(bytes: Buffer, declared: number): Length | "binary" {
    for (; this.#scanned < MAX_FRAME_BYTES; this.#scanned += 1) {
      const found = this.#look(bytes, this.#scanned, declared);
      if (found === "end") return this.#scanned + (bytes.subarray(this.#scanned, this.#scanned + 2).equals(LINE_END) ? 2 : 0);
      if (found !== "on") return found;
    }
    return { reason: "a packet without an end" };
  }

  /** Does a packet of printable characters end before this byte, go on, or have another byte in it? */
  #look(bytes: Buffer, at: number, declared: number): "on" | "end" | "more" | "binary" {
    const byte = bytes[at];
    const pair = isCheck(bytes, at - 3) ? this.#pairOf(byte, at >= declared - 2) : null;
    // A line end that is late holds up nothing that is complete without it.
    if ((pair !== null && bytes[at + 1] === pair) || (at === declared - 2 && isSum(bytes, at))) return "end";
    if (byte === undefined || (pair !== null && at + 1 === bytes.length)) return "more";
    return byte >= SPACE && byte <= TILDE ? "on" : "binary";
  }

  /** What follows the first byte of a line end, or of the next packet's start where this one has to be over. */
  #pairOf(byte: number | undefined, over: boolean): number | null {
    if (byte === CR) return LF;
    const mark = this.#mark.charCodeAt(0);
    return byte === mark && over ? mark : null;
  }

  /** Up to what may be the next packet, or a line end; after too many that were none, up to the last that may be among what was `looked` through. */
  #noise(bytes: Buffer, looked: number): number {
    if (looked > 0) this.#falseStarts += 1;
    if (this.#falseStarts >= MAX_FALSE_STARTS) {
      this.#falseStarts = 0;
      const last = bytes.lastIndexOf(this.#mark, looked - 1, "latin1");
      return last > 0 ? last : looked;
    }
    let at = 1;
    while (at < bytes.length && !this.#mayStart(bytes, at) && bytes[at] !== CR && bytes[at] !== LF) at += 1;
    return at;
  }

  /** A mark, a letter and a digit, as far as they are there. */
  #mayStart(bytes: Buffer, at: number): boolean {
    const mark = this.#mark.charCodeAt(0);
    return bytes[at] === mark && (bytes[at + 1] ?? mark) === mark && isDigit(bytes[at + 3] ?? DIGIT_0);
  }

  #skipLineEnds(): void {
    const bytes = this.#queue.view();
    let count = 0;
    while (bytes[count] === CR || bytes[count] === LF) count += 1;
    this.#queue.take(count);
  }
}

const LINE_END = Buffer.from("\r\n");
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const STAR = 0x2a;
const TILDE = 0x7e;
/** Commands whose data are bytes, though they may begin with characters. */
const BINARY = /^...\d{1,4},\d{5,20},(?:CCC|CCE|D00)/;
/** Start, letter, length, IMEI and command take no more. */
const HEAD_BYTES = 40;
/** Start, letter, length and comma. */
const START = /^(?:\$\$|@@)[!-+.-/:-~-](\d{1,4}),/;
const START_BYTES = 8;
const ANOTHER = /(?:\$\$|@@)[!-+.-/:-~-]\d{1,4},/;

/** Bytes of the packet that begins here, as it says itself. */
function declaredLength(bytes: Buffer, mark: string): Length {
  const start = bytes.toString("latin1", 0, START_BYTES);
  const [whole, length] = START.exec(start) ?? [];
  if (whole !== undefined && start.startsWith(mark)) return whole.length - 1 + Number(length);
  const partial = mark.startsWith(start) || (start.startsWith(mark) && /^..(?:[!-+.-/:-~-]\d{0,4})?$/.test(start));
  return partial ? "more" : { reason: "bytes outside a packet" };
}

/** What sums up to something else, and has a packet's start in it, was cut off before that. */
function isTwo(frame: Buffer): boolean {
  return !isSum(frame, frame.lastIndexOf(STAR) + 3) && ANOTHER.test(frame.toString("latin1", 1));
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

function endsLine(bytes: Buffer): boolean {
  return bytes.subarray(-2).equals(LINE_END);
}

/** Is there a checksum before `end`, and is it right? */
function isSum(bytes: Buffer, end: number): boolean {
  return isCheck(bytes, end - 3) && Number.parseInt(bytes.toString("latin1", end - 2, end), 16) === sum8(bytes.subarray(0, end - 2));
}
