/** What the chat needs from the outside, as nouns. Adapters implement these; nothing here imports one. */
import type { DeviceText, DrainResult, News, OpenQuestion, Settlement, Standing, Trace, WireTag } from "../core/session-io.ts";
import type { UserId } from "./fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "./message.ts";
import type { TimelineEntry } from "./timeline.ts";

export type { News } from "../core/session-io.ts";

/** The store cannot be reached or refused: the outcome of a write is unknown. Every port call may throw it, within 2 s. */
export class StoreUnavailable extends Error {
  readonly code = "store-unavailable";
}

/**
 * All messages of all trackers, and per tracker its outbox, unread set, recent device texts and owner.
 * Every write is one atomic change, idempotent on the ids it was given, stamped max(last stamp, store's clock).
 */
export interface MessageStore {
  /**
   * Stores an OUTGOING text and appends it to the outbox; the id is taken in the order of calls. A text under an
   * idempotency key that is known already is not stored again: the earlier one is given.
   * Throws StoreUnavailable when the outcome is unknown (stored 0 or 1 times, never 2).
   */
  /** `underway`: called once the text is on its way, when what is asked of its tracker from then on comes behind it. */
  submit(draft: Draft, underway?: () => void): Promise<Submitted>;
  /**
   * Notes what a client's idempotency key stands for, for `IDEMPOTENCY_MS`: `same` when it stood for that already,
   * `other` when it stands for another body. Bodies are compared by their digests.
   */
  claimKey(userId: UserId, key: string, bodyDigest: string): Promise<"new" | "same" | "other">;
  /** The message that was stored under this key (`Draft.idempotencyKey`) not longer ago than `IDEMPOTENCY_MS`; null: none is known. */
  findByKey(trackerId: TrackerId, idempotencyKey: string): Promise<MessageId | null>;
  /**
   * Withdraws an OUTGOING text that is queued, on its way or waiting for its time; a genuine late receipt may still
   * deliver it. `cancelled` also when it was withdrawn before.
   */
  cancel(trackerId: TrackerId, id: MessageId): Promise<Cancelled>;
  /** What happened to a message, oldest first; empty when it is not there. See `TIMELINE_MS`. */
  timeline(trackerId: TrackerId, id: MessageId): Promise<readonly TimelineEntry[]>;
  /** The messages of one tracker in a range; see `ListQuery`. */
  list(query: ListQuery): Promise<readonly Message[]>;
  /** Where these messages are and what they are, in the order asked; unknown ids give null. */
  find(ids: readonly MessageId[]): Promise<readonly (Message | null)[]>;
  /** Marks INCOMING messages of one tracker as read; ids that are not unread are left alone. */
  markRead(trackerId: TrackerId, ids: readonly MessageId[]): Promise<void>;
  /** Marks every unread INCOMING message of these trackers as read. */
  markAllRead(trackerIds: readonly TrackerId[]): Promise<void>;
  /** Submit time of the last message, either direction; trackers without messages are absent. */
  lastTimes(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>>;
  /** Unread INCOMING messages; trackers with none are absent. */
  unreadCounts(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>>;
  /** What a list of trackers shows of each, in the order asked. */
  roster(trackerIds: readonly TrackerId[]): Promise<readonly RosterEntry[]>;

  /** Stores a device's texts (all or none, in order). Re-sends are recognised and not stored again. */
  receive(reception: Reception): Promise<Received>;
  /** Which messages of this tracker these names on the wire last stood for, in the order asked; null: not known (any more). */
  recall(trackerId: TrackerId, tags: readonly string[]): Promise<readonly (OpenQuestion | null)[]>;
  /** Takes the next owner epoch of the tracker for a new line. */
  login(login: Login): Promise<LoggedIn>;
  /** The line has ended; nothing happens when a newer epoch owns the tracker. */
  logout(trackerId: TrackerId, epoch: number): Promise<void>;
  /** A frame followed our acknowledgement of this text: it cannot come again as a re-send. */
  passed(trackerId: TrackerId, id: MessageId): Promise<void>;
  /** Applies settlements, then claims texts for the line that owns `epoch`. Safe to repeat after an unknown outcome. */
  drain(request: DrainRequest): Promise<DrainResult>;

  /** Trackers of one of the `PENDING_SHARDS` that may have texts in their outbox. */
  pending(shard: number): Promise<readonly TrackerId[]>;
  /** What is in a tracker's outbox; an empty one leaves the pending index. */
  outbox(trackerId: TrackerId): Promise<OutboxState>;
  /**
   * How long (ms) a text has been in the outbox without its receipt, from when it could go out: the older one of those at
   * the heads of the lanes, or of those whose time has come; null: there is none.
   */
  oldestWait(trackerId: TrackerId): Promise<number | null>;
  /**
   * Ends texts whose time to live has passed as `expired`, but for those that a line on one of these nodes has; gives how
   * many. An empty outbox leaves the pending index.
   */
  expire(trackerId: TrackerId, liveNodes: readonly string[]): Promise<number>;
  /** Dead letters, newest first, at most `limit`. */
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
  /** Puts a dead letter back at the end of its outbox with fresh attempts; false when it is none. */
  retryDeadLetter(trackerId: TrackerId, id: MessageId): Promise<boolean>;

  /** How long ago (ms) the oldest message of each tracker was submitted, or longer; trackers without messages are absent. */
  ages(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>>;
  /**
   * Removes messages that were submitted at least `ageMs` ago and are not in the outbox, as if they had never been: a bounded
   * number, the oldest first, from this id on (0: from the first).
   */
  removeOld(trackerId: TrackerId, ageMs: number, from: MessageId): Promise<Removed>;
  /** Gives back what still says whose the ids of old removed messages were; true when there may be more of it. */
  tidyIds(): Promise<boolean>;
  /** The tracker changed hands: hides every message so far, empties outbox and unread. */
  disown(trackerId: TrackerId): Promise<void>;
  /** Deletes a tracker's chat; what is known of its device, its line and its re-sends stays. Safe to repeat. */
  clear(trackerId: TrackerId): Promise<void>;
  /** Deletes all that is kept of a tracker; `userId`: whose events may have told of it. Safe to repeat. */
  erase(trackerId: TrackerId, userId?: UserId): Promise<void>;
  /** Deletes what is kept of an account beside its trackers: live events, idempotency keys. Safe to repeat. */
  forget(userId: UserId): Promise<void>;

  /** Says that this node lives; owners on nodes without a lease count as gone. `taken`: it had none, or an old one. */
  renewLease(node: string, ttlMs: number): Promise<"kept" | "taken">;
  dropLease(node: string): Promise<void>;
  /** Nodes whose lease is valid. */
  liveNodes(): Promise<readonly string[]>;
  /** Who owns these trackers' lines now; absent: nobody, or a node without a lease. */
  owners(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>>;
  /** True when a write is accepted now. */
  healthy(): Promise<boolean>;
  fullness(): Promise<Fullness>;
}

/** How much of what is limited has been used. */
export interface Fullness {
  /** Share of all message ids, from 0 to 1. */
  readonly ids: number;
  readonly usedBytes: number;
  /** 0: there is no bound. */
  readonly maxBytes: number;
}

/** The pending index is split so that no single key holds every tracker. */
export const PENDING_SHARDS = 16;
/** A tracker's outbox is full at this many texts or bytes of text (UTF-8). */
export const OUTBOX_TEXTS = 1_000;
export const OUTBOX_BYTES = 2 * 1024 * 1024;
/** Device texts remembered per tracker for de-duplication, and for how long. */
export const REMEMBERED_TEXTS = 64;
export const REMEMBERED_MS = 24 * 60 * 60 * 1_000;
/** Without serials, a re-send is recognised this long after the text it repeats. */
export const RESEND_MS = 10 * 60 * 1_000;

/** Names of parts on the wire that are remembered per tracker, the newest. */
export const REMEMBERED_TAGS = 128;

/** Idempotency keys are good for this long; of each tracker the newest so many. */
export const IDEMPOTENCY_MS = 24 * 60 * 60 * 1_000;
export const IDEMPOTENCY_KEYS = 1_000;
/** The words of a driver answer the last question that went out for this long. */
export const QUESTION_MS = 24 * 60 * 60 * 1_000;

export interface Draft {
  readonly trackerId: TrackerId;
  readonly text: string;
  readonly employeeId: number | null;
  readonly urgent: boolean;
  readonly altered: boolean;
  /** Counted from when it may go out. */
  readonly ttlMs: number;
  /** Answers to choose from; absent or null: an ordinary text. */
  readonly choices?: readonly string[] | null;
  /** It waits this long before it joins the end of its lane; absent or 0: at once. */
  readonly notBeforeMs?: number;
  /** A message of the same tracker that is withdrawn, if it is still pending, when this one enters the outbox. */
  readonly replaces?: MessageId | null;
  /** Scoped by the caller: user, call, key and body. */
  readonly idempotencyKey?: string | null;
  /** Stored, but rejected at once with this reason (no character of it can be sent). */
  readonly rejected: string | null;
}

export type Submitted =
  | {
      readonly type: "stored";
      readonly id: MessageId;
      readonly submittedAt: Instant;
      readonly owner: Owner | null;
      /** The message that it replaces was pending and is withdrawn. */
      readonly replaced: boolean;
      /** Stored before, under the same idempotency key. */
      readonly repeated: boolean;
    }
  | { readonly type: "full" };

/** `owner`: whose line may have the text on its way, and must be told of the withdrawal. */
export type Cancelled = { readonly type: "cancelled"; readonly owner: Owner | null } | { readonly type: "not-pending" };

/** Who owns a tracker's line: hints go to the node, older epochs are stale. */
export interface Owner {
  readonly node: string;
  readonly epoch: number;
}

export interface ListQuery {
  readonly trackerId: TrackerId;
  /** Inclusive; null: no bound. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Applied after ordering: ascending gives the oldest of the range, descending the newest. */
  readonly limit: number;
  readonly ascending: boolean;
  /** Only messages with a higher id; absent: all. */
  readonly after?: MessageId;
}

export interface RosterEntry {
  readonly trackerId: TrackerId;
  readonly online: boolean;
  /** When the device was last seen to come or go; null: never. */
  readonly since: Instant | null;
  readonly unread: number;
  /** Texts in its outbox. */
  readonly pending: number;
  readonly last: Message | null;
}

export interface Reception {
  readonly trackerId: TrackerId;
  readonly epoch: number;
  readonly employeeId: number | null;
  readonly texts: readonly DeviceText[];
  /** Within the first frames of this line: texts without a serial may be re-sends of the previous line's last text. */
  readonly early: boolean;
  /** As `MessageStore.passed`, before these texts are looked at; null or absent: none. */
  readonly passed?: MessageId | null;
}

export interface Received {
  /** One per text: its message id; the earlier message's id when it was a re-send. */
  readonly ids: readonly MessageId[];
  readonly duplicates: number;
  /**
   * Nothing was stored: a newer line owns the tracker and a text had no serial, so that it could not be told from its
   * re-send on that line. It must not be acknowledged.
   */
  readonly stale?: true;
}

export interface Login {
  readonly trackerId: TrackerId;
  readonly node: string;
  readonly protocol: string;
}

export interface LoggedIn {
  readonly epoch: number;
  readonly standing: Standing;
  /** Whom this login displaced; its line must go. */
  readonly previous: Owner | null;
}

export interface DrainRequest {
  readonly trackerId: TrackerId;
  readonly epoch: number;
  readonly settlements: readonly Settlement[];
  /** Frames for the timelines of their messages. */
  readonly traces?: readonly Trace[];
  /** What parts are called on the wire, kept behind the settlements: `late-read` and `recall` go by the newest. */
  readonly tags?: readonly WireTag[];
  /** Ids this line holds already: claimed again under the same epoch only if missing here. */
  readonly held: readonly MessageId[];
  readonly room: number;
  /** Only the urgent lane is claimed from, and what waits in it is counted; absent: both lanes. */
  readonly urgentOnly?: boolean;
  /** Deliveries of one text before it becomes a dead letter. */
  readonly maxAttempts: number;
  /** How many tags to reserve for a text claimed for the first time: ceil(UTF-8 bytes * 2 / tagBytes), at least 1. */
  readonly tagBytes: number;
}

export interface OutboxState {
  /** Texts not settled, oldest first, urgent ones before the others; last those whose time has not come, by that time. */
  readonly ids: readonly MessageId[];
  readonly bytes: number;
}

export interface Removed {
  readonly removed: number;
  /** Where the next call goes on; null: there is nothing left to do now. */
  readonly next: MessageId | null;
  /** When the next message is old enough; null: none waits for it. */
  readonly dueInMs: number | null;
  /** Old messages that stay because they are in the outbox. */
  readonly kept: number;
}

export interface DeadLetter {
  readonly trackerId: TrackerId;
  readonly id: MessageId;
  readonly reason: string;
  readonly at: Instant;
}

/**
 * Tells the node that owns a tracker's line that its outbox may hold something, or that a text on its way may have been
 * withdrawn. Losing a hint costs seconds, never a text.
 */
export interface Outbox {
  /** `news`: by default that there may be a text. */
  hint(trackerId: TrackerId, owner: Owner, news?: News): Promise<void>;
  /** A text of this tracker is on its way to the store: a line of it on this very node may ask for it at once. */
  expect?(trackerId: TrackerId): void;
}

/** Milliseconds since 1970, of this machine: for defaults and display, never for stamps. */
export interface Clock {
  now(): Instant;
}

/** Every node's live lines, for the administrator. */
export interface Lines {
  /** Who is connected where, over all nodes. */
  list(): Promise<readonly LineInfo[]>;
  /** Closes the tracker's line wherever it is; false when there is none. */
  kick(trackerId: TrackerId): Promise<boolean>;
}

export interface LineInfo {
  readonly trackerId: TrackerId;
  readonly deviceId: string;
  readonly protocol: string;
  readonly node: string;
  /** Of the device, with its port where known. */
  readonly address: string;
  readonly since: Instant;
}
