/** What the reference store keeps of one tracker, and the small changes that everything else is made of. */
import { type TrackerEvent, WAITING_EVENTS } from "../chat/events.ts";
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import type { Owner } from "../chat/ports.ts";
import type { WireTag } from "../core/session-io.ts";
import type { Log } from "./memory-timeline.ts";

/** A text in the outbox and where its deliveries stand. */
export interface QueuedText {
  readonly urgent: boolean;
  readonly bytes: number;
  readonly ttlMs: number;
  readonly expiresAt: Instant;
  attempts: number;
  /** Epoch of the line that has it; 0: no line. */
  epoch: number;
  /** First of its tags; 0: none reserved yet. */
  tag: number;
  partsAcked: number;
}

export interface Buried {
  readonly reason: string;
  readonly at: Instant;
  readonly urgent: boolean;
  readonly ttlMs: number;
  readonly partsAcked: number;
}

export interface RememberedText {
  readonly key: string;
  readonly at: Instant;
  readonly id: MessageId;
}

/** The last text without a serial: what a re-send on the next line would repeat. */
export interface LastText {
  readonly text: string;
  readonly id: MessageId;
  readonly at: Instant;
  readonly epoch: number;
  readonly passed: boolean;
}

export interface TrackerState {
  readonly id: TrackerId;
  /** In the order of ids. */
  readonly messages: Map<MessageId, Message>;
  readonly unread: Set<MessageId>;
  readonly urgent: MessageId[];
  readonly normal: MessageId[];
  readonly outbox: Map<MessageId, QueuedText>;
  /** Those of the outbox whose time has not come, and when it comes. */
  readonly waiting: Map<MessageId, Instant>;
  readonly dead: Map<MessageId, Buried>;
  readonly logs: Map<MessageId, Log>;
  /** Messages by idempotency key, the newest last. */
  readonly repeats: Map<string, MessageId>;
  /** What parts were called on the wire, the newest last. */
  tags: readonly WireTag[];
  /** The last question that went out and was not settled otherwise than by a receipt. */
  question: { readonly id: MessageId; readonly at: Instant } | null;
  remembered: RememberedText[];
  lastText: LastText | null;
  lastStamp: Instant;
  /** Submit time of the last message; null: none is visible. */
  lastMessageAt: Instant | null;
  /** Messages up to this id belong to an earlier owner and are hidden. */
  floor: MessageId;
  epoch: number;
  node: string | null;
  protocol: string | null;
  nextTag: number;
  proven: boolean;
  closings: number;
  closedAt: Instant | null;
  closedEpoch: number;
  /** Events that wait to be relayed, and the number of the last there ever was (0: none). */
  readonly events: TrackerEvent[];
  lastEvent: number;
  /** When the device was last seen to come or go. */
  presenceAt: Instant | null;
  /** Epoch of a line whose node was given up. */
  givenUpEpoch: number;
}

export function newTracker(id: TrackerId): TrackerState {
  return {
    id,
    messages: new Map(),
    unread: new Set(),
    urgent: [],
    normal: [],
    outbox: new Map(),
    waiting: new Map(),
    dead: new Map(),
    logs: new Map(),
    repeats: new Map(),
    tags: [],
    question: null,
    remembered: [],
    lastText: null,
    lastStamp: 0,
    lastMessageAt: null,
    floor: 0,
    epoch: 0,
    node: null,
    protocol: null,
    nextTag: 1,
    proven: false,
    closings: 0,
    closedAt: null,
    closedEpoch: 0,
    events: [],
    lastEvent: 0,
    presenceAt: null,
    givenUpEpoch: 0,
  };
}

/** Stamps of one tracker never go back, whatever the clock does. */
export function stamp(tracker: TrackerState, now: Instant): Instant {
  tracker.lastStamp = Math.max(tracker.lastStamp, now);
  return tracker.lastStamp;
}

/** A message of the present owner; hidden ones do not exist. */
export function visible(tracker: TrackerState, id: MessageId): Message | undefined {
  return id > tracker.floor ? tracker.messages.get(id) : undefined;
}

export function change(tracker: TrackerState, id: MessageId, changes: Partial<Message>): void {
  const message = tracker.messages.get(id);
  if (message !== undefined) tracker.messages.set(id, { ...message, ...changes });
}

/** Writes an event; the oldest beyond the bound are lost, which the gap in their numbers shows. */
export function tell(tracker: TrackerState, event: TrackerEvent, now: Instant): void {
  // Numbers rise even when all that was known of the tracker was erased.
  tracker.lastEvent = (tracker.lastEvent || now) + 1;
  tracker.events.push(event);
  if (tracker.events.length > WAITING_EVENTS) tracker.events.splice(0, tracker.events.length - WAITING_EVENTS);
}

export function tellUnread(tracker: TrackerState, now: Instant): void {
  tell(tracker, { type: "unread", unread: tracker.unread.size }, now);
}

export function tellPresence(tracker: TrackerState, online: boolean, now: Instant): void {
  const at = stamp(tracker, now);
  tracker.presenceAt = at;
  tell(tracker, { type: "presence", online, at }, now);
}

export function store(tracker: TrackerState, message: Message, now: Instant): void {
  tracker.messages.set(message.id, message);
  tell(tracker, { type: "message", id: message.id, state: message.state }, now);
  tracker.lastMessageAt = message.submittedAt;
  if (message.state === "unread") tracker.unread.add(message.id);
}

export function lanes(tracker: TrackerState): readonly MessageId[] {
  return [...tracker.urgent, ...tracker.normal];
}

export function outboxBytes(tracker: TrackerState): number {
  let bytes = 0;
  for (const queued of tracker.outbox.values()) bytes += queued.bytes;
  return bytes;
}

/** `due`: when it may join its lane; null: now, behind those whose time has come. */
export function enqueue(
  tracker: TrackerState,
  id: MessageId,
  queued: QueuedText,
  { now, due }: { readonly now: Instant; readonly due: Instant | null },
): void {
  tracker.outbox.set(id, queued);
  if (due === null) {
    joinDue(tracker, now);
    laneOf(tracker, queued).push(id);
  } else tracker.waiting.set(id, due);
}

/** Texts whose time has not come, the earliest first. */
export function waitingTexts(tracker: TrackerState): readonly MessageId[] {
  const texts = [...tracker.waiting].sort(([one, due], [other, otherDue]) => due - otherDue || one - other);
  return texts.map(([id]) => id);
}

/** Texts whose time has come join the end of their lane. */
export function joinDue(tracker: TrackerState, now: Instant): void {
  for (const id of waitingTexts(tracker)) {
    const queued = tracker.outbox.get(id);
    if (queued === undefined || (tracker.waiting.get(id) ?? 0) > now) continue;
    tracker.waiting.delete(id);
    laneOf(tracker, queued).push(id);
  }
}

/** Takes a text out of the outbox; undefined when it is not there. */
export function dequeue(tracker: TrackerState, id: MessageId): QueuedText | undefined {
  const queued = tracker.outbox.get(id);
  if (queued === undefined) return undefined;
  tracker.outbox.delete(id);
  const lane = laneOf(tracker, queued);
  if (!tracker.waiting.delete(id)) lane.splice(lane.indexOf(id), 1);
  return queued;
}

function laneOf(tracker: TrackerState, { urgent }: QueuedText): MessageId[] {
  return urgent ? tracker.urgent : tracker.normal;
}

export function ownerOf(tracker: TrackerState): Owner | null {
  return tracker.node === null ? null : { node: tracker.node, epoch: tracker.epoch };
}
