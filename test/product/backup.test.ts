/** Backup and restore as docs/data.md has them, on a real Redis: the chat goes on, and no number is given twice. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const TRUCK = { tracker: 1_000_002, device: "13912345678" };
const AWAY = 1_000_001;

const PAGE = readFileSync(new URL("../../docs/data.md", import.meta.url), "utf8");

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Way {
  backup(redis: TestRedis, from: string, to: string): Promise<void>;
  /** Gives a Redis as it is run in production. */
  restore(backup: string): Promise<TestRedis>;
}

const AOF: Way = {
  async backup(redis, from, to) {
    await asDocumented(redis, "CONFIG SET auto-aof-rewrite-percentage 0");
    await said(redis, "aof_rewrite_in_progress:0");
    cpSync(join(from, "appendonlydir"), join(to, "appendonlydir"), { recursive: true });
    await asDocumented(redis, "CONFIG SET auto-aof-rewrite-percentage 100");
  },
  restore: (backup) => redisIn(backup),
};

const RDB: Way = {
  async backup(redis, from, to) {
    await asDocumented(redis, "BGSAVE");
    await said(redis, "rdb_bgsave_in_progress:0");
    cpSync(join(from, "dump.rdb"), join(to, "dump.rdb"));
  },
  async restore(backup) {
    const redis = await redisIn(backup, ["--appendonly", "no"]);
    await asDocumented(redis, "CONFIG SET appendonly yes");
    await said(redis, "aof_rewrite_in_progress:0");
    await redis.stop();
    return await redisIn(backup);
  },
};

describe("backup and restore", { timeout: 120_000 }, () => {
  it.each([
    ["the append-only file, copied while texts come in", AOF],
    ["a snapshot", RDB],
  ])("by %s", async (_name, way) => {
    const [before, backup] = [folder(), folder()];
    const first = await redisIn(before);
    const product = await Product.start({ REDIS_URL: first.url, DEMO: "true" });
    closers.push(() => product.end("SIGKILL"));
    const driver = await online(product);
    await product.send(TRUCK.tracker, "delivered before");
    await until(() => driver.shown.length === 1);
    driver.runner.say("said before");
    await until(() => driver.acknowledged.length === 1);
    await until(async () => (await product.list(TRUCK.tracker)).filter(({ status }) => status === "DELIVERED").length === 1);
    driver.runner.stop();
    await until(async () => (await first.command("HGET", `{t${TRUCK.tracker}}:h`, "n")) === null);
    await product.send(TRUCK.tracker, "waits for the truck");
    const waiting = await product.send(AWAY, "waits for long");

    const [, ...during] = await Promise.all([
      way.backup(first, before, backup),
      ...Array.from({ length: 20 }, (_, n) => product.send(AWAY, `during ${n}`)),
    ]);
    const again = await online(product);
    await until(() => again.shown.includes("waits for the truck"));
    const lost = await product.send(AWAY, "after the backup");
    again.runner.say("said after the backup");
    await until(() => again.acknowledged.length === 1);
    const epoch = Number(await first.command("HGET", `{t${TRUCK.tracker}}:h`, "e"));
    await product.end("SIGKILL");
    again.runner.stop();
    await first.stop();

    // Epochs follow the seconds of Redis' clock, and nobody restores a backup within the second of the last login.
    await until(() => Date.now() >= (epoch + 1) * 1000);
    const second = await way.restore(backup);
    await asDocumented(second, "INCRBY '{ids}' 1000000");
    const restored = await Product.start({ REDIS_URL: second.url, DEMO: "true" });
    closers.push(() => restored.stop());
    const listed = await restored.list(AWAY);
    expect(listed[0]).toMatchObject({ id: waiting, status: "PENDING" });
    // What was accepted while the files were copied may be in them or not.
    expect([waiting, ...during]).toEqual(expect.arrayContaining(listed.map(({ id }) => id)));
    expect(listed.map(({ text }) => text)).not.toContain("after the backup");
    expect(textsOf(await restored.list(TRUCK.tracker))).toEqual(["delivered before", "said before", "waits for the truck"]);

    const back = await online(restored);
    // Delivered after the backup, and not known to be: it goes out once more.
    await until(() => back.shown.includes("waits for the truck"));
    expect(Number(await second.command("HGET", `{t${TRUCK.tracker}}:h`, "e"))).toBeGreaterThan(epoch);
    const fresh = await restored.send(TRUCK.tracker, "the chat goes on");
    expect(fresh).toBeGreaterThan(Math.max(lost, ...during));
    await until(() => back.shown.includes("the chat goes on"));
    back.runner.say("on the road");
    await until(async () => textsOf(await restored.list(TRUCK.tracker)).includes("on the road"));
    await until(
      async () =>
        (await restored.list(TRUCK.tracker)).filter(({ type, status }) => type === "OUTGOING" && status === "DELIVERED").length === 3,
    );
    expect(back.shown).toEqual(["waits for the truck", "the chat goes on"]);
  });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tracker-chat-backup-"));
  closers.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function redisIn(directory: string, settings: readonly string[] = []): Promise<TestRedis> {
  const redis = await startRedis({ settings: ["--dir", directory, ...settings] });
  closers.push(() => redis.stop());
  return redis;
}

/** A command that the page has. */
async function asDocumented(redis: TestRedis, command: string): Promise<void> {
  expect(PAGE).toContain(`redis-cli ${command}\n`);
  const [name = "", ...args] = command.replaceAll("'", "").split(" ");
  await redis.command(name, ...args);
}

async function said(redis: TestRedis, line: string): Promise<void> {
  expect(PAGE).toContain(`redis-cli INFO persistence | grep ${line}\n`);
  await until(
    async () =>
      String(await redis.command("INFO", "persistence"))
        .split("\r\n")
        .includes(line),
    String,
    10_000,
  );
}

async function online(product: Product): Promise<TestDevice> {
  const driver = new TestDevice("jt808", TRUCK.device, product.gatewayPort);
  closers.push(() => driver.runner.stop());
  await driver.online();
  return driver;
}

function textsOf(list: readonly { readonly text: string }[]): readonly string[] {
  return list.map(({ text }) => text);
}
