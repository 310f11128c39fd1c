/** Webhooks: events of an account that are posted to its own server; what is kept of them, and the store that keeps it. */
import type { EventId, TrackerEvent } from "./events.ts";
import type { UserId } from "./fleet.ts";
import type { Instant, TrackerId } from "./message.ts";

/** Signed 32-bit, unique over the installation. */
export type WebhookId = number;

/** What a webhook may be told of; what is missing, it is always told. */
export const HOOK_KINDS = ["message", "status", "unread", "presence"] as const;
export type HookKind = (typeof HOOK_KINDS)[number];

export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  readonly kinds: readonly HookKind[];
  /** Signs what is posted. */
  readonly secret: string;
  readonly createdAt: Instant;
}

/** One event as it is posted: a reference, never a text. `too-old`: events before it are not kept any more. */
export interface HookEvent {
  /** A place in the account's stream and which event there: `<milliseconds>-<count>-<number>`. */
  readonly id: string;
  readonly trackerId: TrackerId;
  readonly event: TrackerEvent | { readonly type: "too-old" };
}

/** How far a webhook has come in its account's stream: everything up to a place, and so many events of the next. */
export interface HookPlace {
  readonly after: EventId;
  readonly done: number;
}

/** The event that could not be posted when it was last tried. */
export interface HookFailure {
  readonly eventId: string;
  readonly attempts: number;
  readonly reason: string;
}

/** An event that was given up. */
export interface DeadEvent extends HookEvent {
  readonly at: Instant;
  readonly attempts: number;
  readonly reason: string;
}

export interface HookState {
  readonly webhook: Webhook;
  readonly place: HookPlace;
  readonly failure: HookFailure | null;
  /** What is to be posted once more, before anything else. */
  readonly replays: readonly HookEvent[];
  readonly deadEvents: number;
}

/** What is finished: an event of the stream, by the place behind it, or one that was to be posted once more. */
export type Finished = { readonly type: "stream"; readonly place: HookPlace } | { readonly type: "replay"; readonly event: HookEvent };

/** An event that is posted, and where in the stream the webhook stood before it. Who comes from a place where it stands no more is late: another went on. */
export interface HookStep {
  readonly from: HookPlace;
  readonly to: Finished;
}

/** Webhooks of accounts; every write is one atomic change, safe to repeat. Every call may throw StoreUnavailable. */
export interface WebhookStore {
  /** Null: the account has WEBHOOKS already. */
  create(userId: UserId, made: Pick<Webhook, "url" | "kinds" | "secret">, after: EventId): Promise<Webhook | null>;
  /** Oldest first. */
  list(userId: UserId): Promise<readonly HookState[]>;
  state(userId: UserId, id: WebhookId): Promise<HookState | null>;
  /** With all that was to be posted; false when it is not there. */
  remove(userId: UserId, id: WebhookId): Promise<boolean>;
  /** Accounts that have webhooks, and maybe others. */
  accounts(): Promise<readonly UserId[]>;
  /** `dead`: it was given up and is kept, with the newest DEAD_EVENTS. False, and nothing changes: the webhook is gone, or the step is late. */
  finish(userId: UserId, id: WebhookId, step: HookStep, dead: Omit<DeadEvent, "at"> | null): Promise<boolean>;
  /** False, and nothing changes: as for `finish`, or the event has failed more often already. */
  fail(userId: UserId, id: WebhookId, step: HookStep, failure: HookFailure): Promise<boolean>;
  /** Newest first. */
  deadEvents(userId: UserId, id: WebhookId, limit: number): Promise<readonly DeadEvent[]>;
  /** Is to be posted once more, and is not given up any more; `full`: REPLAYS wait already. */
  replay(userId: UserId, id: WebhookId, event: HookEvent): Promise<"queued" | "full" | "gone">;
}

/** Webhooks of one account; events of one that were given up and are kept; events that wait to be posted once more. */
export const WEBHOOKS = 10;
export const DEAD_EVENTS = 1_000;
export const REPLAYS = 1_000;
export const URL_CHARACTERS = 2_000;

/** A place before this one and behind every other. */
export function placeBefore(id: EventId): EventId {
  const [ms = 0, count = 0] = id.split("-").map(Number);
  return count > 0 ? `${ms}-${count - 1}` : `${ms - 1}-${LAST_COUNT}`;
}

/** Of an event's id: its place in the stream, and which event there. Null: no such id. */
export function hookEventPlace(id: string): { readonly entry: EventId; readonly number: number } | null {
  const match = /^([1-9]\d{0,15}-\d{1,9})-(\d{1,3})$/.exec(id);
  return match?.[1] === undefined ? null : { entry: match[1], number: Number(match[2]) };
}

/** More never happens in one millisecond. */
const LAST_COUNT = 999_999_999_999_999;
