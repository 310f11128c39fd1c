/** The wire: NTCB frames with a 16-byte header, FLEX messages with a CRC-8, and the one-byte ping (NAV 6.1). */
import { crc8Nrsc5, layout, Parser, xor8 } from "../../src/core/index.ts";

export const AT = 0x40;
export const TILDE = 0x7e;
/** Keep-alive without an answer. */
export const PING = 0x7f;
/** Fixed for FLEX; a device may be given another one for plain NTCB, which is not supported. */
export const PREAMBLE = Buffer.from("@NTC");
export const HEADER_BYTES = 16;

/** Who sends to whom; a reply swaps the two. */
export interface Parties {
  readonly receiver: number;
  readonly sender: number;
}

interface Header extends Parties {
  readonly length: number;
  readonly dataCheck: number;
  readonly check: number;
}

export type Ntcb =
  | { readonly type: "message"; readonly parties: Parties; readonly data: Buffer }
  | { readonly type: "bad"; readonly reason: string };

/** An NTCB frame; empty data is a keep-alive. */
export function writeNtcb({ receiver, sender }: Parties, data: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  PREAMBLE.copy(header);
  header.writeUInt32LE(receiver, 4);
  header.writeUInt32LE(sender, 8);
  header.writeUInt16LE(data.length, 12);
  header.writeUInt8(xor8(data), 14);
  header.writeUInt8(xor8(header.subarray(0, 15)), 15);
  return Buffer.concat([header, data]);
}

/** Reads a whole NTCB frame and checks both check bytes. Never throws. */
export function readNtcb(frame: Buffer): Ntcb {
  if (frame.length < HEADER_BYTES) return bad(`NTCB: header of ${HEADER_BYTES} bytes expected, came ${frame.length}`);
  const header = HEADER.read(frame.subarray(0, HEADER_BYTES));
  const data = frame.subarray(HEADER_BYTES);
  if (!headerFits(frame)) return bad("NTCB: wrong check byte of the header");
  if (data.length !== header.length) return bad(`NTCB: ${header.length} data bytes announced, came ${data.length}`);
  if (xor8(data) !== header.dataCheck)
    return bad(`NTCB: check byte of the data: expected ${hex2(xor8(data))}, came ${hex2(header.dataCheck)}`);
  return { type: "message", parties: { receiver: header.receiver, sender: header.sender }, data };
}

/** Do at least 16 bytes begin with a header whose check byte is right? Only then its length can be trusted. */
export function headerFits(bytes: Buffer): boolean {
  return bytes.subarray(0, PREAMBLE.length).equals(PREAMBLE) && xor8(bytes.subarray(0, HEADER_BYTES - 1)) === bytes[HEADER_BYTES - 1];
}

/** A FLEX message from all but its CRC. */
export function sealFlex(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.of(crc8Nrsc5(content))]);
}

/** The CRC-8 over everything from "~" on is right. */
export function flexFits(frame: Buffer): boolean {
  return frame.length > 2 && crc8Nrsc5(frame.subarray(0, -1)) === frame[frame.length - 1];
}

export function hex2(byte: number): string {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}

/** A parser of little-endian fields, as everything here is. */
export function fields(): Parser {
  return new Parser().endianess("little");
}

const HEADER = layout<Header>(
  "NTCB header",
  fields().buffer("preamble", { length: 4 }).uint32("receiver").uint32("sender").uint16("length").uint8("dataCheck").uint8("check"),
);

function bad(reason: string): Ntcb {
  return { type: "bad", reason };
}
