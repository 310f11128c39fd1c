/** Webhooks over a real Redis to real servers: several nodes, receivers that fail, hang or are slow, and a Redis that dies. */
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { EventStore } from "../../src/chat/events.ts";
import type { User } from "../../src/chat/fleet.ts";
import { createWebhookSide, type WebhookSide } from "../../src/main-webhooks.ts";
import { connected, connectRedis } from "../../src/store/connection.ts";
import { RedisWebhooks } from "../../src/store/redis-webhooks.ts";
import { fleetOf, redisNode } from "../events/event-world.ts";
import { until } from "../support/gateway-world.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const log = pino({ level: "silent" });
const meter = { count: () => undefined };
const RETRY = { attempts: 3, waitMs: 50 };
const LEASE_MS = 600_000;
const FROM_LOSS_MS = 15_000;

let redis: TestRedis;
let receiver: Receiver;
let lastUser = 0;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await redis.command("FLUSHALL");
});

interface Node {
  readonly side: WebhookSide;
  readonly webhooks: RedisWebhooks;
  readonly events: EventStore;
  /** As a node ends that is told to. */
  stop(): Promise<void>;
}

const directory = fleetOf(1, 2);

async function startNode(name: string): Promise<Node> {
  const { store, events, relayer, die } = await redisNode(redis, name, directory);
  const connection = connectRedis(redis.place, "requests");
  await connected(connection, 10_000);
  await store.renewLease(name, LEASE_MS);
  const webhooks = new RedisWebhooks(connection);
  const connections: { disconnect(): void }[] = [];
  const connect = () => {
    const made = connectRedis(redis.place, "bullmq");
    connections.push(made);
    return made;
  };
  const side = createWebhookSide({
    node: name,
    webhooks,
    events,
    store,
    directory,
    allow: ["loopback"],
    connect,
    meter,
    log,
    retry: RETRY,
  });
  side.start();
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await side.stop();
    await store.dropLease(name).catch(() => undefined);
    await relayer.stop();
    for (const one of [connection, ...connections]) one.disconnect();
    die();
  };
  closers.push(stop);
  return { side, webhooks, events, stop };
}

async function receiving(): Promise<Receiver> {
  receiver = await startReceiver();
  closers.push(() => receiver.stop());
  return receiver;
}

/** An account of its own, that owns the trackers of the fleet now. */
function freshUser(): User {
  lastUser += 1;
  const user = { id: lastUser, login: `u${lastUser}`, timeZone: "UTC", dealerId: null };
  directory.users.set(user.id, user);
  for (const id of [1, 2]) directory.change(id, { userId: user.id });
  return user;
}

const happens = (events: EventStore, user: User, first: number, count: number): Promise<unknown> =>
  events.relay(
    user.id,
    [{ trackerId: 1, first, events: Array.from({ length: count }, (_, at) => ({ type: "unread", unread: first + at }) as const) }],
    true,
  );

const numbers = (got: Receiver["got"] = receiver.got): readonly number[] => got.map(({ json }) => json.data.unread);
const oneTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

