import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { REMEMBERED_MS, RESEND_MS, StoreUnavailable } from "../../src/chat/ports.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { DEAD_LETTERS, IDS, pendingKey, pendingMarks, scriptKeys, shardOf, trackerKeys } from "../../src/store/keys.ts";
import { IdsUsedUp, LAST_ID } from "../../src/store/limits.ts";
import { readScript } from "../../src/store/lua-script.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { reach } from "../../src/store/redis-reach.ts";
import type { Reply } from "../../src/store/redis-reply.ts";
import { type ScriptArgument, type ScriptName, Scripts } from "../../src/store/redis-scripts.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { deadLetter, deviceText, draft, freshTracker, incoming, message, received, submitted, TestLine } from "./world.ts";

let redis: TestRedis;
let connection: RedisConnection;
let store: RedisStore;
let scripts: Scripts;

beforeAll(async () => {
  redis = await startRedis({ cluster: true });
  connection = connectRedis(redis.place, "requests");
  await connected(connection, 10_000);
  store = new RedisStore(connection);
  scripts = new Scripts(connection);
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});

const head = (trackerId: number): string => trackerKeys(trackerId)[0] ?? "";

/** The same call twice, as when its answer was lost and it was sent again. */
async function twice(name: ScriptName, trackerId: number, ...args: readonly ScriptArgument[]): Promise<[Reply, Reply]> {
  return [await scripts.run(name, scriptKeys(trackerId), args), await scripts.run(name, scriptKeys(trackerId), args)];
}

describe("the script files", () => {
  const folder = join(import.meta.dirname, "../../src/store/lua");
  const files = readdirSync(folder).filter((file) => file.endsWith(".lua") && !file.startsWith("fleet-"));

  it.each(files)("%s declares itself and says what it takes and gives", (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).toMatch(/^#!lua( flags=[a-z-]+)?\n-- .+\n/);
    for (const word of ["-- KEYS ", "-- ARGV ", "-- Output "]) expect(text).toContain(word);
    expect(readScript(file.replace(".lua", ""))).not.toContain("@include");
  });

  it("(the harness bites: a script that leaves its slot is refused)", async () => {
    const foreign = redis.command("EVAL", "#!lua\nreturn redis.call('GET', '{t2}:h')", 1, "{t1}:h");
    await expect(foreign).rejects.toThrow(/slot/);
  });

  it("survives a Redis that forgot its scripts", async () => {
    await submitted(store, freshTracker());
    await redis.command("SCRIPT", "FLUSH");
    expect(await submitted(store, freshTracker())).toBeGreaterThan(0);
  });
});

describe("a call that reaches Redis twice", () => {
  it("stores a text once", async () => {
    const trackerId = freshTracker();
    const id = (await submitted(store, freshTracker())) + 1_000_000;
    const [first, second] = await twice(
      "submit",
      trackerId,
      id,
      1_000_000,
      1,
      0,
      Buffer.from("once"),
      4,
      1_000,
      0,
      1_000,
      1_000,
      0,
      0,
      0,
      10,
      10,
      0,
      0,
    );
    expect(second).toEqual(first);
    expect(await store.outbox(trackerId)).toMatchObject({ ids: [id], bytes: 4 });
    expect(await store.list({ trackerId, from: null, to: null, limit: 10, ascending: true })).toHaveLength(1);
    await store.erase(trackerId);
  });

  it("stores a device's texts once, serial or not", async () => {
    const trackerId = freshTracker();
    const text = [Buffer.from("12345678"), 0, 0, 0, "a"];
    const args = [1_000, Buffer.from("nonce-nonce1"), 1, 0, "", 64, REMEMBERED_MS, RESEND_MS, 0, 0, ...text, ...text];
    const [first, second] = await twice("receive", trackerId, ...args);
    expect(first).toEqual([1, 0, 1_000, 1_001]);
    expect(second).toEqual(first);
    expect(await store.unreadCounts([trackerId])).toEqual(new Map([[trackerId, 2]]));
  });

  it("takes one epoch and names the same displaced owner", async () => {
    const trackerId = freshTracker();
    const { login } = await TestLine.open(store, trackerId, "node-a");
    const [first, second] = await twice("login", trackerId, Buffer.from("nonce-nonce2"), "node-b", "test");
    expect(second).toEqual(first);
    expect(first).toEqual([login.epoch + 1, 0, 0, -1, Buffer.from("node-a"), login.epoch]);
  });

  it("frees a lapsed text once", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId);
    const line = await TestLine.open(store, trackerId);
    await line.claim();
    const request = {
      nonce: "n",
      epoch: line.login.epoch,
      room: 1,
      maxAttempts: 9,
      tagBytes: 100,
      held: [],
      indexed: [],
      indexedAt: 0,
      traces: [],
      tags: [],
      keptTags: 9,
    };
    const [first, second] = await twice("drain", trackerId, JSON.stringify({ ...request, settlements: [{ type: "lapsed", id }] }));
    expect(second).toEqual(first);
    expect(await line.drain({ held: [] })).toMatchObject({ texts: [{ id, attempt: 2 }] });
  });

  it("puts a dead letter back once, and says so both times", async () => {
    const trackerId = freshTracker();
    const id = await deadLetter(store, trackerId);
    expect(await twice("retry", trackerId, id, 1_000_000)).toEqual([1, 1]);
    expect((await store.outbox(trackerId)).ids).toEqual([id]);
    await store.erase(trackerId);
  });
});

