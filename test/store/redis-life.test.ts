import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IDEMPOTENCY_MS, QUESTION_MS } from "../../src/chat/ports.ts";
import { TIMELINE_MS } from "../../src/chat/timeline.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { scriptKeys, trackerKeys } from "../../src/store/keys.ts";
import { RedisStore } from "../../src/store/redis.ts";
import type { Reply } from "../../src/store/redis-reply.ts";
import { type ScriptArgument, type ScriptName, Scripts } from "../../src/store/redis-scripts.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { DAY_MS, draft, freshTracker, message, submitted, TestLine } from "./world.ts";

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

const keysOf = (trackerId: number) => {
  const [head = "", , , bucket = "", , , , , , , , timeline = "", repeats = ""] = trackerKeys(trackerId);
  return { head, bucket: `${bucket}0`, timeline: `${timeline}0`, repeats };
};

/** Moves a packed time (6 bytes at `at`) back by `ms`. */
const aged = (packed: Buffer | null, at: number, ms: number): Buffer => {
  const copy = Buffer.from(packed ?? Buffer.alloc(0));
  copy.writeUIntBE(copy.readUIntBE(at, 6) - ms, at, 6);
  return copy;
};

/** The same call twice, as when its answer was lost and it was sent again. */
async function twice(name: ScriptName, trackerId: number, ...args: readonly ScriptArgument[]): Promise<[Reply, Reply]> {
  return [await scripts.run(name, scriptKeys(trackerId), args), await scripts.run(name, scriptKeys(trackerId), args)];
}

/** What submit.lua takes, from the id on. */
const submission = (id: number, wish: { replaces?: number; digest?: string }): readonly ScriptArgument[] => [
  ...[id, 1_000_000, 1, 0, Buffer.from("text"), 4, 1_000, 0, 1_000, 1_000, 0],
  ...[wish.replaces ?? 0, wish.digest ?? "", 10, IDEMPOTENCY_MS, 0, 0],
];

describe("a call that reaches Redis twice", () => {
  it("replaces a text once, and says so both times", async () => {
    const trackerId = freshTracker();
    const old = await submitted(store, trackerId);
    const [first, second] = await twice("submit", trackerId, ...submission(old + 1_000_000, { replaces: old }));
    expect(first).toEqual([1, old + 1_000_000, expect.any(Number), Buffer.alloc(0), 0, 1, 0]);
    expect(second).toEqual(first);
    expect(await store.timeline(trackerId, old)).toHaveLength(2);
    await store.erase(trackerId);
  });

  it("knows its own text from one that was stored under the same key before", async () => {
    const trackerId = freshTracker();
    const id = (await submitted(store, freshTracker())) + 1_000_000;
    const [first, second] = await twice("submit", trackerId, ...submission(id, { digest: "0123456789abcdef" }));
    expect(first).toEqual([1, id, expect.any(Number), Buffer.alloc(0), 0, 0, 0]);
    expect(second).toEqual(first);
    const [third, fourth] = await twice("submit", trackerId, ...submission(id + 1, { digest: "0123456789abcdef" }));
    expect(third).toEqual([1, id, expect.any(Number), Buffer.alloc(0), 0, 0, 1]);
    expect(fourth).toEqual(third);
    expect(await store.list({ trackerId, from: null, to: null, limit: 10, ascending: true })).toHaveLength(1);
    await store.erase(trackerId);
  });

  it("keeps a frame, a state and a name on the wire once", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId);
    const { epoch } = (await TestLine.open(store, trackerId)).login;
    const request = { nonce: "n", epoch, room: 1, maxAttempts: 9, tagBytes: 100, held: [], settlements: [], indexed: [], indexedAt: 0 };
    const traces = [{ id, up: false, ageMs: 0 }];
    const tags = [{ id, tag: "17", whole: true }];
    await twice("drain", trackerId, JSON.stringify({ ...request, traces, tags, keptTags: 9 }), Buffer.from("frame"));
    expect(await redis.command("LLEN", trackerKeys(trackerId).find((key) => key.endsWith(":r")) ?? "")).toBe(1);
    expect((await store.timeline(trackerId, id)).map((entry) => (entry.type === "state" ? entry.state : entry.direction))).toEqual([
      "queued",
      "down",
      "written",
    ]);
  });

  it("cancels once, and says so both times", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId);
    const done = [1, Buffer.alloc(0), 0];
    expect(await twice("cancel", trackerId, id)).toEqual([done, done]);
    expect(await store.timeline(trackerId, id)).toHaveLength(2);
  });
});

