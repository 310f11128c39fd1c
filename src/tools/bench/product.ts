/** The product as a child process on free ports, with a fleet made for measuring. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { children } from "./process-stats.ts";

export interface Product {
  readonly pid: number;
  readonly redisPid: number;
  /** The process itself, or its workers. */
  readonly nodePids: readonly number[];
  readonly http: string;
  readonly gatewayPort: number;
  readonly tlsPort: number;
  readonly dataDir: string;
  /** API key of the account that has the devices. */
  readonly hash: string;
  /** Accounts with one tracker each, that no device has. */
  readonly accounts: readonly BenchAccount[];
  stop(): Promise<void>;
}

export interface FleetPlan {
  readonly wialon: number;
  readonly jt808: number;
  /** Accounts beside the one that has all of these. */
  readonly accounts: number;
}

export interface BenchAccount {
  readonly hash: string;
  readonly trackerId: number;
}

export const WIALON_ID = 1_000;
export const JT808_ID = 100_000;
const ACCOUNT_ID = 200_000;
const HASH = "0123456789abcdef0123456789abcdef";
const TOKEN = "bench-token-bench-token-bench-token";
const START_MS = 20_000;
const CERTIFICATE = [
  "req",
  "-x509",
  "-newkey",
  "ec",
  "-pkeyopt",
  "ec_paramgen_curve:prime256v1",
  "-nodes",
  "-days",
  "2",
  "-subj",
  "/CN=bench",
];

/** `cli`: the compiled command line. `settings`: beside those that measuring needs. `node`: arguments of Node.js itself. */
export async function startProduct(
  cli: string,
  plan: FleetPlan,
  settings: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Promise<Product> {
  const dataDir = mkdtempSync(join(tmpdir(), "tracker-chat-bench-"));
  const [httpPort, gatewayPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const [cert, key] = [join(dataDir, "tls.crt"), join(dataDir, "tls.key")];
  execFileSync("openssl", [...CERTIFICATE, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const env = {
    ...process.env,
    REDIS_URL: undefined,
    DATA_DIR: dataDir,
    HTTP_PORT: String(httpPort),
    GATEWAY_HOST: "127.0.0.1",
    GATEWAY_PORT: String(gatewayPort),
    GATEWAY_TLS_PORT: String(tlsPort),
    TLS_CERT: cert,
    TLS_KEY: key,
    ADMIN_TOKEN: TOKEN,
    DEMO: "false",
    LOG_LEVEL: "error",
    RATE_LIMIT: "1000000/s",
    LOGIN_RATE: "100000/s",
    ...settings,
  };
  const child = spawn(process.execPath, [...node, cli, "serve"], { env, stdio: ["ignore", "ignore", "inherit"] });
  const http = `http://127.0.0.1:${httpPort}`;
  await ready(child, http);
  await putFleet(http, plan);
  const workers = Number(settings["WORKERS"] ?? 1);
  if (workers > 1) await workersReady(http, workers);
  const pid = child.pid ?? 0;
  const accounts = Array.from({ length: plan.accounts }, (_, index) => accountOf(index));
  const addresses = { http, gatewayPort, tlsPort };
  const [redisPid = 0, ...workerPids] = children(pid);
  return {
    pid,
    redisPid,
    nodePids: workers > 1 ? workerPids : [pid],
    ...addresses,
    dataDir,
    hash: HASH,
    accounts,
    stop: () => stop(child, dataDir),
  };
}

export function wialonDevice(index: number): string {
  return `86000000${String(index).padStart(7, "0")}`;
}

export function jt808Device(index: number): string {
  return `1390${String(index).padStart(7, "0")}`;
}

function accountOf(index: number): BenchAccount {
  return { hash: String(index).padStart(32, "f"), trackerId: ACCOUNT_ID + index };
}

async function ready(child: ChildProcess, http: string): Promise<void> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}`);
    const answer = await fetch(`${http}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the product was not ready within ${START_MS / 1_000} s`);
}

/** The second one begins when the first one listens; both must know the fleet. */
async function workersReady(http: string, count: number): Promise<void> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const metrics = await (await fetch(`${http}/metrics`)).text();
    if (metrics.match(/^tracker_chat_ready\{.*\} 1$/gm)?.length === count) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${count} workers were not ready within ${START_MS / 1_000} s`);
}

async function putFleet(http: string, plan: FleetPlan): Promise<void> {
  const tracker = (id: number, device: string, protocol: string, user = 1) => ({
    id,
    user_id: user,
    label: device,
    device_id: device,
    protocol,
    tariff_id: 1,
  });
  const accounts = Array.from({ length: plan.accounts }, (_, index) => accountOf(index));
  const document = {
    tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
    users: [HASH, ...accounts.map(({ hash }) => hash)].map((hash, index) => ({
      id: index + 1,
      login: `bench${index}@example.com`,
      time_zone: "UTC",
      api_keys: [{ hash, title: "bench" }],
    })),
    trackers: [
      ...Array.from({ length: plan.wialon }, (_, index) => tracker(WIALON_ID + index, wialonDevice(index), "wialon-ips")),
      ...Array.from({ length: plan.jt808 }, (_, index) => tracker(JT808_ID + index, jt808Device(index), "jt808")),
      ...accounts.map(({ trackerId }, index) => tracker(trackerId, `none-${index}`, "wialon-ips", index + 2)),
    ],
  };
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${http}/admin/fleet`, { method: "PUT", headers, body: JSON.stringify(document) });
  if (!answer.ok) throw new Error(`the fleet was refused: ${await answer.text()}`);
}

/** Removes what was said to and by these trackers. */
export async function clearChats(http: string, trackerIds: readonly number[]): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (const id of trackerIds) {
    const answer = await fetch(`${http}/admin/trackers/${id}/chat`, { method: "DELETE", headers });
    if (!answer.ok) throw new Error(`the chat of ${id} was not removed: ${await answer.text()}`);
  }
}

async function stop(child: ChildProcess, dataDir: string): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
