import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findRedis } from "../src/redis/binary.ts";
import { lockData } from "../src/redis/data-lock.ts";
import { type EmbeddedEvent, type EmbeddedRedis, startEmbedded } from "../src/redis/embedded.ts";
import { isAlive } from "../src/redis/processes.ts";
import { MAX_SOCKET_PATH } from "../src/redis/redis-conf.ts";

const PATH = process.env["PATH"] ?? "";
const MB = 1024 * 1024;
const folders: string[] = [];
const running: EmbeddedRedis[] = [];
const clients: Redis[] = [];
let events: EmbeddedEvent[] = [];

afterEach(async () => {
  for (const open of clients.splice(0)) open.disconnect();
  for (const redis of running.splice(0)) await redis.stop();
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
  events = [];
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "embedded-"));
  folders.push(made);
  return made;
}

async function start(dataDir: string, binary: string | null = null): Promise<EmbeddedRedis> {
  const redis = await startEmbedded({ dataDir, binary, path: PATH, maxMemoryBytes: 64 * MB, report: (event) => events.push(event) });
  running.push(redis);
  return redis;
}

function client(redis: EmbeddedRedis): Redis {
  const made = new Redis({ ...redis.place });
  made.on("error", () => undefined);
  clients.push(made);
  return made;
}

async function setting(redis: Redis, name: string): Promise<unknown> {
  return ((await redis.config("GET", name)) as string[])[1];
}

