/** Webhooks on Redis, each in its account's slot. They hold references to events, never texts. */
import type { EventId } from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
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
import type { RedisConnection } from "./connection.ts";
import { WEBHOOK_ACCOUNTS, WEBHOOK_IDS, webhookKeys, webhooksKey } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { reach } from "./redis-reach.ts";
import { asArray, asNumber } from "./redis-reply.ts";
import { Scripts } from "./redis-scripts.ts";

const REPLAYED = ["gone", "queued", "full"] as const;

export class RedisWebhooks implements WebhookStore {
  readonly #connection: RedisConnection;
  readonly #scripts: Scripts;

  /** `connection`: of role `requests`; whoever opened it closes it. */
  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#scripts = new Scripts(connection);
  }

  create(userId: UserId, made: Pick<Webhook, "url" | "kinds" | "secret">, after: EventId): Promise<Webhook | null> {
    return reach(this.#create(userId, made, after));
  }

  async list(userId: UserId): Promise<readonly HookState[]> {
    const all = await reach(this.#connection.hgetall(webhooksKey(userId)));
    const states = await Promise.all(Object.entries(all).map(([id, details]) => this.#stateOf(userId, unpack(Number(id), details))));
    return states.sort((one, other) => one.webhook.id - other.webhook.id);
  }

  async state(userId: UserId, id: WebhookId): Promise<HookState | null> {
    const details = await reach(this.#connection.hget(webhooksKey(userId), String(id)));
    return details === null ? null : await this.#stateOf(userId, unpack(id, details));
  }

  async remove(userId: UserId, id: WebhookId): Promise<boolean> {
    return (await reach(this.#scripts.run("remove-webhook", webhookKeys(userId, id), [id]))) === 1;
  }

  async accounts(): Promise<readonly UserId[]> {
    return (await reach(this.#connection.smembers(WEBHOOK_ACCOUNTS))).map(Number);
  }

  async finish(userId: UserId, id: WebhookId, { from, to }: HookStep, dead: Omit<DeadEvent, "at"> | null): Promise<boolean> {
    const [, , ...keys] = webhookKeys(userId, id);
    const place = to.type === "stream" ? packPlace(to.place) : "";
    const given = [dead?.id ?? "", dead === null ? "" : JSON.stringify(dead), DEAD_EVENTS];
    return (await reach(this.#scripts.run("finish-webhook", keys, [packPlace(from), packReplay(to), place, ...given]))) === 1;
  }

  async fail(userId: UserId, id: WebhookId, { from, to }: HookStep, failure: HookFailure): Promise<boolean> {
    const [, , state = "", replays = ""] = webhookKeys(userId, id);
    const args = [packPlace(from), packReplay(to), JSON.stringify(failure)];
    return (await reach(this.#scripts.run("fail-webhook", [state, replays], args))) === 1;
  }

  deadEvents(userId: UserId, id: WebhookId, limit: number): Promise<readonly DeadEvent[]> {
    return reach(this.#deadEvents(userId, id, limit));
  }

  async replay(userId: UserId, id: WebhookId, event: HookEvent): Promise<"queued" | "full" | "gone"> {
    const args = [id, event.id, packEvent(event), REPLAYS];
    return REPLAYED[asNumber(await reach(this.#scripts.run("replay-webhook", webhookKeys(userId, id), args)))] ?? "gone";
  }

  async #create(userId: UserId, made: Pick<Webhook, "url" | "kinds" | "secret">, after: EventId): Promise<Webhook | null> {
    const id = await this.#connection.incr(WEBHOOK_IDS);
    if (id > LAST_ID) throw new IdsUsedUp();
    // Before the webhook: an account in the index without one costs nothing, a webhook outside of it is never looked at.
    await this.#connection.sadd(WEBHOOK_ACCOUNTS, String(userId));
    const [all = "", ids = "", state = ""] = webhookKeys(userId, id);
    const args = [id, JSON.stringify(made), packPlace({ after, done: 0 }), WEBHOOKS];
    const [isMade, createdAt] = asArray(await this.#scripts.run("create-webhook", [all, ids, state], args));
    return isMade === 1 ? { id, ...made, createdAt: asNumber(createdAt) } : null;
  }

  async #stateOf(userId: UserId, webhook: Webhook): Promise<HookState> {
    const [, , state = "", replays = "", order = ""] = webhookKeys(userId, webhook.id);
    const reads = [
      this.#connection.hmget(state, "c", "f"),
      this.#connection.lrange(replays, 0, -1),
      this.#connection.zcard(order),
    ] as const;
    const [[place, failure], waiting, deadEvents] = await reach(Promise.all(reads));
    return {
      webhook,
      // Without a place it was removed a moment ago.
      place: typeof place === "string" ? (JSON.parse(place) as HookState["place"]) : { after: "0-0", done: 0 },
      failure: typeof failure === "string" ? (JSON.parse(failure) as HookFailure) : null,
      replays: waiting.map((event) => JSON.parse(event) as HookEvent),
      deadEvents,
    };
  }

  async #deadEvents(userId: UserId, id: WebhookId, limit: number): Promise<readonly DeadEvent[]> {
    const [, , , , order = "", bodies = ""] = webhookKeys(userId, id);
    const flat = await this.#connection.zrange(order, "+inf", "-inf", "BYSCORE", "REV", "LIMIT", 0, limit, "WITHSCORES");
    const pairs = (flat as unknown[]).flat().map(String);
    const ids = pairs.filter((_, at) => at % 2 === 0);
    if (ids.length === 0) return [];
    const details = await this.#connection.hmget(bodies, ...ids);
    return details.flatMap((one, at) =>
      one === null ? [] : [{ ...(JSON.parse(one) as Omit<DeadEvent, "at">), at: Number(pairs[at * 2 + 1]) }],
    );
  }
}

/** Always the same text for the same place: it is compared by that. */
function packPlace({ after, done }: HookPlace): string {
  return JSON.stringify({ after, done });
}

/** Empty: it is of the stream. */
function packReplay(to: HookStep["to"]): string {
  return to.type === "replay" ? packEvent(to.event) : "";
}

/** Always the same text for the same event: lists find it by that. */
function packEvent({ id, trackerId, event }: HookEvent): string {
  return JSON.stringify({ id, trackerId, event });
}

function unpack(id: WebhookId, details: string): Webhook {
  const at = details.indexOf(" ");
  return {
    id,
    ...(JSON.parse(details.slice(at + 1)) as Pick<Webhook, "url" | "kinds" | "secret">),
    createdAt: Number(details.slice(0, at)),
  };
}
