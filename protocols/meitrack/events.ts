/** Speed and ignition out of events and batches; positions are not kept, and nothing else of them matters to a chat. */
import { type DeviceEvent, LayoutError, layout, Parser } from "../../src/core/index.ts";

type Status = Extract<DeviceEvent, { type: "status" }>;

/** Faster than any truck: a reading that is none. */
const MAX_SPEED_KMH = 400;

/** Of an AAA: event, latitude, longitude, time, A or V, satellites, signal, speed, ... inputs and outputs seven fields behind the speed. */
export function statusOfEvent(data: Buffer, ignitionInput: number): Status | null {
  const fields = data.toString("latin1").split(",");
  const fix = fields.findIndex((field, index) => /^[AV]$/.test(field) && /^\d{12}$/.test(fields[index - 1] ?? ""));
  if (fix === -1) return null;
  const speed = fields[fix] === "A" && /^\d+(?:\.\d+)?$/.test(fields[fix + 3] ?? "") ? Number(fields[fix + 3]) : null;
  const ports = /^([0-9a-f]{2})[0-9a-f]{2}$/i.exec(fields[fix + 10] ?? "");
  return status(speed, ports?.[1] === undefined ? null : Number.parseInt(ports[1], 16), ignitionInput);
}

/** Of the last record of a CCE, if no newer one is still in the tracker's memory. */
export function statusOfRecords(data: Buffer, ignitionInput: number): Status | null {
  const last = read(() => RECORDS.read(data));
  const record = last === null || last.remaining > 0 ? undefined : last.records.at(-1);
  const fields = record === undefined ? null : read(() => RECORD.read(record.content));
  if (fields === null) return null;
  const inputs = fields.bytes.find(({ id }) => id === INPUTS)?.value ?? null;
  const fixed = fields.bytes.some(({ id, value }) => id === FIXED && value > 0);
  const speed = fields.words.find(({ id }) => id === SPEED)?.value ?? null;
  return status(fixed ? speed : null, inputs, ignitionInput);
}

/** How many positions a CCC carries, which is what it is answered with; null: it cannot be read. */
export function positionsOf(data: Buffer): number | null {
  const batch = read(() => BATCH.read(data));
  return batch === null || batch.size < MIN_POSITION_BYTES ? null : Math.floor(batch.positions.length / batch.size);
}

/** Of the last position of a CCC, if no newer one is still in the tracker's memory: their number includes those sent now. */
export function statusOfBatch(data: Buffer): Status | null {
  const [batch, count] = [read(() => BATCH.read(data)), positionsOf(data)];
  if (batch === null || count === null || count === 0 || batch.size !== KNOWN_POSITION_BYTES || batch.remaining > count) return null;
  const last = batch.positions.subarray((count - 1) * batch.size, count * batch.size);
  const position = read(() => POSITION.read(last));
  return position === null || position.fixed !== 1 ? null : status(position.speed, null, 0);
}

interface Element {
  readonly id: number;
  readonly value: number;
}

/** Ids of a CCE's elements (TRC). */
const FIXED = 0x05;
const SPEED = 0x08;
const INPUTS = 0x15;
/** An id that goes on with another byte. */
const LONG_ID = 0xfe;
/** A position of a CCC as TRC knows it; other versions are longer. */
const KNOWN_POSITION_BYTES = 0x34;
/** No version packs a position tighter. */
const MIN_POSITION_BYTES = 16;

const RECORDS = layout<{ readonly remaining: number; readonly records: readonly { readonly content: Buffer }[] }>(
  "CCE",
  parser()
    .uint32("remaining")
    .uint16("count")
    .array("records", { type: parser().uint16("size").buffer("content", { length: "size" }), length: "count" }),
);
/** Behind the elements of four bytes come those of any length: a chat needs neither. */
const RECORD = layout<{ readonly bytes: readonly Element[]; readonly words: readonly Element[]; readonly rest: Buffer }>(
  "record of a CCE",
  elements(elements(parser().uint16("index"), "bytes", "uint8"), "words", "uint16le"),
  "rest",
);
const BATCH = layout<{ readonly size: number; readonly remaining: number; readonly positions: Buffer }>(
  "CCC",
  parser().uint16("version").uint16("size").uint32("remaining"),
  "positions",
);
const POSITION = layout<{ readonly fixed: number; readonly speed: number; readonly rest: Buffer }>(
  "position of a CCC",
  parser().uint8("event").buffer("place", { length: 12 }).uint8("fixed").uint8("satellites").uint8("signal").uint16("speed"),
  "rest",
);

function parser(): Parser {
  return new Parser().endianness("little");
}

/** A count, then so many ids and values. */
function elements(start: Parser, name: string, value: "uint8" | "uint16le"): Parser {
  const element = parser()
    .uint8("id")
    .choice({ tag: "id", choices: { [LONG_ID]: parser().uint8("long") }, defaultChoice: parser() });
  const type = value === "uint8" ? element.uint8("value") : element.uint16le("value");
  return start.uint8(`${name}Count`).array(name, { type, length: `${name}Count` });
}

function status(speed: number | null, inputs: number | null, ignitionInput: number): Status | null {
  const speedKmh = speed === null || speed > MAX_SPEED_KMH ? {} : { speedKmh: speed };
  const ignition = inputs === null || ignitionInput === 0 ? {} : { ignition: ((inputs >> (ignitionInput - 1)) & 1) === 1 };
  const all: Status = { type: "status", ...speedKmh, ...ignition };
  return all.speedKmh === undefined && all.ignition === undefined ? null : all;
}

function read<T>(reading: () => T): T | null {
  try {
    return reading();
  } catch (error) {
    if (error instanceof LayoutError) return null;
    throw error;
  }
}
