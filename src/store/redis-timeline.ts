/** Timelines as bytes; the layout is described in lua/parts/timeline.lua. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import type { TimelineEntry } from "../chat/timeline.ts";
import { stateOf, unpackMessage } from "./redis-message.ts";
import { asBytes, type Reply } from "./redis-reply.ts";
import { FRAME_OVERHEAD, wholeTimeline } from "./timeline.ts";

const FRAME_DOWN = 128;
const FRAME_UP = 129;
/** Where the node begins: behind time, kind, attempt and its length. */
const NODE_AT = 9;

/** `reply`: a message and its entries. Throws RangeError when either is cut short. */
export function unpackTimeline(trackerId: TrackerId, id: MessageId, [value, packed]: readonly Reply[]): readonly TimelineEntry[] {
  const message = unpackMessage(trackerId, id, asBytes(value));
  const entries: TimelineEntry[] = [];
  for (let rest = asBytes(packed); rest.length > 0; ) {
    const kind = rest.readUInt8(6);
    const { entry, size } = kind === FRAME_DOWN || kind === FRAME_UP ? unpackFrame(rest, kind) : unpackState(rest, kind);
    entries.push(entry);
    rest = rest.subarray(size);
  }
  return wholeTimeline(message, entries);
}

interface Unpacked {
  readonly entry: TimelineEntry;
  readonly size: number;
}

function unpackFrame(packed: Buffer, kind: number): Unpacked {
  const size = FRAME_OVERHEAD + packed.readUInt16BE(7);
  const bytes = Buffer.from(packed.subarray(FRAME_OVERHEAD, size));
  return { entry: { type: "frame", at: packed.readUIntBE(0, 6), direction: kind === FRAME_UP ? "up" : "down", bytes }, size };
}

function unpackState(packed: Buffer, kind: number): Unpacked {
  const reasonAt = NODE_AT + packed.readUInt8(NODE_AT - 1);
  const size = reasonAt + 2 + packed.readUInt16BE(reasonAt);
  const attempt = packed.readUInt8(7);
  const entry = {
    type: "state",
    at: packed.readUIntBE(0, 6),
    state: stateOf(kind),
    node: packed.toString("utf8", NODE_AT, reasonAt) || null,
    attempt: attempt === 0 ? null : attempt,
    reason: packed.toString("utf8", reasonAt + 2, size) || null,
  } as const;
  return { entry, size };
}
