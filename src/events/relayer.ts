/**
 * Brings events from where they were written to their accounts' streams. What this node wrote it relays as it comes, many in one call; whatever went wrong
 * in between is read back from where it waits. An account that nobody listens to is served seldom, so that it costs little.
 */
import type { Logger } from "pino";
import { type EventRun, type EventStore, WAITING_EVENTS, type Written } from "../chat/events.ts";
import type { Directory, UserId } from "../chat/fleet.ts";
import type { TrackerId } from "../chat/message.ts";
import type { Meter } from "../chat/meter.ts";
import { StoreUnavailable } from "../chat/ports.ts";

/** From an event to its relay: while somebody listens, and while nobody does. */
export const RELAY_MS = { listened: 25, unheard: 2_000 } as const;
/** After a relay that failed. */
const RETRY_MS = 1_000;
/** Runs and events in one call, and calls at once: whatever else waits for Redis waits for them, a millisecond or so. */
const RUNS_AT_ONCE = 50;
const EVENTS_AT_ONCE = 1_000;
const CALLS_AT_ONCE = 16;
/** What was relayed is taken from where it waited when there is so much of it, or when the tracker is quiet. */
const SETTLE_EVENTS = 64;
const SETTLE_MS = 1_000;
/** Trackers without a line here are left to others when they were quiet for so long. */
const IDLE_MS = 10_000;

export interface RelayerDeps {
  readonly store: EventStore;
  readonly directory: Pick<Directory, "tracker">;
  readonly node: string;
  readonly meter: Meter;
  readonly log: Logger;
}

/** Events of a tracker on their way to one account; null: they must be read. */
type Waiting = Map<TrackerId, EventRun | null>;

interface Account {
  readonly userId: UserId;
  waiting: Waiting;
  listened: boolean;
  timer: NodeJS.Timeout | null;
  relaying: { readonly waiting: Waiting; readonly done: Promise<void> } | null;
}

/** What of a tracker was relayed and still waits. */
interface Relic {
  readonly upTo: number;
  readonly events: number;
  readonly at: number;
}

export class Relayer {
  readonly #deps: RelayerDeps;
  readonly #accounts = new Map<UserId, Account>();
  readonly #relics = new Map<TrackerId, Relic>();
  #stopListening: (() => void)[] = [];
  #beat: NodeJS.Timeout | null = null;
  #beats = 0;

  constructor(deps: RelayerDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { store } = this.#deps;
    this.#stopListening = [store.onWritten((written) => this.#note(written)), store.onWake((userId) => this.wake(userId))];
    this.#beat = setInterval(() => void this.#tidy(), SETTLE_MS);
  }

  /** Relays what is left and hands everything over; what cannot be relayed now waits for another node. */
  async stop(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    if (this.#beat !== null) clearInterval(this.#beat);
    await Promise.all([...this.#accounts.values()].map((account) => this.#relayNow(account)));
    const left = [...this.#accounts.values()].some(({ waiting }) => waiting.size > 0);
    try {
      await this.#settleAll(0);
      if (!left) await this.#handOver();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Somebody listens to this account. */
  wake(userId: UserId): void {
    const account = this.#account(userId);
    account.listened = true;
    if (account.waiting.size > 0 && account.timer !== null) this.#schedule(account, 0);
  }

  /** Relays what waits of these trackers, whoever wrote it. Throws StoreUnavailable. */
  async recover(trackerIds: readonly TrackerId[]): Promise<void> {
    const byUser = new Map<UserId, TrackerId[]>();
    for (const trackerId of trackerIds) {
      const userId = this.#deps.directory.tracker(trackerId)?.userId;
      if (userId !== undefined) byUser.set(userId, [...(byUser.get(userId) ?? []), trackerId]);
    }
    for (const [userId, ids] of byUser) await this.#relay(this.#account(userId), new Map(ids.map((id) => [id, null])));
    await this.#settleAll(0);
  }

  #note({ trackerId, run }: Written): void {
    const userId = this.#deps.directory.tracker(trackerId)?.userId;
    // Nobody's: what waits goes when the tracker is erased.
    if (userId === undefined) return;
    const account = this.#account(userId);
    const before = account.waiting.get(trackerId);
    account.waiting.set(trackerId, before === undefined ? run : joined(before, run));
    if (account.timer === null && account.relaying === null) this.#schedule(account, this.#delay(account));
  }

  #account(userId: UserId): Account {
    const known = this.#accounts.get(userId) ?? { userId, waiting: new Map(), listened: true, timer: null, relaying: null };
    this.#accounts.set(userId, known);
    return known;
  }

  #delay({ listened }: Account): number {
    return listened ? RELAY_MS.listened : RELAY_MS.unheard;
  }

  #schedule(account: Account, ms: number): void {
    if (account.timer !== null) clearTimeout(account.timer);
    account.timer = setTimeout(() => void this.#relayNow(account), ms);
  }

  async #relayNow(account: Account): Promise<void> {
    if (account.timer !== null) clearTimeout(account.timer);
    account.timer = null;
    while (account.relaying !== null) await account.relaying.done;
    if (account.waiting.size === 0) return;
    const waiting = account.waiting;
    account.waiting = new Map();
    const done = this.#try(account, waiting);
    account.relaying = { waiting, done };
    await done;
  }

  async #try(account: Account, waiting: Waiting): Promise<void> {
    let failed = false;
    try {
      await this.#relay(account, waiting);
    } catch (error) {
      failed = true;
      this.#failed(error);
      // The events wait where they were written: they are not kept here as well.
      for (const trackerId of waiting.keys()) account.waiting.set(trackerId, null);
    }
    account.relaying = null;
    if (account.waiting.size > 0) this.#schedule(account, failed ? RETRY_MS : this.#delay(account));
  }

  async #relay(account: Account, waiting: Waiting): Promise<void> {
    const known = [...waiting.values()].flatMap((run) => run ?? []);
    const unknown = [...waiting].filter(([, run]) => run === null).map(([trackerId]) => trackerId);
    const missing = await this.#append(account, known, false);
    const read = await this.#read(account, [...unknown, ...missing]);
    await this.#append(account, read, true);
  }

