/**
 * Cuts the stream into packets: up to the first `0D 0A` if the CRC is right, whatever the length says (some devices write
 * wrong ones, TRC); else by the length; else, wrong as it is, up to that `0D 0A`.
 */
import { ByteQueue, type Framed, type Framer } from "../../src/core/index.ts";
import { declaredSize, END, isSound, LONG_HEAD, MAX_PACKET_BYTES, MIN_PACKET_BYTES, SHORT_HEAD } from "./wire.ts";

/** Packets inside of one with a wrong CRC that are checked. */
const MAX_INNER = 16;

/** What the next bytes are; null: too few to tell. */
type Cut = { readonly kind: "frame" | "noise"; readonly bytes: number } | null;

export class Gt06Framer implements Framer {
  readonly #queue = new ByteQueue();
  /** In so many bytes no end begins. */
  #endless = 0;

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const cut = this.#cut(bytes);
    if (cut === null) {
      this.#queue.detach();
      return null;
    }
    this.#endless = Math.max(0, this.#endless - cut.bytes);
    const taken = this.#queue.take(cut.bytes);
    return cut.kind === "frame" ? { kind: "frame", bytes: taken } : { kind: "noise", bytes: taken, reason: "bytes outside a packet" };
  }

  #cut(bytes: Buffer): Cut {
    const head = headFrom(bytes, 0);
    if (head > 0) return { kind: "noise", bytes: head };
    if (bytes.length < 2) return null;
    const size = declaredSize(bytes);
    if (size === null) return null;
    // Nobody waits for so much: what follows is searched for the next head.
    return size > MAX_PACKET_BYTES ? NO_HEAD : this.#packet(bytes, size);
  }

  #packet(bytes: Buffer, size: number): Cut {
    const first = this.#firstEnd(bytes.subarray(0, MAX_PACKET_BYTES));
    if (first !== null && isSound(bytes.subarray(0, first))) return { kind: "frame", bytes: first };
    if (bytes.length < size) return null;
    if (size >= MIN_PACKET_BYTES && endsAt(bytes, size)) {
      const packet = bytes.subarray(0, size);
      return isSound(packet) ? { kind: "frame", bytes: size } : cutUnsound(packet);
    }
    if (first !== null) return cutUnsound(bytes.subarray(0, first));
    return bytes.length >= MAX_PACKET_BYTES ? NO_HEAD : null;
  }

  /** Behind the first `0D 0A` that can end a packet. What was searched is not searched again. */
  #firstEnd(bytes: Buffer): number | null {
    const at = bytes.indexOf(END, Math.max(MIN_PACKET_BYTES - END.length, this.#endless));
    // The last byte may be the first half of an end.
    this.#endless = at === -1 ? Math.max(0, bytes.length - 1) : at;
    return at === -1 ? null : at + END.length;
  }
}

const NO_HEAD: Cut = { kind: "noise", bytes: 2 };

/** The CRC is wrong: a packet that lost its end, or has a wrong length, may have the next one, whole, in its tail. */
function cutUnsound(packet: Buffer): Cut {
  let tried = 0;
  for (let at = headFrom(packet, 2); at < packet.length && tried < MAX_INNER; at = headFrom(packet, at + 1)) {
    const rest = packet.subarray(at);
    const size = declaredSize(rest);
    if (size === null || size < MIN_PACKET_BYTES || size > rest.length || !endsAt(rest, size)) continue;
    if (isSound(rest.subarray(0, size))) return { kind: "noise", bytes: at };
    tried += 1;
  }
  return { kind: "frame", bytes: packet.length };
}

/** Where the next head begins, or may begin; the end, if nowhere. */
function headFrom(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if ((byte === SHORT_HEAD || byte === LONG_HEAD) && (at + 1 === bytes.length || bytes[at + 1] === byte)) return at;
  }
  return bytes.length;
}

function endsAt(bytes: Buffer, size: number): boolean {
  return bytes.subarray(size - END.length, size).equals(END);
}
