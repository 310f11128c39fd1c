/** WORKERS on real processes: shared ports, figures of all, a worker killed, a start that fails, a drain one by one. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { children } from "../../src/tools/bench/process-stats.ts";
import { Pace } from "../../src/workers/pace.ts";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice, TOKEN } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const WIALON = { protocol: "wialon-ips", id: "356307042441013", tracker: 1_000_001 };
const JT808 = { protocol: "jt808", id: "13912345678", tracker: 1_000_002 };

let redis: TestRedis;
let product: Product;
const devices: TestDevice[] = [];

beforeAll(async () => {
  redis = await startRedis();
  product = await Product.start({ REDIS_URL: redis.url, NODE_ID: "node", WORKERS: "2" });
  await until(async () => (await figure("tracker_chat_workers")) === 2 && (await nodesReady()) === 2, String, 30_000);
}, 90_000);

afterEach(() => {
  for (const one of devices.splice(0)) one.runner.stop();
});

afterAll(async () => {
  await product.stop();
  await redis.stop();
}, 60_000);

describe("two workers", { timeout: 60_000 }, () => {
  it("share the devices, and carry texts both ways whichever has the line and whichever is asked", async () => {
    const both = [device(WIALON), device(JT808)];
    await Promise.all(both.map((one) => one.online()));
    await until(async () => (await lines()).length === 2);
    expect((await lines()).map(({ node }) => node).toSorted()).toEqual(["node-1", "node-2"]);
    for (const [index, { tracker }] of [WIALON, JT808].entries()) {
      for (const text of ["one", "two", "three", "four"]) await product.send(tracker, text);
      await until(() => both[index]?.shown.length === 4);
      both[index]?.runner.say("from the road");
      await until(() => both[index]?.acknowledged.length === 1);
      await until(async () => (await product.list(tracker)).filter(({ status }) => status === "DELIVERED").length >= 4);
      expect((await product.list(tracker)).map(({ text }) => text)).toEqual(["one", "two", "three", "four", "from the road"]);
    }
  });

  it("tell their figures together, whichever is asked, each under its own node", async () => {
    for (let asked = 0; asked < 4; asked += 1) {
      const text = await metrics();
      for (const node of ["node-1", "node-2"]) {
        expect(text).toMatch(new RegExp(`^tracker_chat_ready\\{node="${node}"\\} 1$`, "m"));
        expect(text).toMatch(new RegExp(`^process_start_time_seconds\\{node="${node}"\\} \\d+`, "m"));
      }
      expect(text.match(/^# TYPE tracker_chat_lines gauge$/gm)).toHaveLength(1);
      expect(text).toContain('tracker_chat_workers{node="node"} 2');
    }
  });

  it("lose nothing when one is killed: its device comes back to whoever lives, and another worker takes the place", async () => {
    const both = [device(WIALON), device(JT808)];
    await Promise.all(both.map((one) => one.online()));
    await until(async () => (await lines()).length === 2);
    const doomed = (await lines()).find(({ node }) => node === "node-2");
    const orphan = doomed?.tracker_id === WIALON.tracker ? 0 : 1;
    const tracker = [WIALON, JT808][orphan]?.tracker ?? 0;
    const [, second] = workerPids();
    // Zero would be the whole group of this process.
    if (second === undefined) throw new Error("there is no second worker");
    process.kill(second, "SIGKILL");
    const sent = ["during", "the", "crash"];
    for (const text of sent) await until(async () => (await product.call("send", { tracker_id: tracker, message: text })).body.success);
    await until(() => sent.every((text) => both[orphan]?.shown.includes(text)), String, 15_000);
    expect(both[1 - orphan]?.disconnections).toBe(0);
    await until(async () => (await figure("tracker_chat_workers")) === 2 && (await nodesReady()) === 2, String, 30_000);
    expect(await figure("tracker_chat_worker_ends_total")).toBe(1);
  });

  it("end one after the other, and every line with them, on one signal to the process that leads", async () => {
    const driver = device(JT808);
    await driver.online();
    const { code } = await product.end("SIGTERM");
    expect(code).toBe(0);
    const said = product.output
      .split("\n")
      .flatMap((line) => /"node":"([^"]+)".*"msg":"(draining|ended)"/.exec(line)?.slice(1).join(" ") ?? []);
    expect(said).toEqual(["node draining", "node-1 draining", "node-1 ended", "node-2 draining", "node-2 ended", "node ended"]);
    expect(driver.disconnections).toBeGreaterThan(0);
    expect(product.output).toContain("a worker ended and is replaced");
  });
});

it("a port that is taken ends the start with one line, and no worker stays", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const env = { REDIS_URL: redis.url, WORKERS: "2", GATEWAY_PORT: String(port), LOG_LEVEL: "silent" };
  try {
    await expect(Product.start(env)).rejects.toThrow(
      new RegExp(`ended with 1: tracker-chat: GATEWAY_PORT: 127.0.0.1:${port} cannot be bound \\([^\\n]*\\)\\n$`),
    );
  } finally {
    taken.close();
  }
}, 60_000);

it("a worker that dies again and again is waited for longer each time, up to half a minute", () => {
  const pace = new Pace();
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => pace.after(100))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(pace.after(60_000)).toBe(500);
  expect(pace.after(59_999)).toBe(1_000);
});

function device({ protocol, id }: typeof WIALON): TestDevice {
  const made = new TestDevice(protocol, id, product.gatewayPort);
  devices.push(made);
  return made;
}

async function lines(): Promise<readonly { readonly tracker_id: number; readonly node: string }[]> {
  const answer = await fetch(`${product.url}/admin/lines`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { readonly list: readonly { readonly tracker_id: number; readonly node: string }[] }).list;
}

async function metrics(): Promise<string> {
  return await (await fetch(`${product.url}/metrics`)).text();
}

/** A figure of the process that leads. */
async function figure(name: string): Promise<number> {
  return Number(new RegExp(`^${name}\\{node="node"\\} (\\d+)$`, "m").exec(await metrics())?.[1]);
}

async function nodesReady(): Promise<number> {
  return (await metrics()).match(/^tracker_chat_ready\{node="node-\d"\} 1$/gm)?.length ?? 0;
}

/** In the order of their start. */
function workerPids(): readonly number[] {
  return children(product.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0serve\0"));
}
