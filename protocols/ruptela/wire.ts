/** Packets on the wire: `length | IMEI | command | payload | CRC` from the device, the same without the IMEI to it; big-endian. */
import { crc16Kermit, layout, Parser } from "../../src/core/index.ts";

/** What a length may count. Real packets have a little over 1000 bytes; no source names a limit. */
export const MAX_COUNTED_BYTES = 4 * 1024;
export const LENGTH_BYTES = 2;
export const IMEI_BYTES = 8;
const CRC_BYTES = 2;

export interface UpPacket {
  readonly key: string;
  readonly command: number;
  readonly payload: Buffer;
}

export type Parsed = { readonly type: "packet"; readonly packet: UpPacket } | { readonly type: "bad"; readonly reason: string };

/** Bytes of the packet that begins here; null: none does. `least`: what the length counts at least. */
export function sizeOf(bytes: Buffer, least: number): number | null {
  const counted = bytes.readUInt16BE(0);
  return counted < least || counted > MAX_COUNTED_BYTES ? null : LENGTH_BYTES + counted + CRC_BYTES;
}

/** Length and IMEI are such as a device has them: what there is in place of a mark where a packet begins. */
export function looksLikeHead(bytes: Buffer, at: number): boolean {
  if (at + LENGTH_BYTES + IMEI_BYTES > bytes.length || sizeOf(bytes.subarray(at), IMEI_BYTES + 1) === null) return false;
  const imei = bytes.readBigUInt64BE(at + LENGTH_BYTES);
  return imei >= LOWEST_IMEI && imei <= HIGHEST_IMEI;
}

/** 13 to 15 digits. */
const LOWEST_IMEI = 1_000_000_000_000n;
const HIGHEST_IMEI = 999_999_999_999_999n;

/** Length and CRC are right. */
export function isSound(frame: Buffer): boolean {
  const counted = frame.length - LENGTH_BYTES - CRC_BYTES;
  if (counted < 1 || frame.readUInt16BE(0) !== counted) return false;
  return crc16Kermit(frame.subarray(LENGTH_BYTES, -CRC_BYTES)) === frame.readUInt16BE(frame.length - CRC_BYTES);
}

/** Reads a packet from a device. Never throws. */
export function readUp(frame: Buffer): Parsed {
  if (!isSound(frame)) return { type: "bad", reason: "the length or the CRC is wrong" };
  const counted = frame.subarray(LENGTH_BYTES, -CRC_BYTES);
  if (counted.length <= IMEI_BYTES) return { type: "bad", reason: `a packet of ${counted.length} bytes has no command` };
  const { imei, command, payload } = UP.read(counted);
  return { type: "packet", packet: { key: keyOf(imei), command, payload } };
}

/** Reads a packet to a device; null: it is none. */
export function readDown(frame: Buffer): Omit<UpPacket, "key"> | null {
  return isSound(frame) ? DOWN.read(frame.subarray(LENGTH_BYTES, -CRC_BYTES)) : null;
}

export function writeUp({ key, command, payload }: UpPacket): Buffer {
  return seal(Buffer.concat([imeiOf(key), Buffer.of(command), payload]));
}

export function writeDown(command: number, payload: Buffer): Buffer {
  return seal(Buffer.concat([Buffer.of(command), payload]));
}

/** Throws RangeError when the id is not up to 19 digits. */
export function imeiOf(deviceId: string): Buffer {
  if (!/^\d{1,19}$/u.test(deviceId)) throw new RangeError(`an IMEI of up to 19 digits expected, came ${JSON.stringify(deviceId)}`);
  const bytes = Buffer.alloc(IMEI_BYTES);
  bytes.writeBigUInt64BE(BigInt(deviceId));
  return bytes;
}

function keyOf(imei: bigint): string {
  return String(imei).padStart(15, "0");
}

function seal(counted: Buffer): Buffer {
  const frame = Buffer.alloc(LENGTH_BYTES + counted.length + CRC_BYTES);
  frame.writeUInt16BE(counted.length);
  counted.copy(frame, LENGTH_BYTES);
  frame.writeUInt16BE(crc16Kermit(counted), LENGTH_BYTES + counted.length);
  return frame;
}

const UP = layout<{ readonly imei: bigint; readonly command: number; readonly payload: Buffer }>(
  "packet",
  new Parser().endianness("big").uint64("imei").uint8("command"),
  "payload",
);
const DOWN = layout<{ readonly command: number; readonly payload: Buffer }>("packet", new Parser().uint8("command"), "payload");
