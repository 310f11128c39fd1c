/** The outbox of the reference store: what settlements do, and which texts a line gets. */
import type { Instant, Message, MessageId, MessageState } from "../chat/message.ts";
import type { DrainRequest } from "../chat/ports.ts";
import type { ClaimedText, DrainResult, Settlement } from "../core/session-io.ts";
import { keptReason } from "./limits.ts";
import { bury, change, dequeue, lanes, leave, type QueuedText, stamp, type TrackerState, visible } from "./memory-tracker.ts";
import { tagsOf } from "./tags.ts";

/** Applies the settlements, then claims texts for the line. */
export function drain(tracker: TrackerState, request: DrainRequest, now: Instant): DrainResult {
  const owner = request.epoch === tracker.epoch;
  const lapsed: MessageId[] = [];
  for (const settlement of request.settlements) {
    if (settleReceipt(tracker, settlement, now) || !owner) continue;
    if (settlement.type === "lapsed") free(tracker, settlement, request.epoch, lapsed);
    else settleByOwner(tracker, settlement, request.epoch, now);
  }
  if (!owner) return { type: "stale" };
  giveUp(tracker, lapsed, request, now);
  const texts = tracker.node === null ? [] : claim(tracker, request, now);
  const held = request.held.filter((id) => tracker.outbox.get(id)?.epoch === request.epoch);
  const mine = new Set([...held, ...texts.map((text) => text.id)]);
  return { type: "drained", texts, waiting: lanes(tracker).filter((id) => !mine.has(id)).length, dueInMs: null };
}

/** Ends texts that no line has and whose time to live has passed. */
export function expire(tracker: TrackerState, now: Instant): number {
  let expired = 0;
  for (const id of lanes(tracker)) {
    const queued = tracker.outbox.get(id);
    if (queued === undefined || queued.expiresAt > now || isHeld(tracker, queued)) continue;
    leave(tracker, id, "expired");
    expired += 1;
  }
  return expired;
}

/** States in which the device is known to have the text. */
const RECEIVED: ReadonlySet<MessageState> = new Set(["delivered", "read", "answered"]);

/** The device did receive this text, whatever was believed before: its state and, once, its update time. */
export function arrived(tracker: TrackerState, message: Message, state: "delivered" | "read" | "answered", how: Arrival): void {
  dequeue(tracker, message.id);
  tracker.dead.delete(message.id);
  const known = message.updatedAt !== null;
  change(tracker, message.id, {
    state,
    reason: null,
    updatedAt: known ? message.updatedAt : stamp(tracker, how.now),
    receipt: known ? message.receipt : how.receipt,
  });
}
export interface Arrival {
  readonly now: Instant;
  readonly receipt: "device" | "implied";
}

/** What a genuine receipt says holds whatever the epoch of the line that brings it. True when it was one. */
function settleReceipt(tracker: TrackerState, settlement: Settlement, now: Instant): boolean {
  switch (settlement.type) {
    case "delivered":
      settleDelivered(tracker, settlement, now);
      return true;
    case "read":
      settleRead(tracker, settlement.id, now);
      return true;
    case "rejected":
      settleRejected(tracker, settlement.id, settlement.reason);
      return true;
    case "progress": {
      prove(tracker);
      const queued = tracker.outbox.get(settlement.id);
      if (queued !== undefined) queued.partsAcked = Math.max(queued.partsAcked, settlement.parts);
      return true;
    }
    case "altered":
      if (visible(tracker, settlement.id)?.direction === "OUTGOING") change(tracker, settlement.id, { altered: true });
      return true;
    case "proven":
      prove(tracker);
      return true;
    default:
      return false;
  }
}

function settleDelivered(tracker: TrackerState, settlement: Extract<Settlement, { type: "delivered" }>, now: Instant): void {
  if (settlement.receipt === "device") prove(tracker);
  const message = visible(tracker, settlement.id);
  if (message?.direction !== "OUTGOING" || RECEIVED.has(message.state)) return;
  arrived(tracker, message, "delivered", { now, receipt: settlement.receipt });
}

function settleRead(tracker: TrackerState, id: number, now: Instant): void {
  const message = visible(tracker, id);
  if (message?.direction !== "OUTGOING" || message.state === "answered" || message.state === "read") return;
  arrived(tracker, message, "read", { now, receipt: "device" });
}