describe("the embedded Redis", () => {
  it("starts on a private socket with the settings that durability needs", async () => {
    const dataDir = folder();
    const redis = await start(dataDir);
    expect(redis.place).toEqual({ path: join(dataDir, "redis.sock") });
    expect(Number(readFileSync(join(dataDir, "redis.pid"), "utf8"))).toBe(redis.pid);
    expect(statSync(join(dataDir, "redis.sock")).mode & 0o777).toBe(0o700);
    const connection = client(redis);
    const expected = {
      appendonly: "yes",
      appendfsync: "always",
      "maxmemory-policy": "noeviction",
      maxmemory: String(64 * MB),
      save: "",
      port: "0",
      "hash-max-listpack-value": "1024",
    };
    for (const [name, value] of Object.entries(expected)) expect([name, await setting(connection, name)]).toEqual([name, value]);
    expect(events).toEqual([{ type: "started", pid: redis.pid }]);
  });

  it("is in its own process group, so that Ctrl-C at the terminal does not reach it", async () => {
    const redis = await start(folder());
    const group = Number(readFileSync(`/proc/${redis.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2]);
    expect(group).toBe(redis.pid);
  });

  it("keeps what was stored over a stop, and stops for good", async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    await client(first).set("k", "v");
    await first.stop();
    expect(() => process.kill(first.pid, 0)).toThrow("ESRCH");
    expect(existsSync(join(dataDir, "product.lock"))).toBe(false);
    const second = await start(dataDir);
    expect(second.pid).not.toBe(first.pid);
    expect(await client(second).get("k")).toBe("v");
  });

  it("adopts one that answers there, and tells it the settings of this start", async () => {
    const dataDir = folder();
    const before = await start(dataDir);
    await client(before).config("SET", "maxmemory", "17mb", "appendfsync", "everysec");
    await client(before).set("k", "v");
    // As after a kill -9 of the product: its Redis goes on, and its lock names a process that is gone.
    await abandon(before, dataDir);
    const after = await start(dataDir);
    expect(after.pid).toBe(before.pid);
    expect(events.at(-1)).toEqual({ type: "adopted", pid: before.pid });
    const connection = client(after);
    expect(await connection.get("k")).toBe("v");
    expect(await setting(connection, "maxmemory")).toBe(String(64 * MB));
    expect(await setting(connection, "appendfsync")).toBe("always");
    await after.stop();
    expect(isAlive(before.pid)).toBe(false);
  });

  it("is started again when it dies, at the same place", async () => {
    const redis = await start(folder());
    const connection = client(redis);
    await connection.set("k", "v");
    const first = redis.pid;
    process.kill(first, "SIGKILL");
    await vi.waitFor(() => expect(redis.pid).not.toBe(first), { timeout: 10_000 });
    expect(events.map(({ type }) => type)).toEqual(["started", "died", "started"]);
    expect(await connection.get("k")).toBe("v");
  });

  it("refuses a second product on the same folder with one line", async () => {
    const dataDir = folder();
    await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`DATA_DIR: ${dataDir} is in use by another tracker-chat (process ${process.pid})`);
  });

  const misfits = { "too long": "x".repeat(MAX_SOCKET_PATH), "not plain": 'my "data" ?' };
  it.each(Object.entries(misfits))(
    "falls back to a loopback port with a password when the socket's path is %s, and finds it again",
    async (_, name) => {
      const dataDir = join(folder(), name);
      const redis = await start(dataDir);
      expect(redis.place).toMatchObject({ host: "127.0.0.1" });
      expect(statSync(join(dataDir, "redis.port")).mode & 0o777).toBe(0o600);
      const byUrl = new Redis(redis.url);
      clients.push(byUrl);
      expect(await byUrl.ping()).toBe("PONG");
      const stranger = new Redis({ ...redis.place, password: "wrong", retryStrategy: () => null, lazyConnect: true });
      stranger.on("error", () => undefined);
      clients.push(stranger);
      await expect(stranger.get("k")).rejects.toThrow();
      await abandon(redis, dataDir);
      const again = await start(dataDir);
      expect([again.pid, again.place]).toEqual([redis.pid, redis.place]);
    },
  );

  it("waits for one that holds the folder and is silent, instead of starting a second", async () => {
    const dataDir = folder();
    const redis = await start(dataDir);
    await abandon(redis, dataDir);
    process.kill(redis.pid, "SIGSTOP");
    const starting = start(dataDir);
    const resumed = setTimeout(() => process.kill(redis.pid, "SIGCONT"), 2_500);
    const again = await starting;
    clearTimeout(resumed);
    expect(again.pid).toBe(redis.pid);
  });

  it("says in one line why it did not start", async () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, "redis"), "a file where the folder should be");
    await expect(start(dataDir)).rejects.toThrow(/EEXIST|ENOTDIR/);
    const other = folder();
    mkdirSync(join(other, "redis", "appendonlydir"), { recursive: true });
    writeFileSync(join(other, "redis", "appendonlydir", "appendonly.aof.manifest"), "garbage\n");
    const failure = await start(other).catch((error: unknown) => String(error));
    expect(failure).toMatch(/^Error: the embedded Redis did not start: it ended with code 1 \(.*\)$/);
    expect(existsSync(join(other, "product.lock"))).toBe(false);
  });
});

describe("the binary", () => {
  it("is the one that REDIS_BIN names, or an error that says so", () => {
    const found = findRedis(null, PATH);
    expect(findRedis(found.path, "")).toEqual(found);
    expect(() => findRedis("/bin/true", PATH)).toThrow("REDIS_BIN: /bin/true is no redis-server >= 7.0 that runs");
  });
});

describe("the lock", () => {
  it("is void once its holder is gone, even when the process id was taken over", () => {
    const dataDir = folder();
    const other = spawn("sleep", ["60"]);
    try {
      writeFileSync(join(dataDir, "product.lock"), `${other.pid} 1\n`);
      lockData(dataDir).release();
    } finally {
      other.kill("SIGKILL");
    }
    expect(existsSync(join(dataDir, "product.lock"))).toBe(false);
  });

  it("is held by one of many that come at once", () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, "product.lock"), "1 0\n");
    const lock = lockData(dataDir);
    for (let attempt = 0; attempt < 5; attempt += 1) expect(() => lockData(dataDir)).toThrow("is in use");
    lock.release();
    lockData(dataDir).release();
  });
});

/** Leaves the Redis running and forgets the product that started it. */
async function abandon(redis: EmbeddedRedis, dataDir: string): Promise<void> {
  running.splice(running.indexOf(redis), 1);
  await redis.abandon();
  writeFileSync(join(dataDir, "product.lock"), "4194304 0\n");
}
