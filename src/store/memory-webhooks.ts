/** The reference store of webhooks: what Redis does with them, readable. */
import type { EventId } from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import type { Instant } from "../chat/message.ts";
import {
  DEAD_EVENTS,
  type DeadEvent,
  type HookEvent,
  type HookFailure,
  type HookPlace,
  type HookState,
  type HookStep,
  REPLAYS,
  WEBHOOKS,
  type Webhook,
  type WebhookId,
  type WebhookStore,
} from "../chat/webhook.ts";

interface Kept {
  readonly webhook: Webhook;
  place: HookPlace;
  failure: HookFailure | null;
  readonly replays: Map<string, HookEvent>;
  /** Oldest first. */
  readonly dead: Map<string, DeadEvent>;
}

export class MemoryWebhooks implements WebhookStore {
  readonly #clock: () => Instant;
  readonly #accounts = new Map<UserId, Map<WebhookId, Kept>>();
  #lastId: WebhookId = 0;

  /** `clock` gives the store's time. */
  constructor(clock: () => Instant) {
    this.#clock = clock;
  }

  create(userId: UserId, made: Pick<Webhook, "url" | "kinds" | "secret">, after: EventId): Promise<Webhook | null> {
    const own = this.#accounts.get(userId) ?? new Map<WebhookId, Kept>();
    this.#accounts.set(userId, own);
    if (own.size >= WEBHOOKS) return Promise.resolve(null);
    this.#lastId += 1;
    const webhook = { id: this.#lastId, ...made, createdAt: this.#clock() };
    own.set(webhook.id, { webhook, place: { after, done: 0 }, failure: null, replays: new Map(), dead: new Map() });
    return Promise.resolve(webhook);
  }

  list(userId: UserId): Promise<readonly HookState[]> {
    return Promise.resolve([...(this.#accounts.get(userId)?.values() ?? [])].map(stateOf));
  }

  state(userId: UserId, id: WebhookId): Promise<HookState | null> {
    const kept = this.#find(userId, id);
    return Promise.resolve(kept === undefined ? null : stateOf(kept));
  }

  remove(userId: UserId, id: WebhookId): Promise<boolean> {
    return Promise.resolve(this.#accounts.get(userId)?.delete(id) ?? false);
  }

  accounts(): Promise<readonly UserId[]> {
    return Promise.resolve([...this.#accounts.keys()]);
  }

  finish(userId: UserId, id: WebhookId, step: HookStep, dead: Omit<DeadEvent, "at"> | null): Promise<boolean> {
    const kept = this.#find(userId, id);
    if (kept === undefined || isLate(kept, step)) return Promise.resolve(false);
    if (step.to.type === "stream") kept.place = step.to.place;
    else kept.replays.delete(step.to.event.id);
    kept.failure = null;
    if (dead !== null) bury(kept.dead, { ...dead, at: this.#clock() });
    return Promise.resolve(true);
  }

  fail(userId: UserId, id: WebhookId, step: HookStep, failure: HookFailure): Promise<boolean> {
    const kept = this.#find(userId, id);
    if (kept === undefined || isLate(kept, step)) return Promise.resolve(false);
    if (kept.failure?.eventId === failure.eventId && kept.failure.attempts > failure.attempts) return Promise.resolve(false);
    kept.failure = failure;
    return Promise.resolve(true);
  }

  deadEvents(userId: UserId, id: WebhookId, limit: number): Promise<readonly DeadEvent[]> {
    return Promise.resolve([...(this.#find(userId, id)?.dead.values() ?? [])].reverse().slice(0, limit));
  }

  replay(userId: UserId, id: WebhookId, event: HookEvent): Promise<"queued" | "full" | "gone"> {
    const kept = this.#find(userId, id);
    if (kept === undefined) return Promise.resolve("gone");
    if (!kept.replays.has(event.id) && kept.replays.size >= REPLAYS) return Promise.resolve("full");
    kept.replays.set(event.id, event);
    kept.dead.delete(event.id);
    return Promise.resolve("queued");
  }

  #find(userId: UserId, id: WebhookId): Kept | undefined {
    return this.#accounts.get(userId)?.get(id);
  }
}

function stateOf({ webhook, place, failure, replays, dead }: Kept): HookState {
  return { webhook, place, failure, replays: [...replays.values()], deadEvents: dead.size };
}

/** It was taken from a place where the webhook stands no more, or what was to be posted once more was posted meanwhile. */
function isLate({ place, replays }: Kept, { from, to }: HookStep): boolean {
  if (place.after !== from.after || place.done !== from.done) return true;
  return to.type === "replay" && !replays.has(to.event.id);
}

function bury(all: Map<string, DeadEvent>, dead: DeadEvent): void {
  all.delete(dead.id);
  all.set(dead.id, dead);
  for (const oldest of all.keys()) {
    if (all.size <= DEAD_EVENTS) break;
    all.delete(oldest);
  }
}
