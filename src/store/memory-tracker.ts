/** What the reference store keeps of one tracker, and the small changes that everything else is made of. */
import type { Instant, Message, MessageId, MessageState, TrackerId } from "../chat/message.ts";

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
  readonly dead: Map<MessageId, Buried>;
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
}

export function newTracker(id: TrackerId): TrackerState {
  return {
    id,
    messages: new Map(),
    unread: new Set(),
    urgent: [],
    normal: [],
    outbox: new Map(),
    dead: new Map(),
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

export function store(tracker: TrackerState, message: Message): void {
  tracker.messages.set(message.id, message);
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

export function enqueue(tracker: TrackerState, id: MessageId, queued: QueuedText): void {
  tracker.outbox.set(id, queued);
  (queued.urgent ? tracker.urgent : tracker.normal).push(id);
}

/** Takes a text out of the outbox; undefined when it is not there. */
export function dequeue(tracker: TrackerState, id: MessageId): QueuedText | undefined {
  const queued = tracker.outbox.get(id);
  if (queued === undefined) return undefined;
  tracker.outbox.delete(id);
  const lane = queued.urgent ? tracker.urgent : tracker.normal;
  lane.splice(lane.indexOf(id), 1);
  return queued;
}

/** Ends a text that is in the outbox; false when it is not there. */
export function leave(tracker: TrackerState, id: MessageId, state: MessageState): boolean {
  if (dequeue(tracker, id) === undefined) return false;
  change(tracker, id, { state });
  return true;
}

/** Gives a text up: it leaves the outbox and waits for an operator. */
export function bury(tracker: TrackerState, id: MessageId, at: Instant): void {
  const queued = dequeue(tracker, id);
  if (queued === undefined) return;
  change(tracker, id, { state: "dead-lettered" });
  const reason = `no receipt after ${queued.attempts} attempts`;
  tracker.dead.set(id, { reason, at, urgent: queued.urgent, ttlMs: queued.ttlMs, partsAcked: queued.partsAcked });
}
