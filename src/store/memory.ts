/** The reference store: readable, synchronous inside, no timers, no randomness. What it does, Redis does. */
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import {
  type DeadLetter,
  type Draft,
  type DrainRequest,
  type ListQuery,
  type LoggedIn,
  type Login,
  type MessageStore,
  OUTBOX_BYTES,
  OUTBOX_TEXTS,
  type OutboxState,
  type Owner,
  type Received,
  type Reception,
  type Submitted,
} from "../chat/ports.ts";
import type { DrainResult } from "../core/session-io.ts";
import { shardOf } from "./keys.ts";
import { IdsUsedUp, keptReason, LAST_ID, nextEpoch } from "./limits.ts";
import { drain, expire } from "./memory-outbox.ts";
import { receive } from "./memory-reception.ts";
import { change, enqueue, lanes, newTracker, outboxBytes, stamp, store, type TrackerState, visible } from "./memory-tracker.ts";

export class MemoryStore implements MessageStore {
  readonly #clock: () => Instant;
  readonly #trackers = new Map<TrackerId, TrackerState>();
  readonly #places = new Map<MessageId, TrackerId>();
  readonly #leases = new Map<string, Instant>();
  #lastId: MessageId;

  /** `clock` gives the store's time; `lastId` lets a test start near the end of the ids. */
  constructor(clock: () => Instant, lastId: MessageId = 0) {
    this.#clock = clock;
    this.#lastId = lastId;
  }

