/** The reference store: readable, synchronous inside, no timers, no randomness. What it does, Redis does. */
import type { UserId } from "../chat/fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import {
  type Cancelled,
  type DeadLetter,
  type Draft,
  type DrainRequest,
  IDEMPOTENCY_MS,
  type ListQuery,
  type LoggedIn,
  type Login,
  type MessageStore,
  type OutboxState,
  type Owner,
  QUESTION_MS,
  type Received,
  type Reception,
  type Submitted,
} from "../chat/ports.ts";
import type { TimelineEntry } from "../chat/timeline.ts";
import type { DrainResult, OpenQuestion } from "../core/session-io.ts";
import { shardOf } from "./keys.ts";
import { IdsUsedUp, LAST_ID, nextEpoch } from "./limits.ts";
import { withdraw } from "./memory-endings.ts";
import { drain, expire } from "./memory-outbox.ts";
import { receive } from "./memory-reception.ts";
import { submit } from "./memory-submit.ts";
import { recall } from "./memory-tags.ts";
import { entriesOf, turn } from "./memory-timeline.ts";
import { enqueue, joinDue, lanes, newTracker, outboxBytes, ownerOf, type TrackerState, visible, waitingTexts } from "./memory-tracker.ts";
import { outboxBytes as bytesOf, wholeTimeline } from "./timeline.ts";

export class MemoryStore implements MessageStore {
  readonly #clock: () => Instant;
  readonly #trackers = new Map<TrackerId, TrackerState>();
  readonly #places = new Map<MessageId, TrackerId>();
  readonly #leases = new Map<string, Instant>();
  readonly #keys = new Map<string, { readonly digest: string; readonly until: Instant }>();
  #lastId: MessageId;

  /** `clock` gives the store's time; `lastId` lets a test start near the end of the ids. */
  constructor(clock: () => Instant, lastId: MessageId = 0) {
    this.#clock = clock;
    this.#lastId = lastId;
  }

  submit(draft: Draft): Promise<Submitted> {
    const { trackerId } = draft;
    return settled(() => submit(this.#tracker(trackerId), draft, this.#clock(), () => this.#nextId(trackerId)));
  }

  claimKey(userId: UserId, key: string, bodyDigest: string): Promise<"new" | "same" | "other"> {
    const [name, now] = [`${userId} ${key}`, this.#clock()];
    const known = this.#keys.get(name);
    if (known !== undefined && known.until > now) return Promise.resolve(known.digest === bodyDigest ? "same" : "other");
    this.#keys.set(name, { digest: bodyDigest, until: now + IDEMPOTENCY_MS });
    return Promise.resolve("new");
  }

  cancel(trackerId: TrackerId, id: MessageId): Promise<Cancelled> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve({ type: "not-pending" });
    withdraw(tracker, id, this.#clock(), null);
    const done = visible(tracker, id)?.state === "cancelled";
    return Promise.resolve(done ? { type: "cancelled", owner: ownerOf(tracker) } : { type: "not-pending" });
  }

  timeline(trackerId: TrackerId, id: MessageId): Promise<readonly TimelineEntry[]> {
    const tracker = this.#trackers.get(trackerId);
    const message = tracker && visible(tracker, id);
    if (tracker === undefined || message === undefined) return Promise.resolve([]);
    return Promise.resolve(wholeTimeline(message, entriesOf(tracker, id, this.#clock())));
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
    for (const id of ids) if (tracker?.unread.delete(id)) turn(tracker, id, "marked-read", { now: this.#clock() });
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

  recall(trackerId: TrackerId, tags: readonly string[]): Promise<readonly (OpenQuestion | null)[]> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tags.map((tag) => (tracker === undefined ? null : recall(tracker, tag))));
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
    const question = openQuestion(tracker, now);
    const standing = { proven, closings, sinceClosingMs, ...(question === null ? {} : { question }) };
    return Promise.resolve({ epoch: tracker.epoch, standing, previous });
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
    if (tracker === undefined) return Promise.resolve({ ids: [], bytes: 0 });
    joinDue(tracker, this.#clock());
    return Promise.resolve({ ids: [...lanes(tracker), ...waitingTexts(tracker)], bytes: outboxBytes(tracker) });
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
    const message = tracker.messages.get(id);
    const now = this.#clock();
    const expiresAt = now + ttlMs;
    enqueue(tracker, id, {
      ...{ urgent, ttlMs, partsAcked, expiresAt, attempts: 0, epoch: 0, tag: 0 },
      bytes: bytesOf(message?.text ?? "", message?.choices),
    });
    turn(tracker, id, "queued", { now, reason: "put back", expiresAt });
    return Promise.resolve(true);
  }

  disown(trackerId: TrackerId): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve();
    for (const id of tracker.messages.keys()) tracker.floor = id;
    tracker.lastMessageAt = null;
    tracker.question = null;
    tracker.tags = [];
    for (const collection of [tracker.unread, tracker.outbox, tracker.waiting, tracker.dead, tracker.repeats]) collection.clear();
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

/** The question that a driver's words may answer now. */
function openQuestion(tracker: TrackerState, now: Instant): OpenQuestion | null {
  const { question } = tracker;
  const message = question === null ? undefined : visible(tracker, question.id);
  if (question === null || message === undefined || now - question.at >= QUESTION_MS) return null;
  return { messageId: question.id, choices: message.choices ?? [] };
}

function settled<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
