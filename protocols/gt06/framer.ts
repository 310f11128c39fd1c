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

  get buffered(): number {
    return this.#queue.length;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  next(): Framed | null {
    const bytes = this.#queue.view();
    if (bytes.length === 0) return null;
    const cut = cutOf(bytes);
    if (cut === null) {
      this.#queue.detach();
      return null;
    }
    const taken = this.#queue.take(cut.bytes);
    return cut.kind === "frame" ? { kind: "frame", bytes: taken } : { kind: "noise", bytes: taken, reason: "bytes outside a packet" };
  }
}

function cutOf(bytes: Buffer): Cut {
  const head = headFrom(bytes, 0);
  if (head > 0) return { kind: "noise", bytes: head };
  if (bytes.length < 2) return null;
  const size = declaredSize(bytes);
  if (size === null) return null;
  // Nobody waits for so much: what follows is searched for the next head.
  if (size > MAX_PACKET_BYTES) return { kind: "noise", bytes: 2 };
  return cutPacket(bytes, size);
}

function cutPacket(bytes: Buffer, size: number): Cut {
  const first = firstEnd(bytes);
  if (first !== null && isSound(bytes.subarray(0, first))) return { kind: "frame", bytes: first };
  if (bytes.length < size) return null;
  if (size >= MIN_PACKET_BYTES && endsAt(bytes, size)) {
    const packet = bytes.subarray(0, size);
    return isSound(packet) ? { kind: "frame", bytes: size } : cutUnsound(packet);
  }
  if (first !== null) return cutUnsound(bytes.subarray(0, first));
  return bytes.length > MAX_PACKET_BYTES ? { kind: "noise", bytes: 2 } : null;
}

/** Behind the first `0D 0A` that can end a packet. */
function firstEnd(bytes: Buffer): number | null {
  const at = bytes.indexOf(END, MIN_PACKET_BYTES - END.length);
  return at === -1 ? null : at + END.length;
}

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
