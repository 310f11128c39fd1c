/** The Redis user of docs/security.md, over TLS: all that the product does, and nothing else. */
import { Redis } from "ioredis";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Janitor } from "../../src/outbox/janitor.ts";
import { queueName } from "../../src/outbox/mail.ts";
import { MailWorker } from "../../src/outbox/mail-worker.ts";
import { NodeLines } from "../../src/outbox/node-lines.ts";
import { PostOffice } from "../../src/outbox/post-office.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { RedisFleetStore } from "../../src/store/fleet-redis.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { NodeEvents } from "../../src/store/node-events.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { RedisBroadcasts } from "../../src/store/redis-broadcasts.ts";
import { RedisEvents } from "../../src/store/redis-events.ts";
import { RedisWebhooks } from "../../src/store/redis-webhooks.ts";
import { HookQueue } from "../../src/webhooks/hook-queue.ts";
import type { Pumped } from "../../src/webhooks/pump.ts";
import { storeContract } from "../store.contract.ts";
import { until } from "../support/gateway-world.ts";
import { bullmqScripts, ownScripts } from "../support/script-commands.ts";
import { denials, documentedCommands, type SecureRedis, sentCommands, startSecureRedis } from "../support/secure-redis.ts";
import { outboxContract } from "./contract/outbox.ts";
import type { World } from "./world.ts";

const log = pino({ level: "silent" });
const meter = { count: () => undefined };
const NODE = "node-a";

/** What every connection may do before it has said who it is; and what only newer servers know, as the page says. */
const ALWAYS = ["auth", "hello", "client|setinfo"];
/** Sent by the tests' administrator. */
const ADMINISTRATION = ["acl|log", "config|resetstat"];
/** While slots move; the tests' cluster is one node. */
const UNSEEN = ["asking"];

describe("on one Redis", () => {
  const world = userOfRedis(false);

  storeContract("the store", () => world.store());

  it("keeps a fleet: small and large changes, chores, sessions, unknown devices, nudges", () => keepFleet(world));
  it("sends and takes mail, retries it, and removes what a node left behind", () => exchangeMail(world), 40_000);

  it("sees to webhooks: hints, waits, and what comes after", () => seeToWebhooks(world), 40_000);

  it("is denied nothing of that", async () => {
    expect(await denials(world.secure)).toEqual([]);
  });

  it("has been given every command that scripts name or clients send, and none besides", async () => {
    const sent = [...(await sentCommands(world.secure))].filter((name) => ![...ALWAYS, ...ADMINISTRATION].includes(name));
    const needed = new Set([...sent, ...ownScripts(), ...bullmqScripts()]);
    expect([...documentedCommands()].sort()).toEqual([...needed].sort());
  });

  describe("what it has no business with", () => {
    it.each([
      ["CONFIG", "GET", "*"],
      ["CONFIG", "SET", "appendonly", "no"],
      ["DEBUG", "SLEEP", "0"],
      ["KEYS", "*"],
      ["SCAN", "0"],
      ["RANDOMKEY"],
      ["FLUSHALL"],
      ["FLUSHDB"],
      ["SHUTDOWN", "NOSAVE"],
      ["SAVE"],
      ["BGREWRITEAOF"],
      ["MONITOR"],
      ["ACL", "LIST"],
      ["ACL", "SETUSER", "tracker-chat", "+@all"],
      ["CLIENT", "LIST"],
      ["CLIENT", "KILL", "TYPE", "normal"],
      ["CLIENT", "PAUSE", "1"],
      ["SCRIPT", "FLUSH"],
      ["FUNCTION", "LIST"],
      ["REPLICAOF", "NO", "ONE"],
      ["MODULE", "LIST"],
      ["MIGRATE", "127.0.0.1", "1", "health", "0", "1"],
      ["DUMP", "health"],
      ["SWAPDB", "0", "1"],
      ["SELECT", "1"],
      ["SLOWLOG", "GET"],
      ["OBJECT", "ENCODING", "health"],
      ["MULTI"],
    ])("is refused: %s %s", async (name, ...args) => {
      await expect(asUser(world.secure, name, ...args)).rejects.toThrow(/^NOPERM/);
    });

    it.each([
      ["a key of somebody else", "SET", "somebody", "else"],
      ["one that only looks alike", "GET", "tracker-chat"],
      ["a channel of somebody else", "SUBSCRIBE", "somebody"],
      ["telling that channel", "PUBLISH", "somebody", "else"],
      ["a script on such a key", "EVAL", "return redis.call('GET', KEYS[1])", "1", "somebody"],
      ["a script that goes there unsaid", "EVAL", "return redis.call('GET', 'somebody')", "0"],
      ["a script that empties it all", "EVAL", "return redis.call('FLUSHALL')", "0"],
    ])("is refused: %s", async (_, name, ...args) => {
      await expect(asUser(world.secure, name, ...args)).rejects.toThrow(/NOPERM|The user executing the script/);
    });

    it("is refused: coming without a password, or without checking the certificate's authority", async () => {
      await world.secure.redis.command("ACL", "SETUSER", "default", "off");
      const [stranger, guesser] = [new URL(world.secure.url), new URL(world.secure.url)];
      stranger.username = "";
      stranger.password = "";
      guesser.password = "guessed";
      const ca = world.secure.authority.ca;
      await expect(ask(stranger.href, ca, "PING")).rejects.toThrow(/NOAUTH/);
      await expect(ask(guesser.href, ca, "PING")).rejects.toThrow(/WRONGPASS|NOAUTH/);
      await expect(ask(world.secure.url, null, "TIME")).rejects.toThrow(/self-signed certificate|unable to verify/);
      expect(await ask(world.secure.url, ca, "TIME")).toHaveLength(2);
    });
  });
});

