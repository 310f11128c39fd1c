/** Mail between nodes over a real Redis: what arrives, what is made up for, and what it costs. */
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LineInfo, News } from "../../src/chat/ports.ts";
import { HintBag } from "../../src/outbox/hint-bag.ts";
import { Janitor } from "../../src/outbox/janitor.ts";
import { queueName } from "../../src/outbox/mail.ts";
import { MailWorker } from "../../src/outbox/mail-worker.ts";
import { NodeLines } from "../../src/outbox/node-lines.ts";
import { PostOffice } from "../../src/outbox/post-office.ts";
import { isMine, Sweeper } from "../../src/outbox/sweeper.ts";
import { connectRedis } from "../../src/store/connection.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { until } from "../support/gateway-world.ts";
import { startProxy } from "../support/proxy.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const log = pino({ level: "silent" });
const meter = { count: () => undefined };
const closers: (() => unknown)[] = [];
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await redis.command("FLUSHALL");
});

interface Node {
  readonly post: PostOffice;
  readonly lines: NodeLines;
  readonly got: string[];
  readonly local: LineInfo[];
}

function startNode(name: string, store: MemoryStore, place: Parameters<typeof connectRedis>[0] = redis.url): Node {
  const connection = connectRedis(place, "bullmq");
  const post = new PostOffice({ node: name, connection, meter });
  const got: string[] = [];
  const local: LineInfo[] = [];
  const lines = new NodeLines({ node: name, store, post, connection, local: () => local, kickLocal: () => false });
  const mailbox = {
    hint: (tracker: number, epoch: number, news: News) => void got.push(`hint ${tracker} ${epoch}${news === "text" ? "" : ` ${news}`}`),
    kick: (tracker: number) => void got.push(`kick ${tracker}`),
    lines: (answer: string) => lines.answer(answer),
  };
  const worker = new MailWorker({ node: name, mailbox, connect: () => connectRedis(place, "bullmq"), meter, log });
  worker.start();
  closers.push(() => connection.disconnect());
  closers.push(() => worker.stop());
  return { post, lines, got, local };
}

function lineOf(node: string, trackerId: number): LineInfo {
  return { trackerId, deviceId: `d${trackerId}`, protocol: "p", node, address: "1.2.3.4", since: 1 };
}

