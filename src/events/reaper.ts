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
  /** Nodes of which only a part was given up: `begun`, and that part is to go on; `returned`, and they are to find it out. */
  readonly #partly = new Map<string, "begun" | "returned">();
  #timer: NodeJS.Timeout | null = null;
  #seen = 0;
  #looking = false;
  /** Others may have given this node up, and its lines are not said to be there yet. */
  #isGivenUp = false;
  #isReviving = false;

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

  /**
   * Call whenever this node's lease was renewed, with its lines. Others may have given it up while it had none (`taken`), and are done with that
   * once its name is gone: it says that it lives, until that succeeds.
   */
  async renewed(lease: "kept" | "taken", lines: Iterable<OwnLine>): Promise<void> {
    if (lease === "taken") this.#isGivenUp = true;
    if (this.#isReviving) return;
    this.#isReviving = true;
    if (!(await this.#quietly(() => this.#revive(lines)))) this.#isGivenUp = true;
    this.#isReviving = false;
  }

  /** One look; gives the nodes that were given up. */
  async look(): Promise<readonly string[]> {
    const { events, messages, node } = this.#deps;
    const live = [...(await messages.liveNodes())].sort();
    this.#seen = live.includes(node) ? this.#seen + 1 : 0;
    const buried: string[] = [];
    const named = await events.nodes();
    for (const other of new Set([...named, ...this.#partly.keys()])) {
      if (live.includes(other)) await this.#lives(other, named);
      if (!this.#isGone(other, live)) continue;
      if (live[0] === node && this.#seen >= LOOKS && (await this.#bury(other))) buried.push(other);
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

  async #revive(lines: Iterable<OwnLine>): Promise<void> {
    const { events, node } = this.#deps;
    // Asked, not inferred from what adding it replies: a command that is sent twice finds its own work.
    const isNamed = (await events.nodes()).includes(node);
    if (isNamed && !this.#isGivenUp) return;
    this.#isGivenUp = false;
    await events.claim();
    for (const some of groupsOf([...lines])) {
      await Promise.all(some.map(({ trackerId, epoch }) => events.presume(trackerId, { node, epoch }, true)));
    }
  }

  /** A node that came back while it was given up is told so by its name that is gone, and watched until it has taken that again. */
  async #lives(node: string, named: readonly string[]): Promise<void> {
    const state = this.#partly.get(node);
    if (state === "begun") {
      await this.#deps.events.release(node, null);
      this.#partly.set(node, "returned");
    } else if (named.includes(node)) this.#partly.delete(node);
  }

  /** False: the node came back, maybe when a part of it was given up. */
  async #bury(node: string): Promise<boolean> {
    const { events } = this.#deps;
    const trackers = await events.trackersOf(node);
    const holders = await this.#holders(trackers);
    for (const some of groupsOf(trackers)) {
      // A node of this name that came back meanwhile has renewed its lease before it let a device in: its lines have other epochs.
      if (await this.#isBack(node)) return false;
      this.#partly.set(node, "begun");
      const theirs = some.flatMap((trackerId) => ownedBy(node, trackerId, holders.get(trackerId)));
      await Promise.all(theirs.map(([trackerId, owner]) => events.presume(trackerId, owner, false)));
      await this.#deps.recover(some);
    }
    // Only now: of a node that comes back, and dies before it could name them anew, all must be found.
    if (await this.#isBack(node)) return false;
    for (const some of groupsOf(trackers)) await events.release(node, some);
    await events.release(node, null);
    this.#partly.delete(node);
    this.#missed.delete(node);
    if (trackers.length > 0) this.#deps.log.warn({ gone: node, trackers: trackers.length }, "a node is gone: its events are relayed");
    return true;
  }

  /** This node buries only what is left of an earlier process of its name. */
  async #isBack(node: string): Promise<boolean> {
    return node !== this.#deps.node && (await this.#deps.messages.liveNodes()).includes(node);
  }

  async #holders(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const holders = new Map<TrackerId, Owner>();
    for (const some of groupsOf(trackerIds)) {
      for (const [trackerId, owner] of await this.#deps.events.holders(some)) holders.set(trackerId, owner);
    }
    return holders;
  }

  /** Whether it succeeded. */
  async #quietly(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "events of other nodes could not be seen to");
      return false;
    }
  }
}

function ownedBy(node: string, trackerId: TrackerId, owner: Owner | undefined): readonly (readonly [TrackerId, Owner])[] {
  return owner?.node === node ? [[trackerId, owner]] : [];
}

function groupsOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) => all.slice(n * AT_ONCE, (n + 1) * AT_ONCE));
}
