/** Three real nodes behind HAProxy with PROXY v2: devices spread, any node reaches any, one drains and one is killed under load. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { until } from "../support/gateway-world.ts";
import { HAPROXY, type Haproxy, startHaproxy } from "../support/haproxy.ts";
import { freePort, Product, TestDevice, TOKEN } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

if (HAPROXY === undefined) console.log("HAProxy is not installed (apt-get install haproxy): nothing is balanced here");

const NODES = 3;
const DEVICES = 45;
const FIRST_TRACKER = 2_000_000;
/** Texts to each device while nodes come and go. */
const TEXTS = 20;
const PAUSE_MS = 100;

let redis: TestRedis;
let nodes: readonly Product[] = [];
let haproxy: Haproxy | null = null;
let devices: readonly TestDevice[] = [];

describe.runIf(HAPROXY !== undefined)("three nodes behind HAProxy", { timeout: 90_000 }, () => {
  beforeAll(async () => {
    redis = await startRedis();
    const env = (number: number) => ({
      REDIS_URL: redis.url,
      NODE_ID: `node-${number}`,
      PROXY_PROTOCOL: "127.0.0.1",
      DEMO: "false",
      DRAIN_DELAY: "1s",
      RATE_LIMIT: "100000/s",
    });
    const first = await Product.start(env(1));
    nodes = [first, ...(await Promise.all(Array.from({ length: NODES - 1 }, (_, index) => Product.start(env(index + 2)))))];
    await importFleet(first);
    const port = await freePort();
    haproxy = startHaproxy([section(port)]);
    devices = Array.from({ length: DEVICES }, (_, index) => new TestDevice("jt808", deviceId(index), port));
    await Promise.all(devices.map((one) => one.online()));
  }, 120_000);

  afterAll(async () => {
    for (const one of devices) one.runner.stop();
    haproxy?.stop();
    await Promise.all(nodes.map((one) => one.stop()));
    await redis.stop();
  }, 60_000);

  it("get equal shares of the devices, at the address that each came from", async () => {
    const lines = await linesOf();
    expect(lines).toHaveLength(DEVICES);
    for (let number = 1; number <= NODES; number += 1) {
      expect(lines.filter(({ node }) => node === `node-${number}`).length).toBeGreaterThanOrEqual(DEVICES / NODES - 1);
    }
    expect(new Set(lines.map(({ address }) => address))).toEqual(new Set(["127.0.0.1"]));
  });

  it("reach any device from any node", async () => {
    for (const [number, node] of nodes.entries()) {
      await Promise.all(devices.map((_, index) => node.send(FIRST_TRACKER + index, `from ${number}`)));
    }
    await until(() => devices.every(({ shown }) => shown.length === NODES), String, 15_000);
    for (const { shown } of devices) expect(shown).toEqual(["from 0", "from 1", "from 2"]);
  });

  it("lose nothing while one drains and another is killed: every text comes, in order, both ways", async () => {
    const [stays, drained, killed] = nodes;
    if (stays === undefined || drained === undefined || killed === undefined) throw new Error("three nodes");
    const before = devices.map(({ shown }) => shown.length);
    const [from, gone] = [performance.now(), devices.map(({ disconnections }) => disconnections)];
    const sending = devices.map(async (device, index) => {
      for (let number = 1; number <= TEXTS; number += 1) {
        await stays.send(FIRST_TRACKER + index, `under load ${number}`);
        if (number % 10 === 0) device.runner.say(`from the road ${number}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    });
    await until(() => devices.every(({ shown }, index) => shown.length > (before[index] ?? 0)));
    const ending = drained.end("SIGTERM");
    await killed.end("SIGKILL");
    expect((await ending).code).toBe(0);
    await Promise.all(sending);
    const wanted = Array.from({ length: TEXTS }, (_, index) => `under load ${index + 1}`);
    const missing = (): readonly string[] => devices.flatMap(({ shown }) => wanted.filter((text) => !shown.includes(text)));
    await until(
      () => missing().length === 0,
      () => `${missing().length} texts`,
      30_000,
    );
    const ms = performance.now() - from;
    for (const { shown } of devices) expect([...new Set(shown)].filter((text) => text.startsWith("under load"))).toEqual(wanted);
    await until(() => devices.every(({ acknowledged }) => acknowledged.length === TEXTS / 10), String, 30_000);
    for (const index of devices.keys()) {
      const heard = (await stays.list(FIRST_TRACKER + index)).filter(({ type }) => type === "INCOMING").map(({ text }) => text);
      expect(heard).toEqual(["from the road 10", "from the road 20"]);
    }
    const moved = devices.filter(({ disconnections }, index) => disconnections > (gone[index] ?? 0)).length;
    const again = devices.reduce((sum, { shown }) => sum + shown.length - new Set(shown).size, 0);
    const figures = `${DEVICES * TEXTS} texts in ${Math.round(ms)} ms, ${moved} of ${DEVICES} devices moved, ${again} texts came twice`;
    console.log(`one node drained, one killed: ${figures}`);
    expect(moved).toBeGreaterThan(DEVICES / NODES);
  });
});

/** Devices go where the fewest are, and only to nodes that are ready. */
function section(port: number): string {
  const server = ({ gatewayPort, httpPort }: Product, index: number): string =>
    `  server node-${index + 1} 127.0.0.1:${gatewayPort} send-proxy-v2 check port ${httpPort} inter 200ms fall 2 rise 1\n`;
  const check = "  balance leastconn\n  option httpchk GET /readyz\n  option redispatch\n  retries 3\n";
  return `listen devices\n  bind 127.0.0.1:${port}\n${check}${nodes.map(server).join("")}`;
}

function deviceId(index: number): string {
  return `1391${String(index).padStart(7, "0")}`;
}

async function importFleet(node: Product): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const document = {
    tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
    users: [{ id: 1, login: "a@example.com", time_zone: "UTC", api_keys: [{ hash: DEMO_HASH, title: "test" }] }],
    trackers: Array.from({ length: DEVICES }, (_, index) => ({
      id: FIRST_TRACKER + index,
      user_id: 1,
      label: `truck ${index}`,
      device_id: deviceId(index),
      protocol: "jt808",
      tariff_id: 1,
    })),
  };
  const answer = await fetch(`${node.url}/admin/fleet`, { method: "PUT", headers, body: JSON.stringify(document) });
  if (!answer.ok) throw new Error(`the fleet was refused: ${await answer.text()}`);
}

async function linesOf(): Promise<readonly { readonly node: string; readonly address: string }[]> {
  const answer = await fetch(`${nodes[0]?.url}/admin/lines`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { readonly list: readonly { readonly node: string; readonly address: string }[] }).list;
}
