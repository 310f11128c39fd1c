/** Packets on the wire: `78 78` and a length of one byte or `79 79` and one of two, protocol number, content, serial, CRC, `0D 0A`. */
import { crc16X25 } from "../../src/core/index.ts";

/** No source names a limit for 79 79; pieces of photos have a little over 1 KiB. */
export const MAX_PACKET_BYTES = 8 * 1024;
/** Head, length, protocol number, serial, CRC, end. */
export const MIN_PACKET_BYTES = 10;
/** Protocol number, serial, CRC: what the length counts beside the content. */
const COUNTED_BYTES = 5;
const CRC_BYTES = 2;
const SERIAL_BYTES = 2;
export const END = Buffer.from("\r\n");

export const SHORT_HEAD = 0x78;
export const LONG_HEAD = 0x79;

/** `short` is 78 78, `long` is 79 79. */
export type Form = "short" | "long";

export interface Packet {
  readonly form: Form;
  readonly type: number;
  readonly serial: number;
  readonly content: Buffer;
}

export type Parsed = { readonly type: "packet"; readonly packet: Packet } | { readonly type: "bad"; readonly reason: string };

/** Bytes of the packet that begins here by its own account; null: too few to tell. */
export function declaredSize(bytes: Buffer): number | null {
  if (bytes[0] === LONG_HEAD) return bytes.length < 4 ? null : bytes.readUInt16BE(2) + headBytes("long") + END.length;
  return bytes.length < 3 ? null : bytes.readUInt8(2) + headBytes("short") + END.length;
}

/** The CRC is right; it covers everything from the length to the serial. */
export function isSound(packet: Buffer): boolean {
  const at = packet.length - END.length - CRC_BYTES;
  return packet.length >= MIN_PACKET_BYTES && crc16X25(packet.subarray(2, at)) === packet.readUInt16BE(at);
}

/** Reads what `Gt06Framer` made of the bytes. A wrong length byte under a right CRC is a device's mistake (TRC, issue 1727). Never throws. */
export function readPacket(frame: Buffer): Parsed {
  if (frame.length < MIN_PACKET_BYTES) return { type: "bad", reason: `a packet of ${frame.length} bytes` };
  if (!frame.subarray(-END.length).equals(END)) return { type: "bad", reason: "a packet ends with 0D 0A" };
  if (!isSound(frame)) return { type: "bad", reason: "the CRC is wrong" };
  const form = frame[0] === LONG_HEAD ? "long" : "short";
  const type = frame.readUInt8(headBytes(form));
  const end = frame.length - END.length - CRC_BYTES - SERIAL_BYTES;
  return { type: "packet", packet: { form, type, serial: frame.readUInt16BE(end), content: frame.subarray(headBytes(form) + 1, end) } };
}

/** A whole packet. Throws RangeError when the content does not fit its length. */
export function writePacket({ form, type, serial, content }: Packet): Buffer {
  const counted = content.length + COUNTED_BYTES;
  const head = headBytes(form);
  const packet = Buffer.alloc(head + counted + END.length);
  packet.fill(form === "long" ? LONG_HEAD : SHORT_HEAD, 0, 2);
  if (form === "long") packet.writeUInt16BE(counted, 2);
  else packet.writeUInt8(counted, 2);
  packet.writeUInt8(type, head);
  content.copy(packet, head + 1);
  const at = head + 1 + content.length;
  packet.writeUInt16BE(serial, at);
  packet.writeUInt16BE(crc16X25(packet.subarray(2, at + SERIAL_BYTES)), at + SERIAL_BYTES);
  END.copy(packet, at + SERIAL_BYTES + CRC_BYTES);
  return packet;
}

/** Head and length. */
function headBytes(form: Form): number {
  return form === "long" ? 4 : 3;
}
