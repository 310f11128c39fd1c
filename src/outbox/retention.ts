/**
 * Removes messages that are older than they are to be kept. The nodes share the trackers; of its own a node remembers when the
 * oldest message is due, so that nothing is asked while nothing is. What is removed at a time is bounded, and the rest waits.
 */
import type { Logger } from "pino";
import type { MessageId, TrackerId } from "../chat/message.ts";
import type { Meter } from "../chat/meter.ts";
import { type MessageStore, PENDING_SHARDS, StoreUnavailable } from "../chat/ports.ts";
import { isMine } from "./sweeper.ts";

/** A call that reaches the store twice must still find what it stored the first time; calls end within 2 s. */
const LEAST_KEPT_MS = 5_000;
/** A tracker is looked at again after a tenth of the time that messages are kept, within these. */
const PACE_MS = { least: 1_000, most: 3_600_000 };
/** All shards are gone through in this time at most. */
const PASS_MS = 60_000;
/** Trackers asked about for the first time in one beat, and slices removed: 2 % of one Redis at 0.3 ms each. */
const LOOKS_PER_BEAT = 32;
const SLICES_PER_BEAT = 256;
/** Calls that give back the index of ids, in one beat of each pass. */
const TIDY_CALLS = 8;

export interface RetentionDeps {
  readonly node: string;
  /** How long messages are kept. */
  readonly keepMs: number;
  readonly store: Pick<MessageStore, "ages" | "removeOld" | "tidyIds" | "liveNodes">;
  /** Every tracker that there is. */
  readonly trackers: () => Iterable<TrackerId>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly meter: Meter;
  readonly log: Logger;
}

export class Retention {
  readonly #deps: RetentionDeps;
  readonly #keepMs: number;
  readonly #paceMs: number;
  readonly #passMs: number;
  /** By shard: when a message of each tracker may be due. */
  readonly #due: Map<TrackerId, number>[] = Array.from({ length: PENDING_SHARDS }, () => new Map());
  #timer: NodeJS.Timeout | null = null;
  #shard = 0;
  #busy = false;
  #tidyAt: number | null = null;
  /** The shard that the store would not do, once that is logged. */
  #refused: number | null = null;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#keepMs = Math.max(LEAST_KEPT_MS, deps.keepMs);
    this.#paceMs = Math.min(PACE_MS.most, Math.max(PACE_MS.least, this.#keepMs / 10));
    this.#passMs = Math.min(PASS_MS, this.#paceMs);
  }

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), this.#passMs / PENDING_SHARDS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Removes what is due of a shard's trackers, as much as one beat may; gives how many messages. */
  async remove(shard: number): Promise<number> {
    const waiting = this.#waiting(shard);
    if (waiting.unknown.length + waiting.due.length === 0 && this.#tidyAt === null) return 0;
    if (!isMine(shard, this.#deps.node, await this.#deps.store.liveNodes())) return 0;
    await this.#ask(shard, waiting.unknown);
    const removed = await this.#removeDue(shard);
    if (removed > 0) this.#tidyAt ??= this.#deps.now() + this.#passMs;
    if (this.#tidyAt !== null && this.#tidyAt <= this.#deps.now()) await this.#tidy();
    return removed;
  }

  async #beat(): Promise<void> {
    const shard = this.#shard;
    this.#shard = (shard + 1) % PENDING_SHARDS;
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.remove(shard);
      if (this.#refused === shard) this.#refused = null;
    } catch (error) {
      this.#failed(shard, error);
    }
    this.#busy = false;
  }

  /** A store that is away is logged once, until the same shard was done. */
  #failed(shard: number, error: unknown): void {
    if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "old messages could not be removed");
    else if (this.#refused === null) {
      this.#deps.log.warn({ err: error }, "old messages cannot be removed now: it is tried again");
      this.#refused = shard;
    }
  }

  /** Trackers that nobody was asked about yet, some of them, and those that are due. */
  #waiting(shard: number): { readonly unknown: readonly TrackerId[]; readonly due: readonly TrackerId[] } {
    const known = this.#due[shard] ?? new Map<TrackerId, number>();
    const now = this.#deps.now();
    const unknown: TrackerId[] = [];
    const due: TrackerId[] = [];
    const gone = new Set(known.keys());
    for (const trackerId of this.#deps.trackers()) {
      if (shardOf(trackerId) !== shard) continue;
      gone.delete(trackerId);
      const at = known.get(trackerId);
      if (at === undefined && unknown.length < LOOKS_PER_BEAT) unknown.push(trackerId);
      if (at !== undefined && at <= now) due.push(trackerId);
    }
    for (const trackerId of gone) known.delete(trackerId);
    return { unknown, due };
  }

  async #ask(shard: number, trackerIds: readonly TrackerId[]): Promise<void> {
    if (trackerIds.length === 0) return;
    const ages = await this.#deps.store.ages(trackerIds);
    const now = this.#deps.now();
    for (const trackerId of trackerIds) this.#due[shard]?.set(trackerId, now + Math.max(0, this.#keepMs - (ages.get(trackerId) ?? 0)));
  }

  async #removeDue(shard: number): Promise<number> {
    let [removed, slices] = [0, SLICES_PER_BEAT];
    for (const trackerId of this.#waiting(shard).due) {
      if (slices === 0) break;
      const outcome = await this.#removeOf(trackerId, slices);
      removed += outcome.removed;
      slices -= outcome.slices;
      if (outcome.nextInMs !== null) this.#due[shard]?.set(trackerId, this.#deps.now() + Math.max(this.#paceMs, outcome.nextInMs));
    }
    return removed;
  }

  /** `nextInMs` null: there is more to remove than so many slices. */
  async #removeOf(trackerId: TrackerId, most: number): Promise<Outcome> {
    let [removed, kept, slices] = [0, 0, 0];
    for (let from: MessageId = 0; slices < most; ) {
      const slice = await this.#deps.store.removeOld(trackerId, this.#keepMs, from);
      slices += 1;
      removed += slice.removed;
      kept += slice.kept;
      if (slice.removed > 0) this.#deps.meter.count("removed", "age", slice.removed);
      // What stays because it is pending may end at any time.
      if (slice.next === null) return { removed, slices, nextInMs: kept > 0 ? 0 : (slice.dueInMs ?? this.#keepMs) };
      from = slice.next;
    }
    return { removed, slices, nextInMs: null };
  }

  async #tidy(): Promise<void> {
    this.#tidyAt = null;
    for (let calls = 0; calls < TIDY_CALLS; calls += 1) if (!(await this.#deps.store.tidyIds())) return;
    this.#tidyAt = this.#deps.now() + this.#passMs;
  }
}

interface Outcome {
  readonly removed: number;
  readonly slices: number;
  readonly nextInMs: number | null;
}

function shardOf(trackerId: TrackerId): number {
  return Math.abs(trackerId) % PENDING_SHARDS;
}
