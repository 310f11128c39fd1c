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

  it("takes a text off the screen of a navigator that has not acknowledged it, when it is withdrawn or replaced", async () => {
    const product = await Product.start();
    here = product;
    const [trackerId, deviceId] = [1_000_009, "356307042441099"];
    const tracker = { id: trackerId, user_id: 1_000_001, label: "Navigator", device_id: deviceId, protocol: "teltonika" };
    const profile = { inner: "garmin-fmi", fmiUnicode: "assumed" };
    await product.importFleet({ trackers: [{ ...tracker, tariff_id: 1_000_001, profile }] });
    const device = new TestDevice("teltonika", deviceId, product.gatewayPort, { receipts: "silent", profile });
    driver = device;
    await device.online();
    const gone = (): readonly string[] => device.outputs.flatMap((output) => (output.type === "removed" ? [output.text] : []));
    const first = await product.send(trackerId, "gate 4");
    await until(() => device.shown.includes("gate 4"));
    const asked = performance.now();
    expect((await product.call("message/cancel", { message_id: first })).body.success).toBe(true);
    await until(() => gone().includes("gate 4"));
    // Its receipt would be overdue after 15 s: this was the hint.
    expect(performance.now() - asked).toBeLessThan(5_000);
    const second = await product.send(trackerId, "gate 5");
    await until(() => device.shown.includes("gate 5"));
    const { body } = await product.call("send", { tracker_id: trackerId, message: "gate 6", replaces: second });
    expect(body).toMatchObject({ success: true, replaced: true });
    await until(() => gone().includes("gate 5") && device.shown.includes("gate 6"));
    expect(device.shown).toEqual(["gate 4", "gate 5", "gate 6"]);
    expect((await product.list(trackerId)).map(({ status }) => status)).toEqual(["PENDING", "PENDING", "PENDING"]);
  });
});
