/** What time does to broadcasts: on the reference store by its clock, on Redis by records that are made older. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROADCAST_MS, type BroadcastStore, RESOLVE_MS, SURE_MS } from "../../src/chat/broadcast.ts";
import { isChatText } from "../../src/chat/chat-text.ts";
import { IDEMPOTENCY_MS } from "../../src/chat/ports.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { broadcastIdempotencyKeys, broadcastKeys, idempotencyName } from "../../src/store/keys.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { RedisBroadcasts } from "../../src/store/redis-broadcasts.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const USER = 1;
const OTHER = 2;
const TURNS = { pace: { count: 10, perMs: 10_000 }, texts: 0 };
const LENIENT_MS = 60_000;

interface Aging {
  readonly broadcasts: BroadcastStore;
  /** Makes what is kept of this broadcast's first round older. */
  age(id: number, ms: number): Promise<void>;
}

async function opened({ broadcasts }: Aging, idempotencyKey: string | null = null, user = USER): Promise<number> {
  const text = "hello";
  if (!isChatText(text)) throw new Error("not a text of a message");
  const speech = { text, choices: null, urgent: false, ttlMs: null, notBefore: null };
  return (await broadcasts.open(user, { speech, trackerIds: [1], idempotencyKey, turns: TURNS })).id;
}

function timesContract(aging: () => Aging): void {
  const outcome = async (id: number) => (await aging().broadcasts.read(USER, id))?.recipients[0]?.rounds[0]?.result;
  const unstored = (id: number) => aging().broadcasts.note(USER, id, [{ place: 0, round: 1, result: "unstored", messageId: null }]);
  const begins = async (id: number) =>
    (await aging().broadcasts.begin(USER, id, { rounds: [{ place: 0, round: 1 }], turns: TURNS, reopens: false })).rounds.length;

  it("believes that nothing was stored once no call can be on its way any more", async () => {
    const id = await opened(aging());
    await aging().age(id, SURE_MS - LENIENT_MS);
    await unstored(id);
    expect(await outcome(id)).toBe("unknown");
    await aging().age(id, LENIENT_MS);
    await unstored(id);
    expect(await outcome(id)).toBe("unstored");
  });

  it("does not believe it when the key may be forgotten, and gives such a round never again", async () => {
    const id = await opened(aging());
    await aging().age(id, RESOLVE_MS - LENIENT_MS);
    expect(await begins(id)).toBe(1);
    await aging().age(id, LENIENT_MS);
    await unstored(id);
    expect(await outcome(id)).toBe("unknown");
    expect(await begins(id)).toBe(0);
  });
}

describe("in memory", () => {
  let now = 1_600_000_000_000;
  const broadcasts = new MemoryBroadcasts(() => now);
  const age: Aging["age"] = (_, ms) => {
    now += ms;
    return Promise.resolve();
  };
  const aging: Aging = { broadcasts, age };
  timesContract(() => aging);

  it("forgets a key after a day, a broadcast after thirty; a clock that went back makes nobody wait", async () => {
    const id = await opened(aging, "k");
    now += IDEMPOTENCY_MS - 1;
    expect(await opened(aging, "k")).toBe(id);
    now += 1;
    expect(await opened(aging, "k")).not.toBe(id);
    now += BROADCAST_MS - IDEMPOTENCY_MS - 1;
    expect(await broadcasts.read(USER, id)).not.toBeNull();
    now += 1;
    expect(await broadcasts.read(USER, id)).toBeNull();
    expect((await broadcasts.list(USER, { before: null, limit: 10 })).map((head) => head.id)).not.toContain(id);
  });
});

describe("on Redis", () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  let aging: Aging;
  const { prefix, pace } = broadcastKeys(USER);
  beforeAll(async () => {
    redis = await startRedis({ cluster: true });
    connection = connectRedis(redis.place, "requests");
    await connected(connection, 10_000);
    const age = async (id: number, ms: number): Promise<void> => {
      const round = await connection.hgetBuffer(`${prefix}${id}`, "1");
      if (round === null) throw new Error(`broadcast ${id} is not there`);
      round.writeUIntBE(round.readUIntBE(0, 6) - ms, 0, 6);
      await connection.hset(`${prefix}${id}`, "1", round);
    };
    aging = { broadcasts: new RedisBroadcasts(connection), age };
  });
  afterAll(async () => {
    connection.disconnect();
    await redis.stop();
  });
  timesContract(() => aging);

  it("lets everything of a broadcast go by itself", async () => {
    const kept = broadcastKeys(OTHER);
    const id = await opened(aging, "k", OTHER);
    const left = async (key: string): Promise<number> => Number(await redis.command("PTTL", key));
    for (const [key, ms] of [
      [`${kept.prefix}${id}`, BROADCAST_MS],
      [kept.all, BROADCAST_MS],
      ...broadcastIdempotencyKeys(OTHER, idempotencyName("k")).map((name) => [name, IDEMPOTENCY_MS] as const),
    ] as const) {
      expect(await left(key)).toBeGreaterThan(ms - LENIENT_MS);
      expect(await left(key)).toBeLessThanOrEqual(ms);
    }
    await redis.command("DEL", `${kept.prefix}${id}`);
    expect((await aging.broadcasts.list(OTHER, { before: null, limit: 10 })).map((head) => head.id)).not.toContain(id);
    expect(await opened(aging, "k", OTHER)).not.toBe(id);
    expect(await redis.command("ZSCORE", kept.all, String(id))).toBeNull();
  });

  it("makes nobody wait for a time that was written by a clock ahead", async () => {
    const ahead = Date.now() + 3_600_000;
    await redis.command("SET", pace, `${ahead + 30_000} ${ahead}`);
    const begun = await aging.broadcasts.begin(USER, await opened(aging), { rounds: [], turns: TURNS, reopens: false });
    expect(begun.aheadMs).toBe(0);
    await redis.command("SET", pace, `${Date.now() + 30_000} ${Date.now() - 1_000}`);
    expect((await aging.broadcasts.begin(USER, await opened(aging), { rounds: [], turns: TURNS, reopens: false })).aheadMs).toBeGreaterThan(
      0,
    );
  });
});
