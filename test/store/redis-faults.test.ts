import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../src/chat/message.ts";
import { type MessageStore, StoreUnavailable } from "../../src/chat/ports.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { NodeEvents } from "../../src/store/node-events.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { deadLetter, deviceText, draft, freshTracker, incoming, message, received, submitted, TestLine } from "./world.ts";

/** What the port promises for every call that cannot be answered. */
const PROMISED_MS = 2_000;

let redis: TestRedis;
let connection: RedisConnection;
let store: RedisStore;

beforeAll(async () => {
  redis = await startRedis();
  connection = connectRedis(redis.url, "requests");
  await connected(connection, 10_000);
  store = new RedisStore(connection);
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});

const calls: Readonly<Record<string, (target: MessageStore, trackerId: number) => Promise<unknown>>> = {
  submit: (target, trackerId) => target.submit(draft(trackerId)),
  list: (target, trackerId) => target.list({ trackerId, from: null, to: null, limit: 10, ascending: true }),
  find: (target) => target.find([1]),
  markRead: (target, trackerId) => target.markRead(trackerId, [1]),
  markAllRead: (target, trackerId) => target.markAllRead([trackerId]),
  lastTimes: (target, trackerId) => target.lastTimes([trackerId]),
  unreadCounts: (target, trackerId) => target.unreadCounts([trackerId]),
  receive: (target, trackerId) => received(target, trackerId, { texts: [deviceText("up", "1")] }),
  recall: (target, trackerId) => target.recall(trackerId, ["1"]),
  login: (target, trackerId) => target.login({ trackerId, node: "a", protocol: "test" }),
  logout: (target, trackerId) => target.logout(trackerId, 1),
  passed: (target, trackerId) => target.passed(trackerId, 1),
  drain: (target, trackerId) => target.drain({ trackerId, epoch: 1, settlements: [], held: [], room: 1, maxAttempts: 3, tagBytes: 100 }),
  pending: (target) => target.pending(0),
  outbox: (target, trackerId) => target.outbox(trackerId),
  oldestWait: (target, trackerId) => target.oldestWait(trackerId),
  expire: (target, trackerId) => target.expire(trackerId, []),
  deadLetters: (target) => target.deadLetters(10),
  retryDeadLetter: (target, trackerId) => target.retryDeadLetter(trackerId, 1),
  claimKey: (target) => target.claimKey(1, "key", "digest"),
  findByKey: (target, trackerId) => target.findByKey(trackerId, "key"),
  cancel: (target, trackerId) => target.cancel(trackerId, 1),
  timeline: (target, trackerId) => target.timeline(trackerId, 1),
  ages: (target, trackerId) => target.ages([trackerId]),
  removeOld: (target, trackerId) => target.removeOld(trackerId, -1_000, 0),
  tidyIds: (target) => target.tidyIds(),
  clear: (target, trackerId) => target.clear(trackerId),
  disown: (target, trackerId) => target.disown(trackerId),
  erase: (target, trackerId) => target.erase(trackerId, 1),
  forget: (target) => target.forget(1),
  renewLease: (target) => target.renewLease("fault", 1_000),
  dropLease: (target) => target.dropLease("fault"),
  liveNodes: (target) => target.liveNodes(),
  owners: (target, trackerId) => target.owners([trackerId]),
  fullness: (target) => target.fullness(),
};

/** How each call ended and how long it took. */
async function outcomes(target: MessageStore = store, trackerOf: (call: string) => number = freshTracker): Promise<Record<string, string>> {
  const ended = Object.entries(calls).map(async ([name, call]) => {
    const started = performance.now();
    const outcome = await call(target, trackerOf(name)).then(
      () => "answered",
      (error: unknown) => (error instanceof StoreUnavailable && error.code === "store-unavailable" ? "unavailable" : String(error)),
    );
    return [name, performance.now() - started < PROMISED_MS ? outcome : "too late"];
  });
  return Object.fromEntries(await Promise.all(ended));
}

const answered = Object.fromEntries(Object.keys(calls).map((name) => [name, "answered"]));
/** What takes more in than it gives back. */
const refused = Object.fromEntries(["submit", "receive", "retryDeadLetter", "claimKey"].map((name) => [name, "unavailable"]));
const unavailable = Object.fromEntries(Object.keys(calls).map((name) => [name, "unavailable"]));

function listed(trackerId: number): Promise<readonly Message[]> {
  return store.list({ trackerId, from: null, to: null, limit: 1_024, ascending: true });
}

async function recovered(): Promise<void> {
  await expect.poll(() => store.healthy(), { timeout: 10_000, interval: 20 }).toBe(true);
}

