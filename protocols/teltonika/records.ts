/** Speed and ignition out of records (ALIM, teltonika.go); nothing else of them matters to a chat, and no acknowledgement depends on it. */
import { type DeviceEvent, type Layout, LayoutError, layout, Parser } from "../../src/core/index.ts";
import { CODEC } from "./wire.ts";

/** The input/output element that tells whether the ignition is on. */
const IGNITION = 239;

interface Element {
  readonly id: number;
  readonly value: number;
}

interface RecordFields {
  readonly time: bigint;
  readonly speed: number;
  /** The elements of one byte; ignition is one of them. */
  readonly bytes: readonly Element[];
}

interface RecordsFields {
  readonly records: readonly RecordFields[];
}

/** Of the newest record; null when they cannot be read. `body` is that of a frame with a right CRC. */
export function statusOf(body: Buffer): Extract<DeviceEvent, { type: "status" }> | null {
  const reader = LAYOUTS.get(body.readUInt8(0));
  if (reader === undefined) return null;
  try {
    const [first, ...rest] = reader.read(body).records;
    if (first === undefined) return null;
    const newest = rest.reduce((one, other) => (other.time > one.time ? other : one), first);
    const ignition = newest.bytes.find(({ id }) => id === IGNITION);
    const status = { type: "status", speedKmh: newest.speed } as const;
    return ignition === undefined ? status : { ...status, ignition: ignition.value === 1 };
  } catch (error) {
    if (error instanceof LayoutError) return null;
    throw error;
  }
}

/** How wide the ids, the counts of the groups, and the total are. */
interface Widths {
  readonly ids: "uint8" | "uint16";
  readonly counts: "uint8" | "uint16";
  readonly generation: boolean;
  readonly variable: boolean;
}

/** Groups of elements by the bytes of their values. */
const GROUPS = [
  ["bytes", 1],
  ["words", 2],
  ["longs", 4],
  ["quads", 8],
] as const;

const LAYOUTS: ReadonlyMap<number, Layout<RecordsFields>> = new Map([
  [CODEC.avl8, records("codec 8", { ids: "uint8", counts: "uint8", generation: false, variable: false })],
  [CODEC.avl8e, records("codec 8 extended", { ids: "uint16", counts: "uint16", generation: false, variable: true })],
  [CODEC.avl16, records("codec 16", { ids: "uint16", counts: "uint8", generation: true, variable: false })],
]);

function records(name: string, widths: Widths): Layout<RecordsFields> {
  const type = record(widths);
  return layout<RecordsFields>(name, start().uint8("codec").uint8("count").array("records", { type, length: "count" }).uint8("again"));
}

function record(widths: Widths): Parser {
  const place = start().uint64("time").uint8("priority").int32("longitude").int32("latitude").int16("altitude").uint16("angle");
  const event = number(place.uint8("satellites").uint16("speed"), "event", widths.ids);
  const total = number(widths.generation ? event.uint8("generation") : event, "total", widths.counts);
  let groups = total;
  for (const [group, bytes] of GROUPS) {
    const element = number(start(), "id", widths.ids);
    const type = bytes === 1 ? element.uint8("value") : element.buffer("value", { length: bytes });
    groups = number(groups, `${group}Count`, widths.counts).array(group, { type, length: `${group}Count` });
  }
  if (!widths.variable) return groups;
  const type = start().uint16("id").uint16("length").buffer("value", { length: "length" });
  return groups.uint16("variableCount").array("variable", { type, length: "variableCount" });
}

function number(parser: Parser, name: string, width: "uint8" | "uint16"): Parser {
  return width === "uint8" ? parser.uint8(name) : parser.uint16(name);
}

function start(): Parser {
  return new Parser().endianness("big");
}
