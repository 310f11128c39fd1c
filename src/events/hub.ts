/** Everybody on this node who listens to live events: one read of an account's stream serves all of its listeners. */
import type { Logger } from "pino";
import type { EventBatch, EventId, EventStore, Following, Hearer, LiveEvents } from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import { type RetellingDeps, retell } from "../chat/retelling.ts";
import { Feed } from "./feed.ts";

/** A nudge may be lost: every stream is looked at this often. */
const POLL_MS = 3_000;
/** An account is said to be listened to this often: well within LISTEN_MS. */
const POLLS_PER_RENEWAL = 3;
/** Entries read at a time. */
const PAGE = 50;

export interface HubDeps extends RetellingDeps {
  readonly store: EventStore;
  /** This account's events are wanted now. */
  readonly wake: (userId: UserId) => void;
  readonly log: Logger;
}

export class EventHub implements LiveEvents {
  readonly #deps: HubDeps;
  readonly #feeds = new Map<UserId, Feed>();
  #stopNudges: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #polls = 0;

  constructor(deps: HubDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopNudges = this.#deps.store.onNudge((userId) => this.#feeds.get(userId)?.pull());
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  stop(): void {
    this.#stopNudges?.();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async follow(userId: UserId, after: EventId | null, hearer: Hearer): Promise<Following> {
    const { end, complete } = await this.#deps.store.place(userId, after, true);
    this.#wake(userId);
    const from = complete && after !== null ? after : end;
    let feed: Feed | null = null;
    return {
      from,
      reset: after !== null && !complete,
      start: async () => {
        feed = this.#feed(userId, end);
        await feed.join(hearer, from);
      },
      leave: () => {
        if (feed === null) return;
        feed.leave(hearer);
        if (feed.empty) this.#feeds.delete(userId);
      },
    };
  }

  #feed(userId: UserId, end: EventId): Feed {
    const known = this.#feeds.get(userId);
    if (known !== undefined) return known;
    const { store } = this.#deps;
    const read = async (after: EventId): Promise<readonly EventBatch[]> =>
      await retell(userId, await store.read(userId, after, PAGE), this.#deps);
    const feed = new Feed({ at: end, page: PAGE, read, failed: (error) => this.#failed(error) });
    this.#feeds.set(userId, feed);
    return feed;
  }

  #wake(userId: UserId): void {
    this.#deps.wake(userId);
    this.#deps.store.wake(userId).catch((error: unknown) => this.#failed(error));
  }

  #poll(): void {
    this.#polls += 1;
    for (const [userId, feed] of this.#feeds) {
      feed.pull();
      if (this.#polls % POLLS_PER_RENEWAL === 0) this.#deps.store.place(userId, null, true).catch((error: unknown) => this.#failed(error));
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error }, "live events could not be read");
  }
}
