/** The outbox of the reference store: which texts a line gets, and which run out of time. */
import type { Instant, MessageId } from "../chat/message.ts";
import type { DrainRequest } from "../chat/ports.ts";
import type { ClaimedText, DrainResult } from "../core/session-io.ts";
import { someEnded } from "./limits.ts";
import { bury, leave } from "./memory-endings.ts";
import { free, settleByOwner, settleReceipt, type Where } from "./memory-settle.ts";
import { keepTags } from "./memory-tags.ts";
import { noteFrame, turn } from "./memory-timeline.ts";
import { joinDue, lanes, type QueuedText, stamp, type TrackerState, visible } from "./memory-tracker.ts";
import { tagsOf } from "./tags.ts";

interface Here extends Where {
  /** Counts the texts that end without a settlement. */
  readonly ended: { expired: number; deadLettered: number };
}

/** Keeps frames, applies the settlements, then claims texts for the line. */
export function drain(tracker: TrackerState, request: DrainRequest, now: Instant): DrainResult {
  const owner = request.epoch === tracker.epoch;
  const where: Here = { now, node: owner ? tracker.node : null, ended: { expired: 0, deadLettered: 0 } };
  keepFrames(tracker, request, now);
  const lapsed: MessageId[] = [];
  for (const settlement of request.settlements) {
    if (settleReceipt(tracker, settlement, where) || !owner) continue;
    if (settlement.type !== "lapsed") settleByOwner(tracker, settlement, request.epoch, where);
    else if (free(tracker, settlement, request.epoch, where)) lapsed.push(settlement.id);
  }
  keepTags(tracker, request.tags);
  if (!owner) return { type: "stale" };
  giveUp(tracker, lapsed, request, where);
  joinDue(tracker, now);
  const texts = tracker.node === null ? [] : claim(tracker, request, where);
  const held = request.held.filter((id) => tracker.outbox.get(id)?.epoch === request.epoch);
  const mine = new Set([...held, ...texts.map((text) => text.id)]);
  const due = Math.min(...tracker.waiting.values());
  return {
    type: "drained",
    texts,
    waiting: lanesFor(tracker, request).filter((id) => !mine.has(id)).length,
    dueInMs: due === Number.POSITIVE_INFINITY ? null : Math.max(0, due - now),
    ...someEnded(where.ended),
    withdrawn: withdrawn(tracker, request),
  };
}

/** Of what the line holds, or gives back in this call, the texts that nobody wants any more. */
function withdrawn(tracker: TrackerState, { held, settlements }: DrainRequest): readonly MessageId[] {
  const back = settlements.flatMap((settlement) => (settlement.type === "lapsed" ? [settlement.id] : []));
  return [...new Set([...held, ...back])].filter((id) => {
    if (tracker.outbox.has(id)) return false;
    const message = visible(tracker, id);
    return message === undefined || message.state === "cancelled";
  });
}

/** Ends texts that no line on one of these nodes has and whose time to live has passed. */
export function expire(tracker: TrackerState, liveNodes: readonly string[], now: Instant): number {
  joinDue(tracker, now);
  let expired = 0;
  for (const id of lanes(tracker)) {
    const queued = tracker.outbox.get(id);
    if (queued === undefined || queued.expiresAt > now || isHeld(tracker, queued, liveNodes)) continue;
    leave(tracker, id, "expired", { now, node: null });
    expired += 1;
  }
  return expired;
}

/** A frame is as old as it says, less the rounding that could put it before its claim. */
function keepFrames(tracker: TrackerState, { traces = [] }: DrainRequest, now: Instant): void {
  for (const { id, direction, bytes, ageMs } of traces) {
    if (visible(tracker, id)?.direction !== "OUTGOING") continue;
    noteFrame(tracker, id, { type: "frame", at: stamp(tracker, now) - Math.max(0, ageMs - 1), direction, bytes }, now);
  }
}

