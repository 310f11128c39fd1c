/** The calls of webhooks. All refusals are `ChatError`s. */
import { ChatError } from "./chat-error.ts";
import type { EventStore } from "./events.ts";
import type { User } from "./fleet.ts";
import { unlessDown } from "./unless-down.ts";
import {
  DEAD_EVENTS,
  type DeadEvent,
  type HookEvent,
  type HookKind,
  type HookState,
  hookEventPlace,
  placeBefore,
  type Webhook,
  type WebhookId,
  type WebhookStore,
} from "./webhook.ts";

export interface WebhooksOptions {
  readonly webhooks: WebhookStore;
  readonly events: Pick<EventStore, "place" | "read" | "wake">;
  /** Why events may not be posted there; null: they may, as far as the URL alone says. */
  readonly problemOf: (url: string) => string | null;
  /** A fresh secret, never the same twice. */
  readonly secret: () => string;
  /** Something of this webhook waits: a hint, which may be lost. */
  readonly hint: (user: User, id: WebhookId) => void;
}

export class Webhooks {
  readonly #options: WebhooksOptions;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Posts what happens from now on. Throws 7, 13 when the account has too many, 14. */
  async create(user: User, url: string, kinds: readonly HookKind[]): Promise<Webhook> {
    const { webhooks, events, problemOf, secret } = this.#options;
    const problem = problemOf(url);
    if (problem !== null) throw new ChatError(7, [{ parameter: "url", error: problem }]);
    const { end } = await unlessDown(14, events.place(user.id, null, true));
    const made = await unlessDown(14, webhooks.create(user.id, { url, kinds, secret: secret() }, end));
    if (made === null) throw new ChatError(13);
    // Nodes that relay seldom hear that somebody listens; without it the first event is late.
    events.wake(user.id).catch(() => undefined);
    return made;
  }

  /** Throws 14. */
  list(user: User): Promise<readonly HookState[]> {
    return unlessDown(14, this.#options.webhooks.list(user.id));
  }

  /** Throws 201, 14. */
  async remove(user: User, id: WebhookId): Promise<void> {
    if (!(await unlessDown(14, this.#options.webhooks.remove(user.id, id)))) throw new ChatError(201);
  }

  /** Throws 201, 14. */
  async deadEvents(user: User, id: WebhookId, limit: number): Promise<readonly DeadEvent[]> {
    await this.#state(user, id);
    return await unlessDown(14, this.#options.webhooks.deadEvents(user.id, id, limit));
  }

  /** Posts one event once more. Throws 201 when the webhook or the event is not there any more, 15 when too many wait, 14. */
  async replay(user: User, id: WebhookId, eventId: string): Promise<void> {
    await this.#state(user, id);
    const dead = await unlessDown(14, this.#options.webhooks.deadEvents(user.id, id, DEAD_EVENTS));
    const event = dead.find((one) => one.id === eventId) ?? (await unlessDown(14, this.#kept(user, eventId)));
    if (event === null) throw new ChatError(201);
    if ((await this.#queue(user, id, event)) === "full") throw new ChatError(15);
    this.#options.hint(user, id);
  }

  /** Posts all events that were given up once more, oldest first; gives how many. Throws 201, 14. */
  async replayDead(user: User, id: WebhookId): Promise<number> {
    const dead = [...(await this.deadEvents(user, id, DEAD_EVENTS))].reverse();
    let queued = 0;
    for (const event of dead) {
      if ((await this.#queue(user, id, event)) === "full") break;
      queued += 1;
    }
    if (queued > 0) this.#options.hint(user, id);
    return queued;
  }

  async #queue(user: User, id: WebhookId, { id: eventId, trackerId, event }: HookEvent): Promise<"queued" | "full"> {
    const queued = await unlessDown(14, this.#options.webhooks.replay(user.id, id, { id: eventId, trackerId, event }));
    if (queued === "gone") throw new ChatError(201);
    return queued;
  }

  async #state(user: User, id: WebhookId): Promise<HookState> {
    const state = await unlessDown(14, this.#options.webhooks.state(user.id, id));
    if (state === null) throw new ChatError(201);
    return state;
  }

  /** An event that the account's stream still holds. */
  async #kept(user: User, eventId: string): Promise<HookEvent | null> {
    const place = hookEventPlace(eventId);
    if (place === null) return null;
    const [entry] = await this.#options.events.read(user.id, placeBefore(place.entry), 1);
    const event = entry?.id === place.entry ? entry.events[place.number] : undefined;
    return entry === undefined || event === undefined ? null : { id: eventId, trackerId: entry.trackerId, event };
  }
}