describe("what only time changes", () => {
  it.each([
    [IDEMPOTENCY_MS - 60_000, true],
    [IDEMPOTENCY_MS, false],
  ])("knows an idempotency key %i ms later: %s", async (ms, repeated) => {
    const trackerId = freshTracker();
    const wish = draft(trackerId, { idempotencyKey: "k" });
    const first = await store.submit(wish);
    if (first.type !== "stored") throw new Error("not stored");
    const { bucket, repeats } = keysOf(trackerId);
    expect(await connection.pttl(repeats)).toBeGreaterThan(IDEMPOTENCY_MS - 60_000);
    await connection.hset(bucket, String(first.id), aged(await connection.hgetBuffer(bucket, String(first.id)), 2, ms));
    const second = await store.submit(wish);
    expect(second).toMatchObject({ repeated });
    expect((await store.submit(wish)).type === "stored").toBe(true);
    expect(await store.submit(wish)).toEqual({ ...second, repeated: true });
  });

  it("forgets what a key stands for after a day", async () => {
    await store.claimKey(7, "k", "body");
    const [key = ""] = (await redis.command("KEYS", "{u7}:k:*")) as readonly string[];
    const left = await connection.pttl(key);
    expect([left > IDEMPOTENCY_MS - 60_000, left <= IDEMPOTENCY_MS]).toEqual([true, true]);
    await connection.pexpire(key, 1_000);
    expect(await store.claimKey(7, "k", "body")).toBe("same");
    expect(await connection.pttl(key)).toBeLessThanOrEqual(1_000);
  });

  it.each([
    [QUESTION_MS - 60_000, true],
    [QUESTION_MS, false],
  ])("has a question open %i ms later: %s", async (ms, open) => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId, { choices: ["a", "b"] });
    await (await TestLine.open(store, trackerId)).claim();
    const { head } = keysOf(trackerId);
    await connection.hset(head, "oq", aged(await connection.hgetBuffer(head, "oq"), 4, ms));
    const { standing } = (await TestLine.open(store, trackerId)).login;
    expect(standing.question ?? null).toEqual(open ? { messageId: id, choices: ["a", "b"] } : null);
  });

  it("keeps a timeline for a week past its last entry, of a pending text past its time to live; then the delivery is still known", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store, trackerId, { ttlMs: 30 * DAY_MS });
    const { timeline } = keysOf(trackerId);
    const line = await TestLine.open(store, trackerId);
    expect(await redis.command("EXISTS", timeline)).toBe(0);
    await line.claim();
    expect(Math.abs((await connection.pttl(timeline)) - 30 * DAY_MS - TIMELINE_MS)).toBeLessThan(60_000);
    await connection.pexpire(timeline, 60_000);
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect(Math.abs((await connection.pttl(timeline)) - TIMELINE_MS)).toBeLessThan(60_000);
    await connection.del(timeline);
    const { submittedAt, updatedAt } = await message(store, id);
    const nothing = { type: "state", node: null, attempt: null, reason: null };
    expect(await store.timeline(trackerId, id)).toEqual([
      { ...nothing, at: submittedAt, state: "queued" },
      { ...nothing, at: updatedAt, state: "delivered" },
    ]);
  });

  it("leaves nothing of an erased tracker behind", async () => {
    const trackerId = freshTracker();
    await store.submit(draft(trackerId, { idempotencyKey: "k", notBeforeMs: 60_000 }));
    const id = await submitted(store, trackerId);
    await store.cancel(trackerId, id);
    expect(await redis.command("KEYS", `{t${trackerId}}*`)).not.toEqual([]);
    await store.erase(trackerId);
    expect(await redis.command("KEYS", `{t${trackerId}}*`)).toEqual([]);
  });
});
