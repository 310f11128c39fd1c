/** What this node's calls write of events, and which trackers it answers for: named in Redis before anything of them changes. */
import type { Written } from "../chat/events.ts";
import type { TrackerId } from "../chat/message.ts";
import type { RedisConnection } from "./connection.ts";
import { unpackEvents } from "./event-codec.ts";
import { EVENT_NODES, nodeTrackersKey } from "./keys.ts";
import { Scripts, type ToldEvents } from "./redis-scripts.ts";

/** A tracker that is named in Redis, or about to be. */
interface Mark {
  usedAt: number;
  /** Of its line on this node; null: it has none. */
  epoch: number | null;
  /** Null: it is there. */
  naming: Promise<void> | null;
}

export class NodeEvents {
  readonly node: string;
  readonly #connection: RedisConnection;
  readonly #scripts: Scripts;
  readonly #marks = new Map<TrackerId, Mark>();
  readonly #listeners = new Set<(written: Written) => void>();
  /** The node itself is named in Redis, as far as it knows. */
  #isRegistered = false;

  /** `connection`: of role `requests`. */
  constructor(connection: RedisConnection, node: string) {
    this.#connection = connection;
    this.#scripts = new Scripts(connection);
    this.node = node;
  }

  onWritten(listener: (written: Written) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Call before each change of a tracker, and wait for what it gives. Rejects when the tracker could not be named. */
  async touch(trackerId: TrackerId): Promise<void> {
    const known = this.#marks.get(trackerId);
    if (known === undefined) await this.#name(trackerId);
    else {
      known.usedAt = performance.now();
      if (known.naming !== null) await known.naming;
    }
  }

  /** The tracker has a line here. */
  pin(trackerId: TrackerId, epoch: number): void {
    const mark = this.#marks.get(trackerId);
    if (mark !== undefined && (mark.epoch ?? 0) < epoch) mark.epoch = epoch;
  }

  /** The line with this epoch is gone. */
  unpin(trackerId: TrackerId, epoch: number): void {
    const mark = this.#marks.get(trackerId);
    if (mark?.epoch === epoch) mark.epoch = null;
  }

  told({ trackerId, first, packed }: ToldEvents): void {
    this.#tell({ trackerId, run: first === 0 ? null : { trackerId, first, events: unpackEvents(packed) } });
  }

  /** A call had no known outcome: it may have written events. */
  suspect(trackerId: TrackerId): void {
    this.#tell({ trackerId, run: null });
  }

  idle(forMs: number): readonly TrackerId[] {
    const before = performance.now() - forMs;
    return [...this.#marks].filter(([, { epoch, usedAt }]) => epoch === null && usedAt < before).map(([trackerId]) => trackerId);
  }

  /** Takes trackers back; one that is touched from now on is named anew. */
  async release(trackerIds: readonly TrackerId[]): Promise<void> {
    if (trackerIds.length === 0) return;
    for (const trackerId of trackerIds) this.#marks.delete(trackerId);
    const pieces = Array.from({ length: Math.ceil(trackerIds.length / AT_ONCE) }, (_, n) =>
      trackerIds.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
    );
    await Promise.all(pieces.map((some) => this.#connection.srem(nodeTrackersKey(this.node), ...some)));
  }

  /** Takes this node's own name back; the next tracker that is touched brings it again. */
  async leave(): Promise<void> {
    this.#isRegistered = false;
    await this.#connection.srem(EVENT_NODES, this.node);
  }

  /** Names everything once more: this node was given up, and lives. */
  async name(): Promise<void> {
    const trackerIds = [...this.#marks.keys()];
    await this.#register();
    for (let at = 0; at < trackerIds.length; at += AT_ONCE) {
      await this.#add(nodeTrackersKey(this.node), trackerIds.slice(at, at + AT_ONCE));
    }
  }

  async #name(trackerId: TrackerId): Promise<void> {
    const naming = this.#write(trackerId);
    const mark: Mark = { usedAt: performance.now(), epoch: null, naming };
    this.#marks.set(trackerId, mark);
    try {
      await naming;
      mark.naming = null;
    } catch (error) {
      if (this.#marks.get(trackerId) === mark) this.#marks.delete(trackerId);
      throw error;
    }
  }

  async #write(trackerId: TrackerId): Promise<void> {
    const registered = this.#isRegistered ? null : this.#register();
    await Promise.all([registered, this.#add(nodeTrackersKey(this.node), [trackerId])]);
  }

  async #register(): Promise<void> {
    await this.#add(EVENT_NODES, [this.node]);
    this.#isRegistered = true;
  }

  async #add(key: string, members: readonly (string | number)[]): Promise<void> {
    await this.#scripts.run("name", [key], members);
  }

  #tell(written: Written): void {
    for (const listener of this.#listeners) listener(written);
  }
}

/** Trackers named by one command. */
const AT_ONCE = 500;