  /** Gives the trackers of which events before these are missing. */
  async #append(account: Account, runs: readonly EventRun[], whole: boolean): Promise<readonly TrackerId[]> {
    const missing: TrackerId[] = [];
    for (const some of portions(runs)) {
      const relayed = await this.#deps.store.relay(account.userId, some, whole);
      account.listened = relayed.listening;
      missing.push(...relayed.missing);
      const left = new Set(relayed.missing);
      for (const run of some) if (!left.has(run.trackerId)) this.#relayed(run);
    }
    return missing;
  }

  /** What waits of these trackers is for whoever owns them now. */
  async #read({ userId }: Account, trackerIds: readonly TrackerId[]): Promise<readonly EventRun[]> {
    const own = trackerIds.filter((trackerId) => this.#deps.directory.tracker(trackerId)?.userId === userId);
    for (const trackerId of trackerIds) if (!own.includes(trackerId)) this.#note({ trackerId, run: null });
    const runs: EventRun[] = [];
    for (let at = 0; at < own.length; at += CALLS_AT_ONCE) {
      const some = await Promise.all(own.slice(at, at + CALLS_AT_ONCE).map((trackerId) => this.#deps.store.waiting(trackerId)));
      runs.push(...some.flatMap((run) => run ?? []));
    }
    return runs;
  }

  #relayed({ trackerId, first, events }: EventRun): void {
    this.#deps.meter.count("events", "relayed", events.length);
    const before = this.#relics.get(trackerId);
    const upTo = Math.max(before?.upTo ?? 0, first + events.length - 1);
    this.#relics.set(trackerId, { upTo, events: (before?.events ?? 0) + events.length, at: performance.now() });
  }

  /** Settles what is quiet or much, and leaves quiet trackers to others. */
  async #tidy(): Promise<void> {
    this.#beats += 1;
    try {
      await this.#settleAll(SETTLE_MS);
      if (this.#beats % TIDY_BEATS === 0) await this.#release();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #settleAll(quietMs: number): Promise<void> {
    const before = performance.now() - quietMs;
    const due = [...this.#relics].filter(([, { events, at }]) => at <= before || events >= SETTLE_EVENTS);
    for (const [trackerId] of due) this.#relics.delete(trackerId);
    for (let at = 0; at < due.length; at += CALLS_AT_ONCE) {
      await Promise.all(due.slice(at, at + CALLS_AT_ONCE).map(([trackerId, { upTo }]) => this.#deps.store.settle(trackerId, upTo)));
    }
  }

  async #release(): Promise<void> {
    const busy = new Set<TrackerId>();
    for (const { waiting, relaying } of this.#accounts.values()) {
      for (const trackerId of [...waiting.keys(), ...(relaying?.waiting.keys() ?? [])]) busy.add(trackerId);
    }
    const quiet = this.#deps.store.idle(IDLE_MS).filter((trackerId) => !busy.has(trackerId) && !this.#relics.has(trackerId));
    await this.#deps.store.release(this.#deps.node, quiet);
  }

  async #handOver(): Promise<void> {
    const { store, node } = this.#deps;
    // A line whose end could not be told to the store is for the others to find.
    await store.release(node, store.idle(0));
    if ((await store.trackersOf(node)).length === 0) await store.release(node, null);
  }

  #failed(error: unknown): void {
    this.#deps.meter.count("events", "failed");
    if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "events could not be relayed");
  }
}

const TIDY_BEATS = 5;

/** As much as one call may carry; a run of its own however long. */
function portions(runs: readonly EventRun[]): readonly (readonly EventRun[])[] {
  const all: EventRun[][] = [];
  let events = Number.POSITIVE_INFINITY;
  for (const run of runs) {
    const last = all.at(-1);
    if (last === undefined || last.length >= RUNS_AT_ONCE || events + run.events.length > EVENTS_AT_ONCE) {
      all.push([run]);
      events = run.events.length;
    } else {
      last.push(run);
      events += run.events.length;
    }
  }
  return all;
}

/** One run of both, when the second goes on where the first ends; else they must be read. */
function joined(before: EventRun | null, run: EventRun | null): EventRun | null {
  if (before === null || run === null || run.first !== before.first + before.events.length) return null;
  if (before.events.length + run.events.length > WAITING_EVENTS) return null;
  return { ...before, events: [...before.events, ...run.events] };
}