describe("mail", () => {
  it("reaches the node it is for, and no other", async () => {
    const store = new MemoryStore(Date.now);
    const [a, b] = [startNode("node:a {x}", store), startNode("b", store)];
    await a.post.hint(7, { node: "b", epoch: 3 });
    await b.post.hint(8, { node: "node:a {x}", epoch: 4 });
    await until(() => a.got.length === 1 && b.got.length === 1);
    expect([a.got, b.got]).toEqual([["hint 8 4"], ["hint 7 3"]]);
  });

  it("that comes while other mail is handed over goes together, the newest text of a line for all before it, and swallows no newer epoch", async () => {
    const post = new PostOffice({ node: "outside", connection: connectRedis(redis.url, "bullmq"), meter });
    const first = post.hint(6, { node: "late", epoch: 1 }, 10);
    // A turn later the first is on its way.
    await new Promise((resolve) => setImmediate(resolve));
    const owner = { node: "late", epoch: 3 };
    const together = [13, 11, 12].map((id) => post.hint(7, owner, id));
    await Promise.all([first, ...together, post.hint(7, { node: "late", epoch: 4 }), post.hint(8, owner, 14), post.hint(8, owner)]);
    expect(await redis.command("LLEN", `bull:${queueName("late")}:wait`)).toBe(2);
    const late = startNode("late", new MemoryStore(Date.now));
    await until(() => late.got.length >= 4);
    expect(late.got).toEqual(["hint 6 1 10", "hint 7 3 13", "hint 7 4", "hint 8 3"]);
  });

  it("does not wait for what failed before it", async () => {
    const sent: string[] = [];
    const bag = new HintBag((hints) => {
      sent.push(hints.map(({ t }) => t).join(" "));
      return hints[0]?.t === 1 ? Promise.reject(new Error("lost")) : Promise.resolve();
    });
    const outcomes = [bag.add({ t: 1, e: 1 }).catch(String), bag.add({ t: 2, e: 1 }).catch(String)];
    await new Promise((resolve) => setImmediate(resolve));
    outcomes.push(bag.add({ t: 3, e: 1 }).then(() => "sent"));
    expect(await Promise.all(outcomes)).toEqual(["Error: lost", "Error: lost", "sent"]);
    for (let tracker = 4; tracker < 1_504; tracker += 1) outcomes.push(bag.add({ t: tracker, e: 1 }).then(() => "sent"));
    await Promise.all(outcomes);
    expect(sent.map((some) => some.split(" ").length)).toEqual([2, 1, 1_000, 500]);
  });

  it("to the node itself, whose line was told already, is gathered", async () => {
    const a = startNode("a", new MemoryStore(Date.now));
    for (let text = 10; text < 15; text += 1) {
      void a.post.hint(7, { node: "a", epoch: 1 }, text);
      // They come one after the other, each after the last could have been handed over.
      await redis.command("PING");
    }
    await until(() => a.got.length > 0);
    expect(a.got).toEqual(["hint 7 1 14"]);
  });

  it("of a withdrawal is not swallowed by the news of a text", async () => {
    const post = new PostOffice({ node: "outside", connection: connectRedis(redis.url, "bullmq"), meter });
    await Promise.all(
      (["text", "withdrawal", "text", "withdrawal"] as const).map((news) => post.hint(7, { node: "late", epoch: 3 }, news)),
    );
    const late = startNode("late", new MemoryStore(Date.now));
    await late.post.hint(9, { node: "late", epoch: 1 });
    await until(() => late.got.includes("hint 9 1"));
    expect(late.got).toEqual(["hint 7 3", "hint 7 3 withdrawal", "hint 9 1"]);
  });

  it("that comes while the same is being read is read again", async () => {
    const a = startNode("a", new MemoryStore(Date.now));
    const post = new PostOffice({ node: "outside", connection: connectRedis(redis.url, "bullmq"), meter });
    // However the sends fall, the last one must be read after it was sent.
    for (let round = 0; round < 200; round += 1) {
      const before = a.got.length;
      await post.hint(7, { node: "a", epoch: 1 });
      if (round % 20 === 19) await until(() => a.got.length > before);
    }
    expect(await redis.command("EXISTS", `bull:${queueName("a")}:wait`)).toBe(0);
  });

  it("works in a cluster", async () => {
    const cluster = await startRedis({ cluster: true });
    closers.push(() => cluster.stop());
    const store = new MemoryStore(Date.now);
    for (const node of ["a", "b"]) await store.renewLease(node, 60_000);
    const [a, b] = [startNode("a", store, cluster.place), startNode("b", store, cluster.place)];
    await a.post.hint(7, { node: "b", epoch: 3 });
    await until(() => b.got.length === 1);
    b.local.push(lineOf("b", 7));
    expect(await a.lines.list()).toEqual([lineOf("b", 7)]);
  });
});

describe("lines of all nodes", () => {
  it("are listed together, and kicked where they are", async () => {
    const store = new MemoryStore(Date.now);
    for (const node of ["a", "b", "dead"]) await store.renewLease(node, 60_000);
    await store.dropLease("dead");
    const [a, b] = [startNode("a", store), startNode("b", store)];
    a.local.push(lineOf("a", 1));
    b.local.push(lineOf("b", 2));
    expect((await a.lines.list()).map(({ node }) => node)).toEqual(["a", "b"]);
    await store.login({ trackerId: 2, node: "b", protocol: "p" });
    expect([await a.lines.kick(2), await a.lines.kick(3)]).toEqual([true, false]);
    await until(() => b.got.length === 1);
    expect(b.got).toEqual(["kick 2"]);
  });
});

describe("a fault", () => {
  it("of Redis, killed and restarted, is over within seconds", async () => {
    const a = startNode("a", new MemoryStore(Date.now));
    await a.post.hint(1, { node: "a", epoch: 1 });
    await until(() => a.got.length === 1);
    await redis.restart();
    await until(
      async () => {
        await a.post.hint(2, { node: "a", epoch: 1 }).catch(() => undefined);
        return a.got.includes("hint 2 1");
      },
      String,
      10_000,
    );
  });

  it("that swallows every packet is found and repaired within 20 s", { timeout: 40_000 }, async () => {
    const proxy = await startProxy(redis.port);
    closers.unshift(() => proxy.close());
    const a = startNode("a", new MemoryStore(Date.now), `redis://127.0.0.1:${proxy.port}`);
    await a.post.hint(1, { node: "a", epoch: 1 });
    await until(() => a.got.length === 1);
    // A job that is being read when the link goes is found by BullMQ's own stalled check, later.
    await until(async () => (await redis.command("LLEN", `bull:${queueName("a")}:active`)) === 0);
    proxy.blackHole();
    const outside = new PostOffice({ node: "outside", connection: connectRedis(redis.url, "bullmq"), meter });
    await outside.hint(2, { node: "a", epoch: 1 });
    await until(() => a.got.includes("hint 2 1"), String, 20_000);
  });
});

