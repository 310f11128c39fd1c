/** Reading messages from Redis. Scripts hand over packed bytes; they are decoded and filtered here, off Redis' one core. */
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import type { ListQuery, RosterEntry } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { headKey, idPlace, rosterKeys, scriptKeys, unreadKey } from "./keys.ts";
import { unpackMessage } from "./redis-message.ts";
import { asArray, asBytes, asNumber, asText } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

/** The messages of one tracker in a range. */
export async function list(scripts: Scripts, query: ListQuery): Promise<readonly Message[]> {
  const { trackerId, from, to, limit, ascending, after = 0 } = query;
  const args = [from ?? "-inf", to ?? "+inf", limit, ascending ? 1 : 0, after];
  const [hidden, ...buckets] = asArray(await scripts.run("list", scriptKeys(trackerId), args));
  const floor = asNumber(hidden);
  const found: Message[] = [];
  for (const bucket of buckets) {
    const bytes = asBytes(bucket);
    for (let at = 0; at < bytes.length; ) {
      const [id, length, value] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), at + 8];
      at = value + length;
      const message = unpackMessage(trackerId, id, bytes.subarray(value, at));
      if (id > floor && isWithin(message.submittedAt, from, to)) found.push(message);
    }
  }
  found.sort((one, other) => (ascending ? one.id - other.id : other.id - one.id));
  return found.slice(0, limit);
}

/** Messages by id, in the order asked. */
export async function find(connection: RedisConnection, scripts: Scripts, ids: readonly MessageId[]): Promise<readonly (Message | null)[]> {
  const trackers = await Promise.all(ids.map((id) => trackerOf(connection, id)));
  const byTracker = new Map<TrackerId, MessageId[]>();
  for (const [at, id] of ids.entries()) {
    const tracker = trackers[at] ?? null;
    if (tracker !== null) byTracker.set(tracker, [...(byTracker.get(tracker) ?? []), id]);
  }
  const found = new Map<MessageId, Message>();
  await Promise.all([...byTracker].map(([tracker, wanted]) => findOf(scripts, tracker, wanted, found)));
  return ids.map((id) => found.get(id) ?? null);
}

/** Submit time of the last message of each tracker that has one. */
export async function lastTimes(connection: RedisConnection, trackers: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>> {
  const times = await Promise.all(trackers.map((tracker) => connection.hget(headKey(tracker), "m")));
  return positive(trackers, times.map(Number));
}

/** Unread messages of each tracker that has any. */
export async function unreadCounts(connection: RedisConnection, trackers: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
  return positive(trackers, await Promise.all(trackers.map((tracker) => connection.scard(unreadKey(tracker)))));
}

/** Trackers looked at before others get their turn: below 2 ms of Redis. */
const ROSTER_AT_ONCE = 250;

/** What a list of trackers shows of each; `live`: the nodes with a lease. */
export async function roster(
  scripts: Scripts,
  trackers: readonly TrackerId[],
  live: Promise<readonly string[]>,
): Promise<readonly RosterEntry[]> {
  const nodes = new Set(await live);
  const entries: RosterEntry[] = [];
  for (let at = 0; at < trackers.length; at += ROSTER_AT_ONCE) {
    const some = trackers.slice(at, at + ROSTER_AT_ONCE);
    entries.push(...(await Promise.all(some.map((tracker) => rosterEntry(scripts, tracker, nodes)))));
  }
  return entries;
}

async function rosterEntry(scripts: Scripts, trackerId: TrackerId, live: ReadonlySet<string>): Promise<RosterEntry> {
  const [node, since, unread, pending, id, value] = asArray(await scripts.run("roster", rosterKeys(trackerId), []));
  const last = asNumber(id) === 0 ? null : unpackMessage(trackerId, asNumber(id), asBytes(value));
  const came = asNumber(since) === 0 ? null : asNumber(since);
  return { trackerId, online: live.has(asText(node)), since: came, unread: asNumber(unread), pending: asNumber(pending), last };
}

async function trackerOf(connection: RedisConnection, id: MessageId): Promise<TrackerId | null> {
  const { key, offset } = idPlace(id);
  const bytes = await connection.getrangeBuffer(key, offset, offset + 3);
  return bytes.length < 4 ? null : bytes.readInt32BE(0);
}

/** The index may name a tracker whose message never came to be: the tracker itself decides. */
async function findOf(scripts: Scripts, tracker: TrackerId, ids: readonly MessageId[], found: Map<MessageId, Message>): Promise<void> {
  const values = asArray(await scripts.run("find", scriptKeys(tracker), ids));
  for (const [at, id] of ids.entries()) {
    const value = values[at] ?? null;
    if (value !== null) found.set(id, unpackMessage(tracker, id, asBytes(value)));
  }
}

function isWithin(time: Instant, from: Instant | null, to: Instant | null): boolean {
  return (from === null || time >= from) && (to === null || time <= to);
}

function positive(trackers: readonly TrackerId[], values: readonly number[]): ReadonlyMap<TrackerId, number> {
  const found = new Map<TrackerId, number>();
  for (const [at, tracker] of trackers.entries()) {
    const value = values[at] ?? 0;
    if (value > 0) found.set(tracker, value);
  }
  return found;
}
