/** How messages leave the reference store for good. */
import type { Instant, MessageId } from "../chat/message.ts";
import { disown } from "./memory-owner.ts";
import { type TrackerState, tellUnread } from "./memory-tracker.ts";

export interface Removal {
  readonly ids: readonly MessageId[];
  /** When the next message is old enough; null: none waits for it. */
  readonly dueInMs: number | null;
  readonly kept: number;
}

/** Removes messages that are at least `ageMs` old and not in the outbox. */
export function removeOld(tracker: TrackerState, ageMs: number, now: Instant): Removal {
  const messages = [...tracker.messages.values()];
  const old = messages.filter(({ submittedAt }) => submittedAt <= now - ageMs).map(({ id }) => id);
  const next = messages[old.length];
  const ids = old.filter((id) => !tracker.outbox.has(id));
  remove(tracker, ids, now);
  return { ids, dueInMs: next === undefined ? null : next.submittedAt - (now - ageMs), kept: old.length - ids.length };
}

/** Removes every message; what is known of the device stays. */
export function clear(tracker: TrackerState, now: Instant): void {
  const [events, unread] = [[...tracker.events], tracker.unread.size];
  disown(tracker);
  tracker.events.push(...events);
  tracker.messages.clear();
  tracker.logs.clear();
  if (unread > 0) tellUnread(tracker, now);
}

function remove(tracker: TrackerState, ids: readonly MessageId[], now: Instant): void {
  const unread = tracker.unread.size;
  for (const id of ids) {
    for (const collection of [tracker.messages, tracker.unread, tracker.dead, tracker.logs]) collection.delete(id);
  }
  for (const [key, id] of tracker.repeats) if (!tracker.messages.has(id)) tracker.repeats.delete(key);
  const last = [...tracker.messages.values()].at(-1);
  if (ids.length > 0) tracker.lastMessageAt = last !== undefined && last.id > tracker.floor ? last.submittedAt : null;
  if (tracker.unread.size < unread) tellUnread(tracker, now);
}