describe("the sweeper", () => {
  const protocolOf = () => "test";
  const draft = { text: "x", employeeId: null, urgent: false, altered: false, rejected: null };

  it("hints the lines of this node whose tracker has something pending", async () => {
    const store = new MemoryStore(Date.now);
    for (const trackerId of [1, 2]) await store.submit({ ...draft, trackerId, ttlMs: 60_000 });
    const hinted: number[] = [];
    const lines = { size: 2, has: (tracker: number) => tracker !== 2 };
    const sweeper = new Sweeper({ node: "a", store, lines, hint: (tracker) => hinted.push(tracker), protocolOf, meter, log });
    sweeper.start();
    closers.push(() => sweeper.stop());
    await until(() => hinted.length > 0, String, 7_000);
    expect(new Set(hinted)).toEqual(new Set([1]));
  });

  it("ends what has expired", async () => {
    let now = 1_000_000;
    const store = new MemoryStore(() => now);
    const ids: number[] = [];
    for (let trackerId = 1; trackerId <= 40; trackerId += 1) {
      const submitted = await store.submit({ ...draft, trackerId, ttlMs: trackerId === 5 ? 100_000 : 1_000 });
      if (submitted.type === "stored") ids.push(submitted.id);
    }
    now += 2_000;
    const sweeper = new Sweeper({ node: "a", store, lines: new Map(), hint: () => undefined, protocolOf, meter, log });
    for (let shard = 0; shard < 16; shard += 1) await sweeper.expire(shard, []);
    const states = (await store.find(ids)).map((message) => message?.state);
    expect(states.filter((state) => state === "expired")).toHaveLength(39);
    expect(states[4]).toBe("queued");
  });

  it("shares the shards among the nodes that live", () => {
    const shares = ["a", "b", "c"].map((node) => [...Array(16).keys()].filter((shard) => isMine(shard, node, ["c", "a", "b"])));
    expect(shares.flat().sort((one, other) => one - other)).toEqual([...Array(16).keys()]);
    expect(shares.map(({ length }) => length)).toEqual([6, 5, 5]);
    expect(isMine(0, "d", ["a"])).toBe(false);
  });
});

describe("the janitor", () => {
  it("removes queues of nodes that stay away, and only those", async () => {
    const store = new MemoryStore(Date.now);
    const a = startNode("a", store);
    await a.post.hint(1, { node: "gone", epoch: 1 });
    await a.post.hint(1, { node: "away", epoch: 1 });
    await store.renewLease("a", 60_000);
    const janitor = new Janitor({ node: "a", store, post: a.post, log });
    expect([await janitor.clean(), await janitor.clean()]).toEqual([[], []]);
    await store.renewLease("away", 60_000);
    expect(await janitor.clean()).toEqual(["gone"]);
    const keys = String(await redis.command("KEYS", "*"));
    expect(keys).not.toContain("gone");
    expect(keys).toContain(queueName("away"));
    await store.renewLease("0-first", 60_000);
    expect(await janitor.clean()).toEqual([]);
  });
});

describe("an idle node", () => {
  it("costs fewer than 20 commands a second", async () => {
    const a = startNode("a", new MemoryStore(Date.now));
    await a.post.hint(1, { node: "a", epoch: 1 });
    await until(() => a.got.length === 1);
    const processed = async () => Number(/total_commands_processed:(\d+)/.exec(String(await redis.command("INFO", "stats")))?.[1]);
    const [before, from] = [await processed(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    const perSecond = ((await processed()) - before) / ((performance.now() - from) / 1_000);
    expect(perSecond).toBeLessThan(10);
    expect(perSecond).toBeGreaterThan(0);
  });
});
