/** What a text may ask for and what is told of its life, on the real process with real devices' bytes. */
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";

const TRACKER = 1_000_001;
let here: Product | null = null;
let driver: TestDevice | null = null;

afterEach(async () => {
  driver?.runner.stop();
  await here?.stop();
});

describe("one node", { timeout: 90_000 }, () => {
  it("asks a question, takes its answer, and explains what happened; what was withdrawn or replaced never goes out", async () => {
    const product = await Product.start();
    here = product;
    const call = async (path: string, parameters: Readonly<Record<string, unknown>>) => (await product.call(path, parameters)).body;
    const send = (message: string, wishes: object = {}) => call("send", { tracker_id: TRACKER, message, ...wishes });
    const withdrawn = (await send("withdrawn"))["id"];
    expect(await call("message/cancel", { message_id: withdrawn })).toEqual({ success: true });
    const old = (await send("old"))["id"];
    expect(await send("new", { replaces: old })).toMatchObject({ success: true, replaced: true });
    await send("urgent", { urgent: true });
    const soon = new Date(Date.now() + 4_000).toISOString();
    await send("later", { not_before: soon, iso_datetime: true });
    const question = (await send("Arrived?", { choices: ["yes", "no"], idempotency_key: "q" }))["id"];
    const device = new TestDevice("wialon-ips", "356307042441013", product.gatewayPort);
    driver = device;
    await device.online();
    const words = ["urgent", "new", "Arrived? 1. yes 2. no", "later"];
    await until(
      () => device.shown.length === words.length,
      () => JSON.stringify(device.shown),
    );
    expect(device.shown).toEqual(words);
    expect((await send("Arrived?", { choices: ["yes", "no"], idempotency_key: "q" }))["id"]).toBe(question);
    device.runner.say("2");
    await until(() => device.acknowledged.length === 1);
    const incoming = (await product.list(TRACKER)).filter(({ type }) => type === "INCOMING");
    expect(incoming).toMatchObject([{ text: "2", answers: question }]);
    const timeline = (await call("message/timeline", { message_id: question }))["timeline"] as readonly Record<string, unknown>[];
    expect(timeline.map((entry) => (entry["frame"] as { direction: string } | undefined)?.direction ?? entry["state"])).toEqual([
      "queued",
      "written",
      "down",
      "up",
      "delivered",
      "answered",
    ]);
    expect(JSON.stringify(timeline)).toContain(Buffer.from("#M#Arrived?").toString("hex"));
    expect(device.shown).toHaveLength(words.length);
  });
});
