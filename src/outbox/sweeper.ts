/**
 * Makes up for lost hints and ends what has expired. One shard of the pending index is read per beat, so that a sweep
 * of all shards costs an even trickle of commands, and none at all while this node has nothing to sweep for.
 */
import type { Logger } from "pino";
import type { TrackerId } from "../chat/message.ts";
import type { Meter } from "../chat/meter.ts";
import { type MessageStore, PENDING_SHARDS, StoreUnavailable } from "../chat/ports.ts";

/** Every tracker with a line here and texts in its outbox is hinted this often. */
const SWEEP_MS = 5_000;
const EXPIRE_MS = 60_000;
/** Trackers of one shard looked at together for expired texts. */
const EXPIRE_PARALLEL = 8;

export interface SweeperDeps {
  readonly node: string;
  readonly store: Pick<MessageStore, "pending" | "expire" | "liveNodes">;
  /** Lines of this node. */
  readonly lines: { readonly size: number; has(trackerId: TrackerId): boolean };
  readonly hint: (trackerId: TrackerId) => void;
  /** The protocol of a tracker that may have no line, as counts call it. */
  readonly protocolOf: (trackerId: TrackerId) => string;
  /** Told after each shard which of its trackers with a line here may have texts waiting. */
  readonly onSwept?: (shard: number, trackers: readonly TrackerId[]) => Promise<void>;
  readonly meter: Meter;
  readonly log: Logger;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #timers: NodeJS.Timeout[] = [];
  #sweepShard = 0;
  #expireShard = 0;
  #sweeping = false;
  #expiring = false;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timers.push(
      setInterval(() => void this.#sweepNext(), SWEEP_MS / PENDING_SHARDS),
      setInterval(() => void this.#expireNext(), EXPIRE_MS / PENDING_SHARDS),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #sweepNext(): Promise<void> {
    const shard = this.#sweepShard;
    this.#sweepShard = (shard + 1) % PENDING_SHARDS;
    if (this.#sweeping || this.#deps.lines.size === 0) return;
    this.#sweeping = true;
    await this.#quietly(async () => {
      const swept = await this.sweep(shard);
      await this.#deps.onSwept?.(shard, swept);
    });
    this.#sweeping = false;
  }

  /** Hints every tracker of a shard that has a line here; gives which. */
  async sweep(shard: number): Promise<readonly TrackerId[]> {
    const trackers = (await this.#deps.store.pending(shard)).filter((trackerId) => this.#deps.lines.has(trackerId));
    for (const trackerId of trackers) {
      this.#deps.meter.count("hints", "swept");
      this.#deps.hint(trackerId);
    }
    return trackers;
  }

  async #expireNext(): Promise<void> {
    const shard = this.#expireShard;
    this.#expireShard = (shard + 1) % PENDING_SHARDS;
    if (this.#expiring) return;
    this.#expiring = true;
    await this.#quietly(async () => {
      const live = await this.#deps.store.liveNodes();
      if (isMine(shard, this.#deps.node, live)) await this.expire(shard, live);
    });
    this.#expiring = false;
  }

  /** Ends expired texts of a shard's trackers; those on lines of nodes that live are left to them. */
  async expire(shard: number, liveNodes: readonly string[]): Promise<void> {
    const trackers = await this.#deps.store.pending(shard);
    for (let at = 0; at < trackers.length; at += EXPIRE_PARALLEL) {
      const some = trackers.slice(at, at + EXPIRE_PARALLEL);
      await Promise.all(some.map((tracker) => this.#expireOne(tracker, liveNodes)));
    }
  }

  async #expireOne(trackerId: TrackerId, liveNodes: readonly string[]): Promise<void> {
    const count = await this.#deps.store.expire(trackerId, liveNodes);
    if (count > 0) this.#deps.meter.count("texts", `out ${this.#deps.protocolOf(trackerId)} expired`, count);
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "a sweep failed");
    }
  }
}

/** The live nodes share the shards; without a lease of its own a node leaves them to the others. */
export function isMine(shard: number, node: string, liveNodes: readonly string[]): boolean {
  const sorted = [...liveNodes].sort();
  const place = sorted.indexOf(node);
  return place !== -1 && shard % sorted.length === place;
}
