/** Two real processes on a real Redis Cluster: texts both ways over nodes, live events, and a master that is started again. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { EventClient } from "../support/event-client.ts";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";
import { startCluster, type TestCluster } from "../support/redis-cluster.ts";

const TRACKER = 1_000_002;
const DEVICE = "13912345678";

let cluster: TestCluster;
let a: Product;
let b: Product;
let driver: TestDevice;
/** What was started, also when not everything could be. */
const started: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await startCluster();
  started.push(() => cluster.stop());
  const env = (node: string) => ({ REDIS_URL: cluster.masters.map(({ url }) => url).join(), REDIS_CLUSTER: "true", NODE_ID: node });
  a = await Product.start(env("node-a"));
  started.push(() => a.stop());
  b = await Product.start(env("node-b"));
  started.push(() => b.stop());
  driver = new TestDevice("jt808", DEVICE, b.gatewayPort);
  started.push(() => driver.runner.stop());
  await driver.online();
}, 90_000);

afterAll(async () => {
  for (const stop of started.toReversed()) await stop();
}, 60_000);

it("nodes on a cluster carry texts both ways, and tell of them as they happen", { timeout: 30_000 }, async () => {
  const client = await EventClient.open(`${a.url}/tracker/chat/events`, { authorization: `NVX ${DEMO_HASH}` });
  await until(() => client.names.includes("hello"));
  const from = performance.now();
  const id = await a.send(TRACKER, "over the cluster");
  await until(() => driver.shown.includes("over the cluster"));
  // A sweep comes every 5 s: this was the hint.
  expect(performance.now() - from).toBeLessThan(3_000);
  driver.runner.say("from the road");
  await until(() => driver.acknowledged.length === 1);
  await until(async () => (await b.list(TRACKER)).some((message) => message.id === id && message.status === "DELIVERED"));
  await until(() => client.of("message").length === 2 && client.of("status").some(({ state }) => state === "delivered"), String, 15_000);
  client.close();
});

it("each master may be killed and started again: devices stay, texts follow", { timeout: 60_000 }, async () => {
  for (const [index, master] of cluster.masters.entries()) {
    const text = `after ${index}`;
    await master.restart();
    await until(async () => (await a.call("send", { tracker_id: TRACKER, message: text })).body.success, String, 15_000);
    await until(() => driver.shown.includes(text), String, 15_000);
  }
  expect(driver.disconnections).toBe(0);
});
