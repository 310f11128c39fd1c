/** The real process on a Redis over TLS, as the user of docs/security.md: it works, and is denied nothing. */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND_LINE } from "../support/command-line.ts";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice, TOKEN } from "../support/product.ts";
import { denials, type SecureRedis, startSecureRedis } from "../support/secure-redis.ts";

const TRACKER = 1_000_002;

let secure: SecureRedis;
let env: Readonly<Record<string, string>>;
const products: Product[] = [];
const devices: TestDevice[] = [];

beforeAll(async () => {
  secure = await startSecureRedis();
  env = { REDIS_URL: secure.url, REDIS_CA: secure.authority.file };
  for (const node of ["node-a", "node-b"]) products.push(await Product.start({ ...env, NODE_ID: node }));
}, 60_000);

afterAll(async () => {
  for (const device of devices) device.runner.stop();
  for (const product of products) await product.stop();
  await secure.stop();
}, 60_000);

describe("two nodes on it", { timeout: 60_000 }, () => {
  it("carry texts, see each other's lines and say nothing of its password", async () => {
    const [a, b] = products;
    if (a === undefined || b === undefined) throw new Error("two products were started");
    const driver = new TestDevice("jt808", "13912345678", b.gatewayPort);
    devices.push(driver);
    await driver.online();
    await a.send(TRACKER, "over TLS");
    await until(() => driver.shown.includes("over TLS"));
    driver.runner.say("understood");
    await until(() => driver.acknowledged.length === 1);
    const lines = await fetch(`${a.url}/admin/lines`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(((await lines.json()) as { list: unknown[] }).list).toMatchObject([{ node: "node-b", tracker_id: TRACKER }]);
    expect(await (await fetch(`${a.url}/metrics`)).text()).toMatch(/^tracker_chat_redis_up\{[^}]*\} 1$/m);
    expect(await denials(secure)).toEqual([]);
    expect(`${a.output}${b.output}`).not.toContain("a-password-for-tests");
  });

  it("serve the command line that goes to Redis by itself", async () => {
    const [product] = products.splice(0, 1);
    await product?.stop();
    const flags = { ...env, PATH: process.env["PATH"] ?? "", HTTP_PORT: String(product?.httpPort), ADMIN_TOKEN: TOKEN };
    const out = await new Promise<string>((resolve) => {
      execFile(process.execPath, [COMMAND_LINE, "fleet", "export"], { env: flags }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(JSON.parse(out)).toMatchObject({ users: [{ id: 1_000_001 }] });
    expect(await denials(secure)).toEqual([]);
  });
});

it("an authority that cannot be read ends the start with one line", async () => {
  const refused: unknown = await Product.start({ ...env, REDIS_CA: "/nowhere/ca.pem" }).catch((error: unknown) => error);
  expect(refused instanceof Error ? refused.message : "it started").toMatch(/tracker-chat: REDIS_CA: cannot be read \(ENOENT[^\n]*$/m);
}, 60_000);
