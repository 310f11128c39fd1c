/**
 * Posts what waits for a webhook: one event after the other, in the order of its account's stream. One that cannot be posted holds those behind it, is
 * tried again after ever longer waits, and is given up in the end. How far it has come is noted after each: whatever breaks off, an event is posted again, not lost.
 * A pump that was held up so long that another took its place finds out with the next note, and ends.
 */
import type { ChatEvent, EventId, EventStore, StreamEntry } from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import type { Meter } from "../chat/meter.ts";
import { type RetellingDeps, retell } from "../chat/retelling.ts";
import {
  type Finished,
  HOOK_KINDS,
  type HookEvent,
  type HookKind,
  type HookState,
  type HookStep,
  placeBefore,
  type Webhook,
  type WebhookId,
  type WebhookStore,
} from "../chat/webhook.ts";
import type { Posted } from "./post.ts";
import { signature } from "./signature.ts";

/** An event as its receiver gets it. */
export interface Told {
  readonly name: string;
  readonly data: object;
}

export interface PumpDeps extends RetellingDeps {
  readonly webhooks: WebhookStore;
  readonly events: Pick<EventStore, "place" | "read">;
  readonly post: (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<Posted>;
  /** How an event is told to this account. */
  readonly tell: (userId: UserId, event: ChatEvent) => Told;
  readonly meter: Meter;
  readonly now: () => number;
  readonly retry?: Retry;
}

export interface Retry {
  /** Posts of one event, then it is given up. */
  readonly attempts: number;
  /** From the first post of an event to the second; each later wait is twice as long. */
  readonly waitMs: number;
}

/** What is left of a webhook: nothing, or to be gone on with after a while. */
export type Pumped = { readonly type: "idle" } | { readonly type: "again"; readonly inMs: number };

/** 2 s, 4 s and so on: a little more than 17 minutes until an event is given up. */
export const RETRY: Retry = { attempts: 10, waitMs: 2_000 };
/** Entries of a stream read at a time. */
const PAGE = 20;
/** A webhook that always has something lets others have their turn after so long. */
const TURN_MS = 10_000;
/** The largest event is a text of 20,000 characters, each six bytes long in JSON, with its choices. */
const BODY_BYTES = 256 * 1_024;

const IDLE: Pumped = { type: "idle" };
/** Others have their turn first. */
const NEXT_TURN: Pumped = { type: "again", inMs: 0 };

/** An event, what finishes it, and how it is told; null: not at all. */
interface Due {
  readonly event: HookEvent;
  readonly finished: Finished;
  readonly told: Told | null;
}

export class HookPump {
  readonly #deps: PumpDeps;
  readonly #retry: Retry;
  #stopping = false;

  constructor(deps: PumpDeps) {
    this.#deps = deps;
    this.#retry = deps.retry ?? RETRY;
  }

  /** The event that is being posted is the last. */
  stop(): void {
    this.#stopping = true;
  }

  /** Posts until nothing waits any more, or one cannot be posted. Throws StoreUnavailable. */
  async pump(userId: UserId, id: WebhookId): Promise<Pumped> {
    const until = this.#deps.now() + TURN_MS;
    while (!this.#isOver(until)) {
      const state = await this.#deps.webhooks.state(userId, id);
      if (state === null || this.#deps.directory.user(userId) === undefined) return IDLE;
      const due = state.replays.length > 0 ? await this.#replays(userId, state) : await this.#news(userId, state);
      if (due.length === 0) return IDLE;
      const pumped = await this.#all(userId, state, { due, until });
      if (pumped !== null) return pumped;
    }
    return NEXT_TURN;
  }

  #isOver(until: number): boolean {
    return this.#stopping || this.#deps.now() >= until;
  }