/** Ends those of these texts that have no attempt left. */
function giveUp(tracker: TrackerState, lapsed: readonly MessageId[], request: DrainRequest, where: Here): void {
  for (const id of lapsed) {
    const queued = tracker.outbox.get(id);
    if (queued === undefined || queued.attempts < request.maxAttempts) continue;
    if (queued.expiresAt <= where.now) runOut(tracker, id, where);
    else entomb(tracker, id, where);
  }
}

function runOut(tracker: TrackerState, id: MessageId, where: Here): void {
  leave(tracker, id, "expired", where);
  where.ended.expired += 1;
}

function entomb(tracker: TrackerState, id: MessageId, where: Here): void {
  bury(tracker, id, where);
  where.ended.deadLettered += 1;
}

/** How long the text at the head of a lane has been in the outbox, or one whose time has come; null: there is none. */
export function oldestWait(tracker: TrackerState, now: Instant): number | null {
  const heads = [tracker.urgent[0], tracker.normal[0]].flatMap((id) => tracker.outbox.get(id ?? 0) ?? []);
  const since = heads.map(({ expiresAt, ttlMs }) => expiresAt - ttlMs);
  const due = [...tracker.waiting.values()].filter((at) => at <= now);
  const first = Math.min(...since, ...due);
  return first === Number.POSITIVE_INFINITY ? null : Math.max(0, now - first);
}

/** Strictly in order: nothing is claimed past a text that is neither held nor ended. */
function claim(tracker: TrackerState, request: DrainRequest, where: Here): readonly ClaimedText[] {
  const texts: ClaimedText[] = [];
  for (const id of lanesFor(tracker, request)) {
    if (texts.length >= request.room) break;
    const queued = tracker.outbox.get(id);
    const text = queued === undefined ? null : claimOne(tracker, { id, queued }, request, where);
    if (text !== null) texts.push(text);
  }
  return texts;
}

function lanesFor(tracker: TrackerState, { urgentOnly }: DrainRequest): readonly MessageId[] {
  return urgentOnly === true ? [...tracker.urgent] : lanes(tracker);
}

/** Null: the line holds it, or it has just ended. */
function claimOne(tracker: TrackerState, next: Next, request: DrainRequest, where: Here): ClaimedText | null {
  const { id, queued } = next;
  const inFlight = queued.epoch === request.epoch;
  if (inFlight && request.held.includes(id)) return null;
  if (queued.expiresAt <= where.now) runOut(tracker, id, where);
  else if (!inFlight && queued.attempts >= request.maxAttempts) entomb(tracker, id, where);
  else return handOut(tracker, next, request, where);
  return null;
}
interface Next {
  readonly id: MessageId;
  readonly queued: QueuedText;
}

function handOut(tracker: TrackerState, { id, queued }: Next, request: DrainRequest, where: Here): ClaimedText {
  const message = tracker.messages.get(id);
  const choices = message?.choices ?? null;
  if (queued.epoch !== request.epoch) {
    queued.epoch = request.epoch;
    queued.attempts += 1;
    if (queued.tag === 0) {
      const tags = tagsOf(tracker.nextTag, queued.bytes, request.tagBytes);
      queued.tag = tags.first;
      tracker.nextTag = tags.next;
    }
    turn(tracker, id, "written", { ...where, attempt: queued.attempts, expiresAt: queued.expiresAt });
    if (choices !== null) tracker.question = { id, at: stamp(tracker, where.now) };
  }
  const { attempts: attempt, tag, partsAcked, urgent } = queued;
  return { id, text: message?.text ?? "", urgent, attempt, tag, partsAcked, choices };
}

function isHeld(tracker: TrackerState, queued: QueuedText, liveNodes: readonly string[]): boolean {
  return tracker.node !== null && liveNodes.includes(tracker.node) && queued.epoch !== 0 && queued.epoch === tracker.epoch;
}
