import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { DEAD_LETTERS, ID_BLOCKS, idPlace, OLD_IDS, trackerKeys } from "../../src/store/keys.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { removeAll } from "./contract/removal.ts";
import { deadLetter, deviceText, freshTracker, incoming, received, submitted } from "./world.ts";

let redis: TestRedis;
let connection: RedisConnection;
let store: RedisStore;

beforeAll(async () => {
  redis = await startRedis({ cluster: true, settings: ["--appendfsync", "no"] });
  connection = connectRedis(redis.place, "requests");
  await connected(connection, 10_000);
  store = new RedisStore(connection);
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});
beforeEach(async () => void (await redis.command("FLUSHALL")));

const many = (count: number, text = "x".repeat(60)) => Array.from({ length: count }, (_, n) => deviceText(`${text}${n}`));
const keys = async (pattern: string): Promise<readonly string[]> => [...((await redis.command("KEYS", pattern)) as string[])].sort();

/** Unread texts of a device, whose events nobody relays here. */
async function fill(trackerId: TrackerId, count: number): Promise<void> {
  for (let done = 0; done < count; done += 500) await received(store, trackerId, { texts: many(Math.min(500, count - done)) });
  await redis.command("DEL", `{t${trackerId}}:ev`);
}

describe("memory", () => {
  const [TRACKERS, EACH] = [10, 10_000];

  it("of 100,000 removed messages is given back, their indexes included, in calls of less than a millisecond", async () => {
    const trackers = Array.from({ length: TRACKERS }, freshTracker);
    // Scripts and buffers are there before the first message is counted.
    const [first] = trackers;
    await fill(first ?? 0, 1);
    await removeAll(store, first ?? 0, 0);
    const before = await usedMemory();
    for (const trackerId of trackers) await fill(trackerId, EACH);
    const full = await usedMemory();
    expect(full - before).toBeGreaterThan(TRACKERS * EACH * 60);
    const bucket = `${trackerKeys(trackers[1] ?? 0)[3]}0`;
    expect(Number(await redis.command("MEMORY", "USAGE", bucket))).toBeGreaterThan(128 * 60);

    await redis.command("CONFIG", "RESETSTAT");
    let removed = 0;
    for (const trackerId of trackers) removed += (await removeAll(store, trackerId, 0)).removed;
    for (let more = true; more; ) more = await store.tidyIds();
    expect(removed).toBe(TRACKERS * EACH);
    expect(await millisecondsOfScript()).toBeLessThan(1);
    expect(await redis.command("MEMORY", "USAGE", bucket)).toBeNull();
    // Freed by another thread of Redis.
    await expect.poll(usedMemory, { timeout: 10_000 }).toBeLessThan(before + 0.01 * (full - before));
    const left = (await keys("{t*")).filter((key) => !/:(?:h|ev|d)$/.test(key));
    expect(left).toEqual([]);
    expect((await keys(`${ID_BLOCKS}*`)).length).toBeLessThanOrEqual(1);
  }, 60_000);

  async function usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(String(await redis.command("INFO", "memory")))?.[1]);
  }

  async function millisecondsOfScript(): Promise<number> {
    const stats = String(await redis.command("INFO", "commandstats"));
    return Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(stats)?.[1]) / 1_000;
  }
});

