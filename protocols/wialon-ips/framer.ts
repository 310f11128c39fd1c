/** Cuts the stream into lines, compressed containers and lines with a binary body, which is skipped as it streams by. */
import { ByteQueue, crc16Arc, type Framed, type Framer } from "../../src/core/index.ts";
import { containerLength, isContainer } from "./container.ts";
import { CONTAINER, prefixFrame, prefixLength, readUnit, tailFrame } from "./packet.ts";

/** A line without its end. */
export const MAX_LINE_BYTES = 64 * 1024;
/** A `B` line of a device that is logged in: at most 5000 records (W20). */
export const MAX_BATCH_BYTES = 1024 * 1024;
/** A binary body; W20 recommends blocks of up to 50 KB. It is never held in memory. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Which field of a line is the size of its binary body. */
const BODIES: Readonly<Record<"up" | "down", ReadonlyMap<string, number>>> = {
  up: new Map([
    ["I", 0],
    ["T", 1],
  ]),
  down: new Map([
    ["US", 0],
    ["UC", 0],
  ]),
};

/** How the types of packets with a body begin: what most lines are is told by one byte. */
const BODIES_BEGIN: ReadonlySet<number> = new Set([...BODIES.up.keys(), ...BODIES.down.keys()].map((type) => type.charCodeAt(0)));

interface Body {
  readonly line: Buffer;
  readonly size: number;
  readonly left: number;
  readonly crc: number;
}

/** Frames of one direction; see `packet.ts` for what they look like. After `broken` it stays silent. */
export class WialonFramer implements Framer {
  readonly #queue = new ByteQueue();
  readonly #bodies: ReadonlyMap<string, number>;
  #scanned = 0;
  #body: Body | null = null;
  #broken = false;
  #loggedIn = false;
  /** The id of the device that is logged in, as it says it. */
  #own: string | null = null;
  #prefix = "";

  constructor(direction: "up" | "down") {
    this.#bodies = BODIES[direction];
  }

  /**
   * Bytes of half a line or container. A body that streams by holds nothing: a slow photo is no half frame, a body
   * that stops is an idle line.
   */
  get buffered(): number {
    return this.#queue.length;
  }

  /** Batches may be long from now on, and the prefix of this device says nothing new. */
  loggedIn(own: string | null): void {
    this.#loggedIn = true;
    this.#own = own;
  }

  push(chunk: Buffer): void {
    if (!this.#broken) this.#queue.push(chunk);
  }

  next(): Framed | null {
    for (;;) {
      if (this.#body !== null) return this.#skipBody(this.#body);
      const bytes = this.#withoutLineEnds();
      if (bytes.length === 0) return null;
      const framed = bytes[0] === CONTAINER ? this.#container(bytes) : this.#line(bytes);
      if (framed !== "again") return framed;
    }
  }

  #container(bytes: Buffer): Framed | null {
    const head = isContainer(bytes);
    if (head === "no") return { kind: "noise", bytes: this.#queue.take(1), reason: "FF begins no container" };
    if (head === "more" || bytes.length < containerLength(bytes)) return this.#wait();
    return { kind: "frame", bytes: this.#queue.take(containerLength(bytes)) };
  }

  #line(bytes: Buffer): Framed | null | "again" {
    const end = bytes.indexOf(LF, this.#scanned);
    const stop = end > 0 && bytes[end - 1] === CR ? end - 1 : end;
    // One byte more may be the CR of a line that just fits.
    const length = end === -1 ? bytes.length - 1 : stop;
    if (length > MAX_LINE_BYTES && length > this.#limit(bytes)) return this.#break(`line longer than ${this.#limit(bytes)} bytes`);
    if (end === -1) {
      this.#scanned = bytes.length;
      return this.#wait();
    }
    this.#scanned = 0;
    const line = bytes.subarray(0, stop);
    const prefix = prefixLength(line, this.#own);
    if (prefix > 0) return this.#takePrefix(prefix);
    this.#queue.drop(end + 1);
    return this.#beginBody(line) ?? { kind: "frame", bytes: line };
  }

  /** The packet behind the prefix stays in the queue and is the next frame. */
  #takePrefix(length: number): Framed | "again" {
    const bytes = this.#queue.take(length);
    const prefix = bytes.toString("latin1");
    if (this.#loggedIn && prefix === this.#prefix) return "again";
    this.#prefix = prefix;
    return { kind: "frame", bytes: prefixFrame(bytes) };
  }

  #beginBody(line: Buffer): Framed | "again" | null {
    if (!BODIES_BEGIN.has(line[1] ?? 0)) return null;
    const unit = readUnit(line);
    const at = unit.kind === "packet" ? this.#bodies.get(unit.type) : undefined;
    if (unit.kind !== "packet" || at === undefined) return null;
    const field =
      unit.body
        .toString("latin1")
        .split(";", at + 1)
        [at]?.trim() ?? "";
    // Without a size nobody knows what follows: the codec answers that the structure is wrong.
    if (!/^\d+$/.test(field)) return null;
    const size = Number(field);
    if (size > MAX_BODY_BYTES) return this.#break(`a binary body of ${field.slice(0, 12)} bytes, at most ${MAX_BODY_BYTES} are skipped`);
    this.#body = { line: Buffer.from(line), size, left: size, crc: 0 };
    return "again";
  }

  #skipBody(body: Body): Framed | null {
    const bytes = this.#queue.take(body.left);
    const rest: Body = { ...body, left: body.left - bytes.length, crc: crc16Arc(bytes, body.crc) };
    this.#body = rest.left > 0 ? rest : null;
    return rest.left > 0 ? null : { kind: "frame", bytes: tailFrame(rest.line, rest) };
  }

  #withoutLineEnds(): Buffer {
    const bytes = this.#queue.view();
    let count = 0;
    while (bytes[count] === LF || bytes[count] === CR) count += 1;
    if (count === 0) return bytes;
    this.#queue.take(count);
    return this.#queue.view();
  }

  #limit(line: Buffer): number {
    const hash = line.indexOf("#");
    return this.#loggedIn && line.toString("latin1", hash, hash + 3) === "#B#" ? MAX_BATCH_BYTES : MAX_LINE_BYTES;
  }

  #break(reason: string): Framed {
    this.#broken = true;
    this.#queue.take(this.#queue.length);
    return { kind: "broken", reason };
  }

  #wait(): null {
    this.#queue.detach();
    return null;
  }
}

const CR = 0x0d;
const LF = 0x0a;
