/** Events as bytes: kind B, what I4, how B, more I4 (lua/parts/events.lua). */
import type { TrackerEvent } from "../chat/events.ts";
import { stateCode, stateOf } from "./redis-message.ts";

const EVENT_BYTES = 10;
const MESSAGE = 1;
const STATUS = 2;
const UNREAD = 3;
const PRESENCE = 4;
const LOST = 5;

export function packEvents(events: readonly TrackerEvent[]): Buffer {
  const packed = Buffer.alloc(events.length * EVENT_BYTES);
  events.forEach((event, place) => {
    const [kind, what, how, more] = fieldsOf(event);
    const at = place * EVENT_BYTES;
    packed.writeUInt8(kind, at);
    packed.writeUInt32BE(what, at + 1);
    packed.writeUInt8(how, at + 5);
    packed.writeUInt32BE(more, at + 6);
  });
  return packed;
}

/** Throws RangeError when the bytes are no events. */
export function unpackEvents(packed: Buffer): readonly TrackerEvent[] {
  const events: TrackerEvent[] = [];
  for (let at = 0; at < packed.length; at += EVENT_BYTES) events.push(unpackEvent(packed.subarray(at, at + EVENT_BYTES)));
  return events;
}

function fieldsOf(event: TrackerEvent): readonly [kind: number, what: number, how: number, more: number] {
  switch (event.type) {
    case "message":
      return [MESSAGE, event.id, stateCode(event.state), 0];
    case "status":
      return [STATUS, event.id, stateCode(event.state), 0];
    case "unread":
      return [UNREAD, event.unread, 0, 0];
    case "presence":
      return [PRESENCE, Math.floor(event.at / 1_000), event.online ? 1 : 0, event.at % 1_000];
    case "lost":
      return [LOST, 0, 0, 0];
  }
}

function unpackEvent(packed: Buffer): TrackerEvent {
  const [kind, what, how, more] = [packed.readUInt8(0), packed.readUInt32BE(1), packed.readUInt8(5), packed.readUInt32BE(6)];
  if (kind === MESSAGE) return { type: "message", id: what, state: stateOf(how) };
  if (kind === STATUS) return { type: "status", id: what, state: stateOf(how) };
  if (kind === UNREAD) return { type: "unread", unread: what };
  if (kind === PRESENCE) return { type: "presence", online: how === 1, at: what * 1_000 + more };
  if (kind === LOST) return { type: "lost" };
  throw new RangeError(`there is no event of kind ${kind}`);
}
