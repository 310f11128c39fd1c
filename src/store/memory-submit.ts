/** How the reference store takes an OUTGOING text. */
import type { Instant, MessageId } from "../chat/message.ts";
import { type Draft, IDEMPOTENCY_KEYS, IDEMPOTENCY_MS, OUTBOX_BYTES, OUTBOX_TEXTS, type Submitted } from "../chat/ports.ts";
import { keptReason, replacedBy } from "./limits.ts";
import { withdraw } from "./memory-endings.ts";
import { noteState } from "./memory-timeline.ts";
import { enqueue, outboxBytes, ownerOf, type QueuedText, stamp, store, type TrackerState, visible } from "./memory-tracker.ts";
import { outboxBytes as bytesOf } from "./timeline.ts";

/** `nextId` is asked once, for a text that is stored. */
export function submit(tracker: TrackerState, draft: Draft, now: Instant, nextId: () => MessageId): Submitted {
  const known = draft.idempotencyKey ? repeated(tracker, draft.idempotencyKey, now) : null;
  if (known !== null) return stored(tracker, draft, known, true);
  const bytes = bytesOf(draft.text, draft.choices);
  const old = draft.rejected === null ? tracker.outbox.get(draft.replaces ?? 0) : undefined;
  if (draft.rejected === null && isFull(tracker, bytes, old)) return { type: "full" };
  const id = nextId();
  const at = stamp(tracker, now);
  add(tracker, draft, id, at);
  if (old !== undefined) withdraw(tracker, draft.replaces ?? 0, now, replacedBy(id));
  if (draft.rejected === null) {
    const { urgent, ttlMs, notBeforeMs = 0 } = draft;
    const queued = { urgent, bytes, ttlMs, expiresAt: at + notBeforeMs + ttlMs, attempts: 0, epoch: 0, tag: 0, partsAcked: 0 };
    enqueue(tracker, id, queued, { now, due: notBeforeMs > 0 ? at + notBeforeMs : null });
  }
  remember(tracker, draft, id);
  return stored(tracker, draft, id, false);
}

function add(tracker: TrackerState, draft: Draft, id: MessageId, at: Instant): void {
  const { trackerId, text, employeeId, altered, rejected, choices } = draft;
  const reason = rejected === null ? null : keptReason(rejected);
  const state = rejected === null ? "queued" : "rejected";
  const fresh = { id, trackerId, direction: "OUTGOING", state, text, submittedAt: at, employeeId, altered, reason } as const;
  store(tracker, { ...fresh, updatedAt: null, receipt: null, answers: null, ...(choices ? { choices } : {}) }, at);
  if (state === "rejected") noteState(tracker, id, state, { now: at, reason, fresh: true });
}

function isFull(tracker: TrackerState, bytes: number, old: QueuedText | undefined): boolean {
  const [texts, known] = [tracker.outbox.size - (old === undefined ? 0 : 1), outboxBytes(tracker) - (old?.bytes ?? 0)];
  return texts >= OUTBOX_TEXTS || known + bytes > OUTBOX_BYTES;
}

/** The message that was stored under the same key not long ago. */
export function repeated(tracker: TrackerState, idempotencyKey: string, now: Instant): MessageId | null {
  const id = tracker.repeats.get(idempotencyKey);
  const message = id === undefined ? undefined : visible(tracker, id);
  return message !== undefined && now - message.submittedAt < IDEMPOTENCY_MS ? message.id : null;
}

function remember(tracker: TrackerState, { idempotencyKey }: Draft, id: MessageId): void {
  if (!idempotencyKey) return;
  // Anew, so that the oldest is always the first.
  tracker.repeats.delete(idempotencyKey);
  tracker.repeats.set(idempotencyKey, id);
  for (const key of tracker.repeats.keys()) {
    if (tracker.repeats.size <= IDEMPOTENCY_KEYS) return;
    tracker.repeats.delete(key);
  }
}

function stored(tracker: TrackerState, draft: Draft, id: MessageId, isRepeated: boolean): Submitted {
  const submittedAt = tracker.messages.get(id)?.submittedAt ?? 0;
  const old = draft.replaces ? visible(tracker, draft.replaces) : undefined;
  const replaced = old?.state === "cancelled" && old.reason === replacedBy(id);
  return { type: "stored", id, submittedAt, owner: ownerOf(tracker), replaced, repeated: isRepeated };
}
