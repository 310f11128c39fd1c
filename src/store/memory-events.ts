/** The reference store of events: what Redis does with them, over the trackers of the memory store. */
import {
  ENTRY_EVENTS,
  type EventId,
  type EventRun,
  type EventStore,
  LISTEN_MS,
  type Relayed,
  STREAM_ENTRIES,
  STREAM_MS,
  type StreamEntry,
  type StreamPlace,
  type TrackerEvent,
  type Written,
} from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import type { Instant, TrackerId } from "../chat/message.ts";
import type { Owner } from "../chat/ports.ts";
import { ownerOf, type TrackerState, tellPresence } from "./memory-tracker.ts";

interface Stream {
  readonly entries: StreamEntry[];
  /** By tracker the number of its last event here. */
  readonly last: Map<TrackerId, number>;
  /** The stream is complete behind this place. */
  begin: Place;
  end: Place;
  listenedUntil: Instant;
}

interface Place {
  readonly ms: number;
  readonly count: number;
}

export class MemoryEvents implements EventStore {
  readonly #trackers: ReadonlyMap<TrackerId, TrackerState>;
  readonly #clock: () => Instant;
  readonly #streams = new Map<UserId, Stream>();
  readonly #written = new Set<(written: Written) => void>();
  readonly #nudged = new Set<(userId: UserId) => void>();
  readonly #woken = new Set<(userId: UserId) => void>();

  constructor(trackers: ReadonlyMap<TrackerId, TrackerState>, clock: () => Instant) {
    this.#trackers = trackers;
    this.#clock = clock;
  }

  /** Says what of a tracker was written since it had so many events. */
  tell(trackerId: TrackerId, before: number): void {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined || tracker.events.length === 0) return;
    const fresh = before === 0 ? tracker.events.length : tracker.lastEvent - before;
    const run = fresh === 0 ? null : runOf(tracker, tracker.events.slice(-fresh));
    for (const listener of this.#written) listener({ trackerId, run });
  }

