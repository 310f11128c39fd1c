/** Packets on the wire: `head | length (LE) | body | CRC-16/MODBUS (LE)`, and acknowledgements of three bytes (manual v5.1, pp. 82, 92). */
import { crc16Modbus } from "../../src/core/index.ts";

export const HEAD = { pack: 0x01, acknowledgement: 0x02, tunnel: 0x06, photo: 0x07, compressed: 0x08 } as const;

/** The manual says 1000 for packs and nothing for the others: a generous bound that only keeps false lengths out. */
export const MAX_BODY_BYTES = 4 * 1024;
/** Head and length. */
export const HEAD_BYTES = 3;
const CRC_BYTES = 2;
/** All but the body. */
export const PACKET_OVERHEAD = HEAD_BYTES + CRC_BYTES;
export const ACKNOWLEDGEMENT_BYTES = 1 + CRC_BYTES;
/** Bit of a pack's length: more waits in the device's archive. */
const ARCHIVE = 0x8000;

/** A message of the Iridium gateway begins with its own version and length, big-endian, and this element. */
const IRIDIUM = Buffer.from("01001c", "hex");
const IRIDIUM_HEAD_BYTES = HEAD_BYTES + IRIDIUM.length;
/** That element with its 28 bytes. */
const MIN_IRIDIUM_BYTES = 31;

export interface Packet {
  readonly head: number;
  readonly archive: boolean;
  readonly body: Buffer;
  /** As it came: an acknowledgement brings it back. */
  readonly crc: Buffer;
  readonly sound: boolean;
}

export type Size = { readonly type: "packet" | "iridium"; readonly bytes: number } | { readonly type: "more" } | { readonly type: "no" };

/** What begins here, from a device. */
export function sizeOf(bytes: Buffer): Size {
  const [head] = bytes;
  if (head === undefined) return { type: "more" };
  if (!isHead(head)) return { type: "no" };
  if (bytes.length < HEAD_BYTES) return { type: "more" };
  const body = bytes.readUInt16LE(1) & ~ARCHIVE;
  if (head === HEAD.pack && body > 0) {
    if (bytes.length < IRIDIUM_HEAD_BYTES) return { type: "more" };
    const rest = bytes.readUInt16BE(1);
    if (isIridium(bytes) && rest >= MIN_IRIDIUM_BYTES && rest <= MAX_BODY_BYTES) return { type: "iridium", bytes: HEAD_BYTES + rest };
  }
  return body > MAX_BODY_BYTES ? { type: "no" } : { type: "packet", bytes: PACKET_OVERHEAD + body };
}

/** What a device's packets begin with. */
export function isHead(byte: number | undefined): boolean {
  return byte !== undefined && HEADS.has(byte);
}

export function isIridium(bytes: Buffer): boolean {
  return bytes[0] === HEAD.pack && bytes.subarray(HEAD_BYTES, IRIDIUM_HEAD_BYTES).equals(IRIDIUM);
}

/** Null: the length is not that of the frame. */
export function readPacket(frame: Buffer): Packet | null {
  if (frame.length < PACKET_OVERHEAD) return null;
  const length = frame.readUInt16LE(1);
  if ((length & ~ARCHIVE) !== frame.length - PACKET_OVERHEAD) return null;
  return {
    head: frame.readUInt8(0),
    archive: (length & ARCHIVE) !== 0,
    body: frame.subarray(HEAD_BYTES, -CRC_BYTES),
    crc: frame.subarray(-CRC_BYTES),
    sound: isSound(frame),
  };
}

export function isSound(frame: Buffer): boolean {
  return crc16Modbus(frame.subarray(0, -CRC_BYTES)) === frame.readUInt16LE(frame.length - CRC_BYTES);
}

export function writePacket(head: number, body: Buffer, archive = false): Buffer {
  const packet = Buffer.alloc(PACKET_OVERHEAD + body.length);
  packet.writeUInt8(head);
  packet.writeUInt16LE(body.length | (archive ? ARCHIVE : 0), 1);
  body.copy(packet, HEAD_BYTES);
  packet.writeUInt16LE(crc16Modbus(packet.subarray(0, -CRC_BYTES)), packet.length - CRC_BYTES);
  return packet;
}

/** The checksum that came, behind 02, or behind 07 for a photo. */
export function acknowledgement({ head, crc }: Packet): Buffer {
  return Buffer.concat([Buffer.of(head === HEAD.photo ? HEAD.photo : HEAD.acknowledgement), crc]);
}

const HEADS: ReadonlySet<number> = new Set([HEAD.pack, HEAD.tunnel, HEAD.photo, HEAD.compressed]);
