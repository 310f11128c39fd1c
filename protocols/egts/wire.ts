/** Packets on the wire: header with CRC-8, data with CRC-16 (order 285, annex 6, 4.2 and 5.5). */
import { crc8Nrsc5, crc16CcittFalse, LayoutError } from "../../src/core/index.ts";
import { PACKET, RESULT } from "./codes.ts";
import { ANSWER, HEADER_BYTES, PACKET_LAYOUT, type RawPacket, ROUTED_HEADER_BYTES, SIGNED } from "./layout.ts";
import { readRecords, type ServiceRecord } from "./records.ts";

/** PRV. */
export const VERSION = 0x01;
/** A whole packet (order 285, annex 6, table 3). */
const MAX_PACKET_BYTES = 65_535;
const CHECK_BYTES = 2;

export interface Packet {
  readonly pid: number;
  readonly type: number;
  /** Of a RESPONSE: the packet it answers, and how that went. */
  readonly answer: { readonly pid: number; readonly result: number } | null;
  readonly records: readonly ServiceRecord[];
}

export type Parsed =
  | { readonly type: "packet"; readonly packet: Packet }
  /** `answerable`: it says which packet it is, and is no RESPONSE. `result`: what is wrong, in the standard's codes. */
  | { readonly type: "bad"; readonly reason: string; readonly result: number; readonly pid: number; readonly answerable: boolean };

export type Head =
  | { readonly type: "more" }
  /** No packet begins like this. */
  | { readonly type: "no" }
  /** It looks like a header, but its check or its length is wrong: its `bytes` are all that can be told. */
  | { readonly type: "damaged"; readonly bytes: number }
  | { readonly type: "packet"; readonly bytes: number };

/** What the first bytes tell about the packet: how long it is. */
export function headOf(bytes: Buffer): Head {
  if (bytes.length > 0 && bytes[0] !== VERSION) return { type: "no" };
  const headerBytes = bytes[3];
  if (headerBytes === undefined) return { type: "more" };
  if (headerBytes !== HEADER_BYTES && headerBytes !== ROUTED_HEADER_BYTES) return { type: "no" };
  if (bytes.length < headerBytes) return { type: "more" };
  if (crc8Nrsc5(bytes.subarray(0, headerBytes - 1)) !== bytes[headerBytes - 1]) return { type: "damaged", bytes: headerBytes };
  const dataBytes = bytes.readUInt16LE(5);
  const length = headerBytes + dataBytes + (dataBytes > 0 ? CHECK_BYTES : 0);
  return length > MAX_PACKET_BYTES ? { type: "damaged", bytes: headerBytes } : { type: "packet", bytes: length };
}

/** Checks and reads a packet. Never throws. */
export function parsePacket(frame: Buffer): Parsed {
  const head = headOf(frame);
  if (head.type === "damaged") return damaged(frame);
  if (head.type !== "packet" || head.bytes !== frame.length)
    return {
      type: "bad",
      reason: `no packet of ${frame.length} bytes begins like this`,
      result: RESULT.badLength,
      pid: 0,
      answerable: false,
    };
  const raw = PACKET_LAYOUT.read(frame);
  const objection = objectionTo(raw);
  if (objection !== null) return refused(raw, objection.result, objection.reason);
  try {
    return { type: "packet", packet: read(raw) };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return refused(raw, RESULT.badData, error.message);
  }
}

/** A whole packet, ready for the wire. Throws RangeError when it exceeds 65535 bytes. */
export function writePacket(type: number, pid: number, data: Buffer): Buffer {
  const size = HEADER_BYTES + data.length + (data.length > 0 ? CHECK_BYTES : 0);
  if (size > MAX_PACKET_BYTES) throw new RangeError(`packet of at most ${MAX_PACKET_BYTES} bytes expected, came ${size}`);
  const packet = Buffer.alloc(size);
  packet.writeUInt8(VERSION, 0);
  packet.writeUInt8(HEADER_BYTES, 3);
  packet.writeUInt16LE(data.length, 5);
  packet.writeUInt16LE(pid & 0xffff, 7);
  packet.writeUInt8(type, 9);
  packet.writeUInt8(crc8Nrsc5(packet.subarray(0, HEADER_BYTES - 1)), HEADER_BYTES - 1);
  data.copy(packet, HEADER_BYTES);
  if (data.length > 0) packet.writeUInt16LE(crc16CcittFalse(data), HEADER_BYTES + data.length);
  return packet;
}

/** The data of a RESPONSE: RPID, PR, and records. */
export function answerData(pid: number, result: number, records: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt16LE(pid, 0);
  head.writeUInt8(result, 2);
  return Buffer.concat([head, records]);
}

/** Only the header is left of it, and only as far as its fields can be believed. */
function damaged(frame: Buffer): Parsed {
  const headerBytes = frame[3] ?? HEADER_BYTES;
  const check = crc8Nrsc5(frame.subarray(0, headerBytes - 1));
  const came = frame[headerBytes - 1] ?? 0;
  const sound = check === came;
  return {
    type: "bad",
    reason: sound
      ? `packet of at most ${MAX_PACKET_BYTES} bytes expected`
      : `header check: expected ${hex(check, 2)}, came ${hex(came, 2)}`,
    result: sound ? RESULT.badLength : RESULT.headerCrc,
    pid: frame.readUInt16LE(7),
    answerable: frame[9] !== PACKET.response,
  };
}

/** PRF must be 00; ENA names an encryption, CMP a compression: neither is known here. */
function objectionTo({ flags, type, data, dataCheck: [came] }: RawPacket): { readonly result: number; readonly reason: string } | null {
  const check = crc16CcittFalse(data);
  if (came !== undefined && came !== check)
    return { result: RESULT.dataCrc, reason: `data check: expected ${hex(check, 4)}, came ${hex(came, 4)}` };
  if ((flags & 0xc0) !== 0) return { result: RESULT.badHeader, reason: `header prefix of 00 expected, came ${flags >> 6}` };
  if ((flags & 0x18) !== 0) return { result: RESULT.decryptError, reason: "encrypted packets are not supported" };
  if ((flags & 0x04) !== 0) return { result: RESULT.unsupportedProtocol, reason: "compressed packets are not supported" };
  if (type > PACKET.signedData) return { result: RESULT.unsupportedType, reason: `packet type of at most 2 expected, came ${type}` };
  return null;
}

function read({ pid, type, data }: RawPacket): Packet {
  if (type === PACKET.response) {
    const { rest, ...answer } = ANSWER.read(data);
    return { pid, type, answer, records: readRecords(rest) };
  }
  const records = type === PACKET.signedData ? SIGNED.read(data).rest : data;
  return { pid, type, answer: null, records: readRecords(records) };
}

function refused({ pid, type }: RawPacket, result: number, reason: string): Parsed {
  return { type: "bad", reason, result, pid, answerable: type !== PACKET.response };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
