/**
 * Cuts the stream into frames. The length decides where it leads to a closing bracket; where it does not, the brackets do. Neither is
 * certain: names of Wi-Fi networks have brackets in them, and lengths are counted in more than one way.
 */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { CLOSE, type Head, OPEN, readHead } from "./wire.ts";

/** A length has four hex digits, and escaping adds to what it counts. */
export const MAX_FRAME_BYTES = 72 * 1024;

/** So many beginnings in a row that have no end within that are no watch's: each is looked through in vain. */
const MOST_ENDLESS = 3;

/** Words whose content has no brackets: these frames end at the first one (real lengths of some are wrong). */
const PLAIN: ReadonlySet<string> = new Set([
  ...["LK", "TKQ", "TKQ2", "MESSAGE", "INIT", "CONFIG", "ICCID", "RYIMEI", "RESET", "POWEROFF", "SILENCETIME"],
  ...["PULSE", "HEART", "BLOOD", "BPHRT", "OXYGEN", "BTEMP2"],
]);

/** How far the frame at the head of the queue was looked through. */
interface Scan {
  readonly head: Head;
  /** What a next frame of the same watch begins with. */
  readonly next: Buffer;
  at: number;
  depth: number;
  /** Where the brackets were balanced first. */
  balanced: number | null;
}

export class WatchFramer implements Framer {
  readonly #queue = new ByteQueue();
  #scan: Scan | null = null;
  /** Beginnings without an end since the last frame. */
  #endless = 0;

  /** What its brackets say is complete is no half frame, though its length says more. */
  get buffered(): number {
    const bytes = this.#queue.view();
    const complete = this.#scan !== null && this.#scan.depth === 1 && this.#scan.at === bytes.length - 1 && bytes.at(-1) === CLOSE;
    return complete ? 0 : bytes.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    this.#skipLineEnds();
    const bytes = this.#queue.view();
    const found = bytes.length === 0 ? "more" : this.#length(bytes);
    if (found === "more") {
      this.#queue.detach();
      return null;
    }
    this.#scan = null;
    if (typeof found === "number") {
      this.#endless = 0;
      return { kind: "frame", bytes: this.#queue.take(found) };
    }
    if (this.#endless > MOST_ENDLESS) {
      this.#queue.take(bytes.length);
      return { kind: "broken", reason: found.reason };
    }
    return { kind: "noise", bytes: this.#queue.take(noiseLength(bytes)), reason: found.reason };
  }

  #length(bytes: Buffer): number | "more" | { readonly reason: string } {
    if (this.#scan === null) {
      const head = readHead(bytes);
      if (head === "more") return head;
      if (head === "none") return { reason: "bytes outside a frame" };
      const { maker, id } = head.address;
      this.#scan = { head, next: Buffer.from(`[${maker}*${id}*`, "latin1"), at: head.size, depth: 1, balanced: null };
    }
    const end = endOf(bytes, this.#scan);
    if (end !== null) return end + 1;
    if (this.#scan.at < MAX_FRAME_BYTES) return "more";
    this.#endless += 1;
    return { reason: "a frame without an end" };
  }

  #skipLineEnds(): void {
    const bytes = this.#queue.view();
    let count = 0;
    while (bytes[count] === CR || bytes[count] === LF) count += 1;
    this.#queue.take(count);
  }
}

const CR = 0x0d;
const LF = 0x0a;

/** Where the closing bracket of this frame is; null: more bytes are needed. */
function endOf(bytes: Buffer, scan: Scan): number | null {
  const last = Math.min(bytes.length, MAX_FRAME_BYTES);
  for (; scan.at < last; scan.at += 1) {
    if (bytes[scan.at] === OPEN) scan.depth += 1;
    const closed = bytes[scan.at] === CLOSE ? close(bytes, scan) : "inside";
    if (closed === "end") return scan.at;
    if (closed === "more") return null;
    if (scan.at >= declaredEnd(scan) && scan.balanced !== null) return scan.balanced;
  }
  return null;
}

/** A closing bracket: is the frame over here? `more`: that depends on what follows. */
function close(bytes: Buffer, scan: Scan): "end" | "inside" | "more" {
  if (scan.at === declaredEnd(scan) || isPlain(bytes, scan)) return "end";
  const next = startsNext(bytes, scan);
  if (next === "yes") return "end";
  if (next === "more" && (scan.at < declaredEnd(scan) || scan.depth > 1)) return next;
  scan.depth -= 1;
  if (scan.depth === 0) scan.balanced ??= scan.at;
  return "inside";
}

function declaredEnd({ head }: Scan): number {
  return head.size + head.length;
}

/** The first bracket of a frame whose word has none in its content. */
function isPlain(bytes: Buffer, { head, at, depth }: Scan): boolean {
  if (depth !== 1) return false;
  const [word = ""] = bytes.toString("latin1", head.size, Math.min(at, head.size + 16)).split(",");
  return PLAIN.has(word.toUpperCase());
}

/** Does a frame of the same watch begin behind this bracket? */
function startsNext(bytes: Buffer, { at, next }: Scan): "yes" | "no" | "more" {
  const behind = bytes.subarray(at + 1, at + 1 + next.length);
  if (!next.subarray(0, behind.length).equals(behind)) return "no";
  return behind.length === next.length ? "yes" : "more";
}

/** Up to what may be the next frame, or a line end. */
function noiseLength(bytes: Buffer): number {
  const end = bytes.findIndex((byte, at) => at > 0 && (byte === OPEN || byte === CR || byte === LF));
  return end === -1 ? bytes.length : end;
}