  onWritten(listener: (written: Written) => void): () => void {
    return subscribe(this.#written, listener);
  }

  waiting(trackerId: TrackerId): Promise<EventRun | null> {
    const tracker = this.#trackers.get(trackerId);
    return Promise.resolve(tracker === undefined || tracker.events.length === 0 ? null : runOf(tracker, tracker.events));
  }

  relay(userId: UserId, runs: readonly EventRun[], whole: boolean): Promise<Relayed> {
    const stream = this.#stream(userId);
    const missing: TrackerId[] = [];
    const before = stream.entries.length;
    for (const run of runs) if (!this.#append(stream, run, whole)) missing.push(run.trackerId);
    const listening = stream.listenedUntil > this.#clock();
    if (listening && stream.entries.length > before) for (const listener of this.#nudged) queueMicrotask(() => listener(userId));
    return Promise.resolve({ listening, missing });
  }

  settle(trackerId: TrackerId, upTo: number): Promise<void> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined) return Promise.resolve();
    const still = Math.max(0, tracker.lastEvent - upTo);
    tracker.events.splice(0, Math.max(0, tracker.events.length - still));
    return Promise.resolve();
  }

  place(userId: UserId, after: EventId | null, listens: boolean): Promise<StreamPlace> {
    const stream = this.#stream(userId);
    if (listens) stream.listenedUntil = this.#clock() + LISTEN_MS;
    this.#trim(stream);
    const asked = after === null ? null : placeOf(after);
    const complete = asked !== null && !isBefore(asked, stream.begin) && !isBefore(stream.end, asked);
    return Promise.resolve({ end: idOf(stream.end), complete });
  }

  read(userId: UserId, after: EventId, limit: number): Promise<readonly StreamEntry[]> {
    const from = placeOf(after);
    const behind = this.#stream(userId).entries.filter(({ id }) => from !== null && isBefore(from, placeOf(id) ?? from));
    return Promise.resolve(behind.slice(0, limit));
  }

  onNudge(listener: (userId: UserId) => void): () => void {
    return subscribe(this.#nudged, listener);
  }

  onWake(listener: (userId: UserId) => void): () => void {
    return subscribe(this.#woken, listener);
  }

  wake(userId: UserId): Promise<void> {
    for (const listener of this.#woken) queueMicrotask(() => listener(userId));
    return Promise.resolve();
  }

  nodes(): Promise<readonly string[]> {
    return Promise.resolve([...new Set([...this.#trackers.values()].flatMap(({ node }) => node ?? []))]);
  }

  trackersOf(node: string): Promise<readonly TrackerId[]> {
    const theirs = [...this.#trackers.values()].filter((tracker) => tracker.node === node || tracker.events.length > 0);
    return Promise.resolve(theirs.map(({ id }) => id));
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  claim(): Promise<void> {
    return Promise.resolve();
  }

  idle(): readonly TrackerId[] {
    return [];
  }

  holders(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const holders = new Map<TrackerId, Owner>();
    for (const trackerId of trackerIds) {
      const tracker = this.#trackers.get(trackerId);
      const holder = tracker === undefined ? null : ownerOf(tracker);
      if (holder !== null) holders.set(trackerId, holder);
    }
    return Promise.resolve(holders);
  }

  presume(trackerId: TrackerId, { node, epoch }: Owner, lives: boolean): Promise<boolean> {
    const tracker = this.#trackers.get(trackerId);
    if (tracker === undefined || tracker.node !== node || tracker.epoch !== epoch) return Promise.resolve(false);
    if ((tracker.givenUpEpoch === epoch) !== lives) return Promise.resolve(false);
    const before = tracker.lastEvent;
    tracker.givenUpEpoch = lives ? 0 : epoch;
    tellPresence(tracker, lives, this.#clock());
    this.tell(trackerId, before);
    return Promise.resolve(true);
  }

  /** An account is gone. */
  forget(userId: UserId): void {
    this.#streams.delete(userId);
  }

  /** A tracker of this account is gone; what its events said stays until they are old. */
  forgetTracker(userId: UserId, trackerId: TrackerId): void {
    this.#streams.get(userId)?.last.delete(trackerId);
  }

  /** False when events before these are missing. */
  #append(stream: Stream, { trackerId, first, events }: EventRun, whole: boolean): boolean {
    const last = stream.last.get(trackerId);
    const upTo = first + events.length - 1;
    if (!whole && (last === undefined || first > last + 1)) return false;
    if (last !== undefined && upTo <= last) return true;
    const lost: readonly TrackerEvent[] = last !== undefined && first > last + 1 ? [{ type: "lost" }] : [];
    const fresh = events.slice(last === undefined ? 0 : Math.max(0, last + 1 - first));
    const all = [...lost, ...fresh];
    for (let at = 0; at < all.length; at += ENTRY_EVENTS) this.#push(stream, trackerId, all.slice(at, at + ENTRY_EVENTS));
    stream.last.set(trackerId, upTo);
    this.#trim(stream);
    return true;
  }

  #push(stream: Stream, trackerId: TrackerId, events: readonly TrackerEvent[]): void {
    const ms = Math.max(this.#clock(), stream.end.ms);
    stream.end = { ms, count: ms === stream.end.ms ? stream.end.count + 1 : 0 };
    stream.entries.push({ id: idOf(stream.end), trackerId, events });
  }

  #trim(stream: Stream): void {
    const oldest = this.#clock() - STREAM_MS;
    for (let first = stream.entries[0]; first !== undefined; first = stream.entries[0]) {
      const place = placeOf(first.id) ?? stream.begin;
      if (stream.entries.length <= STREAM_ENTRIES && place.ms >= oldest) return;
      stream.begin = place;
      stream.entries.shift();
    }
  }

  #stream(userId: UserId): Stream {
    const begin = { ms: this.#clock() - 1, count: 0 };
    const known = this.#streams.get(userId) ?? { entries: [], last: new Map(), begin, end: begin, listenedUntil: 0 };
    this.#streams.set(userId, known);
    return known;
  }
}

function runOf({ id, lastEvent }: TrackerState, events: readonly TrackerEvent[]): EventRun {
  return { trackerId: id, first: lastEvent - events.length + 1, events: [...events] };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function placeOf(id: EventId): Place | null {
  const [, ms, count] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  return ms === undefined || count === undefined ? null : { ms: Number(ms), count: Number(count) };
}

function idOf({ ms, count }: Place): EventId {
  return `${ms}-${count}`;
}

function isBefore(one: Place, other: Place): boolean {
  return one.ms < other.ms || (one.ms === other.ms && one.count < other.count);
}