function settleRejected(tracker: TrackerState, id: number, reason: string): void {
  prove(tracker);
  const message = visible(tracker, id);
  if (message?.direction !== "OUTGOING" || RECEIVED.has(message.state)) return;
  if (message.state === "rejected" || message.state === "cancelled") return;
  dequeue(tracker, id);
  tracker.dead.delete(id);
  change(tracker, id, { state: "rejected", reason: keptReason(reason) });
}

function prove(tracker: TrackerState): void {
  tracker.proven = true;
  tracker.closings = 0;
  tracker.closedAt = null;
}

/** What a line concludes without a receipt counts only while it owns the tracker. */
function settleByOwner(tracker: TrackerState, settlement: Settlement, epoch: number, now: Instant): void {
  if (settlement.type === "unconfirmed") leave(tracker, settlement.id, "unconfirmed");
  if (settlement.type !== "closing" || tracker.closedEpoch === epoch) return;
  tracker.closedEpoch = epoch;
  tracker.closings += 1;
  tracker.closedAt = stamp(tracker, now);
}

/** Frees a text for its next delivery, or for its end when no attempt is left. */
function free(tracker: TrackerState, settlement: Lapse, epoch: number, lapsed: MessageId[]): void {
  const queued = tracker.outbox.get(settlement.id);
  if (queued?.epoch !== epoch || (settlement.attempt ?? queued.attempts) !== queued.attempts) return;
  queued.epoch = 0;
  change(tracker, settlement.id, { state: "queued" });
  lapsed.push(settlement.id);
}
type Lapse = Extract<Settlement, { type: "lapsed" }>;

/** Ends those of these texts that have no attempt left. */
function giveUp(tracker: TrackerState, lapsed: readonly MessageId[], request: DrainRequest, now: Instant): void {
  for (const id of lapsed) {
    const queued = tracker.outbox.get(id);
    if (queued === undefined || queued.attempts < request.maxAttempts) continue;
    if (queued.expiresAt <= now) leave(tracker, id, "expired");
    else bury(tracker, id, stamp(tracker, now));
  }
}

/** Strictly in order: nothing is claimed past a text that is neither held nor ended. */
function claim(tracker: TrackerState, request: DrainRequest, now: Instant): readonly ClaimedText[] {
  const texts: ClaimedText[] = [];
  for (const id of lanes(tracker)) {
    if (texts.length >= request.room) break;
    const queued = tracker.outbox.get(id);
    const text = queued === undefined ? null : claimOne(tracker, { id, queued }, request, now);
    if (text !== null) texts.push(text);
  }
  return texts;
}

/** Null: the line holds it, or it has just ended. */
function claimOne(tracker: TrackerState, next: Next, request: DrainRequest, now: Instant): ClaimedText | null {
  const { id, queued } = next;
  const inFlight = queued.epoch === request.epoch;
  if (inFlight && request.held.includes(id)) return null;
  if (queued.expiresAt <= now) leave(tracker, id, "expired");
  else if (!inFlight && queued.attempts >= request.maxAttempts) bury(tracker, id, stamp(tracker, now));
  else return handOut(tracker, next, request);
  return null;
}
interface Next {
  readonly id: number;
  readonly queued: QueuedText;
}

function handOut(tracker: TrackerState, { id, queued }: Next, request: DrainRequest): ClaimedText {
  if (queued.epoch !== request.epoch) {
    queued.epoch = request.epoch;
    queued.attempts += 1;
    if (queued.tag === 0) {
      const tags = tagsOf(tracker.nextTag, queued.bytes, request.tagBytes);
      queued.tag = tags.first;
      tracker.nextTag = tags.next;
    }
    change(tracker, id, { state: "written" });
  }
  const { attempts: attempt, tag, partsAcked, urgent } = queued;
  const text = tracker.messages.get(id)?.text ?? "";
  return { id, text, urgent, attempt, tag, partsAcked, choices: null };
}

function isHeld(tracker: TrackerState, queued: QueuedText): boolean {
  return tracker.node !== null && queued.epoch !== 0 && queued.epoch === tracker.epoch;
}