describe("the index of ids", () => {
  it("names nobody for a message that was removed, cleared or erased", async () => {
    const [aged, cleared, erased] = [freshTracker(), freshTracker(), freshTracker()];
    const ids = [await incoming(store, aged, "a"), await incoming(store, cleared, "b"), await incoming(store, erased, "c")];
    await removeAll(store, aged, 0);
    await store.clear(cleared);
    await store.erase(erased);
    for (const id of ids) {
      const { key, offset } = idPlace(id);
      expect(await connection.getrangeBuffer(key, offset, offset + 3)).toEqual(Buffer.alloc(4));
    }
  });

  it("is given back block by block, below every message that is left", async () => {
    const [early, other] = [freshTracker(), freshTracker()];
    await fill(early, 3_000);
    const kept = await submitted(store, other);
    await fill(early, 4_000);
    await removeAll(store, early, 0);
    while (await store.tidyIds());
    expect(await keys(`${ID_BLOCKS}*`)).toEqual([2, 3, 4, 5, 6].map((block) => `${ID_BLOCKS}${block}`));
    expect((await store.find([kept]))[0]?.id).toBe(kept);
    await store.cancel(other, kept);
    await removeAll(store, other, 0);
    while (await store.tidyIds());
    // The block of the last id that was removed is not looked at before a later one is.
    expect(await keys(`${ID_BLOCKS}*`)).toEqual([`${ID_BLOCKS}6`]);
    expect(await redis.command("HGET", OLD_IDS, "n")).toBe("6");
    const id = await submitted(store, early);
    expect((await store.find([id]))[0]?.id).toBe(id);
  });

  it("forgets ids that never became a message, and those whose removal it was not told", async () => {
    const trackerId = freshTracker();
    const texts = [deviceText("again", "1")];
    for (let times = 0; times < 1_200; times += 1) await received(store, trackerId, { texts });
    const { ids } = await received(store, trackerId, { texts: many(500) });
    await fill(trackerId, 500);
    const { key, offset } = idPlace(ids[0] ?? 0);
    const named = await connection.getrangeBuffer(key, offset, offset + 3);
    await removeAll(store, trackerId, 0);
    await connection.setrange(key, offset, named);
    while (await store.tidyIds());
    expect(await keys(`${ID_BLOCKS}*`)).toEqual([`${ID_BLOCKS}2`]);
  });

  it("is left alone by ids that were not removed by age: their calls may still be under way", async () => {
    const trackerId = freshTracker();
    await fill(trackerId, 3_000);
    await store.erase(trackerId);
    expect(await store.tidyIds()).toBe(false);
    expect(await keys(`${ID_BLOCKS}*`)).toHaveLength(3);
  });
});

it("names no dead letter any more that is gone", async () => {
  const gone: ((trackerId: TrackerId) => Promise<unknown>)[] = [
    (trackerId) => removeAll(store, trackerId, 0),
    (trackerId) => store.clear(trackerId),
    (trackerId) => store.erase(trackerId),
    (trackerId) => store.disown(trackerId),
  ];
  for (const goes of gone) {
    const trackerId = freshTracker();
    await deadLetter(store, trackerId);
    expect(await redis.command("ZCARD", DEAD_LETTERS)).toBe(1);
    await goes(trackerId);
    expect(await redis.command("ZCARD", DEAD_LETTERS)).toBe(0);
  }
});

