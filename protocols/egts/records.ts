/** Records of the service layer and their subrecords (order 285, annex 6, 6; annex 8). */
import { LayoutError } from "../../src/core/index.ts";
import { RECORD_RESPONSE } from "./codes.ts";
import { RECORD, SUBRECORD } from "./layout.ts";

/** Records of one packet: each is answered with up to 13 bytes, and all answers must fit one packet. */
const MAX_RECORDS = 4_096;
/** Type and length. */
const SUBRECORD_HEAD_BYTES = 3;

export interface ServiceRecord {
  readonly number: number;
  readonly flags: number;
  /** OID; of the record before it when it has none, null when nobody said. */
  readonly object: number | null;
  /** Seconds since 2010. */
  readonly time: number | null;
  readonly sender: number;
  readonly recipient: number;
  /** Null: the record's data do not divide into subrecords. */
  readonly subrecords: readonly Subrecord[] | null;
}

export interface Subrecord {
  readonly type: number;
  readonly data: Buffer;
}

/** Throws LayoutError when the bytes do not divide into records. */
export function readRecords(bytes: Buffer): readonly ServiceRecord[] {
  const records: ServiceRecord[] = [];
  let object: number | null = null;
  for (let rest = bytes; rest.length > 0; ) {
    if (records.length >= MAX_RECORDS) throw new LayoutError(`at most ${MAX_RECORDS} records in a packet expected`);
    const raw = RECORD.read(rest);
    rest = raw.rest;
    // Only the first of several records of one object need name it (GOST 33472-2015, table B.1).
    object = raw.object[0] ?? object;
    const { number, flags, sender, recipient } = raw;
    records.push({ number, flags, object, time: raw.time[0] ?? null, sender, recipient, subrecords: readSubrecords(raw.data) });
  }
  return records;
}

export interface RecordHead {
  readonly number: number;
  /** FROM_DEVICE or FROM_PLATFORM. */
  readonly flags: number;
  readonly sender: number;
  readonly recipient: number;
  readonly object?: number;
}

export function writeRecord({ number, flags, sender, recipient, object }: RecordHead, data: Buffer): Buffer {
  const named = object !== undefined;
  const head = Buffer.alloc(named ? 11 : 7);
  head.writeUInt16LE(data.length, 0);
  head.writeUInt16LE(number & 0xffff, 2);
  head.writeUInt8(flags | (named ? 1 : 0), 4);
  if (named) head.writeUInt32LE(object, 5);
  head.writeUInt8(sender, head.length - 2);
  head.writeUInt8(recipient, head.length - 1);
  return Buffer.concat([head, data]);
}

export function writeSubrecord(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt8(type, 0);
  head.writeUInt16LE(data.length, 1);
  return Buffer.concat([head, data]);
}

/** RECORD_RESPONSE: the record is taken (`result` 0) or why not. */
export function recordResponse(number: number, result: number): Buffer {
  const data = Buffer.alloc(3);
  data.writeUInt16LE(number, 0);
  data.writeUInt8(result, 2);
  return writeSubrecord(RECORD_RESPONSE, data);
}

/** It holds nothing but answers to our records: an acknowledgement is not acknowledged. */
export function isPureAnswer({ subrecords }: ServiceRecord): boolean {
  return subrecords !== null && subrecords.length > 0 && subrecords.every(({ type }) => type === RECORD_RESPONSE);
}

function readSubrecords(bytes: Buffer): readonly Subrecord[] | null {
  if (!dividesIntoSubrecords(bytes)) return null;
  const subrecords: Subrecord[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const raw = SUBRECORD.read(rest);
    rest = raw.rest;
    subrecords.push({ type: raw.type, data: raw.data });
  }
  return subrecords;
}

/** Looked at before they are read: an exception for each of thousands of records would be slow. */
function dividesIntoSubrecords(bytes: Buffer): boolean {
  let at = 0;
  while (at + SUBRECORD_HEAD_BYTES <= bytes.length) at += SUBRECORD_HEAD_BYTES + bytes.readUInt16LE(at + 1);
  return at === bytes.length;
}
