/** The reference store: readable, synchronous inside, no timers, no randomness. What it does, Redis does. */
import type { UserId } from "../chat/fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import type {
  Cancelled,
  DeadLetter,
  Draft,
  DrainRequest,
  Fullness,
  ListQuery,
  LoggedIn,
  Login,
  MessageStore,
  OutboxState,
  Owner,
  Received,
  Reception,
  Removed,
  RosterEntry,
  Submitted,
} from "../chat/ports.ts";
import type { TimelineEntry } from "../chat/timeline.ts";
import type { DrainResult, OpenQuestion } from "../core/session-io.ts";
import { shardOf } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { putBack, withdraw } from "./memory-endings.ts";
import { MemoryEvents } from "./memory-events.ts";
import { MemoryKeys } from "./memory-keys.ts";
import { MemoryLeases } from "./memory-leases.ts";
import { drain, expire, oldestWait } from "./memory-outbox.ts";
import { disown, logIn, logOut } from "./memory-owner.ts";
import { passed, receive } from "./memory-reception.ts";
import { clear, removeOld } from "./memory-removal.ts";
import { rosterEntry } from "./memory-roster.ts";
import { repeated, submit } from "./memory-submit.ts";
import { recall } from "./memory-tags.ts";
import { entriesOf, turn } from "./memory-timeline.ts";
import {
  joinDue,
  lanes,
  newTracker,
  outboxBytes,
  ownerOf,
  type TrackerState,
  tellUnread,
  visible,
  waitingTexts,
} from "./memory-tracker.ts";
import { wholeTimeline } from "./timeline.ts";

export class MemoryStore implements MessageStore {
  readonly #clock: () => Instant;
  readonly #trackers = new Map<TrackerId, TrackerState>();
  readonly #places = new Map<MessageId, TrackerId>();
  readonly #leases: MemoryLeases;
  readonly #keys = new MemoryKeys();
  #lastId: MessageId;
  /** Their events, in the same memory. */
  readonly events: MemoryEvents;

  /** `clock` gives the store's time; `lastId` lets a test start near the end of the ids. */
  constructor(clock: () => Instant, lastId: MessageId = 0) {
    this.#clock = clock;
    this.#leases = new MemoryLeases(clock);
    this.#lastId = lastId;
    this.events = new MemoryEvents(this.#trackers, clock);
  }

  submit(draft: Draft, underway?: () => void): Promise<Submitted> {
    const { trackerId } = draft;
    const submitted = this.#change(trackerId, () => submit(this.#tracker(trackerId), draft, this.#clock(), () => this.#nextId(trackerId)));
    underway?.();
    return submitted;
  }

  claimKey(userId: UserId, key: string, bodyDigest: string): Promise<"new" | "same" | "other"> {
    return Promise.resolve(this.#keys.claim({ userId, key }, bodyDigest, this.#clock()));
  }

  findByKey(trackerId: TrackerId, idempotencyKey: string): Promise<MessageId | null> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tracker === undefined ? null : repeated(tracker, idempotencyKey, this.#clock()));
  }

  cancel(trackerId: TrackerId, id: MessageId): Promise<Cancelled> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve({ type: "not-pending" });
    return this.#change(trackerId, () => {
      withdraw(tracker, id, this.#clock(), null);
      const done = visible(tracker, id)?.state === "cancelled";
      return done ? { type: "cancelled", owner: ownerOf(tracker) } : { type: "not-pending" };
    });
  }

