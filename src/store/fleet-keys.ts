/** The fleet's keys in Redis, each named once. All but sessions share the slot `{f}`: a commit is one script. */
import { FLEET_KINDS, type FleetKind } from "../chat/fleet-store.ts";

/** Hash: `v` version, `n` nonce of the last commit. */
export const FLEET_META = "{f}:meta";
/** Stream: one entry per version, `<version>-0`, that names what changed. */
export const FLEET_LOG = "{f}:log";
/** ZSET of `disown:<tracker>` and `erase:<tracker>` by the time of their commit. */
export const FLEET_CHORES = "{f}:chores";
/** Hash of device key -> JSON, and a ZSET of the same by last try. */
export const UNKNOWN_DEVICES = "{f}:unknown";
export const UNKNOWN_ORDER = "{f}:unknown:t";
/** Pub/sub channel: the version moved. */
export const FLEET_NUDGES = "{f}:nudge";

/** Hash of id -> JSON of all records of a kind. */
function recordsKey(kind: FleetKind): string {
  return `{f}:${kind}`;
}

/** In the order that the scripts take them. */
export function recordsKeys(): readonly string[] {
  return FLEET_KINDS.map(recordsKey);
}

/** A chunk of a change that is not committed yet: hash of id -> JSON; it expires by itself. */
export function stagedKey(nonce: string, chunk: number): string {
  return `{f}:staged:${nonce}:${chunk}`;
}

/** String: the user of a session. */
export function sessionKey(sha256: string): string {
  return `session:${sha256}`;
}
