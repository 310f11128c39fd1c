/** The real process with a Redis of its own: texts both ways, crashes, outages, drains. */
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";

/** The demo fleet's devices. */
const DEVICES = [
  { protocol: "wialon-ips", deviceId: "356307042441013", trackerId: 1_000_001 },
  { protocol: "jt808", deviceId: "13912345678", trackerId: 1_000_002 },
] as const;

const products: Product[] = [];
const devices: TestDevice[] = [];

async function product(env: Readonly<Record<string, string>> = {}): Promise<Product> {
  const started = await Product.start(env);
  products.push(started);
  return started;
}

function device(on: Product, index: 0 | 1, options: ConstructorParameters<typeof TestDevice>[3] = {}): TestDevice {
  const { protocol, deviceId } = DEVICES[index];
  const made = new TestDevice(protocol, deviceId, on.gatewayPort, options);
  devices.push(made);
  return made;
}

afterEach(async () => {
  for (const one of devices.splice(0)) one.runner.stop();
  for (const one of products.splice(0)) await one.stop();
});

describe("one node", { timeout: 90_000 }, () => {
  it("carries texts both ways for every protocol of the demo fleet", async () => {
    const here = await product();
    for (const [index, { trackerId }] of DEVICES.entries()) {
      const driver = device(here, index === 0 ? 0 : 1);
      await driver.online();
      const before = await here.send(trackerId, "Привет, водитель");
      await until(
        () => driver.shown.length === 1,
        () => JSON.stringify(driver.outputs),
      );
      expect(driver.shown).toEqual(["Привет, водитель"]);
      await until(async () => (await here.list(trackerId))[0]?.status === "DELIVERED");
      expect((await here.list(trackerId))[0]).toMatchObject({ id: before, type: "OUTGOING", update_time: expect.any(String) });
      driver.runner.say("Здравствуйте");
      await until(() => driver.acknowledged.length === 1);
      const messages = await here.list(trackerId);
      expect(messages.map(({ text, type }) => [text, type])).toEqual([
        ["Привет, водитель", "OUTGOING"],
        ["Здравствуйте", "INCOMING"],
      ]);
      expect((await here.call("unread/count")).body["value"]).toMatchObject({ [trackerId]: 1 });
    }
  });

  it("delivers at login what was sent while the device was away, in order", async () => {
    const here = await product();
    const wanted = ["one", "two", "three"];
    for (const text of wanted) await here.send(DEVICES[1].trackerId, text);
    const driver = device(here, 1);
    await until(() => driver.shown.length === 3);
    expect(driver.shown).toEqual(wanted);
  });

  it("killed with texts in flight loses none and keeps their order, and adopts its Redis", async () => {
    const here = await product();
    const drivers = [device(here, 0), device(here, 1)];
    await Promise.all(drivers.map((driver) => driver.online()));
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    const accepted: string[] = [];
    // A text may be at its device before its call is answered.
    const killed = until(() => drivers.every((driver) => driver.shown.length >= 6)).then(() => here.end("SIGKILL"));
    for (const text of texts) {
      const sent = await Promise.all(DEVICES.map(({ trackerId }) => here.send(trackerId, text).catch(() => 0)));
      if (sent.every((id) => id > 0)) accepted.push(text);
      else break;
    }
    await killed;
    expect(accepted.length).toBeGreaterThan(4);
    await here.start();
    expect(here.output).toContain("embedded Redis adopted");
    for (const [index, driver] of drivers.entries()) {
      await until(
        () => accepted.every((text) => driver.shown.includes(text)),
        () => JSON.stringify(driver.shown),
        30_000,
      );
      const first = [...new Set(driver.shown)];
      expect(first).toEqual([...first].sort((one, other) => texts.indexOf(one) - texts.indexOf(other)));
      // A text may be shown twice only where its receipt was lost with the process.
      expect(driver.shown.length - first.length).toBeLessThanOrEqual(4);
      const trackerId = DEVICES[index]?.trackerId ?? 0;
      await until(async () => (await here.list(trackerId)).every(({ status }) => status === "DELIVERED"), String, 30_000);
    }
  });

  it("answers at once while Redis hangs, acknowledges nothing, and goes on afterwards", async () => {
    const here = await product();
    const driver = device(here, 1);
    await driver.online();
    const redis = /"pid":(\d+),"msg":"embedded Redis started"/.exec(here.output)?.[1] ?? "";
    execFileSync("kill", ["-STOP", redis]);
    try {
      driver.runner.say("do not lose me");
      const [list, send] = await Promise.all([
        here.call("list", { tracker_id: DEVICES[1].trackerId }),
        here.call("send", { tracker_id: DEVICES[1].trackerId, message: "never mind" }),
      ]);
      expect([list.body.status?.code, send.body.status?.code]).toEqual([14, 8]);
      expect(Math.max(list.ms, send.ms)).toBeLessThan(2_000);
      expect((await fetch(`${here.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${here.url}/livez`)).status).toBe(200);
      expect(driver.acknowledged).toEqual([]);
      expect(driver.disconnections).toBe(0);
    } finally {
      execFileSync("kill", ["-CONT", redis]);
    }
    await until(
      () => driver.acknowledged.length === 1,
      () => JSON.stringify(driver.outputs),
      40_000,
    );
    const incoming = (await here.list(DEVICES[1].trackerId)).filter(({ type }) => type === "INCOMING");
    expect(incoming.map(({ text }) => text)).toEqual(["do not lose me"]);
    await here.send(DEVICES[1].trackerId, "still here");
    await until(() => driver.shown.includes("still here"));
  });

  it("ends on SIGTERM within ten seconds, with the receipts that were on their way", async () => {
    const here = await product();
    const driver = device(here, 0, { receipts: "late", lateMs: 1_000 });
    await driver.online();
    const id = await here.send(DEVICES[0].trackerId, "last words");
    await until(() => driver.shown.length === 1);
    const { code, ms } = await here.end("SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    expect(here.output).toContain("embedded Redis stopped");
    expect(here.output).not.toMatch(/"level":(40|50|60)/);
    await here.start();
    expect(await here.list(DEVICES[0].trackerId)).toMatchObject([{ id, status: "DELIVERED" }]);
  });

  it("ends at once on a second signal", async () => {
    const here = await product();
    const driver = device(here, 0, { receipts: "silent" });
    await driver.online();
    await here.send(DEVICES[0].trackerId, "unanswered");
    await until(() => driver.shown.length === 1);
    const first = here.end("SIGTERM");
    await until(() => here.output.includes("draining"));
    const second = await Promise.all([first, here.end("SIGTERM")]);
    expect(second[0].code).toBe(1);
    expect(second[0].ms).toBeLessThan(1_500);
    // Its Redis runs on, for the next start.
    await here.start();
    expect(here.output).toContain("embedded Redis adopted");
  });

  it("does not start on a port that is taken: one line names the setting, and its Redis goes too", async () => {
    const here = await product();
    const refused: unknown = await Product.start({ GATEWAY_PORT: String(here.gatewayPort) }).catch((error: unknown) => error);
    // The log and the error are two streams: which is read first is chance.
    const words = refused instanceof Error ? refused.message : "it started";
    expect(words).toMatch(/^the product ended with 1: /);
    expect(words).toContain("embedded Redis stopped");
    expect(words).toMatch(/^(?:the product ended with 1: )?tracker-chat: GATEWAY_PORT: 127\.0\.0\.1:\d+ cannot be bound [^\n]*$/m);
  });
});