  timeline(trackerId: TrackerId, id: MessageId): Promise<readonly TimelineEntry[]> {
    const tracker = this.#trackers.get(trackerId);
    const message = tracker && visible(tracker, id);
    if (tracker === undefined || message === undefined) return Promise.resolve([]);
    return Promise.resolve(wholeTimeline(message, entriesOf(tracker, id, this.#clock())));
  }

  list(query: ListQuery): Promise<readonly Message[]> {
    const tracker = this.#trackers.get(query.trackerId);
    const { from, to, after = 0 } = query;
    const floor = Math.max(tracker?.floor ?? 0, after);
    const found = [...(tracker?.messages.values() ?? [])].filter(
      ({ id, submittedAt }) => id > floor && (from === null || submittedAt >= from) && (to === null || submittedAt <= to),
    );
    if (!query.ascending) found.reverse();
    return Promise.resolve(found.slice(0, query.limit));
  }

  find(ids: readonly MessageId[]): Promise<readonly (Message | null)[]> {
    return Promise.resolve(ids.map((id) => this.#find(id)));
  }

  markRead(trackerId: TrackerId, ids: readonly MessageId[]): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    return this.#change(trackerId, () => {
      const marked = ids.filter((id) => tracker?.unread.delete(id));
      if (tracker === undefined || marked.length === 0) return;
      for (const id of marked) turn(tracker, id, "marked-read", { now: this.#clock() });
      tellUnread(tracker, this.#clock());
    });
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

  roster(trackerIds: readonly TrackerId[]): Promise<readonly RosterEntry[]> {
    const live = this.#leases.live();
    return Promise.resolve(trackerIds.map((id) => rosterEntry(id, this.#trackers.get(id), live)));
  }

  receive(reception: Reception): Promise<Received> {
    const { trackerId, texts } = reception;
    return this.#change(trackerId, () => {
      this.#mayTake(texts.length);
      return receive(this.#tracker(trackerId), reception, this.#clock(), () => this.#nextId(trackerId));
    });
  }

  recall(trackerId: TrackerId, tags: readonly string[]): Promise<readonly (OpenQuestion | null)[]> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tags.map((tag) => (tracker === undefined ? null : recall(tracker, tag))));
  }

  login(login: Login): Promise<LoggedIn> {
    const tracker = this.#tracker(login.trackerId);
    return this.#change(login.trackerId, () => logIn(tracker, login, this.#clock()));
  }

  logout(trackerId: TrackerId, epoch: number): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    return this.#change(trackerId, () => (tracker === undefined ? undefined : logOut(tracker, epoch, this.#clock())));
  }

  passed(trackerId: TrackerId, id: MessageId): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker !== undefined) passed(tracker, id);
    return Promise.resolve();
  }

  drain(request: DrainRequest): Promise<DrainResult> {
    const tracker = this.#trackers.get(request.trackerId);
    return this.#change(request.trackerId, () => (tracker === undefined ? { type: "stale" } : drain(tracker, request, this.#clock())));
  }

  pending(shard: number): Promise<readonly TrackerId[]> {
    const waiting = [...this.#trackers.values()].filter((tracker) => tracker.outbox.size > 0).map((tracker) => tracker.id);
    return Promise.resolve(waiting.filter((id) => shardOf(id) === shard));
  }

  outbox(trackerId: TrackerId): Promise<OutboxState> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve({ ids: [], bytes: 0 });
    joinDue(tracker, this.#clock());
    return Promise.resolve({ ids: [...lanes(tracker), ...waitingTexts(tracker)], bytes: outboxBytes(tracker) });
  }

  oldestWait(trackerId: TrackerId): Promise<number | null> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tracker === undefined ? null : oldestWait(tracker, this.#clock()));
  }

  expire(trackerId: TrackerId, liveNodes: readonly string[]): Promise<number> {
    const tracker = this.#trackers.get(trackerId);
    return this.#change(trackerId, () => (tracker === undefined ? 0 : expire(tracker, liveNodes, this.#clock())));
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
    return this.#change(trackerId, () => {
      putBack(tracker, id, buried, this.#clock());
      return true;
    });
  }

  ages(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    const now = this.#clock();
    return Promise.resolve(
      this.#collect(trackerIds, ({ messages }) => {
        const [oldest] = messages.values();
        return oldest === undefined ? null : now - oldest.submittedAt;
      }),
    );
  }

  removeOld(trackerId: TrackerId, ageMs: number): Promise<Removed> {
    const tracker = this.#trackers.get(trackerId);
    return this.#change(trackerId, () => {
      if (tracker === undefined) return { removed: 0, next: null, dueInMs: null, kept: 0 };
      const outcome = removeOld(tracker, ageMs, this.#clock());
      for (const id of outcome.ids) this.#places.delete(id);
      return { removed: outcome.ids.length, next: null, dueInMs: outcome.dueInMs, kept: outcome.kept };
    });
  }

  tidyIds(): Promise<boolean> {
    return Promise.resolve(false);
  }

  disown(trackerId: TrackerId): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve();
    disown(tracker);
    return Promise.resolve();
  }

  clear(trackerId: TrackerId): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    return this.#change(trackerId, () => {
      for (const id of tracker?.messages.keys() ?? []) this.#places.delete(id);
      if (tracker !== undefined) clear(tracker, this.#clock());
    });
  }

  erase(trackerId: TrackerId, userId?: UserId): Promise<void> {
    if (userId !== undefined) this.events.forgetTracker(userId, trackerId);
    for (const id of this.#trackers.get(trackerId)?.messages.keys() ?? []) this.#places.delete(id);
    this.#trackers.delete(trackerId);
    return Promise.resolve();
  }

  forget(userId: UserId): Promise<void> {
    this.events.forget(userId);
    this.#keys.forget(userId);
    return Promise.resolve();
  }

  renewLease(node: string, ttlMs: number): Promise<"kept" | "taken"> {
    return Promise.resolve(this.#leases.renew(node, ttlMs));
  }

  dropLease(node: string): Promise<void> {
    this.#leases.drop(node);
    return Promise.resolve();
  }

  liveNodes(): Promise<readonly string[]> {
    return Promise.resolve(this.#leases.live());
  }

  owners(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const live = this.#leases.live();
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

  fullness(): Promise<Fullness> {
    return Promise.resolve({ ids: this.#lastId / LAST_ID, usedBytes: 0, maxBytes: 0 });
  }

  /** Does something to a tracker, and tells of the events that came of it. */
  #change<T>(trackerId: TrackerId, work: () => T): Promise<T> {
    const before = this.#trackers.get(trackerId)?.lastEvent ?? 0;
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.events.tell(trackerId, before);
    }
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
}
