/** What a frame of a watch says that matters to a chat: speed, and that there was a voice message or a picture. */
import { crc16Arc, type DeviceEvent } from "../../src/core/index.ts";
import type { Settings } from "./profile.ts";
import type { Frame } from "./wire.ts";
import { isLive, isResult, topicOf } from "./words.ts";

export function eventOf(frame: Frame, settings: Settings): DeviceEvent {
  const { word, fields } = frame;
  if (isLive(word)) return statusOf(fields);
  if (settings.media === "discard") return ALIVE;
  switch (topicOf(word)) {
    case "voice":
      return isResult(fields) ? ALIVE : note(VOICE, `TK:${checkOf(fields)}`);
    case "voice chunk":
      return chunk(fields);
    case "picture":
      return note(PICTURE, `img:${checkOf(fields)}`);
    default:
      return ALIVE;
  }
}

/** Faster than anybody with a watch: a reading that is none. */
const MAX_SPEED_KMH = 400;
const ALIVE: DeviceEvent = { type: "alive" };
const VOICE = "[voice message]";
const PICTURE = "[picture]";

/** date, time, A or V, latitude, N, longitude, E, speed, ... */
function statusOf(fields: Buffer): DeviceEvent {
  const [date = "", time = "", fix, , , , , speed = ""] = fields.toString("latin1", 0, 200).split(",");
  const read = /^\d{6}$/.test(date) && /^\d{6}$/.test(time) && fix === "A" && /^\d+(?:\.\d*)?$/.test(speed);
  return read && Number(speed) <= MAX_SPEED_KMH ? { type: "status", speedKmh: Number(speed) } : ALIVE;
}

/** 0, file name, number, count, sound: one message, told with its last chunk. */
function chunk(fields: Buffer): DeviceEvent {
  const [, name = "", number = "", count = ""] = fields.toString("latin1", 0, 200).split(",");
  return number === count && /^\d+$/.test(number) ? note(VOICE, `JXTK:${name}`) : ALIVE;
}

/** A watch repeats what was not acknowledged: the same bytes are the same message. */
function note(text: string, serial: string): DeviceEvent {
  return { type: "text", text, serial };
}

function checkOf(payload: Buffer): string {
  return `${payload.length}:${crc16Arc(payload).toString(16)}`;
}
