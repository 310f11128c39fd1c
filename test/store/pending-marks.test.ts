/** The pending index while marks serve for many texts: a tracker with a text in its outbox is always in it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MessageId } from "../../src/chat/message.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import type { TakenIds } from "../../src/store/id-taker.ts";
import { pendingKey, pendingMarks, shardOf } from "../../src/store/keys.ts";
import { type Mark, PendingMarks } from "../../src/store/pending-marks.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { Scripts } from "../../src/store/redis-scripts.ts";
import { submit } from "../../src/store/redis-write.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { draft, freshTracker, submitted } from "./world.ts";

let redis: TestRedis;
let connection: RedisConnection;
let store: RedisStore;
beforeAll(async () => {
  redis = await startRedis();
  connection = connectRedis(redis.place, "requests");
  await connected(connection, 10_000);
  store = new RedisStore(connection);
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});

const isPending = async (trackerId: number): Promise<boolean> => (await store.pending(shardOf(trackerId))).includes(trackerId);
const made = async (trackerId: number): Promise<number> => Number(await redis.command("GET", pendingMarks(shardOf(trackerId))));

it("one mark serves for texts that follow each other", async () => {
  const trackerId = freshTracker();
  const before = await made(trackerId);
  for (let text = 0; text < 10; text += 1) await submitted(store, trackerId);
  expect(await made(trackerId)).toBe(before + 1);
  expect(await isPending(trackerId)).toBe(true);
});

it("a mark that was withdrawn is made anew, and so is one of a tracker that was erased", async () => {
  const trackerId = freshTracker();
  const cancelled = await submitted(store, trackerId);
  await store.cancel(trackerId, cancelled);
  expect(await store.outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
  expect(await isPending(trackerId)).toBe(false);
  const id = await submitted(store, trackerId);
  expect(await isPending(trackerId)).toBe(true);
  expect((await store.outbox(trackerId)).ids).toEqual([id]);
  for (const changes of [{}, { rejected: "never goes out" }]) {
    await store.erase(trackerId);
    expect(await isPending(trackerId)).toBe(false);
    await submitted(store, trackerId, changes);
    await submitted(store, trackerId);
    expect(await isPending(trackerId)).toBe(true);
  }
});

it("a mark that was withdrawn says nothing of ids that were taken ahead, nor these of marks", async () => {
  const scripts = new Scripts(connection);
  const [ids, marks]: [boolean[], boolean[]] = [[], []];
  const trackerId = freshTracker();
  // Of each the first one does not serve: a mark that never went out with a text, and an id that the tracker has passed.
  const send = async (places: MessageId[], mark: number): Promise<void> => {
    const take = (_tracker: number, _count: number, fresh = false): Promise<TakenIds> => {
      ids.push(fresh);
      return Promise.resolve({ first: places.shift() ?? 0, ahead: false, indexed: Promise.resolve() });
    };
    const make = (_tracker: number, fresh: boolean): Promise<Mark> => {
      marks.push(fresh);
      return Promise.resolve({ mark, fresh: fresh || mark > 1 });
    };
    const means = { ids: { take }, marks: { take: make }, named: Promise.resolve(), underway: () => undefined };
    await submit(scripts, draft(trackerId), means);
  };
  await send([1_000_000, 1_000_001], 1);
  expect([ids.splice(0), marks.splice(0)]).toEqual([
    [false, false],
    [false, true],
  ]);
  await send([999_999, 1_000_002], 2);
  expect([ids, marks]).toEqual([
    [false, false],
    [false, false],
  ]);
});

it("however texts, withdrawals and looks at the outbox of several nodes fall: what has texts is in the index", async () => {
  const other = new RedisStore(connection);
  const trackerId = freshTracker();
  for (let round = 0; round < 300; round += 1) {
    const both = [store, other].map(async (node, place) => {
      if ((round + place) % 3 === 0) await node.outbox(trackerId);
      const result = await node.submit(draft(trackerId));
      if (result.type === "stored" && (round + place) % 2 === 0) await node.cancel(trackerId, result.id);
      if ((round + place) % 5 === 0) await node.outbox(trackerId);
    });
    await Promise.all(both);
    const { ids } = await store.outbox(trackerId);
    expect(await isPending(trackerId)).toBe(ids.length > 0);
    for (const id of ids) await store.cancel(trackerId, id);
  }
});

it("is not relied on for long, so that an index that lost its entry has it again", async () => {
  let now = 0;
  const marks = new PendingMarks(new Scripts(connection), () => now);
  const trackerId = freshTracker();
  const first = await marks.take(trackerId, false);
  now = 4_999;
  expect(await marks.take(trackerId, false)).toEqual({ mark: first.mark, fresh: false });
  await redis.command("ZREM", pendingKey(shardOf(trackerId)), trackerId);
  now = 5_000;
  expect((await marks.take(trackerId, false)).fresh).toBe(true);
  expect(await isPending(trackerId)).toBe(true);
  expect((await marks.take(trackerId, true)).fresh).toBe(true);
});
