/** Speed and ignition, where a report says them beyond doubt; nothing else of reports matters to a chat. */
import type { DeviceEvent } from "../../src/core/index.ts";
import { LOCATION_AND_CELL, type Location, locationsIn } from "./location.ts";
import type { Message } from "./message.ts";

type Status = Extract<DeviceEvent, { readonly type: "status" }>;

/** Of a live report; null: it says nothing of both. A buffered one is about the past. */
export function statusOf(message: Message): Status | null {
  if (message.head !== "RESP") return null;
  const newest = locationsIn(message.body).reduce<Location | null>(
    (one, other) => (one !== null && one.utc > other.utc ? one : other),
    null,
  );
  const speed = newest === null || newest.accuracy === 0 ? {} : { speedKmh: newest.speedKmh };
  const ignition = ignitionOf(message, newest);
  if (ignition === null) return "speedKmh" in speed ? { type: "status", ...speed } : null;
  return { type: "status", ...speed, ignition };
}

function ignitionOf({ name, body }: Message, location: Location | null): boolean | null {
  switch (name) {
    case "IGN":
    case "VGN":
      return true;
    case "IGF":
    case "VGF":
      return false;
    case "STT":
    case "INF":
      return ofState(STATE.exec(body[0] ?? ""));
    case "FRI":
    case "ERI":
      return location === null ? null : ofDeviceStatus(body.slice(location.at + LOCATION_AND_CELL));
    default:
      return null;
  }
}

/** The device status is one of the fields behind the cell, in another place on each model: it counts when only one can be it. */
function ofDeviceStatus(fields: readonly string[]): boolean | null {
  const [only, ...others] = fields.flatMap((field) => DEVICE_STATUS.exec(field) ?? []);
  return others.length > 0 ? null : ofState(DEVICE_STATUS.exec(only ?? ""));
}

/** 1x: ignition off, 2x: on, 4x: no ignition is wired (TRC). */
function ofState(state: RegExpExecArray | null): boolean | null {
  const first = state?.[0][0];
  return first === "1" ? false : first === "2" ? true : null;
}

const STATE = /^(?:1[126A]|2[12]|4[12])$/i;
/** State, inputs and outputs. */
const DEVICE_STATUS = /^(?:1[126A]|2[12]|4[12])[0-9A-F]{4}$/i;
