/** Where the fleet is kept: a versioned set of records, switched at once. Every call may throw StoreUnavailable. */
import type { ApiKey, Employee } from "./accounts.ts";
import type { Tariff, Tracker, UnknownDevice, User, UserId } from "./fleet.ts";
import type { Instant, TrackerId } from "./message.ts";

export interface Dealer {
  readonly id: number;
  /** Trackers per call; null: no limit. */
  readonly deviceLimit: number | null;
}

/** A user with what only the fleet may see. */
export interface Account extends User {
  /** See `passwords.ts`; null: no login by password. */
  readonly passwordHash: string | null;
  readonly apiKeys: readonly ApiKey[];
}

/** `value.profile` of a tracker is kept as imported: defaults are applied when it is read. */
export type FleetRecord =
  | { readonly kind: "dealer"; readonly value: Dealer }
  | { readonly kind: "tariff"; readonly value: Tariff }
  | { readonly kind: "user"; readonly value: Account }
  | { readonly kind: "employee"; readonly value: Employee }
  | { readonly kind: "tracker"; readonly value: Tracker };
export type FleetKind = FleetRecord["kind"];
export const FLEET_KINDS = ["dealer", "tariff", "user", "employee", "tracker"] as const satisfies readonly FleetKind[];

export interface RecordName {
  readonly kind: FleetKind;
  readonly id: number;
}

/** What must be done after a commit to what is kept of trackers and accounts; kept with it until it is done, so a crash loses none. */
export type Chore =
  | { readonly type: "disown"; readonly trackerId: TrackerId }
  /** `userId`: whose it was; absent: written down by an earlier version. */
  | { readonly type: "erase"; readonly trackerId: TrackerId; readonly userId?: UserId }
  | { readonly type: "forget"; readonly userId: UserId };

export interface FleetChanges {
  readonly put: readonly FleetRecord[];
  readonly remove: readonly RecordName[];
  readonly chores: readonly Chore[];
}

/** Everything at one version (`all`), or the changes that lead from an earlier version to this one. */
export interface FleetUpdate {
  readonly version: number;
  readonly all: boolean;
  readonly put: readonly FleetRecord[];
  readonly remove: readonly RecordName[];
}

export type Committed = { readonly type: "committed"; readonly version: number } | { readonly type: "conflict" };

export interface SeenDevice extends UnknownDevice {
  readonly lastTry: Instant;
}

export interface Session {
  readonly userId: UserId;
  /** Stands for the password that it was opened with: once the user has another, the session has ended. */
  readonly seal: string;
}

export interface FleetStore {
  /** What changed since `version` (0: everything); null when that is still the current one. */
  since(version: number): Promise<FleetUpdate | null>;
  /** All or nothing, when `expected` is still the current version. */
  commit(expected: number, changes: FleetChanges): Promise<Committed>;
  /** Chores that were committed at least `ageMs` ago and are not done yet, oldest first, at most MAX_CHORES behind the first `skip`. */
  chores(ageMs: number, skip?: number): Promise<readonly Chore[]>;
  choreDone(chore: Chore): Promise<void>;
  /** Tells every node that the version moved; losing it costs a poll. */
  nudge(): Promise<void>;
  /** Calls back on nudges of any node until the returned function is called. */
  onNudge(listener: () => void): () => void;

  /** Sessions by the SHA-256 of their hash. Of a user with more than MAX_SESSIONS the oldest end. */
  openSession(sha256: string, session: Session, ttlMs: number): Promise<void>;
  /** False when there was no such session. Every node is told. */
  closeSession(sha256: string): Promise<boolean>;
  /** Closes every session of a user. */
  closeSessions(userId: UserId): Promise<void>;
  session(sha256: string): Promise<Session | null>;
  /** Calls back with each session that a node closed until the returned function is called; telling may be lost. */
  onSessionEnd(listener: (sha256: string) => void): () => void;

  /** Keeps the newest MAX_UNKNOWN of all nodes' unknown devices, one entry per key. */
  noteUnknown(devices: readonly SeenDevice[]): Promise<void>;
  /** Newest first. */
  unknown(): Promise<readonly SeenDevice[]>;
}

export const MAX_CHORES = 1_000;
export const MAX_UNKNOWN = 1_000;
export const MAX_SESSIONS = 100;
