/** Three nodes behind HAProxy beside one: what a text costs when its line may be on another node. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../config.ts";
import { findRedis } from "../../redis/binary.ts";
import { filesIn, redisConf } from "../../redis/redis-conf.ts";
import { untilOpen } from "./brokers.ts";
import { type Closed, closedLoop, openLine, textExchange } from "./load.ts";
import { type Outgoing, outgoing } from "./outgoing.ts";
import { freePort, type Product, startProduct, wialonDevice } from "./product.ts";
import { missing, type Row } from "./rows.ts";
import { figure, median, percentile } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";

const LINES = 200;
const TEXTS_PER_SECOND = 100;
const WARM_UP_SECONDS = 10;
const COUNTS = [1, 3];
const MEMORY = 2 ** 30;
const PASSWORD = "bench-password-of-nobody";
const HAPROXY = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"].find((path) => existsSync(path));

interface Run {
  readonly count: number;
  readonly incoming: Closed;
  readonly down: Outgoing;
}

export async function nodes(plan: SuitePlan): Promise<Row[]> {
  if (HAPROXY === undefined) return [missing("three nodes behind HAProxy", "HAProxy is not installed here")];
  const runs: Run[] = [];
  for (const count of COUNTS) {
    plan.log(`${count} nodes behind HAProxy ...`);
    runs.push(await measured(plan, count, HAPROXY));
  }
  return runs.map(rowOf);
}

async function measured(plan: SuitePlan, count: number, haproxy: string): Promise<Run> {
  const redis = await startRedis();
  const products: Product[] = [];
  const fleet = { wialon: LINES, jt808: LINES, accounts: 0 };
  const settings = { REDIS_URL: redis.url, PROXY_PROTOCOL: "127.0.0.1" };
  let proxy: { readonly port: number; stop(): void } | null = null;
  try {
    while (products.length < count)
      products.push(await startProduct(plan.cli, fleet, { ...settings, NODE_ID: `bench-${products.length + 1}` }));
    proxy = await startHaproxy(haproxy, products);
    const { port } = proxy;
    const lines = await Promise.all(Array.from({ length: LINES }, (_, index) => openLine(port, `#L#${wialonDevice(index)};NA\r\n`)));
    const pids = [...products.map(({ pid }) => pid), redis.pid];
    const incoming = await closedLoop(lines, textExchange(), { seconds: plan.seconds * plan.rounds, pids, perSecond: null });
    for (const line of lines) line.destroy();
    const [first] = products;
    if (first === undefined) throw new Error("no node");
    // All calls go to one node: with three, two of three lines are on another.
    const down = { protocol: plan.jt808, profile: plan.profile, devices: LINES, perSecond: TEXTS_PER_SECOND, follow: false };
    await outgoing({ ...first, gatewayPort: port }, { ...down, seconds: WARM_UP_SECONDS });
    return { count, incoming, down: await outgoing({ ...first, gatewayPort: port }, { ...down, seconds: plan.seconds * plan.rounds }) };
  } finally {
    proxy?.stop();
    for (const product of products) await product.stop();
    redis.stop();
  }
}

function rowOf({ count, incoming, down }: Run): Row {
  const node = incoming.cpus.slice(0, -1).reduce((sum, cpu) => sum + cpu, 0);
  const us = (cpu: number): string => figure((cpu * 1e6) / incoming.answers);
  return {
    what: `${count} ${count === 1 ? "node" : "nodes"} behind HAProxy with PROXY v2, one Redis`,
    product: `${figure(incoming.rate)} texts stored and acknowledged/s, ${us(node)} us of Node and ${us(incoming.cpus.at(-1) ?? 0)} us of Redis each; HTTP call to bytes at the device at ${TEXTS_PER_SECOND}/s p50 ${figure(median(down.toDevice))} ms, p99 ${figure(percentile(down.toDevice, 0.99))} ms`,
    yardstick: "-",
    ratio: "-",
    aim: "-",
    spread: `${down.shown} of ${down.sent} arrived; nodes, Redis, HAProxy and load side share the cores`,
  };
}

async function startRedis(): Promise<{ readonly url: string; readonly pid: number; stop(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "tracker-chat-bench-redis-"));
  const files = filesIn(folder);
  mkdirSync(files.data);
  const port = await freePort();
  const { redis } = readConfig({}, []);
  if (redis.type !== "embedded") throw new Error("REDIS_URL: the benchmarks measure a Redis of their own, unset it");
  const { path, major } = findRedis(redis.binary, redis.searchPath);
  writeFileSync(files.conf, redisConf({ files, place: { host: "127.0.0.1", port, password: PASSWORD }, maxMemoryBytes: MEMORY, major }));
  const child = spawn(path, [files.conf], { stdio: "ignore" });
  await untilOpen(port);
  return { url: `redis://:${PASSWORD}@127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => end(child, folder) };
}

async function startHaproxy(haproxy: string, products: readonly Product[]): Promise<{ readonly port: number; stop(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "tracker-chat-bench-haproxy-"));
  const port = await freePort();
  const servers = products.map(({ gatewayPort }, index) => `  server node-${index + 1} 127.0.0.1:${gatewayPort} send-proxy-v2\n`);
  const defaults = "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 5m\n  timeout server 5m\n";
  writeFileSync(
    join(folder, "haproxy.cfg"),
    `${defaults}listen devices\n  bind 127.0.0.1:${port}\n  balance leastconn\n${servers.join("")}`,
  );
  const child = spawn(haproxy, ["-f", join(folder, "haproxy.cfg"), "-db"], { stdio: "ignore" });
  await untilOpen(port);
  return { port, stop: () => end(child, folder) };
}

function end(child: ChildProcess, folder: string): void {
  child.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  child.kill("SIGKILL");
}