describe("in a cluster", () => {
  const world = userOfRedis(true);

  describe("the store", () => {
    let opened: World | undefined;
    beforeAll(async () => {
      opened = await world.store();
    });
    outboxContract(() => {
      if (opened === undefined) throw new Error("the store is not open");
      return opened;
    });
  });

  it("sends and takes mail, retries it, and removes what a node left behind", () => exchangeMail(world), 40_000);

  it("is denied nothing of that, and has been given nothing besides", async () => {
    expect(await denials(world.secure)).toEqual([]);
    const sent = [...(await sentCommands(world.secure))].filter((name) => name.startsWith("cluster|"));
    const more = [...documentedCommands(true)].filter((name) => !documentedCommands().has(name));
    expect(more.sort()).toEqual([...sent, ...UNSEEN].sort());
  });
});

interface UserWorld {
  readonly secure: SecureRedis;
  connect(role: "requests" | "subscriber" | "bullmq"): RedisConnection;
  store(): Promise<World>;
}

/** A Redis for the tests around this call, and connections to it as the user. */
function userOfRedis(cluster: boolean): UserWorld {
  let started: SecureRedis | undefined;
  const open: RedisConnection[] = [];
  const secure = (): SecureRedis => {
    if (started === undefined) throw new Error("Redis has not been started");
    return started;
  };
  beforeAll(async () => {
    started = await startSecureRedis({ cluster });
    await started.redis.command("CONFIG", "RESETSTAT");
  }, 30_000);
  afterAll(async () => {
    for (const connection of open) connection.disconnect();
    await secure().stop();
  });
  const connect: UserWorld["connect"] = (role) => {
    const connection = connectRedis(secure().place, role);
    open.push(connection);
    return connection;
  };
  return {
    get secure() {
      return secure();
    },
    connect,
    store: async () => {
      const [requests, subscriber] = [connect("requests"), connect("subscriber")];
      await Promise.all([connected(requests, 10_000), connected(subscriber, 10_000)]);
      const own = new NodeEvents(requests, NODE);
      return {
        store: new RedisStore(requests, own),
        events: new RedisEvents({ requests, subscriber, own }),
        broadcasts: new RedisBroadcasts(requests),
        webhooks: new RedisWebhooks(requests),
        node: NODE,
        advance: (ms) => advance(secure(), ms),
        close: () => Promise.resolve(),
      };
    },
  };
}

