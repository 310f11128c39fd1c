/** What is deleted is gone from Redis: all of it is searched for what named the tracker and the account. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, runCommand, TestDevice, TOKEN } from "../support/product.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { contentOf, type KeyContent, keysNaming } from "../support/redis-content.ts";

const HASH = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/** Ids that nothing else looks like, in digits or in bytes. */
const USER = 1_876_543_219;
const GONE = { id: 1_234_567_891, deviceId: "356307042449911", label: "Gone Truck" };
const KEPT = { id: 1_345_678_917, deviceId: "356307042449922", label: "Kept Truck" };
const FLEET = {
  tariffs: [{ id: 1, features: ["chat"] }],
  users: [{ id: USER, login: "leaver@example.com", password: "secret", api_keys: [{ hash: HASH, title: "leaving" }] }],
  employees: [{ id: 1_456_789_123, user_id: USER, first_name: "Leonore", last_name: "Leavitt", tracker_id: GONE.id }],
  trackers: [GONE, KEPT].map(({ id, deviceId, label }) => ({
    id,
    user_id: USER,
    device_id: deviceId,
    label,
    tariff_id: 1,
    phone: `+49${id}`,
  })),
};
/** May name a deleted tracker's id for a while, never more than ids: the change log and its chores, the stream of 24 hours, broadcasts of its account, a node's list of the last seconds. */
const IDS_ONLY = /^(?:\{f\}:(?:log|chores)|ev:\{u\d+\}|bc:\{u\d+\}:\d+|ev:node:\{.*\}|bull:.*)$/;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe("export and deletion", { timeout: 60_000 }, () => {
  it("of a tracker leaves nothing of it, of an account nothing at all; what others have stays", async () => {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const product = await Product.start({ REDIS_URL: redis.url });
    closers.push(() => product.stop());
    expect(await admin(product, "PUT", "fleet", FLEET)).toMatchObject({ success: true });
    const session = await signIn(product);
    await chat(product, GONE, "gone");
    await chat(product, KEPT, "kept");
    const words = {
      gone: ["gone: from the office", "gone: from the driver", GONE.label, GONE.deviceId, `+49${GONE.id}`],
      kept: ["kept: from the driver"],
    };
    const before = await contentOf(redis.url);
    expect(before.filter(({ families }) => families.length !== 1).map(({ key, families }) => [key, families])).toEqual([]);
    for (const word of [...words.gone, ...words.kept]) expect(keysNaming(before, [word]), word).not.toEqual([]);
    expect(keysNaming(before, [GONE.id]).filter((key) => !IDS_ONLY.test(key)).length).toBeGreaterThan(5);

    const file = join(product.dataDir, "chats.csv");
    expect(await run(product, ["export", "--user", String(USER), "--format", "csv", "--out", file])).toEqual({ code: 0, err: "" });
    expect(
      readFileSync(file, "utf8")
        .match(/(?:gone|kept): from the (?:office|driver)/g)
        ?.sort(),
    ).toEqual(["gone: from the driver", "gone: from the office", "kept: from the driver", "kept: from the office"]);
    expect(await run(product, ["export", "--user", "1", "--out", file])).toEqual({
      code: 1,
      err: `tracker-chat: ${product.url} answered Entity not found (error 204)\n`,
    });
    expect(readdirSync(product.dataDir)).not.toContain("chats.csv.part");

    expect(await admin(product, "DELETE", `trackers/${GONE.id}`)).toEqual({ success: true });
    await until(
      async () => (await strays(redis, [GONE.id])).length === 0,
      () => "the tracker's id to be gone",
      10_000,
    );
    const between = await contentOf(redis.url);
    expect(keysNaming(between, words.gone)).toEqual([]);
    for (const word of words.kept) expect(keysNaming(between, [word]), word).not.toEqual([]);

    expect(await admin(product, "DELETE", `users/${USER}`)).toMatchObject({ success: true, removed: { trackers: 1, employees: 1 } });
    const named = [USER, KEPT.id, ...words.kept, "leaver@example.com", "Leonore", "Leavitt", digest(HASH), digest(session)];
    await until(
      async () => (await strays(redis, named)).length === 0,
      () => "the account to be gone",
      10_000,
    );
    await until(
      async () => ownKeys(await contentOf(redis.url)).length === 0,
      () => "the account's keys to be gone",
      10_000,
    );
    expect((await product.call("list", { hash: session, tracker_id: KEPT.id })).body.status).toMatchObject({ code: 4 });
  });
});

/** Keys of the account or of its trackers. */
function ownKeys(content: readonly KeyContent[]): readonly string[] {
  return content.map(({ key }) => key).filter((key) => [`{u${USER}}`, `{t${GONE.id}}`, `{t${KEPT.id}}`].some((slot) => key.includes(slot)));
}

async function strays(redis: TestRedis, needles: readonly (string | number)[]): Promise<readonly string[]> {
  return keysNaming(await contentOf(redis.url), needles).filter((key) => !IDS_ONLY.test(key));
}

/** A conversation that leaves something of every kind. */
async function chat(product: Product, { id, deviceId }: typeof GONE, name: string): Promise<void> {
  const call = async (path: string, parameters: object) => (await product.call(path, { hash: HASH, ...parameters })).body;
  const device = new TestDevice("wialon-ips", deviceId, product.gatewayPort);
  closers.push(() => device.runner.stop());
  await device.online();
  const sent = await call("send", {
    tracker_id: id,
    message: `${name}: from the office`,
    choices: ["yes", "no"],
    idempotency_key: `${name} key`,
  });
  expect(sent.success).toBe(true);
  device.runner.say(`${name}: from the driver`);
  await until(() => device.acknowledged.length === 1);
  await until(
    async () =>
      (await call("list", { tracker_id: id })).list?.some(({ status, type }) => type === "OUTGOING" && status === "DELIVERED") === true,
  );
  const later = {
    tracker_id: id,
    message: `${name}: later`,
    not_before: new Date(Date.now() + 3_600_000).toISOString(),
    iso_datetime: true,
  };
  expect(await call("send", later)).toMatchObject({ success: true });
  expect(await call("broadcast", { trackers: [id], message: `${name}: to all`, idempotency_key: `${name} broadcast` })).toMatchObject({
    success: true,
  });
  await until(() => device.shown.some((text) => text.includes("to all")));
}

/** A command that talks to this product. */
async function run(product: Product, args: readonly string[]): Promise<{ readonly code: number | null; readonly err: string }> {
  const { code, err } = await runCommand(args, { HTTP_PORT: String(product.httpPort), ADMIN_TOKEN: TOKEN, ...product.env });
  return { code, err };
}

async function signIn(product: Product): Promise<string> {
  const response = await fetch(`${product.url}/user/auth`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "leaver@example.com", password: "secret" }),
  });
  return ((await response.json()) as { readonly hash: string }).hash;
}

async function admin(product: Product, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${product.url}/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await response.json();
}

function digest(hash: string): string {
  return createHash("sha256").update(hash).digest("hex");
}
