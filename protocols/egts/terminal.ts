/** Who is on the line: TERM_IDENTITY, or the object of a record where a device does not introduce itself. */

import { AUTH } from "./codes.ts";
import { type RawTerminal, TERMINAL } from "./layout.ts";
import type { Subrecord } from "./records.ts";
import { writeSubrecord } from "./records.ts";

export interface Terminal {
  /** TID. */
  readonly id: number;
  /** IMEI where there is one, else TID; null when both are missing. */
  readonly key: string | null;
  /** BS: the largest packet it takes; null: not said. */
  readonly bufferBytes: number | null;
}

/** Throws LayoutError when bytes are missing. */
export function readTerminal({ data }: Subrecord): Terminal {
  const raw = terminalFields(data);
  return { id: raw.id, key: imeiOf(raw) ?? (raw.id === 0 ? null : String(raw.id)), bufferBytes: raw.bufferBytes[0] ?? null };
}

/** The fields as they came. An IMEI that is the last of them may be shorter than its field: 14 digits, or a short id. */
export function terminalFields(data: Buffer): RawTerminal {
  const flags = data[FLAGS_AT] ?? 0;
  const size = FLAGS_AT + 1 + ((flags & HOME) === 0 ? 0 : 2) + IMEI_BYTES;
  const short = (flags & IMEI_AND_BEYOND) === HAS_IMEI && data.length < size;
  return TERMINAL.read(short ? Buffer.concat([data], size) : data);
}

/** A field of text, without the NULs and blanks that pad it. */
export function fieldText(bytes: Buffer): string {
  return bytes.toString("latin1").replaceAll("\0", "").trim();
}

/** TERM_IDENTITY with an IMEI of up to 15 characters or without; `bufferBytes` null leaves BS out. */
export function writeTerminal(id: number, imei: string | null, bufferBytes: number | null): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(id, 0);
  // SSRA: the simple use of services.
  head.writeUInt8(0x10 | (imei === null ? 0 : 0x02) | (bufferBytes === null ? 0 : 0x40), 4);
  const size = Buffer.alloc(bufferBytes === null ? 0 : 2);
  if (bufferBytes !== null) size.writeUInt16LE(bufferBytes, 0);
  const name = imei === null ? Buffer.alloc(0) : Buffer.from(imei.padEnd(IMEI_BYTES, "\0"), "latin1");
  return writeSubrecord(AUTH.terminal, Buffer.concat([head, name, size]));
}

/** Of an IMEI field. */
export const IMEI_BYTES = 15;

/** Behind TID. */
const FLAGS_AT = 4;
const HOME = 0x01;
const HAS_IMEI = 0x02;
/** IMEI, IMSI, LNGC, NID, BS and MSISDN; SSRA names no field. */
const IMEI_AND_BEYOND = 0xee;

/** Short ids padded with NULs are ids (TRC); zeros are none. */
function imeiOf({ imei }: RawTerminal): string | null {
  const text = fieldText(imei);
  return /^[\x21-\x7e]+$/u.test(text) && !/^0+$/u.test(text) ? text : null;
}
