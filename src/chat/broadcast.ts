/** A text to several trackers as one thing: what is kept of it, and the store that keeps it. */
import type { ChatText } from "./chat-text.ts";
import type { UserId } from "./fleet.ts";
import type { Instant, MessageId, TrackerId } from "./message.ts";

/** Signed 32-bit, unique over the installation. */
export type BroadcastId = number;

/** What is said and how: enough to say it once more. */
export interface BroadcastSpeech {
  readonly text: ChatText;
  readonly choices: readonly string[] | null;
  readonly urgent: boolean;
  /** Null: that of the installation. */
  readonly ttlMs: number | null;
  readonly notBefore: Instant | null;
}

/** What became of giving one recipient its text; `unstored`: it is certain that nothing was. The order is stored: only ever append. */
export const ROUND_RESULTS = ["unknown", "stored", "unsendable", "full", "textless", "unstored"] as const;
export type RoundResult = (typeof ROUND_RESULTS)[number];

/** One time that a recipient was given its text. It is written down before, so that whatever dies in between nothing is given twice. */
export interface Round {
  readonly begunAt: Instant;
  readonly result: RoundResult;
  /** Of `stored` and `unsendable`. */
  readonly messageId: MessageId | null;
}

export interface Recipient {
  readonly trackerId: TrackerId;
  /** Never empty. Each but the last has a message. */
  readonly rounds: readonly Round[];
}

/** What a list shows of a broadcast. */
export interface BroadcastHead {
  readonly id: BroadcastId;
  readonly submittedAt: Instant;
  readonly speech: BroadcastSpeech;
  readonly trackerIds: readonly TrackerId[];
  /** When it was withdrawn; null: it was not. */
  readonly cancelledAt: Instant | null;
}

export interface Broadcast extends BroadcastHead {
  /** In the order of `trackerIds`. */
  readonly recipients: readonly Recipient[];
}

/** Texts that one account's broadcasts may give out in so many milliseconds; those beyond wait for their turn. */
export interface Pace {
  readonly count: number;
  readonly perMs: number;
}

/** How many texts want their turn now. */
export interface Turns {
  readonly pace: Pace;
  readonly texts: number;
}

export interface Opening {
  readonly speech: BroadcastSpeech;
  readonly trackerIds: readonly TrackerId[];
  /** Of the client, scoped by the caller; null: none. */
  readonly idempotencyKey: string | null;
  readonly turns: Turns;
}

export type Opened =
  /** `aheadMs`: how long what came before it keeps the pace busy. */
  | { readonly type: "fresh"; readonly id: BroadcastId; readonly submittedAt: Instant; readonly aheadMs: number }
  /** Written down before, under the same idempotency key. */
  | { readonly type: "known"; readonly id: BroadcastId };

/** A round of one recipient: its place among `recipients`, and which round of it, from 1. */
export interface RoundName {
  readonly place: number;
  readonly round: number;
}

export interface NotedRound extends RoundName, Pick<Round, "result" | "messageId"> {}

/**
 * Broadcasts of accounts. Every write is one atomic change, safe to repeat, by the store's clock. What another account has is not there.
 * Every call may throw StoreUnavailable.
 */
export interface BroadcastStore {
  /** Writes a broadcast down, before any of its texts is stored: the first round of each recipient has begun. */
  open(userId: UserId, opening: Opening): Promise<Opened>;
  read(userId: UserId, id: BroadcastId): Promise<Broadcast | null>;
  /** Newest first; `before`: only those with smaller ids. */
  list(userId: UserId, page: BroadcastPage): Promise<readonly BroadcastHead[]>;
  /**
   * Begins these rounds: the next one of a recipient whose last has a message, or once more one of which nothing was stored. Gives those that may
   * be given now; not one whose outcome cannot be found out any more (`RESOLVE_MS`).
   */
  begin(userId: UserId, id: BroadcastId, beginning: Beginning): Promise<Begun>;
  /** What became of rounds. A message that is named stays; `unstored` counts only between `SURE_MS` and `RESOLVE_MS`. */
  note(userId: UserId, id: BroadcastId, noted: readonly NotedRound[]): Promise<"open" | "cancelled" | "gone">;
  /** From now on nothing of it is given that was not begun; null when it is not there. */
  cancel(userId: UserId, id: BroadcastId): Promise<Broadcast | null>;
}

export interface Beginning {
  readonly rounds: readonly RoundName[];
  readonly turns: Turns;
  /** Of a broadcast that was withdrawn: it goes on; else none of its rounds begins. */
  readonly reopens: boolean;
}

export interface BroadcastPage {
  readonly before: BroadcastId | null;
  readonly limit: number;
}

export interface Begun {
  readonly rounds: readonly RoundName[];
  readonly aheadMs: number;
}

/** A broadcast is kept this long, of each account the newest so many. */
export const BROADCAST_MS = 30 * 24 * 60 * 60 * 1_000;
export const BROADCASTS_KEPT = 1_000;
/** Rounds of one recipient. */
export const BROADCAST_ROUNDS = 10;
/** Nothing waits longer than this for its turn, whatever the pace. */
export const LONGEST_TURN_MS = 60_000;
/** So long after it began, whether a round stored its text is still known by its key: an hour less than keys are good for. */
export const RESOLVE_MS = 23 * 60 * 60 * 1_000;
/** A call that is still on its way to the store after this is none. */
export const SURE_MS = 60 * 60 * 1_000;

/** What the key of a round's message is made of. */
export function roundKey(id: BroadcastId, round: number): string {
  return JSON.stringify(["broadcast", id, round]);
}

/** How long the text at this place of so many waits for its turn: the first `count` of an idle account do not. */
export function turnMs({ count, perMs }: Pace, aheadMs: number, place: number): number {
  const stepMs = perMs / count;
  return Math.min(LONGEST_TURN_MS, Math.max(0, Math.ceil(aheadMs + place * stepMs - (perMs - stepMs))));
}
