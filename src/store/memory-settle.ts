/** What settlements do in the reference store. */
import type { Instant, Message, MessageId, MessageState } from "../chat/message.ts";
import type { Settlement } from "../core/session-io.ts";
import { keptReason } from "./limits.ts";
import { closeQuestion, leave } from "./memory-endings.ts";
import { noteState, turn } from "./memory-timeline.ts";
import { change, dequeue, stamp, type TrackerState, tell, visible } from "./memory-tracker.ts";

/** When, and on which node's line: null when that line does not own the tracker. */
export interface Where {
  readonly now: Instant;
  readonly node: string | null;
}

/** States in which the device is known to have the text. */
const RECEIVED: ReadonlySet<MessageState> = new Set(["delivered", "read", "answered"]);

/** The device did receive this text, whatever was believed before: its state and, once, its update time. */
export function arrived(
  tracker: TrackerState,
  message: Message,
  how: { readonly state: "delivered" | "read" | "answered"; readonly receipt: "device" | "implied" },
  where: Where,
): void {
  const { state, receipt } = how;
  const attempt = dequeue(tracker, message.id)?.attempts ?? null;
  tracker.dead.delete(message.id);
  if (state === "answered") closeQuestion(tracker, message.id);
  if (message.state !== state) {
    noteState(tracker, message.id, state, { ...where, attempt, reason: receipt === "implied" ? "implied" : null });
  }
  const first = message.updatedAt === null ? { updatedAt: stamp(tracker, where.now), receipt } : {};
  change(tracker, message.id, { state, reason: null, ...first });
}

/** What a genuine receipt says holds whatever the epoch of the line that brings it. True when it was one. */
export function settleReceipt(tracker: TrackerState, settlement: Settlement, where: Where): boolean {
  switch (settlement.type) {
    case "delivered":
      settleDelivered(tracker, settlement, where);
      return true;
    case "read":
      settleRead(tracker, settlement.id, where);
      return true;
    case "rejected":
      settleRejected(tracker, settlement.id, settlement.reason, where);
      return true;
    case "progress": {
      prove(tracker);
      const queued = tracker.outbox.get(settlement.id);
      if (queued !== undefined) queued.partsAcked = Math.max(queued.partsAcked, settlement.parts);
      return true;
    }
    case "altered":
      settleAltered(tracker, settlement.id, where);
      return true;
    case "proven":
      prove(tracker);
      return true;
    default:
      return false;
  }
}

/** What a line concludes without a receipt counts only while it owns the tracker. */
export function settleByOwner(tracker: TrackerState, settlement: Settlement, epoch: number, where: Where): void {
  if (settlement.type === "unconfirmed") leave(tracker, settlement.id, "unconfirmed", where);
  if (settlement.type !== "closing" || tracker.closedEpoch === epoch) return;
  tracker.closedEpoch = epoch;
  tracker.closings += 1;
  tracker.closedAt = stamp(tracker, where.now);
}

export type Lapse = Extract<Settlement, { type: "lapsed" }>;

/** Frees a text for its next delivery, or for its end when no attempt is left; false: the line does not have it. */
export function free(tracker: TrackerState, { id, attempt }: Lapse, epoch: number, where: Where): boolean {
  const queued = tracker.outbox.get(id);
  if (queued?.epoch !== epoch || (attempt ?? queued.attempts) !== queued.attempts) return false;
  queued.epoch = 0;
  turn(tracker, id, "queued", { ...where, attempt: queued.attempts, reason: "no receipt", expiresAt: queued.expiresAt });
  return true;
}

function settleDelivered(tracker: TrackerState, settlement: Extract<Settlement, { type: "delivered" }>, where: Where): void {
  if (settlement.receipt === "device") prove(tracker);
  const message = visible(tracker, settlement.id);
  if (message?.direction !== "OUTGOING" || RECEIVED.has(message.state)) return;
  arrived(tracker, message, { state: "delivered", receipt: settlement.receipt }, where);
}

function settleRead(tracker: TrackerState, id: MessageId, where: Where): void {
  const message = visible(tracker, id);
  if (message?.direction !== "OUTGOING" || message.state === "answered" || message.state === "read") return;
  arrived(tracker, message, { state: "read", receipt: "device" }, where);
}

function settleRejected(tracker: TrackerState, id: MessageId, words: string, where: Where): void {
  prove(tracker);
  const message = visible(tracker, id);
  if (message?.direction !== "OUTGOING" || RECEIVED.has(message.state)) return;
  if (message.state === "rejected" || message.state === "cancelled") return;
  const attempt = dequeue(tracker, id)?.attempts ?? null;
  const reason = keptReason(words);
  tracker.dead.delete(id);
  closeQuestion(tracker, id);
  turn(tracker, id, "rejected", { ...where, attempt, reason, fields: { reason } });
}

function settleAltered(tracker: TrackerState, id: MessageId, { now }: Where): void {
  const message = visible(tracker, id);
  if (message?.direction !== "OUTGOING" || message.altered) return;
  change(tracker, id, { altered: true });
  tell(tracker, { type: "status", id, state: message.state }, now);
}

function prove(tracker: TrackerState): void {
  tracker.proven = true;
  tracker.closings = 0;
  tracker.closedAt = null;
}