describe("writers that overtake each other", () => {
  it("takes a fresh id until it is above the tracker's last", async () => {
    const trackerId = freshTracker();
    const last = await submitted(store, trackerId);
    await redis.command("HSET", head(trackerId), "i", last + 3);
    expect(await submitted(store, trackerId)).toBe(last + 4);
    await redis.command("HSET", head(trackerId), "i", last + 7);
    expect((await received(store, trackerId, { texts: [deviceText("a"), deviceText("b")] })).ids).toEqual([last + 9, last + 10]);
  });

  it("gives up in the end, having stored nothing", async () => {
    const trackerId = freshTracker();
    await redis.command("HSET", head(trackerId), "i", LAST_ID);
    await expect(store.submit(draft(trackerId))).rejects.toThrow(/overtaken/);
    expect(await store.list({ trackerId, from: null, to: null, limit: 10, ascending: true })).toEqual([]);
  });

  it("takes a fresh mark when the sweeper withdrew the one it relied on", async () => {
    const trackerId = freshTracker();
    const shard = shardOf(trackerId);
    const marks = [pendingKey(shard), pendingMarks(shard)];
    const mark = await scripts.run("mark-pending", marks, [trackerId]);
    // The writer has its mark but has not reached the tracker: the sweeper sees an empty outbox.
    expect(await store.outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect(await store.pending(shard)).not.toContain(trackerId);
    const late = await scripts.run("submit", scriptKeys(trackerId), [
      LAST_ID - 1,
      Number(mark),
      1,
      0,
      "text",
      4,
      1_000,
      0,
      1_000,
      1_000,
      0,
      0,
      0,
      10,
      10,
      0,
      0,
    ]);
    expect(late).toEqual([0, 2]);
    const id = await submitted(store, trackerId);
    expect(await store.pending(shard)).toContain(trackerId);
    expect((await store.outbox(trackerId)).ids).toEqual([id]);
  });

  it("keeps a tracker in the index that was marked again meanwhile", async () => {
    const trackerId = freshTracker();
    const shard = shardOf(trackerId);
    const seen = await scripts.run("mark-pending", [pendingKey(shard), pendingMarks(shard)], [trackerId]);
    await scripts.run("mark-pending", [pendingKey(shard), pendingMarks(shard)], [trackerId]);
    expect(await scripts.run("unmark-pending", [pendingKey(shard)], [trackerId, String(seen)])).toBe(0);
    expect(await store.pending(shard)).toContain(trackerId);
  });
});

describe("steps between two calls", () => {
  it("buries no text that the index does not name yet, nor claims past it", async () => {
    const trackerId = freshTracker();
    const [first, second] = [await submitted(store, trackerId), await submitted(store, trackerId)];
    await (await TestLine.open(store, trackerId)).claim();
    const { epoch } = (await TestLine.open(store, trackerId)).login;
    const request = { epoch, room: 2, maxAttempts: 1, tagBytes: 100, held: [], settlements: [], traces: [], tags: [], keptTags: 9 };
    const run = (changes: object): Promise<Reply> =>
      scripts.run("drain", scriptKeys(trackerId), [JSON.stringify({ ...request, nonce: "n", indexed: [], indexedAt: 0, ...changes })]);
    expect(await run({})).toEqual([1, 2, -1, [first], [0, 0], []]);
    const now = Number(await scripts.run("index-dead", [DEAD_LETTERS], [`${trackerId}:${first}`]));
    expect(await run({ indexed: [first], indexedAt: now - 30_000 })).toEqual([1, 2, -1, [first], [0, 0], []]);
    expect(await run({ indexed: [first], indexedAt: now })).toEqual([
      1,
      0,
      -1,
      [],
      [0, 1],
      [],
      [second, expect.any(Buffer), 0, 1, expect.any(Number), 0],
    ]);
    expect((await message(store, first)).state).toBe("dead-lettered");
  });

  it("marks nothing as read that came after the call began", async () => {
    const trackerId = freshTracker();
    const ids = [await incoming(store, trackerId, "1"), await incoming(store, trackerId, "2"), await incoming(store, trackerId, "3")];
    expect(await scripts.run("mark-all-read", scriptKeys(trackerId), [ids[1] ?? 0, 1_000])).toEqual([ids[1], 0]);
    expect((await store.find(ids)).map((one) => one?.state)).toEqual(["marked-read", "marked-read", "unread"]);
    expect(await store.unreadCounts([trackerId])).toEqual(new Map([[trackerId, 1]]));
  });

  it("ends a call that gets no answer", async () => {
    vi.useFakeTimers();
    try {
      const call = expect(reach(new Promise(() => undefined))).rejects.toThrow(StoreUnavailable);
      await vi.advanceTimersByTimeAsync(1_999);
      await call;
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("what only time changes", () => {
  /** Moves a packed time (6 bytes at `at`) back by `ms`. */
  const aged = (packed: Buffer, at: number, ms: number): Buffer => {
    const copy = Buffer.from(packed);
    copy.writeUIntBE(packed.readUIntBE(at, 6) - ms, at, 6);
    return copy;
  };

  it.each([
    [RESEND_MS - 60_000, 1],
    [RESEND_MS + 1, 0],
  ])("recognises a re-send without a serial %i ms later: %i", async (ms, duplicates) => {
    const trackerId = freshTracker();
    await incoming(store, trackerId, "ok");
    const last = await connection.hgetBuffer(head(trackerId), "x");
    await connection.hset(head(trackerId), "x", aged(last ?? Buffer.alloc(0), 8, ms));
    expect((await received(store, trackerId, { epoch: 2, early: true, texts: [deviceText("ok")] })).duplicates).toBe(duplicates);
  });

  it.each([
    [REMEMBERED_MS - 60_000, 1],
    [REMEMBERED_MS, 0],
  ])("recognises a serial %i ms later: %i", async (ms, duplicates) => {
    const trackerId = freshTracker();
    const texts = [deviceText("ok", "1")];
    await received(store, trackerId, { texts });
    const recent = trackerKeys(trackerId)[5] ?? "";
    const entry = await connection.lindexBuffer(recent, 0);
    await connection.lset(recent, 0, aged(entry ?? Buffer.alloc(0), 4, ms));
    expect((await received(store, trackerId, { texts })).duplicates).toBe(duplicates);
  });

  it("never stamps before the last stamp, though Redis' clock went back", async () => {
    const trackerId = freshTracker();
    const future = Date.now() + 3_600_000;
    await redis.command("HSET", head(trackerId), "s", future);
    const id = await submitted(store, trackerId);
    expect((await message(store, id)).submittedAt).toBe(future);
    const line = await TestLine.open(store, trackerId);
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect((await message(store, id)).updatedAt).toBe(future);
  });

  it("lists the newest of more than ten buckets that begin at one time", async () => {
    const trackerId = freshTracker();
    const at = Date.now() + 3_600_000;
    await redis.command("HSET", head(trackerId), "s", at);
    for (let round = 0; round < 15; round += 1) {
      await received(store, trackerId, { texts: Array.from({ length: 100 }, (_, n) => deviceText(`${round * 100 + n}`, "1")) });
    }
    const newest = await store.list({ trackerId, from: at, to: at, limit: 3, ascending: false });
    expect(newest.map(({ text }) => text)).toEqual(["1499", "1498", "1497"]);
    const oldest = await store.list({ trackerId, from: at, to: at, limit: 3, ascending: true });
    expect(oldest.map(({ text }) => text)).toEqual(["0", "1", "2"]);
  });

  it("forgets names of what is no dead letter after a minute, not before", async () => {
    const trackerId = freshTracker();
    const now = Number(await scripts.run("index-dead", [DEAD_LETTERS], [`${trackerId}:1`]));
    await redis.command("ZADD", DEAD_LETTERS, now - 61_000, `${trackerId}:2`);
    await store.deadLetters(1_000);
    expect(await redis.command("ZSCORE", DEAD_LETTERS, `${trackerId}:2`)).toBeNull();
    expect(Number(await redis.command("ZSCORE", DEAD_LETTERS, `${trackerId}:1`))).toBe(now);
  });
});

describe("the last message id", () => {
  it("is never passed and never wraps", async () => {
    const [trackerId, spent] = [freshTracker(), LAST_ID];
    await redis.command("SET", IDS, spent - 2);
    expect(await submitted(store, trackerId)).toBe(spent - 1);
    await expect(received(store, trackerId, { texts: [deviceText("a"), deviceText("b")] })).rejects.toThrow(IdsUsedUp);
    expect(await incoming(store, trackerId, "the last")).toBe(spent);
    await expect(store.submit(draft(trackerId))).rejects.toThrow(/used up/);
    expect(await redis.command("GET", IDS)).toBe(String(spent));
    expect((await store.find([spent, spent - 1])).map((one) => one?.text)).toEqual(["the last", "hello"]);
  });
});
