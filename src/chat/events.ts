/** Live events: what a tracker's account is told about, and the store that keeps it until everybody was told. */
import type { UserId } from "./fleet.ts";
import type { Instant, Message, MessageId, MessageState, TrackerId } from "./message.ts";
import type { Owner } from "./ports.ts";

/** What happened to a tracker. An event names a state, never a difference: hearing it twice does no harm. */
export type TrackerEvent =
  /** A new message, in this state. */
  | { readonly type: "message"; readonly id: MessageId; readonly state: MessageState }
  /** A message changed. */
  | { readonly type: "status"; readonly id: MessageId; readonly state: MessageState }
  | { readonly type: "unread"; readonly unread: number }
  | { readonly type: "presence"; readonly online: boolean; readonly at: Instant }
  /** Events before the next one are lost: more came than were relayed in time. */
  | { readonly type: "lost" };

/** Events of one tracker in a row. Each has a number, one above the one before. */
export interface EventRun {
  readonly trackerId: TrackerId;
  /** Number of the first of them. */
  readonly first: number;
  readonly events: readonly TrackerEvent[];
}

/** What a call wrote. Without events: some wait that this call did not write, or nobody knows what was written. */
export interface Written {
  readonly trackerId: TrackerId;
  readonly run: EventRun | null;
}

/** A place in an account's stream: `<milliseconds>-<count>`. */
export type EventId = string;

/** An event as a listener hears it: with the message as it was then. */
export type ChatEvent =
  | { readonly type: "message" | "status"; readonly trackerId: TrackerId; readonly message: Message }
  | { readonly type: "unread"; readonly trackerId: TrackerId; readonly unread: number }
  | {
      readonly type: "presence";
      readonly trackerId: TrackerId;
      readonly online: boolean;
      readonly at: Instant;
      readonly protocol: string | null;
    }
  /** Events of this tracker are lost. */
  | { readonly type: "lost"; readonly trackerId: TrackerId };

/** Events that came together, and the place behind them. */
export interface EventBatch {
  readonly id: EventId;
  readonly events: readonly ChatEvent[];
}

/** What came to the stream together. */
export interface StreamEntry {
  readonly id: EventId;
  readonly trackerId: TrackerId;
  readonly events: readonly TrackerEvent[];
}

/** Who hears the events of one account. */
export interface Hearer {
  /** Called in order, never again after `leave`. */
  hear(batches: readonly EventBatch[]): void;
  /** Resolves when more may be said; at once for a hearer that keeps up. */
  ready(): Promise<void>;
}

export interface Following {
  /** Where the events begin: the place asked for, or the end of the stream. */
  readonly from: EventId;
  /** Something was asked for that the stream does not hold any more. */
  readonly reset: boolean;
  /** Begins to tell; rejects with StoreUnavailable when what is missing cannot be read. */
  start(): Promise<void>;
  leave(): void;
}

/** Live events of accounts. */
export interface LiveEvents {
  /** Follows an account from behind a place; null: from now on. Throws StoreUnavailable. */
  follow(userId: UserId, after: EventId | null, hearer: Hearer): Promise<Following>;
}

export interface StreamPlace {
  /** Where the stream ends now. */
  readonly end: EventId;
  /** Whether it holds everything that came after the place asked about; false when none was. */
  readonly complete: boolean;
}

export interface Relayed {
  /** Somebody listens to this account, or did not long ago. */
  readonly listening: boolean;
  /** Trackers of which events before the given ones are missing: nothing of their run was taken. */
  readonly missing: readonly TrackerId[];
}

/**
 * Events are written with the change that they tell of, wait with their tracker, and are relayed to the one stream of its account. Relaying may
 * break off anywhere and be done by several nodes at once: the stream takes each event once, in the tracker's order. Every call may throw StoreUnavailable.
 */
export interface EventStore {
  /** Calls back with what this node's calls of the message store wrote until the returned function is called. */
  onWritten(listener: (written: Written) => void): () => void;
  /** Everything of a tracker that waits to be relayed; null: nothing does. */
  waiting(trackerId: TrackerId): Promise<EventRun | null>;
  /** Appends runs, one of a tracker at most, to an account's stream. `whole`: nothing waits before their first events. */
  relay(userId: UserId, runs: readonly EventRun[], whole: boolean): Promise<Relayed>;
  /** Events up to this number were relayed and need not wait any more. */
  settle(trackerId: TrackerId, upTo: number): Promise<void>;

  /** Where an account's stream ends. `listens`: somebody does from now on, for LISTEN_MS. */
  place(userId: UserId, after: EventId | null, listens: boolean): Promise<StreamPlace>;
  /** Entries behind a place, oldest first. */
  read(userId: UserId, after: EventId, limit: number): Promise<readonly StreamEntry[]>;
  /** Calls back with accounts that are listened to and whose stream has grown; telling may be lost. */
  onNudge(listener: (userId: UserId) => void): () => void;
  /** Calls back with accounts that somebody begins to listen to; telling may be lost. */
  onWake(listener: (userId: UserId) => void): () => void;
  wake(userId: UserId): Promise<void>;

  /** Nodes that may have left events, or lines, of some trackers behind. */
  nodes(): Promise<readonly string[]>;
  /** The trackers whose events this node answers for, and maybe others. */
  trackersOf(node: string): Promise<readonly TrackerId[]>;
  /** A node answers no longer for these trackers; without trackers: for any. */
  release(node: string, trackerIds: readonly TrackerId[] | null): Promise<void>;
  /** Names this node, and all trackers that it answers for, once more: it was given up, and lives. */
  claim(): Promise<void>;
  /** Of the trackers that this node answers for, those without a line here that were not touched for so long (ms). */
  idle(forMs: number): readonly TrackerId[];
  /** Whose line each tracker has by the last login, whether that node lives or not; absent: nobody's. */
  holders(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>>;
  /** Tells that the line of this owner is given up because its node is gone, or that it lives after all; false when that is not news. */
  presume(trackerId: TrackerId, owner: Owner, lives: boolean): Promise<boolean>;
}

/** Of an account's stream: entries (about), and how old they may be. */
export const STREAM_ENTRIES = 10_000;
export const STREAM_MS = 24 * 60 * 60 * 1_000;
/** Events in one entry of a stream: a page of entries is no more than can be told at once. */
export const ENTRY_EVENTS = 64;
/** Events of one tracker that may wait to be relayed. */
export const WAITING_EVENTS = 4_096;
/** An account counts as listened to for so long. */
export const LISTEN_MS = 30_000;
