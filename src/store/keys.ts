/**
 * Every key of messages in Redis, each named once (key-families.ts lists all there are). What stands in braces decides the slot of a Redis Cluster: all keys of a
 * tracker share one, so that a call on a tracker is one script. Indexes outside that slot are supersets.
 */
import { createHash } from "node:crypto";
import type { UserId } from "../chat/fleet.ts";
import type { MessageId, TrackerId } from "../chat/message.ts";
import { PENDING_SHARDS } from "../chat/ports.ts";

/** The last message id taken (string); beside it the blocks that say whose each id is. */
export const IDS = "{ids}";
/** `<prefix><id / 1024>`: a string of 4-byte tracker ids. */
export const ID_BLOCKS = "{ids}:i:";
/** Which node took the last ids, by its mark, and the first since another did: string (see lua/take-ids.lua). */
export const ID_HOLDER = "{ids}:h";
/** How far ids were removed by age and their blocks given back: hash (see lua/forget-ids.lua). */
export const OLD_IDS = "{ids}:old";
/** Ids per block. */
const IDS_PER_BLOCK = 1_024;
/** Texts that may be dead letters: ZSET of `<tracker>:<id>` by the time they were named. */
export const DEAD_LETTERS = "dead";
/** Gateway nodes by the time their lease ends: ZSET. */
export const LEASES = "nodes";
/** The schema of the data: string (schema.ts). */
export const SCHEMA_KEY = "schema";
/** Written by the health check. */
export const HEALTH = "health";

/** Where the tracker of a message id is written down: the block and the offset in it. */
export function idPlace(id: MessageId): { readonly key: string; readonly offset: number } {
  return { key: `${ID_BLOCKS}${Math.floor(id / IDS_PER_BLOCK)}`, offset: (id % IDS_PER_BLOCK) * 4 };
}

/**
 * The keys of one tracker: head (hash),
 * buckets by first id and by first time (ZSETs), prefix of the buckets (hashes), unread (set), remembered device
 * texts (list), normal and urgent lane (lists), records of the texts in the outbox (hash), dead letters (hash), texts whose
 * time has not come (ZSET), prefix of the timelines (hashes beside the buckets), idempotency keys by message (ZSET), events that
 * wait to be relayed (string), names of parts on the wire (list).
 */
export function trackerKeys(tracker: TrackerId): readonly string[] {
  const slot = `{t${tracker}}`;
  return [
    `${slot}:h`,
    `${slot}:bi`,
    `${slot}:bt`,
    `${slot}:b`,
    `${slot}:u`,
    `${slot}:d`,
    `${slot}:o`,
    `${slot}:p`,
    `${slot}:f`,
    `${slot}:x`,
    `${slot}:w`,
    `${slot}:l`,
    `${slot}:k`,
    `${slot}:ev`,
    `${slot}:r`,
  ];
}

/** What a script on a tracker is given: the head. It names the others itself (lua/parts/head.lua). */
export function scriptKeys(tracker: TrackerId): readonly string[] {
  return [headKey(tracker)];
}

/** Of these keys, what a list of trackers is made of: head, prefix of the buckets, unread, lanes, texts whose time has not come, buckets by id. */
export function rosterKeys(tracker: TrackerId): readonly string[] {
  const slot = `{t${tracker}}`;
  return [`${slot}:h`, `${slot}:b`, `${slot}:u`, `${slot}:o`, `${slot}:p`, `${slot}:w`, `${slot}:bi`];
}

/** Head and waiting events of a tracker: all that relaying them needs. */
export function eventKeys(tracker: TrackerId): readonly string[] {
  return [headKey(tracker), `{t${tracker}}:ev`];
}

/** The tracker whose head this is. */
export function trackerOfHead(key: string): TrackerId {
  return Number(key.slice(2, key.indexOf("}")));
}

/** An account's stream of events, and what is known about it (hash: see lua/relay-events.lua). */
export function streamKeys(user: UserId): readonly string[] {
  return [`ev:{u${user}}`, `ev:{u${user}}:m`];
}

/** Pub/sub channels, each message a user: entries came to a stream that somebody listens to; somebody began to listen. */
export const EVENT_NUDGES = "ev:nudge";
export const EVENT_WAKES = "ev:wake";
/** Nodes that may have left something behind: SET. */
export const EVENT_NODES = "ev:nodes";

/** Trackers whose events a node answers for: SET. */
export function nodeTrackersKey(node: string): string {
  return `ev:node:{${node}}`;
}

/** The head of a tracker: its fields are listed in lua/parts/head.lua. */
export function headKey(tracker: TrackerId): string {
  return `{t${tracker}}:h`;
}

/** Buckets of a tracker by the time of their first message: ZSET. */
export function timesKey(tracker: TrackerId): string {
  return `{t${tracker}}:bt`;
}

/** Ids of unread INCOMING messages of a tracker. */
export function unreadKey(tracker: TrackerId): string {
  return `{t${tracker}}:u`;
}

/** The last id that a broadcast got (string). */
export const BROADCAST_IDS = "{ids}:bc";

/** An account's broadcasts: all of them (ZSET by id), its pace (string), prefix of the hashes. */
export function broadcastKeys(user: UserId): { readonly all: string; readonly pace: string; readonly prefix: string } {
  const all = `bc:{u${user}}`;
  return { all, pace: `${all}:p`, prefix: `${all}:` };
}

/** Which broadcast a user's idempotency key of this name stands for, and the list of the user's names: ZSET by when they end. */
export function broadcastIdempotencyKeys(user: UserId, name: string): readonly string[] {
  return [`bc:{u${user}}:k:${name}`, `bc:{u${user}}:k`];
}

/** The last id that a webhook got (string). */
export const WEBHOOK_IDS = "{ids}:wh";

/** Accounts that have webhooks, or had (SET). */
export const WEBHOOK_ACCOUNTS = "wh:accounts";

/** An account's webhooks (hash by id). */
export function webhooksKey(user: UserId): string {
  return `wh:{u${user}}`;
}

/** Of a webhook: its account's, their ids (ZSET), its state (hash), what is to be posted once more (list), what was given up by time (ZSET), and as such (hash). */
export function webhookKeys(user: UserId, id: number): readonly string[] {
  const own = `wh:{u${user}}:${id}`;
  return [webhooksKey(user), `${webhooksKey(user)}:ids`, own, `${own}:r`, `${own}:d`, `${own}:b`];
}

/** How a client's idempotency key is named in Redis, which takes no bytes of others into its keys. */
export function idempotencyName(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}

/** What a user's idempotency key of this name stands for, and the list of the user's names: ZSET by when they end. */
export function idempotencyKeys(user: UserId, name: string): readonly string[] {
  return [`{u${user}}:k:${name}`, `{u${user}}:k`];
}

/** A shard of the pending index: ZSET of trackers by their last mark. */
export function pendingKey(shard: number): string {
  return `pend:{p${shard}}`;
}

/** The counter behind the marks of a shard: no mark comes twice. */
export function pendingMarks(shard: number): string {
  return `pend:{p${shard}}:n`;
}

/** The shard of a tracker. */
export function shardOf(tracker: TrackerId): number {
  return ((tracker % PENDING_SHARDS) + PENDING_SHARDS) % PENDING_SHARDS;
}
