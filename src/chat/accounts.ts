/** What the calls around the chat (user/auth, api/key/*, employee/list) need of the fleet. Secrets are kept only as hashes. */
import type { User, UserId } from "./fleet.ts";
import type { Instant, TrackerId } from "./message.ts";

export interface Employee {
  readonly id: number;
  readonly userId: UserId;
  readonly firstName: string;
  readonly lastName: string;
  readonly trackerId: TrackerId | null;
}

/** An API key as it is kept: the key itself is shown once, when it is made. */
export interface ApiKey {
  /** SHA-256 of the 32 lower-case hex digits, as hex. */
  readonly sha256: string;
  readonly title: string;
  readonly createdAt: Instant;
}

/** Sessions live this long from their creation. */
export const SESSION_MS = 30 * 24 * 60 * 60 * 1_000;
/** API keys of one user. */
export const MAX_API_KEYS = 100;
/** Characters of an API key's title. */
export const KEY_TITLE = 255;
/** Of logins and titles, as Unicode has it: no control characters, no lone surrogates, and something to see. */
export const PRINTABLE = /^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u;

/** Logins are compared without regard to case. */
export function loginKey(login: string): string {
  return login.normalize("NFC").toLowerCase();
}

/** Every call may throw StoreUnavailable. */
export interface Accounts {
  /** The user with this login and password; undefined when either is wrong (both take the same time). */
  authenticate(login: string, password: string): Promise<User | undefined>;
  /** Opens a session: gives its hash, 32 hex digits. It ends after SESSION_MS, at its logout, or when the user gets another password. */
  openSession(user: UserId): Promise<string>;
  /** False when there was no such session. */
  closeSession(hash: string): Promise<boolean>;
  /** Calls back with a question, `is it this hash?`, when a session was closed on any node, until the returned function is called. */
  onSessionEnd(listener: (isIt: (hash: string) => boolean) => void): () => void;
  /** The user of a session (API keys: `Directory.userOfHash`, which costs no round trip). */
  userOfSession(hash: string): Promise<User | undefined>;
  employeesOf(user: UserId): readonly Employee[];
  apiKeysOf(user: UserId): readonly ApiKey[];
  /** Makes a key: `hash` is given this once. Null: the user has MAX_API_KEYS. */
  createApiKey(user: UserId, title: string): Promise<{ readonly hash: string; readonly key: ApiKey } | null>;
  /** False when the user has no such key. `hash`: the key itself or its SHA-256. */
  deleteApiKey(user: UserId, hash: string): Promise<boolean>;
}