describe("any history of arrivals and removals", () => {
  const START = 2_000_000_000_000;
  /** Stamps are so far apart that the clock, which moves on meanwhile, makes nothing else old. */
  const TICK_MS = 600_000;
  const count = fc.integer({ min: 1, max: 150 });
  const later = fc.nat({ max: 3 });
  const which = fc.nat({ max: 1_000 });

  interface Plain {
    readonly id: MessageId;
    readonly at: number;
    readonly unread: boolean;
    open: boolean;
  }

  type Step = (list: PlainList) => Promise<void>;

  const shown = <Choices>(name: string, choices: fc.Arbitrary<Choices>, step: (list: PlainList, choices: Choices) => Promise<void>) =>
    choices.map((chosen): Step => {
      const made: Step = (list) => step(list, chosen);
      return Object.assign(made, { [fc.toStringMethod]: () => `${name} ${JSON.stringify(chosen)}` });
    });

  const steps = fc.oneof(
    { arbitrary: shown("receive", fc.record({ count, later }), (list, sent) => list.receive(sent.count, sent.later)), weight: 6 },
    { arbitrary: shown("submit", later, (list, ticks) => list.submit(ticks)), weight: 4 },
    { arbitrary: shown("cancel", which, (list, place) => list.close(place, false)), weight: 2 },
    { arbitrary: shown("read", which, (list, place) => list.close(place, true)), weight: 2 },
    { arbitrary: shown("remove", fc.nat({ max: 3 }), (list, ticks) => list.remove(ticks)), weight: 4 },
    { arbitrary: shown("disown", fc.constant(null), (list) => list.disown()), weight: 1 },
  );

  it("leaves what a plain list would", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25, size: "max" }), async (history) => {
        const list = new PlainList(freshTracker());
        for (const step of history) await step(list);
        await list.compare();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  class PlainList {
    readonly #trackerId: TrackerId;
    #messages: Plain[] = [];
    #now = START;

    constructor(trackerId: TrackerId) {
      this.#trackerId = trackerId;
    }

    async receive(texts: number, ticks: number): Promise<void> {
      await this.#let(ticks);
      const { ids } = await received(store, this.#trackerId, { texts: many(texts, "") });
      this.#messages.push(...ids.map((id) => ({ id, at: this.#now, unread: true, open: true })));
    }

    async submit(ticks: number): Promise<void> {
      await this.#let(ticks);
      this.#messages.push({ id: await submitted(store, this.#trackerId), at: this.#now, unread: false, open: true });
    }

    /** One of the unread ones is read, or one of the pending ones cancelled. */
    async close(place: number, unread: boolean): Promise<void> {
      const candidates = this.#messages.filter((message) => message.open && message.unread === unread);
      const one = candidates[place % Math.max(1, candidates.length)];
      if (one === undefined) return;
      one.open = false;
      if (unread) await store.markRead(this.#trackerId, [one.id]);
      else await store.cancel(this.#trackerId, one.id);
    }

    /** Removes what is older than so many ticks. */
    async remove(ticks: number): Promise<void> {
      const oldest = this.#now - ticks * TICK_MS;
      const stays = this.#messages.filter((one) => one.at > oldest || (one.open && !one.unread));
      const { removed } = await removeAll(store, this.#trackerId, (await redisNow()) - oldest);
      expect(removed).toBe(this.#messages.length - stays.length);
      this.#messages = stays;
    }

    async disown(): Promise<void> {
      await store.disown(this.#trackerId);
      // What was hidden is removed with the rest, unseen.
      while ((await store.removeOld(this.#trackerId, (await redisNow()) - this.#now, 0)).next !== null);
      this.#messages = [];
    }

    async compare(): Promise<void> {
      const trackerId = this.#trackerId;
      const ids = this.#messages.map(({ id }) => id);
      expect((await store.find(ids)).map((one) => one?.id)).toEqual(ids);
      const unread = this.#messages.filter((one) => one.unread && one.open).length;
      expect((await store.unreadCounts([trackerId])).get(trackerId) ?? 0).toBe(unread);
      const last = this.#messages.at(-1);
      expect((await store.lastTimes([trackerId])).get(trackerId)).toBe(last?.at);
      expect((await store.roster([trackerId]))[0]?.last?.id).toBe(last?.id);
      for (const [from, to] of [
        [null, null],
        [START + TICK_MS, START + 9 * TICK_MS],
        [this.#now, null],
        [null, this.#now - TICK_MS],
      ] as const) {
        await this.#compareRange(from, to);
      }
    }

    async #compareRange(from: number | null, to: number | null): Promise<void> {
      const inside = this.#messages.filter(({ at }) => at >= (from ?? 0) && at <= (to ?? Number.POSITIVE_INFINITY));
      for (const ascending of [true, false]) {
        const wanted = ascending ? inside : [...inside].reverse();
        for (const limit of [3, 200, 10_000]) {
          const listed = await store.list({ trackerId: this.#trackerId, from, to, limit, ascending });
          expect(listed.map(({ id }) => id)).toEqual(wanted.slice(0, limit).map(({ id }) => id));
        }
      }
    }

    async #let(ticks: number): Promise<void> {
      this.#now += ticks * TICK_MS;
      await redis.command("HSET", trackerKeys(this.#trackerId)[0] ?? "", "s", this.#now);
    }
  }

  async function redisNow(): Promise<number> {
    const [seconds, micros] = (await redis.command("TIME")) as [string, string];
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }
});
