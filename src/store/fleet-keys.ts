/** The fleet's keys in Redis, each named once. All but sessions share the slot `{f}`: a commit is one script. */
import type { UserId } from "../chat/fleet.ts";
import { FLEET_KINDS, type FleetKind } from "../chat/fleet-store.ts";

/** Hash: `v` version, `n` nonce of the last commit. */
export const FLEET_META = "{f}:meta";
/** Stream: one entry per version, `<version>-0`, that names what changed. */
export const FLEET_LOG = "{f}:log";
/** ZSET of chores (see `choreName`) by the time of their commit. */
export const FLEET_CHORES = "{f}:chores";
/** Hash of device key -> JSON, and a ZSET of the same by last try. */
export const UNKNOWN_DEVICES = "{f}:unknown";
export const UNKNOWN_ORDER = "{f}:unknown:t";
/** Pub/sub channel: the version moved. */
export const FLEET_NUDGES = "{f}:nudge";

/** Records of a kind are spread over so many hashes: no single command reads or writes a large fleet. */
const BUCKETS = 256;

/** Hash of id -> JSON. */
export function bucketKey(kind: FleetKind, bucket: number): string {
  return `{f}:${kind}:${bucket}`;
}

export function bucketOf(id: number): number {
  return ((id % BUCKETS) + BUCKETS) % BUCKETS;
}

/** All of them, with what they hold. */
export function allBuckets(): readonly { readonly kind: FleetKind; readonly key: string }[] {
  return FLEET_KINDS.flatMap((kind) => Array.from({ length: BUCKETS }, (_, bucket) => ({ kind, key: bucketKey(kind, bucket) })));
}

/** A part of a change that is not committed yet: a hash; it expires by itself. */
export function stagedKey(nonce: string, part: number): string {
  return `{f}:staged:${nonce}:${part}`;
}

/** Pub/sub channel: SHA-256 of a session that was closed. */
export const SESSION_ENDS = "sessions:ended";

/** String: `<user> <seal>` of a session. */
export function sessionKey(sha256: string): string {
  return `session:${sha256}`;
}

/** ZSET: a user's sessions by the time they end; some may have ended before. */
export function sessionsKey(user: UserId): string {
  return `sessions:{u${user}}`;
}