describe("webhooks", () => {
  it("are posted once each, in order, however many nodes there are, soon after the event", async () => {
    await receiving();
    const user = freshUser();
    const [a, b, c] = [await startNode("a"), await startNode("b"), await startNode("c")];
    const made = await a.side.webhooks.create(user, receiver.url, ["unread"]);
    for (let at = 0; at < 10; at += 1) await happens([a, b, c][at % 3]?.events ?? a.events, user, at * 10 + 1, 10);
    await until(() => receiver.got.length >= 100, String, FROM_LOSS_MS);
    expect(numbers()).toEqual(oneTo(100));
    expect(new Set(receiver.got.map(({ headers }) => headers["x-tracker-chat-event"])).size).toBe(100);
    expect(receiver.got.every(({ json }) => json.webhook_id === made.id)).toBe(true);
    // It is known now: the next event needs no look.
    const from = performance.now();
    await happens(b.events, user, 101, 1);
    await until(() => receiver.got.length >= 101);
    process.stdout.write(`from an event to its post: ${Math.round(performance.now() - from)} ms\n`);
  }, 40_000);

  it("go on when the node that saw to them stops", async () => {
    await receiving();
    const user = freshUser();
    const [a, b] = [await startNode("a"), await startNode("b")];
    await a.side.webhooks.create(user, receiver.url, ["unread"]);
    await happens(a.events, user, 1, 1);
    await until(() => receiver.got.length === 1, String, FROM_LOSS_MS);
    await a.stop();
    await happens(b.events, user, 2, 5);
    await until(() => receiver.got.length >= 6, String, FROM_LOSS_MS);
    expect(numbers()).toEqual(oneTo(6));
  }, 40_000);

  it("are tried again, then given up, and posted once more when that is wanted", async () => {
    await receiving();
    const user = freshUser();
    const { side, events } = await startNode("a");
    receiver.answer = (response, { json }) => void response.writeHead(json.data.unread === 2 ? 500 : 200).end();
    const { id } = await side.webhooks.create(user, receiver.url, ["unread"]);
    await happens(events, user, 1, 3);
    await until(() => receiver.got.length >= 5, String, FROM_LOSS_MS);
    expect(numbers()).toEqual([1, 2, 2, 2, 3]);
    expect(receiver.got.map(({ headers }) => headers["x-tracker-chat-attempt"])).toEqual(["1", "1", "2", "3", "1"]);
    const [dead] = await side.webhooks.deadEvents(user, id, 10);
    expect(dead).toMatchObject({ attempts: 3, reason: "answered 500", event: { unread: 2 } });
    receiver.answer = (response) => void response.writeHead(200).end();
    expect(await side.webhooks.replayDead(user, id)).toBe(1);
    await until(() => receiver.got.length >= 6, String, FROM_LOSS_MS);
    // One that was taken, by its id.
    await side.webhooks.replay(user, id, String(receiver.got[0]?.headers["x-tracker-chat-event"]));
    await until(() => receiver.got.length >= 7, String, FROM_LOSS_MS);
    expect(numbers()).toEqual([1, 2, 2, 2, 3, 2, 1]);
    expect(receiver.got[6]?.json.id).toBe(receiver.got[0]?.json.id);
    expect(await side.webhooks.list(user)).toMatchObject([{ replays: [], deadEvents: 0, failure: null }]);
  }, 40_000);

  it("do not wait for one another: one server hangs, one is slow", async () => {
    const hanging = await receiving();
    const slow = await receiving();
    const quick = await receiving();
    hanging.answer = () => undefined;
    slow.answer = (response) => void setTimeout(() => response.writeHead(200).end(), 100);
    const user = freshUser();
    const { side, events } = await startNode("a");
    for (const { url } of [hanging, slow, quick]) await side.webhooks.create(user, url, ["unread"]);
    await happens(events, user, 1, 20);
    await until(() => quick.got.length >= 20 && slow.got.length >= 20, String, FROM_LOSS_MS);
    expect([numbers(quick.got), numbers(slow.got), numbers(hanging.got)]).toEqual([oneTo(20), oneTo(20), [1]]);
    await hanging.stop();
  }, 40_000);

  it("go on after Redis was killed and came back, without a gap", async () => {
    await receiving();
    const user = freshUser();
    const { side, events } = await startNode("a");
    receiver.answer = (response) => void setTimeout(() => response.writeHead(200).end(), 20);
    await side.webhooks.create(user, receiver.url, ["unread"]);
    await happens(events, user, 1, 40);
    await until(() => receiver.got.length >= 5, String, FROM_LOSS_MS);
    await redis.restart();
    await until(async () => {
      try {
        await happens(events, user, 41, 5);
        return true;
      } catch {
        return false;
      }
    });
    await until(
      () => new Set(numbers()).size >= 45,
      () => String(numbers()),
      30_000,
    );
    // An event whose finish was not noted comes again; none is missing, and none comes late.
    expect([...new Set(numbers())]).toEqual(oneTo(45));
    expect(receiver.got.length).toBeLessThanOrEqual(46);
  }, 60_000);

  it("are not posted inside unless that is allowed", async () => {
    await receiving();
    const user = freshUser();
    const { side, events, webhooks } = await startNode("a");
    const { end } = await events.place(user.id, null, true);
    // As if it had been made while the setting allowed it.
    const made = await webhooks.create(user.id, { url: "http://169.254.169.254/latest/meta-data", kinds: ["unread"], secret: "s" }, end);
    await happens(events, user, 1, 1);
    await until(async () => (await side.webhooks.deadEvents(user, made?.id ?? 0, 10)).length === 1, String, FROM_LOSS_MS);
    expect(await side.webhooks.deadEvents(user, made?.id ?? 0, 10)).toMatchObject([{ reason: expect.stringContaining("WEBHOOK_ALLOW") }]);
  }, 40_000);
});
