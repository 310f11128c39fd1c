/** Live events on two real processes over one Redis: whatever dies, a client that comes back misses nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { EventClient } from "../support/event-client.ts";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const TRACKER = 1_000_002;
const DEVICE = "13912345678";

let redis: TestRedis;
let a: Product;
let b: Product;
const devices: TestDevice[] = [];
const clients: EventClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const env = (node: string) => ({ REDIS_URL: redis.url, NODE_ID: node });
  a = await Product.start(env("node-a"));
  b = await Product.start(env("node-b"));
}, 60_000);

afterEach(() => {
  for (const one of devices.splice(0)) one.runner.stop();
  for (const one of clients.splice(0)) one.close();
});

afterAll(async () => {
  await Promise.all([a.stop(), b.stop()]);
  await redis.stop();
}, 60_000);

function device(on: Product): TestDevice {
  const made = new TestDevice("jt808", DEVICE, on.gatewayPort);
  devices.push(made);
  return made;
}

async function listen(on: Product, since: string | null = null, hash = DEMO_HASH): Promise<EventClient> {
  const query = since === null ? "" : `?since=${since}`;
  const client = await EventClient.open(`${on.url}/tracker/chat/events${query}`, { authorization: `NVX ${hash}` });
  clients.push(client);
  await until(() => client.names.includes("hello"));
  return client;
}

const texts = (...heard: readonly EventClient[]): readonly string[] =>
  heard.flatMap((client) => client.of("message").map(({ message }) => message.text));

describe("live events", { timeout: 60_000 }, () => {
  it("of a device at one node are heard at the other, at once and in the order of list", async () => {
    const client = await listen(b);
    const driver = device(a);
    await driver.online();
    await until(() => client.of("presence").at(-1)?.online === true);
    const from = performance.now();
    const id = await b.send(TRACKER, "hello");
    await until(() => client.of("status").some(({ message_id, state }) => message_id === id && state === "delivered"));
    expect(performance.now() - from).toBeLessThan(1_500);
    driver.runner.say("hello yourself");
    await until(() => client.of("unread").length > 0);
    const [sent, said] = (await a.list(TRACKER)).slice(-2);
    expect(client.of("message").map(({ message }) => message.id)).toEqual([sent?.id, said?.id]);
    expect(client.of("message").at(-1).message).toEqual(said);
    expect(client.of("status").map(({ state }) => state)).toEqual(["written", "delivered"]);
    driver.runner.stop();
    await until(() => client.of("presence").at(-1)?.online === false);
  });

  it("end at every node within 2 s of a logout", async () => {
    const answer = await fetch(`${a.url}/user/auth`, {
      method: "POST",
      body: new URLSearchParams({ login: "demo@example.com", password: "demo" }),
    });
    const { hash } = (await answer.json()) as { readonly hash: string };
    const [here, there] = [await listen(a, null, hash), await listen(b, null, hash)];
    const from = performance.now();
    await fetch(`${a.url}/user/logout?hash=${hash}`);
    await until(() => here.ended && there.ended);
    expect(performance.now() - from).toBeLessThan(2_000);
    expect([here.of("bye"), there.of("bye")]).toEqual([[{ reason: "session-ended" }], [{ reason: "session-ended" }]]);
    const refused = await EventClient.open(`${b.url}/tracker/chat/events?hash=${hash}`);
    expect((await refused.json()).status.code).toBe(4);
  });

  it("go on where they were when the node that told them is killed", async () => {
    const doomed = await Product.start({ REDIS_URL: redis.url, NODE_ID: "node-c" });
    const before = await listen(doomed);
    const wanted = Array.from({ length: 40 }, (_, n) => `around a kill ${n}`);
    const sending = (async () => {
      for (const text of wanted) await b.send(TRACKER, text);
    })();
    await until(() => texts(before).length >= 5);
    await doomed.end("SIGKILL");
    await sending;
    const after = await listen(a, before.lastId);
    const ids = (await a.list(TRACKER)).filter(({ text }) => wanted.includes(text)).map(({ id }) => id);
    await until(() => texts(before, after).length >= ids.length);
    expect(texts(after).length).toBeGreaterThan(0);
    expect([before, after].flatMap((client) => client.of("message").map(({ message }) => message.id))).toEqual(ids);
    expect(after.names).not.toContain("reset");
    await doomed.stop();
  });

  it("survive a restart of Redis: nothing is missing, nothing comes twice", async () => {
    const client = await listen(a);
    await a.send(TRACKER, "before the restart");
    await until(() => texts(client).includes("before the restart"));
    await redis.restart();
    await until(async () => (await b.call("send", { tracker_id: TRACKER, message: "after the restart" })).body.success, String, 10_000);
    await until(() => texts(client).includes("after the restart"), String, 10_000);
    const stored = (await a.list(TRACKER)).filter(({ text }) => text.endsWith("the restart")).map(({ id }) => id);
    expect(client.of("message").map(({ message }) => message.id)).toEqual(stored);
    const resumed = await listen(b, client.lastId);
    expect(resumed.names).toEqual(["hello"]);
  });

  it("say that the devices of a dead node are gone, and tell what it had not told", async () => {
    const doomed = await Product.start({ REDIS_URL: redis.url, NODE_ID: "node-d" });
    const driver = device(doomed);
    await driver.online();
    const client = await listen(b);
    await until(async () => (await b.call("roster")).body.list?.some((entry) => Reflect.get(entry, "online") === true) ?? false);
    await doomed.end("SIGKILL");
    driver.runner.stop();
    // The lease of 10 s, and three looks.
    await until(() => client.of("presence").at(-1)?.online === false, String, 25_000);
    expect(client.of("presence").filter(({ online }) => !online)).toHaveLength(1);
    expect((await b.call("roster")).body.list?.some((entry) => Reflect.get(entry, "online") === true)).toBe(false);
    await doomed.stop();
  });
});
