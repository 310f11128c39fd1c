/** FLEX telemetry: what is in a message and how it is acknowledged (NAV 6.1; `~E` and `~X` are not parsed). */
import type { DeviceEvent } from "../../src/core/index.ts";
import type { RecordLayout } from "./fields.ts";
import { countAck, currentAck, indexAck } from "./messages.ts";
import type { Settings } from "./profile.ts";

export interface Telemetry {
  /** Oldest first. */
  readonly records: readonly Buffer[];
  /** They say what is now, not what was. */
  readonly live: boolean;
  readonly ack: Buffer;
}

/** The framer has made sure of the lengths; `layout` is what it was told. */
export function readTelemetry(letter: string, frame: Buffer, layout: RecordLayout | null, settings: Settings): Telemetry | null {
  const count = frame[2] ?? 0;
  switch (letter) {
    case "A":
      return { records: records(frame, 3, count, layout), live: false, ack: countAck("A", count) };
    case "T":
      return { records: records(frame, 6, 1, layout), live: true, ack: indexAck("T", frame.readUInt32LE(2)) };
    case "C": {
      const current = records(frame, 2, 1, layout);
      return { records: current, live: true, ack: ackOfCurrent(current[0], layout, settings) };
    }
    case "E":
      return { records: [], live: false, ack: countAck("E", count) };
    case "X":
      return { records: [], live: true, ack: indexAck("X", frame.readUInt32LE(2)) };
    default:
      return null;
  }
}

/** The speed of a record (field 13, km/h as a float), where it has one. */
export function statusOf(record: Buffer | undefined, layout: RecordLayout | null): DeviceEvent {
  const speedKmh = record === undefined || layout?.speed == null ? Number.NaN : record.readFloatLE(layout.speed);
  return speedKmh >= 0 && speedKmh <= MAX_KMH ? { type: "status", speedKmh } : { type: "alive" };
}

/** Beyond this a speed is a reading error. */
const MAX_KMH = 1_000;

/** Traccar answers `~C` with the record's index, which the document does not have. */
function ackOfCurrent(record: Buffer | undefined, layout: RecordLayout | null, settings: Settings): Buffer {
  if (settings.currentAck === "bare" || record === undefined || layout?.index == null) return currentAck();
  return indexAck("C", record.readUInt32LE(layout.index));
}

function records(frame: Buffer, start: number, count: number, layout: RecordLayout | null): readonly Buffer[] {
  if (layout === null) return [];
  return Array.from({ length: count }, (_, index) => frame.subarray(start + index * layout.size, start + (index + 1) * layout.size));
}