  /** Null: all of them are finished. */
  async #all(
    userId: UserId,
    { webhook, place, failure: noted }: HookState,
    { due, until }: { readonly due: readonly Due[]; readonly until: number },
  ): Promise<Pumped | null> {
    let from = place;
    let failure = noted;
    for (const [at, one] of due.entries()) {
      if (this.#isOver(until)) return NEXT_TURN;
      // What is left out is noted with what comes behind it.
      if (one.told === null && at < due.length - 1 && one.finished.type === "stream") continue;
      const attempts = failure?.eventId === one.event.id ? failure.attempts : 0;
      failure = null;
      const pumped = await this.#one(userId, webhook, { ...one, step: { from, to: one.finished }, attempts });
      if (pumped !== null) return pumped;
      if (one.finished.type === "stream") from = one.finished.place;
    }
    return null;
  }

  async #one(
    userId: UserId,
    webhook: Webhook,
    { event, told, step, attempts }: Due & { readonly step: HookStep; readonly attempts: number },
  ): Promise<Pumped | null> {
    const { webhooks, meter } = this.#deps;
    const posted = told === null ? TAKEN : await this.#post({ ...webhook, attempt: attempts + 1 }, event, told);
    if (posted.type === "taken") {
      if (told !== null) meter.count("webhook-posts", "taken");
      return (await webhooks.finish(userId, webhook.id, step, null)) ? null : IDLE;
    }
    meter.count("webhook-posts", "failed");
    const { reason } = posted;
    const failure = { attempts: attempts + 1, reason };
    if (failure.attempts < this.#retry.attempts) {
      const isNoted = await webhooks.fail(userId, webhook.id, step, { eventId: event.id, ...failure });
      return isNoted ? { type: "again", inMs: this.#retry.waitMs * 2 ** attempts } : IDLE;
    }
    if (!(await webhooks.finish(userId, webhook.id, step, { ...event, ...failure }))) return IDLE;
    meter.count("webhook-posts", "given-up");
    return null;
  }

  async #post(
    { id, url, secret, attempt }: Webhook & { readonly attempt: number },
    event: HookEvent,
    { name, data }: Told,
  ): Promise<Posted> {
    const body = JSON.stringify({ id: event.id, webhook_id: id, event: name, data });
    if (Buffer.byteLength(body) > BODY_BYTES) return { type: "failed", reason: `the event has more than ${BODY_BYTES} bytes` };
    const seconds = Math.floor(this.#deps.now() / 1_000);
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "tracker-chat-webhook",
      "x-tracker-chat-webhook": String(id),
      "x-tracker-chat-event": event.id,
      "x-tracker-chat-attempt": String(attempt),
      "x-tracker-chat-timestamp": String(seconds),
      "x-tracker-chat-signature": signature(secret, seconds, body),
    };
    return await this.#deps.post(url, headers, body);
  }

  async #replays(userId: UserId, state: HookState): Promise<readonly Due[]> {
    const events = state.replays.slice(0, PAGE);
    const told = await this.#told(userId, events, HOOK_KINDS);
    return events.map((event, at) => ({ event, finished: { type: "replay", event }, told: told[at] ?? null }));
  }

  async #news(userId: UserId, { webhook, place }: HookState): Promise<readonly Due[]> {
    const { end, complete } = await this.#deps.events.place(userId, place.after, true);
    if (!complete) {
      const event: HookEvent = { id: `${end}-0`, trackerId: 0, event: { type: "too-old" } };
      return [{ event, finished: { type: "stream", place: { after: end, done: 0 } }, told: TOO_OLD }];
    }
    const entries = await this.#deps.events.read(userId, place.after, PAGE);
    const waiting = entries.flatMap(eventsOf).slice(place.done);
    const told = await this.#told(
      userId,
      waiting.map(({ event }) => event),
      webhook.kinds,
    );
    return waiting.map((one, at) => ({ ...one, told: told[at] ?? null }));
  }

  /** Null for what this account does not see any more, and for kinds that are not wanted. */
  async #told(userId: UserId, events: readonly HookEvent[], kinds: readonly HookKind[]): Promise<readonly (Told | null)[]> {
    const entries = events.map(({ id, trackerId, event }) => ({ id, trackerId, events: event.type === "too-old" ? [] : [event] }));
    const batches = await retell(userId, entries, this.#deps);
    return events.map(({ event }, at) => {
      if (event.type === "too-old") return TOO_OLD;
      const [heard] = batches[at]?.events ?? [];
      const isWanted = heard !== undefined && (heard.type === "lost" || kinds.includes(heard.type));
      return isWanted ? this.#deps.tell(userId, heard) : null;
    });
  }
}

const TAKEN: Posted = { type: "taken" };
const TOO_OLD: Told = { name: "reset", data: { reason: "too-old" } };

/** Each event of an entry, with the place behind it. */
function eventsOf({ id, trackerId, events }: StreamEntry): readonly Omit<Due, "told">[] {
  const behind = (number: number): { readonly after: EventId; readonly done: number } =>
    number === events.length - 1 ? { after: id, done: 0 } : { after: placeBefore(id), done: number + 1 };
  return events.map((event, number) => ({
    event: { id: `${id}-${number}`, trackerId, event },
    finished: { type: "stream", place: behind(number) },
  }));
}
