/** Removing messages from Redis for good: slices of a tracker first, then what the indexes outside its slot say of them. */
import type { UserId } from "../chat/fleet.ts";
import type { MessageId, TrackerId } from "../chat/message.ts";
import { type Removed, StoreUnavailable } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { DEAD_LETTERS, ID_BLOCKS, OLD_IDS, pendingKey, scriptKeys, shardOf, streamKeys, timesKey } from "./keys.ts";
import { reach } from "./redis-reach.ts";
import { asArray, asNumber, asText, type Reply } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

/** Blocks of the index looked at by one call of the script. */
const BLOCKS_AT_ONCE = 64;
/** An erased tracker gets texts only for the moment in which a node has not heard of it. */
const TRIES = 16;
const INDEX = [ID_BLOCKS, OLD_IDS];

export class RedisRemoval {
  readonly #connection: RedisConnection;
  readonly #scripts: Scripts;

  constructor(connection: RedisConnection, scripts: Scripts) {
    this.#connection = connection;
    this.#scripts = scripts;
  }

  async ages(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    const firsts = trackerIds.map((tracker) => this.#connection.zrange(timesKey(tracker), "0", "0", "WITHSCORES"));
    const [[seconds, micros], ...buckets] = await Promise.all([this.#connection.time(), ...firsts]);
    const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    const known = new Map<TrackerId, number>();
    for (const [at, tracker] of trackerIds.entries()) {
      const time = buckets[at]?.[1];
      if (time !== undefined) known.set(tracker, now - Number(time));
    }
    return known;
  }

  /** What remove-old.lua replied: the indexes are told, and it is put into words. */
  async removed(trackerId: TrackerId, reply: Reply): Promise<Removed> {
    const [next, due, kept, ids, dead] = asArray(reply);
    await this.#forget(trackerId, { ids, dead, byAge: true });
    return {
      removed: asArray(ids).length,
      next: asNumber(next) === 0 ? null : asNumber(next),
      dueInMs: asNumber(due) < 0 ? null : asNumber(due),
      kept: asNumber(kept),
    };
  }

  /** `find` tells which of these ids have a message. */
  async tidyIds(find: (ids: readonly MessageId[]) => Promise<readonly unknown[]>): Promise<boolean> {
    const [more, ...named] = asArray(await this.#scripts.run("drop-ids", INDEX, [BLOCKS_AT_ONCE])).map(asNumber);
    if (named.length === 0) return more === 1;
    // Taken for a text that was not stored in the end, or removed by a node that died before it told the index.
    const found = await find(named);
    const gone = named.filter((_, at) => found[at] === null);
    await this.#forgetIds(gone, false);
    return gone.length === named.length;
  }

  /** Takes a tracker's hidden messages away. */
  async purge(trackerId: TrackerId): Promise<void> {
    for (let more = 1; more === 1; ) {
      const [left, ids, dead] = asArray(await reach(this.#scripts.run("purge", scriptKeys(trackerId), [])));
      await reach(this.#forget(trackerId, { ids, dead, byAge: false }));
      more = asNumber(left);
    }
  }

  /** `userId`: whose stream of events counts the tracker's. */
  async erase(trackerId: TrackerId, userId?: UserId): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      await reach(this.disown(trackerId));
      await this.purge(trackerId);
      const erased = await reach(this.#scripts.run("erase", scriptKeys(trackerId), []));
      await reach(this.#connection.zrem(pendingKey(shardOf(trackerId)), trackerId));
      const [, about = ""] = userId === undefined ? [] : streamKeys(userId);
      if (about !== "") await reach(this.#connection.hdel(about, String(trackerId)));
      if (erased === 1) return;
    }
    throw new StoreUnavailable(`tracker ${trackerId} got messages while it was erased, ${TRIES} times in a row`);
  }

  async disown(trackerId: TrackerId): Promise<void> {
    await this.forgetDead(trackerId, await this.#scripts.run("disown", scriptKeys(trackerId), []));
  }

  /** Takes the names of what were dead letters out of their index. */
  async forgetDead(trackerId: TrackerId, ids: Reply | undefined): Promise<void> {
    const members = asArray(ids).map((id) => `${trackerId}:${typeof id === "number" ? id : asText(id)}`);
    if (members.length > 0) await this.#connection.zrem(DEAD_LETTERS, ...members);
  }

  async #forget(trackerId: TrackerId, { ids, dead, byAge }: Gone): Promise<void> {
    await Promise.all([this.#forgetIds(asArray(ids).map(asNumber), byAge), this.forgetDead(trackerId, dead)]);
  }

  async #forgetIds(ids: readonly MessageId[], byAge: boolean): Promise<void> {
    if (ids.length > 0) await this.#scripts.run("forget-ids", INDEX, [byAge ? 1 : 0, ...ids]);
  }
}

interface Gone {
  readonly ids: Reply | undefined;
  readonly dead: Reply | undefined;
  readonly byAge: boolean;
}