describe("RedisStore when Redis fails", () => {
  it("says so in time while Redis hangs, and works again by itself", async () => {
    redis.pause();
    try {
      expect(await outcomes()).toEqual(unavailable);
      expect(await store.healthy()).toBe(false);
      expect(await outcomes()).toEqual(unavailable);
    } finally {
      redis.resume();
    }
    await recovered();
    expect((await message(store, await submitted(store, freshTracker()))).state).toBe("queued");
  });

  it("says so at once while Redis is gone, and finds everything again after a crash", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId);
    const port = redis.port;
    const lost = once(connection, "close");
    const restarted = redis.restart();
    await lost;
    const now = await store.submit(draft(trackerId)).catch((error: unknown) => error);
    expect(now).toSatisfy((value) => value instanceof StoreUnavailable || (value as { type: string }).type === "stored");
    await restarted;
    await recovered();
    expect(redis.port).toBe(port);
    expect((await message(store, id)).text).toBe("hello");
  });

  it("refuses texts at the memory limit, yet reads, and settles what was delivered", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId);
    const line = await TestLine.open(store, trackerId);
    await line.claim();
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    try {
      await expect(store.submit(draft(trackerId))).rejects.toThrow(StoreUnavailable);
      await expect(received(store, trackerId, { texts: [deviceText("up")] })).rejects.toThrow(/OOM/);
      await line.settle({ type: "delivered", id, receipt: "device" });
      expect((await message(store, id)).state).toBe("delivered");
      expect(await listed(trackerId)).toHaveLength(1);
      expect(await store.healthy()).toBe(false);
    } finally {
      await redis.command("CONFIG", "SET", "maxmemory", "0");
    }
    expect(await store.healthy()).toBe(true);
  });

  it("at the memory limit takes nothing in, and everything else goes on: also of trackers that this node has not named before", async () => {
    const trackers = new Map<string, number>();
    for (const name of Object.keys(calls)) {
      const trackerId = freshTracker();
      trackers.set(name, trackerId);
      await incoming(store, trackerId, "up");
      await deadLetter(store, trackerId);
      await submitted(store, trackerId);
    }
    const other = new RedisStore(connection, new NodeEvents(connection, "other"));
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    try {
      expect(await outcomes(other, (name) => trackers.get(name) ?? 0)).toEqual({ ...answered, ...refused });
      const left = await Promise.all(["removeOld", "clear"].map((name) => listed(trackers.get(name) ?? 0)));
      expect(left.map(({ length }) => length)).toEqual([1, 0]);
    } finally {
      await redis.command("CONFIG", "SET", "maxmemory", "0");
    }
  });

  it("refuses while Redis is a replica", async () => {
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    try {
      await expect(store.submit(draft(freshTracker()))).rejects.toThrow(StoreUnavailable);
      expect(await store.healthy()).toBe(false);
    } finally {
      await redis.command("REPLICAOF", "NO", "ONE");
    }
    await recovered();
  });

  it("gives up waiting for a Redis that is not there", async () => {
    const nowhere = connectRedis("redis://127.0.0.1:1", "requests");
    await expect(connected(nowhere, 50)).rejects.toThrow(StoreUnavailable);
    nowhere.disconnect();
  });
});

describe("RedisStore when a connection is cut before the reply", () => {
  const ROUNDS = 60;

  it("(the proxy bites: a plain counter counts twice)", async () => {
    const proxy = await startCuttingProxy(redis.port);
    const plain = new Redis(proxy.port, "127.0.0.1", { retryStrategy: () => 1 });
    plain.on("error", () => undefined);
    await plain.ping();
    for (let round = 0; round < 20; round += 1) {
      proxy.cutReply(0);
      await plain.incr("cut-test");
    }
    expect(Number(await redis.command("GET", "cut-test"))).toBeGreaterThan(20);
    plain.disconnect();
    await proxy.close();
  });

  it("stores each text never twice, and once when it says so", async () => {
    const proxy = await startCuttingProxy(redis.port);
    const cut = connectRedis(`redis://127.0.0.1:${proxy.port}`, "requests");
    await connected(cut, 10_000);
    const behind = new RedisStore(cut);
    const trackerId = freshTracker();
    const told = new Map<string, number>();
    const note = (text: string, result: Promise<number>): Promise<unknown> =>
      result.then((id) => told.set(text, id)).catch(unavailableOnly);
    for (let round = 0; round < ROUNDS; round += 1) {
      proxy.cutReply(round % 3);
      await note(`down${round}`, submitted(behind, trackerId, { text: `down${round}` }));
      proxy.cutReply(round % 2);
      const up = received(behind, trackerId, { texts: [deviceText(`up${round}`)] });
      await note(
        `up${round}`,
        up.then(({ ids }) => ids[0] ?? 0),
      );
      await expect.poll(() => cut.status, { interval: 5 }).toBe("ready");
    }
    const all = await listed(trackerId);
    const texts = all.map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    for (const [text, id] of told) expect(all.find((one) => one.id === id)?.text).toBe(text);
    expect(told.size).toBeGreaterThan(ROUNDS / 2);
    expect(proxy.cuts).toBeGreaterThan(ROUNDS);
    cut.disconnect();
    await proxy.close();
  }, 60_000);
});

function unavailableOnly(error: unknown): void {
  expect(error).toBeInstanceOf(StoreUnavailable);
}
