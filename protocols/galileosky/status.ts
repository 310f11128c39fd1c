/** Speed out of a pack (sizes of tags: TRC); nothing else of it matters to a chat, and no acknowledgement depends on it. */
import type { DeviceEvent } from "../../src/core/index.ts";
import { IMEI_BYTES, TAG } from "./tags.ts";
import type { Packet } from "./wire.ts";

interface RecordFields {
  readonly time: number;
  readonly positioned: boolean;
  /** Tenths of km/h; null: not told. */
  readonly speed: number | null;
}

/** Of the newest record; null while older ones wait in the archive, without a position, or when a tag is not known. */
export function statusOf({ body, archive }: Packet): Extract<DeviceEvent, { type: "status" }> | null {
  if (archive) return null;
  const records = recordsIn(body);
  if (records === null) return null;
  const newest = records.reduce<RecordFields | null>((one, other) => (one === null || other.time >= one.time ? other : one), null);
  if (newest === null || !newest.positioned || newest.speed === null) return null;
  return { type: "status", speedKmh: newest.speed / 10 };
}

/** Null: the tags do not end where the pack does, or one of them is not known. */
export function recordsIn(body: Buffer): readonly RecordFields[] | null {
  const records: RecordFields[] = [];
  let record = EMPTY;
  let last = 0;
  for (let at = 0; at < body.length; ) {
    const tag = body.readUInt8(at);
    const size = sizeAt(body, at);
    if (size === null || at + 1 + size > body.length) return null;
    // Tags ascend: one that does not begins the next record.
    if (tag <= last) {
      records.push(record);
      record = EMPTY;
    }
    record = withTag(record, tag, body.subarray(at + 1, at + 1 + size));
    last = tag;
    at += 1 + size;
  }
  return [...records, record];
}

const EMPTY: RecordFields = { time: 0, positioned: false, speed: null };

function withTag(record: RecordFields, tag: number, value: Buffer): RecordFields {
  if (tag === TAG.time) return { ...record, time: value.readUInt32LE(0) };
  // The upper half tells how right the coordinates are.
  if (tag === TAG.position) return { ...record, positioned: (value.readUInt8(0) & 0xf0) === 0 };
  return tag === TAG.speed ? { ...record, speed: value.readUInt16LE(0) } : record;
}

/** Bytes behind the tag. */
function sizeAt(body: Buffer, at: number): number | null {
  const tag = body.readUInt8(at);
  if (COUNTED_IN_ONE.has(tag)) return at + 1 < body.length ? 1 + body.readUInt8(at + 1) : null;
  if (tag === EXTENDED) return at + 2 < body.length ? 2 + body.readUInt16LE(at + 1) : null;
  return RANGES.find(([from, to]) => tag >= from && tag <= to)?.[2] ?? null;
}

/** Replies, and data of a user's own. */
const COUNTED_IN_ONE: ReadonlySet<number> = new Set([TAG.text, 0xea]);
const EXTENDED = 0xfe;

/** First and last tag, bytes of each. */
const RANGES: readonly (readonly [number, number, number])[] = [
  [0x01, 0x02, 1],
  [TAG.imei, TAG.imei, IMEI_BYTES],
  [0x04, 0x04, 2],
  [0x10, 0x10, 2],
  [0x20, 0x20, 4],
  [0x30, 0x30, 9],
  [0x33, 0x33, 4],
  [0x34, 0x34, 2],
  [0x35, 0x35, 1],
  [0x40, 0x42, 2],
  [0x43, 0x43, 1],
  [0x44, 0x44, 4],
  [0x45, 0x46, 2],
  [0x47, 0x47, 4],
  [0x48, 0x48, 2],
  [0x50, 0x59, 2],
  [0x5a, 0x5a, 4],
  [0x5c, 0x5c, 68],
  [0x5d, 0x5d, 3],
  [0x60, 0x62, 2],
  [0x63, 0x6f, 3],
  [0x70, 0x77, 2],
  [0x88, 0x88, 1],
  [0x8a, 0x8c, 1],
  [0x90, 0x90, 4],
  [0xa0, 0xaf, 1],
  [0xb0, 0xb9, 2],
  [0xc0, 0xc3, 4],
  [0xc4, 0xd2, 1],
  [0xd3, 0xd4, 4],
  [0xd5, 0xd5, 1],
  [0xd6, 0xda, 2],
  [0xdb, 0xdf, 4],
  [0xe0, 0xe0, 4],
  [0xe2, 0xe9, 4],
  [0xf0, 0xf9, 4],
];
