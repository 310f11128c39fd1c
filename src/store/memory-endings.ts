/** How texts leave the reference store's outbox without a receipt, and what that means for an open question. */
import type { Instant, MessageId } from "../chat/message.ts";
import { turn } from "./memory-timeline.ts";
import { type Buried, dequeue, enqueue, stamp, type TrackerState } from "./memory-tracker.ts";
import { outboxBytes } from "./timeline.ts";

interface Where {
  readonly now: Instant;
  readonly node: string | null;
}

/** Ends a text that is in the outbox; false when it is not there. */
export function leave(tracker: TrackerState, id: MessageId, state: "expired" | "unconfirmed", where: Where): boolean {
  const queued = dequeue(tracker, id);
  if (queued === undefined) return false;
  // The driver of a device that acknowledges nothing may have read it.
  if (state !== "unconfirmed") closeQuestion(tracker, id);
  turn(tracker, id, state, { ...where, attempt: queued.attempts });
  return true;
}

/** Withdraws a pending text; false when it is none. */
export function withdraw(tracker: TrackerState, id: MessageId, now: Instant, reason: string | null): boolean {
  const queued = dequeue(tracker, id);
  if (queued === undefined) return false;
  closeQuestion(tracker, id);
  turn(tracker, id, "cancelled", { now, attempt: queued.attempts, reason, fields: { reason } });
  return true;
}

/** Gives a text up: it leaves the outbox and waits for an operator. */
export function bury(tracker: TrackerState, id: MessageId, where: Where): void {
  const queued = dequeue(tracker, id);
  if (queued === undefined) return;
  closeQuestion(tracker, id);
  const reason = `no receipt after ${queued.attempts} attempts`;
  turn(tracker, id, "dead-lettered", { ...where, attempt: queued.attempts, reason });
  const { urgent, ttlMs, partsAcked } = queued;
  tracker.dead.set(id, { reason, at: stamp(tracker, where.now), urgent, ttlMs, partsAcked });
}

/** Puts a dead letter back at the end of its outbox, with fresh attempts. */
export function putBack(tracker: TrackerState, id: MessageId, buried: Buried, now: Instant): void {
  tracker.dead.delete(id);
  const { urgent, ttlMs, partsAcked } = buried;
  const message = tracker.messages.get(id);
  const expiresAt = now + ttlMs;
  const bytes = outboxBytes(message?.text ?? "", message?.choices);
  const queued = { urgent, ttlMs, partsAcked, expiresAt, attempts: 0, epoch: 0, tag: 0, bytes };
  enqueue(tracker, id, queued, { now, due: null });
  turn(tracker, id, "queued", { now, reason: "put back", expiresAt });
}

/** A driver's words no longer answer this message. */
export function closeQuestion(tracker: TrackerState, id: MessageId): void {
  if (tracker.question?.id === id) tracker.question = null;
}
