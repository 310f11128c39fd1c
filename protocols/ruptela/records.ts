/** Speed and ignition out of records (TRC, DIMI); nothing else of them matters to a chat, and no answer depends on it. */
import { type DeviceEvent, type Layout, LayoutError, layout, Parser } from "../../src/core/index.ts";
import { UP } from "./messages.ts";
import type { UpPacket } from "./wire.ts";

/** Elements that tell whether the ignition is on. */
const IGNITION: ReadonlySet<number> = new Set([251, 409]);
/** A place without a fix, and its speed. */
const NOWHERE = -0x8000_0000;
const NO_SPEED = 0xffff;

interface RecordFields {
  readonly time: number;
  readonly longitude: number;
  readonly latitude: number;
  readonly speed: number;
  /** The elements of one byte; ignition is one of them. */
  readonly bytes: readonly { readonly id: number; readonly value: number }[];
}

interface RecordsFields {
  /** More wait in the device: then these are from the past. */
  readonly left: number;
  readonly records: readonly RecordFields[];
}

/** Of the newest record; null when there is nothing certain. */
export function statusOf({ command, payload }: UpPacket): Extract<DeviceEvent, { type: "status" }> | null {
  const reader = LAYOUTS.get(command);
  if (reader === undefined) return null;
  try {
    const read = reader.read(payload);
    if (read.left > 0) return null;
    const newest = Math.max(...read.records.map(({ time }) => time));
    return statusIn(read.records.filter(({ time }) => time === newest));
  } catch (error) {
    if (error instanceof LayoutError) return null;
    throw error;
  }
}

/** A long record comes in several with one time. */
function statusIn(parts: readonly RecordFields[]): Extract<DeviceEvent, { type: "status" }> | null {
  const ignition = parts.flatMap(({ bytes }) => bytes).find(({ id }) => IGNITION.has(id));
  const place = parts.find(({ longitude, latitude, speed }) => longitude !== NOWHERE && latitude !== NOWHERE && speed !== NO_SPEED);
  if (ignition === undefined && place === undefined) return null;
  return {
    type: "status",
    ...(place === undefined ? {} : { speedKmh: place.speed }),
    ...(ignition === undefined ? {} : { ignition: ignition.value > 0 }),
  };
}

/** Bytes of the values in each group of elements. */
const GROUPS = [1, 2, 4, 8] as const;

const LAYOUTS: ReadonlyMap<number, Layout<RecordsFields>> = new Map([
  [UP.records, layoutOf("records", "uint8")],
  [UP.extendedRecords, layoutOf("extended records", "uint16")],
]);

function layoutOf(name: string, ids: "uint8" | "uint16"): Layout<RecordsFields> {
  return layout<RecordsFields>(
    name,
    start()
      .uint8("left")
      .uint8("count")
      .array("records", { type: record(ids), length: "count" }),
  );
}

function record(ids: "uint8" | "uint16"): Parser {
  const time = start().uint32("time").uint8("timeExtension");
  const head = ids === "uint16" ? time.uint8("recordExtension") : time;
  const place = head.uint8("priority").int32("longitude").int32("latitude").uint16("altitude").uint16("angle");
  let groups = number(place.uint8("satellites").uint16("speed").uint8("hdop"), "event", ids);
  for (const bytes of GROUPS) {
    const element = number(start(), "id", ids);
    const type = bytes === 1 ? element.uint8("value") : element.buffer("value", { length: bytes });
    groups = groups.uint8(`count${bytes}`).array(bytes === 1 ? "bytes" : `group${bytes}`, { type, length: `count${bytes}` });
  }
  return groups;
}

function number(parser: Parser, name: string, width: "uint8" | "uint16"): Parser {
  return width === "uint8" ? parser.uint8(name) : parser.uint16(name);
}

function start(): Parser {
  return new Parser().endianness("big");
}
