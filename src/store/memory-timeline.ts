/** Timelines of the reference store: every change of a message's state goes through here. */
import type { Instant, Message, MessageId, MessageState } from "../chat/message.ts";
import { TIMELINE_MS, type TimelineEntry } from "../chat/timeline.ts";
import { change, stamp, type TrackerState, tell } from "./memory-tracker.ts";
import { FRAME_OVERHEAD, FRAMES_BYTES, STATE_OVERHEAD } from "./timeline.ts";

/** Of one message; `until`: when it is forgotten. */
export interface Log {
  readonly entries: TimelineEntry[];
  until: Instant;
  bytes: number;
}

/** What a change of state is due to. */
export interface Cause {
  readonly now: Instant;
  /** Where the line is that brought it about; absent: none did. */
  readonly node?: string | null;
  readonly attempt?: number | null;
  readonly reason?: string | null;
  /** Of a text that is still pending: when its time to live ends. */
  readonly expiresAt?: Instant;
  /** The message itself is news. */
  readonly fresh?: true;
}

/** Changes a message's state, and says so in its timeline. */
export function turn(
  tracker: TrackerState,
  id: MessageId,
  state: MessageState,
  cause: Cause & { readonly fields?: Partial<Message> },
): void {
  if (!tracker.messages.has(id)) return;
  change(tracker, id, { ...cause.fields, state });
  noteState(tracker, id, state, cause);
}

export function noteState(tracker: TrackerState, id: MessageId, state: MessageState, cause: Cause): void {
  const { now, node = null, attempt = null, reason = null, expiresAt = now } = cause;
  if (state !== "marked-read" && cause.fresh !== true) tell(tracker, { type: "status", id, state }, now);
  const bytes = STATE_OVERHEAD + Buffer.byteLength(node ?? "") + Buffer.byteLength(reason ?? "");
  const entry = { type: "state", at: stamp(tracker, now), state, node, attempt: attempt || null, reason } as const;
  note(tracker, id, entry, { now, bytes, most: 2 * FRAMES_BYTES, until: Math.max(now, expiresAt) + TIMELINE_MS });
}

/** `at` is when the frame went by. */
export function noteFrame(tracker: TrackerState, id: MessageId, entry: Extract<TimelineEntry, { type: "frame" }>, now: Instant): void {
  const bytes = FRAME_OVERHEAD + entry.bytes.length;
  note(tracker, id, entry, { now, bytes, most: FRAMES_BYTES, until: now + TIMELINE_MS });
}

/** What is kept of a message's life. */
export function entriesOf(tracker: TrackerState, id: MessageId, now: Instant): readonly TimelineEntry[] {
  const log = tracker.logs.get(id);
  return log === undefined || log.until <= now ? [] : log.entries;
}

function note(
  tracker: TrackerState,
  id: MessageId,
  entry: TimelineEntry,
  room: { readonly now: Instant; readonly bytes: number; readonly most: number; readonly until: Instant },
): void {
  const known = tracker.logs.get(id);
  const log = known === undefined || known.until <= room.now ? { entries: [], until: room.until, bytes: 0 } : known;
  tracker.logs.set(id, log);
  log.until = Math.max(log.until, room.until);
  if (log.bytes + room.bytes > room.most) return;
  log.bytes += room.bytes;
  log.entries.push(entry);
}
