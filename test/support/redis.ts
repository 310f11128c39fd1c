/** A private Redis for tests: own process, own directory, loopback only, durable as in production. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";
import type { RedisPlace } from "../../src/store/connection.ts";

export interface TestRedis {
  readonly place: RedisPlace;
  readonly url: string;
  readonly port: number;
  /** Of a cluster's nodes among themselves. */
  readonly busPort: number;
  /** Sends one command to the server itself, past every connection under test. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** SIGSTOP and SIGCONT: the server hangs without closing a socket. */
  pause(): void;
  resume(): void;
  /** kill -9 and a new process on the same port and data. */
  restart(): Promise<void>;
  /** kill -9, and nothing in its place. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** One node that has all 16384 slots: scripts that touch keys of other slots fail as in a real cluster. `member`: it has none yet. */
  readonly cluster?: boolean | "member";
  /** Further settings, as command line arguments. */
  readonly settings?: readonly string[];
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ["--bind", "127.0.0.1"],
  ["--appendonly", "yes"],
  ["--appendfsync", "always"],
  ["--save", ""],
  ["--maxmemory-policy", "noeviction"],
  ["--hash-max-listpack-value", "1024"],
  ["--hash-max-listpack-entries", "512"],
  ["--enable-debug-command", "yes"],
  ["--loglevel", "warning"],
];

/** Starts a Redis that answers; whoever starts it stops it. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), "tracker-chat-redis-"));
  const [port, busPort] = await freePorts();
  const clustered = ["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-announce-ip", "127.0.0.1"];
  const args = [
    "--port",
    String(port),
    "--dir",
    directory,
    ...SETTINGS.flat(),
    ...(options.cluster ? clustered : []),
    ...(options.settings ?? []),
  ];
  let server = launch(args);
  const url = `redis://127.0.0.1:${port}`;
  const admin = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on("error", () => undefined);
  await alive(admin, server);
  if (options.cluster === true) await ownAllSlots(admin);
  return {
    url,
    port,
    busPort,
    place: options.cluster ? { type: "cluster", urls: [url] } : { type: "url", url },
    command: (name, ...rest) => admin.call(name, ...rest.map(String)),
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    async restart() {
      await end(server);
      server = launch(args);
      await alive(admin, server);
    },
    kill: () => end(server),
    async stop() {
      admin.disconnect();
      await end(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The server's program and the libraries it needs; throws when there is none. */
function findRedis(): { readonly binary: string; readonly libraries: string | null } {
  const chosen = process.env["REDIS_BIN"];
  if (chosen) return { binary: chosen, libraries: null };
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of ["redis-server", "valkey-server"]) {
      if (folder !== "" && existsSync(join(folder, name))) return { binary: join(folder, name), libraries: null };
    }
  }
  const root = join(import.meta.dirname, "../..", ".redis/usr");
  const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
  const binary = join(root, "bin/redis-server");
  if (existsSync(binary)) return { binary, libraries: join(root, `lib/${architecture}-linux-gnu`) };
  throw new Error("no Redis for the tests: set REDIS_BIN, put redis-server or valkey-server on PATH, or run scripts/ensure-redis.js");
}

function launch(args: readonly string[]): ChildProcess {
  const { binary, libraries } = findRedis();
  const env = libraries === null ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries };
  const server = spawn(binary, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  const kill = (): void => void server.kill("SIGKILL");
  process.once("exit", kill);
  server.once("exit", () => process.off("exit", kill));
  return server;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill("SIGKILL");
  await once(server, "exit");
}

async function alive(admin: Redis, server: ChildProcess): Promise<void> {
  const died = once(server, "exit").then(() => {
    throw new Error("redis-server ended at once");
  });
  died.catch(() => undefined);
  await Promise.race([admin.ping(), died]);
}

async function ownAllSlots(admin: Redis): Promise<void> {
  await admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  for (;;) {
    const info = String(await admin.call("CLUSTER", "INFO"));
    if (info.includes("cluster_state:ok")) return;
  }
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return [ports[0] ?? 0, ports[1] ?? 0];
}
