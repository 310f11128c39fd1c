/** Two real processes on one Redis: any node's API reaches any node's device, and a device may move. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice, TOKEN } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const TRACKER = 1_000_002;
const DEVICE = "13912345678";

let redis: TestRedis;
let a: Product;
let b: Product;
const devices: TestDevice[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const env = (node: string) => ({ REDIS_URL: redis.url, NODE_ID: node });
  a = await Product.start(env("node-a"));
  b = await Product.start(env("node-b"));
}, 60_000);

afterEach(() => {
  for (const one of devices.splice(0)) one.runner.stop();
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

describe("two nodes", { timeout: 60_000 }, () => {
  it("deliver what is sent at one to a device at the other, at once", async () => {
    const driver = device(b);
    await driver.online();
    for (const text of ["first", "second", "third"]) {
      const from = performance.now();
      await a.send(TRACKER, text);
      await until(() => driver.shown.includes(text));
      // A sweep comes every 5 s: this was the hint.
      expect(performance.now() - from).toBeLessThan(1_500);
    }
    expect(driver.shown).toEqual(["first", "second", "third"]);
    driver.runner.say("from the road");
    await until(() => driver.acknowledged.length === 1);
    await until(async () => (await a.list(TRACKER)).filter(({ status }) => status === "DELIVERED").length >= 3);
    expect((await a.list(TRACKER)).map(({ text }) => text)).toEqual(["first", "second", "third", "from the road"]);
  });

  it("let a device move: the older line goes within two seconds, and texts follow", async () => {
    const older = device(a);
    await older.online();
    older.runner.say("still at a");
    await until(() => older.acknowledged.length === 1);
    const newer = device(b);
    await newer.online();
    const from = performance.now();
    await until(() => older.disconnections === 1);
    expect(performance.now() - from).toBeLessThan(2_000);
    older.runner.stop();
    await a.send(TRACKER, "moved");
    await until(() => newer.shown.includes("moved"));
    expect(older.shown).not.toContain("moved");
  });

  it("go on when one of them is killed: its device reconnects elsewhere and gets its text", async () => {
    const doomed = await Product.start({ REDIS_URL: redis.url, NODE_ID: "node-c" });
    const before = device(doomed);
    await before.online();
    await doomed.end("SIGKILL");
    before.runner.stop();
    const id = await a.send(TRACKER, "after the crash");
    const after = device(b);
    await until(() => after.shown.includes("after the crash"));
    await until(async () => (await a.list(TRACKER)).some((message) => message.id === id && message.status === "DELIVERED"));
    await doomed.stop();
  });

  it("make up for a hint that was lost, within a sweep", async () => {
    const driver = device(b);
    await driver.online();
    // All mail of node b vanishes for a while: its queue cannot be written to.
    const queue = "bull:{gw-node-b}:wait";
    await redis.command("DEL", queue);
    await redis.command("SET", queue, "in the way");
    try {
      await a.send(TRACKER, "without a hint");
      await until(() => driver.shown.includes("without a hint"), String, 10_000);
    } finally {
      await redis.command("DEL", queue);
    }
  });

  it("survive a restart of Redis", async () => {
    const driver = device(b);
    await driver.online();
    await redis.restart();
    await until(async () => (await a.call("send", { tracker_id: TRACKER, message: "after the restart" })).body.success, String, 10_000);
    await until(() => driver.shown.includes("after the restart"), String, 10_000);
    expect(driver.disconnections).toBe(0);
  });

  it("list and kick each other's lines", async () => {
    const driver = device(b);
    await driver.online();
    const admin = async (method: string, path: string) => {
      const answer = await fetch(`${a.url}/admin/${path}`, { method, headers: { authorization: `Bearer ${TOKEN}` } });
      return (await answer.json()) as { readonly success: boolean; readonly list?: readonly Record<string, unknown>[] };
    };
    const line = { tracker_id: TRACKER, device_id: DEVICE, protocol: "jt808", node: "node-b", address: "127.0.0.1" };
    expect((await admin("GET", "lines")).list).toMatchObject([line]);
    expect((await admin("DELETE", `lines/${TRACKER}`)).success).toBe(true);
    await until(() => driver.disconnections === 1);
    expect((await admin("DELETE", "lines/1000001")).success).toBe(false);
  });
});