async function advance({ redis }: SecureRedis, ms: number): Promise<void> {
  const timeOf = async (): Promise<number> => {
    const [seconds, microseconds] = (await redis.command("TIME")) as [string, string];
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  };
  const target = (await timeOf()) + ms;
  while ((await timeOf()) < target) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function keepFleet({ connect }: UserWorld): Promise<void> {
  const pairs = [1, 2].map(() => ({ requests: connect("requests"), subscriber: connect("subscriber") }));
  await Promise.all(pairs.map(({ requests }) => connected(requests, 10_000)));
  const [one, other] = pairs.map((pair) => new RedisFleetStore(pair));
  if (one === undefined || other === undefined) throw new Error("two stores were made");
  const nothing = { put: [], remove: [], chores: [] };
  const dealer = (id: number) => ({ kind: "dealer", value: { id, deviceLimit: null } }) as const;
  await one.commit(0, { ...nothing, put: [dealer(1)], chores: [{ type: "erase", trackerId: 1 }] });
  const many = Array.from({ length: 1_000 }, (_, index) => dealer(index + 1));
  await one.commit(1, { ...nothing, put: many, chores: [{ type: "disown", trackerId: 2 }] });
  await one.commit(2, { ...nothing, remove: many.slice(1).map(({ kind, value }) => ({ kind, id: value.id })) });
  expect((await other.since(0))?.put).toEqual([dealer(1)]);
  await one.commit(3, { ...nothing, put: [dealer(5)] });
  expect((await other.since(3))?.put).toEqual([dealer(5)]);
  for (const chore of await other.chores(0)) await other.choreDone(chore);
  const ended = vi.fn();
  other.onSessionEnd(ended);
  await one.openSession("aa", { userId: 7, seal: "s" }, 60_000);
  expect(await other.session("aa")).toEqual({ userId: 7, seal: "s" });
  await one.closeSession("aa");
  await vi.waitFor(() => expect(ended).toHaveBeenCalledWith("aa"));
  await one.noteUnknown([{ key: "a", protocol: "p", address: "1.2.3.4", lastTry: 1 }]);
  expect(await other.unknown()).toHaveLength(1);
  const heard = vi.fn();
  other.onNudge(heard);
  await vi.waitFor(async () => {
    await one.nudge();
    expect(heard).toHaveBeenCalled();
  });
}

async function exchangeMail({ connect, secure }: UserWorld): Promise<void> {
  const store = new MemoryStore(Date.now);
  for (const node of ["a", "b"]) await store.renewLease(node, 60_000);
  const got: string[] = [];
  let questions = 0;
  const [a, b] = ["a", "b"].map((node) => {
    const connection = connect("bullmq");
    const post = new PostOffice({ node, connection, meter });
    const lines = new NodeLines({ node, store, post, connection, local: () => [], kickLocal: () => false });
    const answer = (name: string): Promise<void> => {
      questions += 1;
      // Three attempts: the first question's job fails for good, the second's succeeds when it is tried again.
      return questions <= 4 ? Promise.reject(new Error("planted")) : lines.answer(name);
    };
    const hint = (tracker: number, epoch: number): void => void got.push(`${node} ${tracker} ${epoch}`);
    const worker = new MailWorker({
      node,
      mailbox: { hint, kick: () => undefined, lines: answer },
      connect: () => connect("bullmq"),
      meter,
      log,
    });
    return { post, lines, worker };
  });
  if (a === undefined || b === undefined) throw new Error("two nodes were made");
  for (let times = 0; times < 3; times += 1) await a.post.hint(7, { node: "b", epoch: 3 });
  for (const { worker } of [a, b]) worker.start();
  await until(() => got.includes("b 7 3"));
  for (const asked of [3, 5]) {
    await a.lines.list();
    await until(() => questions >= asked, String, 15_000);
  }
  await Promise.all(Array.from({ length: 50 }, () => a.post.hint(8, { node: "b", epoch: 3 })));
  await until(() => got.includes("b 8 3"));
  await b.worker.stop();
  await a.post.hint(9, { node: "b", epoch: 3 });
  await store.dropLease("b");
  const janitor = new Janitor({ node: "a", store, post: a.post, log });
  for (let looks = 0; looks < 3; looks += 1) await janitor.clean();
  expect(await secure.redis.command("EXISTS", `bull:${queueName("b")}:meta`)).toBe(0);
  await a.worker.stop();
}

async function seeToWebhooks({ connect }: UserWorld): Promise<void> {
  const pumped: number[] = [];
  const pump = (_: number, id: number): Promise<Pumped> => {
    pumped.push(id);
    return Promise.resolve(pumped.length < 3 ? { type: "again", inMs: 10 } : { type: "idle" });
  };
  const queue = new HookQueue({ connect: () => connect("bullmq"), pump, log });
  queue.start();
  await queue.hint(1, 5);
  await until(() => pumped.length >= 3, String, 15_000);
  await queue.stop();
  expect(new Set(pumped)).toEqual(new Set([5]));
}

function asUser(secure: SecureRedis, name: string, ...args: readonly string[]): Promise<unknown> {
  return ask(secure.url, secure.authority.ca, name, ...args);
}

/** One command over a connection of its own; rejects with why that failed. */
async function ask(url: string, ca: Buffer | null, ...command: readonly string[]): Promise<unknown> {
  const settings = { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, maxRetriesPerRequest: 0 };
  const client = new Redis(url, { ...settings, ...(ca === null ? {} : { tls: { ca } }) });
  let reason: unknown = null;
  client.on("error", (error) => {
    reason ??= error;
  });
  try {
    const [name = "", ...args] = command;
    await client.connect();
    return await client.call(name, ...args);
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}
