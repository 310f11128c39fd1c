/** Speed and ignition where a packet tells them beyond doubt; no answer depends on it. */
import { type DeviceEvent, LayoutError } from "../../src/core/index.ts";
import { POSITION, type Position } from "./layout.ts";
import { TYPE } from "./messages.ts";
import type { Packet } from "./wire.ts";

type Status = Extract<DeviceEvent, { type: "status" }>;

/** Information, voltage, signal, alarm and language; other lengths are other makers'. */
const HEARTBEAT_BYTES = 5;
/** Bit of a heartbeat's information. */
const IGNITION = 0x02;
/** Bit of the course: the receiver has a position. */
const POSITIONED = 0x1000;
/** Bit of the country code: the network code has two bytes. */
const WIDE_NETWORK = 0x8000;
/** Limits of month, day, hour, minute, second. */
const TIME_LIMITS: readonly number[] = [12, 31, 23, 59, 59];
/** Units of a degree. */
const DEGREE = 1_800_000;

const POSITIONS: ReadonlySet<number> = new Set([
  ...[TYPE.positionGps, TYPE.positionLbs6, TYPE.position, TYPE.positionNew, TYPE.position3, TYPE.position4, TYPE.position4g],
  ...[TYPE.alarm, TYPE.alarmNew, TYPE.alarmFence, TYPE.fences],
]);

/** Bytes of area and cell, where ignition, reason and "sent later" follow. */
const CELL_BYTES: ReadonlyMap<number, number> = new Map([
  [TYPE.positionNew, 5],
  [TYPE.position4, 5],
  [TYPE.position4g, 12],
]);

/** Null: nothing certain. */
export function statusOf({ form, type, content }: Packet): Status | null {
  if (form === "long") return null;
  if (type === TYPE.heartbeat && content.length === HEARTBEAT_BYTES)
    return { type: "status", ignition: (content.readUInt8(0) & IGNITION) !== 0 };
  if (!POSITIONS.has(type)) return null;
  try {
    return ofPosition(type, POSITION.read(content));
  } catch (error) {
    if (error instanceof LayoutError) return null;
    throw error;
  }
}

function ofPosition(type: number, position: Position): Status | null {
  const { speed, course, rest } = position;
  if (!isPlausible(position) || (course & POSITIONED) === 0) return null;
  const cell = CELL_BYTES.get(type);
  if (cell === undefined || rest.length < 2) return { type: "status", speedKmh: speed };
  const at = ((rest.readUInt16BE(0) & WIDE_NETWORK) === 0 ? 3 : 4) + cell;
  const [ignition = 2, , later = 0] = rest.subarray(at);
  // It was kept while there was no network.
  if (later !== 0) return null;
  return ignition > 1 ? { type: "status", speedKmh: speed } : { type: "status", speedKmh: speed, ignition: ignition === 1 };
}

function isPlausible({ time, latitude, longitude }: Position): boolean {
  const [, month = 0, day = 0] = time;
  const inTime = month > 0 && day > 0 && TIME_LIMITS.every((limit, index) => (time[index + 1] ?? 0) <= limit);
  return inTime && latitude <= 90 * DEGREE && longitude <= 180 * DEGREE;
}
