/**
 * Makes up for nodes that died: relays what they wrote and did not relay, and says that the devices on their lines are gone. Any live node may do
 * it; the first by name does. A node that was given up and lives says so itself.
 */
import type { Logger } from "pino";
import type { EventStore } from "../chat/events.ts";
import type { TrackerId } from "../chat/message.ts";
import { type MessageStore, type Owner, StoreUnavailable } from "../chat/ports.ts";

/** Between two looks for nodes without a lease. */
const LOOK_MS = 2_000;
/** A node is given up after so many looks without a lease, by one that had its own in as many: in an outage all lapse at once. */
const LOOKS = 3;
/** Trackers seen to together. */
const AT_ONCE = 100;

export interface ReaperDeps {
  readonly events: EventStore;
  readonly messages: Pick<MessageStore, "liveNodes">;
  /** Relays what waits of these trackers. */
  readonly recover: (trackerIds: readonly TrackerId[]) => Promise<void>;
  readonly node: string;
  readonly log: Logger;
}

/** A line of this node. */
export interface OwnLine {
  readonly trackerId: TrackerId;
  readonly epoch: number;
}

export class Reaper {
  readonly #deps: ReaperDeps;
  readonly #missed = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #seen = 0;
  #looking = false;

  constructor(deps: ReaperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** What an earlier process of this name left behind; call before the first device is let in. */
  async recover(): Promise<void> {
    await this.#bury(this.#deps.node);
  }

  /** This node was given up by others, and lives. Failures are logged: the next login of a device makes up for them. */
  async revive(lines: Iterable<OwnLine>): Promise<void> {
    const { events, node } = this.#deps;
    await this.#quietly(async () => {
      await events.claim();
      await inGroups([...lines], ({ trackerId, epoch }) => events.presume(trackerId, { node, epoch }, true));
    });
  }

  /** One look; gives the nodes that were given up. */
  async look(): Promise<readonly string[]> {
    const { events, messages, node } = this.#deps;
    const live = [...(await messages.liveNodes())].sort();
    this.#seen = live.includes(node) ? this.#seen + 1 : 0;
    const buried: string[] = [];
    for (const other of await events.nodes()) {
      if (!this.#isGone(other, live)) continue;
      if (live[0] === node && this.#seen >= LOOKS) {
        await this.#bury(other);
        this.#missed.delete(other);
        buried.push(other);
      }
    }
    return buried;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    await this.#quietly(async () => void (await this.look()));
    this.#looking = false;
  }

  #isGone(node: string, live: readonly string[]): boolean {
    const missed = live.includes(node) ? 0 : (this.#missed.get(node) ?? 0) + 1;
    this.#missed.set(node, missed);
    return missed >= LOOKS;
  }

  async #bury(node: string): Promise<void> {
    const { events, messages } = this.#deps;
    const trackers = await events.trackersOf(node);
    const holders = await this.#holders(trackers);
    // A node of this name that came back meanwhile has renewed its lease before it let a device in: its lines have other epochs.
    if (node !== this.#deps.node && (await messages.liveNodes()).includes(node)) return;
    for (let at = 0; at < trackers.length; at += AT_ONCE) {
      const some = trackers.slice(at, at + AT_ONCE);
      const theirs = some.flatMap((trackerId) => ownedBy(node, trackerId, holders.get(trackerId)));
      await Promise.all(theirs.map(([trackerId, owner]) => events.presume(trackerId, owner, false)));
      await this.#deps.recover(some);
      await events.release(node, some);
    }
    await events.release(node, null);
    if (trackers.length > 0) this.#deps.log.warn({ gone: node, trackers: trackers.length }, "a node is gone: its events are relayed");
  }

  async #holders(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const holders = new Map<TrackerId, Owner>();
    for (let at = 0; at < trackerIds.length; at += AT_ONCE) {
      for (const [trackerId, owner] of await this.#deps.events.holders(trackerIds.slice(at, at + AT_ONCE))) holders.set(trackerId, owner);
    }
    return holders;
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "events of other nodes could not be seen to");
    }
  }
}

function ownedBy(node: string, trackerId: TrackerId, owner: Owner | undefined): readonly (readonly [TrackerId, Owner])[] {
  return owner?.node === node ? [[trackerId, owner]] : [];
}

async function inGroups<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(work));
}
