/**
 * The fields of a FLEX record and their sizes. A mask names the fields of every record of a line, so that it alone says how
 * long a record is. Sizes of 1-255 as in the protocol's version 3.0; two public servers agree on them (see README.md).
 */

/** Numbers of the fields that matter to a chat, counted from 1 as the vendor does. */
const INDEX = 1;
const TIME = 3;
const SPEED = 13;
const STATUS = 104;
const READ = 105;

/** Sizes that a tracker's profile gives instead of the table's, by field number. */
export type FieldSizes = Readonly<Record<string, number>>;

/** Where in a record the fields stand that matter; null: the mask leaves the field out. */
export interface RecordLayout {
  readonly size: number;
  readonly fields: readonly number[];
  readonly index: number | null;
  readonly time: number | null;
  readonly speed: number | null;
  readonly status: number | null;
  readonly read: number | null;
}

/** `mask`: bit 7 of byte 0 is field 1. */
export function recordLayout(mask: Buffer, count: number, sizes: FieldSizes): RecordLayout {
  const fields: number[] = [];
  const offsets = new Map<number, number>();
  let size = 0;
  for (let field = 1; field <= count; field += 1) {
    if (((mask[(field - 1) >> 3] ?? 0) & (0x80 >> ((field - 1) & 7))) === 0) continue;
    fields.push(field);
    offsets.set(field, size);
    size += sizes[field] ?? SIZES[field - 1] ?? 0;
  }
  const at = (field: number): number | null => offsets.get(field) ?? null;
  return { size, fields, index: at(INDEX), time: at(TIME), speed: at(SPEED), status: at(STATUS), read: at(READ) };
}

/** The mask that names these fields, for `count` fields. */
export function maskOf(fields: readonly number[], count: number): Buffer {
  const mask = Buffer.alloc(Math.ceil(count / 8));
  for (const field of fields) mask[(field - 1) >> 3] = (mask[(field - 1) >> 3] ?? 0) | (0x80 >> ((field - 1) & 7));
  return mask;
}

/** Bytes of each field from 1 on; "1*5" are five fields of one byte. */
const RUNS: readonly string[] = [
  "4 2 4 1*5 4*5 2 4*2 2*12 1*4 4*2 2*2 4 2*7 1*8", // 1-52
  "2 4 2 1 4 2*5 1*3 2 4 2 1 8 2 1 16 4 2 4 37 1*6 3*10 6 12 24 48", // 53-97
  "1*2 2 1 4*2 1 4 2 6 2 6 2*8 1 2*3 1", // 98-122
  "1*4 4*6 2*6 1*2 2 3 2 1*2 3 2*20 1*4 2 4*3 2", // 123-175
  "4 2*2 4 2*13 4*4 6 3 1 2*2 1 4 5 4*2", // 176-206
  "1*16 2*15 4*15 8*3", // 207-255, the user's own
];

const SIZES: Uint8Array = Uint8Array.from(RUNS.flatMap((line) => line.split(" ").flatMap(sizesOf)));

function sizesOf(run: string): readonly number[] {
  const [size, count = 1] = run.split("*").map(Number);
  return Array.from({ length: count }, () => size ?? 0);
}
