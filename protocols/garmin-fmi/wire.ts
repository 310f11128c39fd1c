/** Garmin's link frames: `10 | packet id | size | payload | checksum | 10 03`, every 10 in between doubled (FMI, 3.1). */
import { ByteQueue } from "../../src/core/index.ts";

/** The size is one byte. */
const MAX_PAYLOAD_BYTES = 255;
/** Start, id, then size, payload and checksum each doubled, end. */
export const MAX_FRAME_BYTES = 2 + 2 * (1 + MAX_PAYLOAD_BYTES + 1) + 2;

export const PACKET = {
  ack: 0x06,
  command: 0x0a,
  dateTime: 0x0e,
  nak: 0x15,
  unitId: 0x26,
  pvt: 0x33,
  stop: 0x87,
  text: 0x88,
  fmi: 0xa1,
  protocols: 0xfd,
  product: 0xff,
} as const;

export type Read =
  | { readonly type: "packet"; readonly id: number; readonly payload: Buffer }
  | { readonly type: "bad"; readonly id: number; readonly reason: string };

/** A frame around this payload. Throws RangeError on more than 255 bytes. */
export function seal(id: number, payload: Buffer): Buffer {
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError(`a payload of ${payload.length} bytes`);
  const content = Buffer.from([payload.length, ...payload, checksum(id, payload)]);
  const stuffed: number[] = [DLE, id];
  for (const byte of content) stuffed.push(...(byte === DLE ? [DLE, DLE] : [byte]));
  return Buffer.from([...stuffed, DLE, ETX]);
}

/** Reads what `PacketFramer` cut out. */
export function readPacket(frame: Buffer): Read {
  const id = frame[1] ?? 0;
  const content: number[] = [];
  for (let at = 2; at < frame.length - 2; at += frame[at] === DLE ? 2 : 1) content.push(frame[at] ?? 0);
  const payload = Buffer.from(content.slice(1, -1));
  if (content.length < 2 || content[0] !== payload.length) return { type: "bad", id, reason: `a packet whose size is ${content[0]}` };
  if (content.at(-1) !== checksum(id, payload)) return { type: "bad", id, reason: "a packet with a wrong checksum" };
  return { type: "packet", id, payload };
}

/** ACK and NAK name the packet id in two bytes. */
export function ackFrame(id: number): Buffer {
  return seal(PACKET.ack, Buffer.of(id, 0));
}

export function nakFrame(id: number): Buffer {
  return seal(PACKET.nak, Buffer.of(id, 0));
}

/** An A1 packet: the FMI id in two bytes, then its body. */
export function fmiFrame(id: number, body: Buffer): Buffer {
  return seal(PACKET.fmi, Buffer.concat([Buffer.of(id & 0xff, id >> 8), body]));
}

/** Frames out of payloads; what is no frame is skipped, and a frame that was cut off gives way to the next start. */
export class PacketFramer {
  readonly #queue = new ByteQueue();

  push(payload: Buffer): void {
    this.#queue.push(payload);
  }

  /** The next whole frame, a view valid until the next `push`; null: more bytes are needed. */
  next(): Buffer | null {
    for (;;) {
      const found = scan(this.#queue.view());
      this.#queue.take(found.skip);
      if (found.length !== null) return this.#queue.take(found.length);
      if (!found.again) break;
    }
    this.#queue.detach();
    return null;
  }
}

const DLE = 0x10;
const ETX = 0x03;

interface Found {
  /** Bytes before the frame. */
  readonly skip: number;
  readonly length: number | null;
  /** Look again: the start was a false one. */
  readonly again: boolean;
}

function scan(bytes: Buffer): Found {
  const start = bytes.indexOf(DLE);
  if (start === -1) return { skip: bytes.length, length: null, again: false };
  const id = bytes[start + 1];
  if (id === undefined) return { skip: start, length: null, again: false };
  if (id === DLE || id === ETX) return { skip: start + 2, length: null, again: true };
  return end(bytes, start);
}

function end(bytes: Buffer, start: number): Found {
  for (let at = start + 2; at + 1 < bytes.length; at += 1) {
    if (bytes[at] !== DLE) continue;
    const next = bytes[at + 1];
    if (next === ETX) return { skip: start, length: at + 2 - start, again: false };
    if (next !== DLE) return { skip: at, length: null, again: true };
    at += 1;
  }
  const tooLong = bytes.length - start > MAX_FRAME_BYTES;
  return { skip: tooLong ? start + 1 : start, length: null, again: tooLong };
}

/** Two's complement of the sum of id, size and payload, before stuffing. */
function checksum(id: number, payload: Buffer): number {
  let sum = id + payload.length;
  for (const byte of payload) sum += byte;
  return -sum & 0xff;
}