  submit(draft: Draft): Promise<Submitted> {
    return settled(() => this.#submit(draft));
  }

  list(query: ListQuery): Promise<readonly Message[]> {
    const tracker = this.#trackers.get(query.trackerId);
    const { from, to } = query;
    const found = [...(tracker?.messages.values() ?? [])].filter(
      ({ id, submittedAt }) => id > (tracker?.floor ?? 0) && (from === null || submittedAt >= from) && (to === null || submittedAt <= to),
    );
    if (!query.ascending) found.reverse();
    return Promise.resolve(found.slice(0, query.limit));
  }

  find(ids: readonly MessageId[]): Promise<readonly (Message | null)[]> {
    return Promise.resolve(ids.map((id) => this.#find(id)));
  }

  markRead(trackerId: TrackerId, ids: readonly MessageId[]): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    for (const id of ids) if (tracker?.unread.delete(id)) change(tracker, id, { state: "marked-read" });
    return Promise.resolve();
  }

  async markAllRead(trackerIds: readonly TrackerId[]): Promise<void> {
    for (const id of trackerIds) await this.markRead(id, [...(this.#trackers.get(id)?.unread ?? [])]);
  }

  lastTimes(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>> {
    return Promise.resolve(this.#collect(trackerIds, (tracker) => tracker.lastMessageAt));
  }

  unreadCounts(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    return Promise.resolve(this.#collect(trackerIds, (tracker) => tracker.unread.size || null));
  }

  receive(reception: Reception): Promise<Received> {
    const { trackerId, texts } = reception;
    return settled(() => {
      this.#mayTake(texts.length);
      return receive(this.#tracker(trackerId), reception, this.#clock(), () => this.#nextId(trackerId));
    });
  }

  login(login: Login): Promise<LoggedIn> {
    const tracker = this.#tracker(login.trackerId);
    const now = this.#clock();
    const previous = ownerOf(tracker);
    tracker.epoch = nextEpoch(tracker.epoch, now);
    tracker.node = login.node;
    tracker.protocol = login.protocol;
    const { proven, closings, closedAt } = tracker;
    const sinceClosingMs = closedAt === null ? null : Math.max(0, now - closedAt);
    return Promise.resolve({ epoch: tracker.epoch, standing: { proven, closings, sinceClosingMs }, previous });
  }

  logout(trackerId: TrackerId, epoch: number): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker?.epoch === epoch) tracker.node = null;
    return Promise.resolve();
  }

  passed(trackerId: TrackerId, epoch: number): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker?.lastText?.epoch === epoch) tracker.lastText = { ...tracker.lastText, passed: true };
    return Promise.resolve();
  }

  drain(request: DrainRequest): Promise<DrainResult> {
    const tracker = this.#trackers.get(request.trackerId);
    return Promise.resolve(tracker === undefined ? { type: "stale" } : drain(tracker, request, this.#clock()));
  }

  pending(shard: number): Promise<readonly TrackerId[]> {
    const waiting = [...this.#trackers.values()].filter((tracker) => tracker.outbox.size > 0).map((tracker) => tracker.id);
    return Promise.resolve(waiting.filter((id) => shardOf(id) === shard));
  }

  outbox(trackerId: TrackerId): Promise<OutboxState> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tracker === undefined ? { ids: [], bytes: 0 } : { ids: lanes(tracker), bytes: outboxBytes(tracker) });
  }

  expire(trackerId: TrackerId): Promise<number> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tracker === undefined ? 0 : expire(tracker, this.#clock()));
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    const all = [...this.#trackers.values()].flatMap((tracker) =>
      [...tracker.dead].map(([id, { reason, at }]) => ({ trackerId: tracker.id, id, reason, at })),
    );
    return Promise.resolve(all.sort((one, other) => other.at - one.at || other.id - one.id).slice(0, limit));
  }

  retryDeadLetter(trackerId: TrackerId, id: MessageId): Promise<boolean> {
    const tracker = this.#trackers.get(trackerId);
    const buried = tracker?.dead.get(id);
    if (tracker === undefined || buried === undefined) return Promise.resolve(false);
    tracker.dead.delete(id);
    const { urgent, ttlMs, partsAcked } = buried;
    const bytes = Buffer.byteLength(tracker.messages.get(id)?.text ?? "");
    enqueue(tracker, id, { urgent, ttlMs, partsAcked, bytes, expiresAt: this.#clock() + ttlMs, attempts: 0, epoch: 0, tag: 0 });
    change(tracker, id, { state: "queued" });
    return Promise.resolve(true);
  }

  disown(trackerId: TrackerId): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve();
    for (const id of tracker.messages.keys()) tracker.floor = id;
    tracker.lastMessageAt = null;
    for (const collection of [tracker.unread, tracker.outbox, tracker.dead]) collection.clear();
    tracker.urgent.length = 0;
    tracker.normal.length = 0;
    return Promise.resolve();
  }

  erase(trackerId: TrackerId): Promise<void> {
    for (const id of this.#trackers.get(trackerId)?.messages.keys() ?? []) this.#places.delete(id);
    this.#trackers.delete(trackerId);
    return Promise.resolve();
  }

  renewLease(node: string, ttlMs: number): Promise<void> {
    this.#leases.set(node, this.#clock() + ttlMs);
    return Promise.resolve();
  }

  dropLease(node: string): Promise<void> {
    this.#leases.delete(node);
    return Promise.resolve();
  }

  liveNodes(): Promise<readonly string[]> {
    return Promise.resolve(this.#liveNodes());
  }

  owners(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const live = this.#liveNodes();
    return Promise.resolve(
      this.#collect(trackerIds, (tracker) => {
        const owner = ownerOf(tracker);
        return owner !== null && live.includes(owner.node) ? owner : null;
      }),
    );
  }

  healthy(): Promise<boolean> {
    return Promise.resolve(true);
  }

  #submit(draft: Draft): Submitted {
    const tracker = this.#tracker(draft.trackerId);
    const now = this.#clock();
    const bytes = Buffer.byteLength(draft.text);
    const { trackerId, text, employeeId, altered, urgent, ttlMs, rejected } = draft;
    const full = tracker.outbox.size >= OUTBOX_TEXTS || outboxBytes(tracker) + bytes > OUTBOX_BYTES;
    if (rejected === null && full) return { type: "full" };
    const id = this.#nextId(trackerId);
    const submittedAt = stamp(tracker, now);
    const reason = rejected === null ? null : keptReason(rejected);
    const state = rejected === null ? "queued" : "rejected";
    const fresh = { id, trackerId, direction: "OUTGOING", state, text, submittedAt, employeeId, altered, reason } as const;
    store(tracker, { ...fresh, updatedAt: null, receipt: null, answers: null });
    if (rejected === null) {
      enqueue(tracker, id, { urgent, bytes, ttlMs, expiresAt: submittedAt + ttlMs, attempts: 0, epoch: 0, tag: 0, partsAcked: 0 });
    }
    return { type: "stored", id, submittedAt, owner: ownerOf(tracker) };
  }

  #find(id: MessageId): Message | null {
    const tracker = this.#trackers.get(this.#places.get(id) ?? Number.NaN);
    return (tracker && visible(tracker, id)) ?? null;
  }

  #mayTake(ids: number): void {
    if (this.#lastId + ids > LAST_ID) throw new IdsUsedUp();
  }

  #nextId(trackerId: TrackerId): MessageId {
    this.#mayTake(1);
    this.#lastId += 1;
    this.#places.set(this.#lastId, trackerId);
    return this.#lastId;
  }

  #tracker(id: TrackerId): TrackerState {
    const known = this.#trackers.get(id) ?? newTracker(id);
    this.#trackers.set(id, known);
    return known;
  }

  #collect<T>(trackerIds: readonly TrackerId[], value: (tracker: TrackerState) => T | null): ReadonlyMap<TrackerId, T> {
    const found = new Map<TrackerId, T>();
    for (const id of trackerIds) {
      const tracker = this.#trackers.get(id);
      const one = tracker === undefined ? null : value(tracker);
      if (one !== null) found.set(id, one);
    }
    return found;
  }

  #liveNodes(): readonly string[] {
    const now = this.#clock();
    return [...this.#leases].filter(([, until]) => until > now).map(([node]) => node);
  }
}

function ownerOf(tracker: TrackerState): Owner | null {
  return tracker.node === null ? null : { node: tracker.node, epoch: tracker.epoch };
}

function settled<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
