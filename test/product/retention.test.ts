/** Old messages go by themselves, in the real process. */
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";

const DELIVERED = { deviceId: "356307042441013", trackerId: 1_000_001 };
const AWAY = 1_000_002;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe("retention", { timeout: 60_000 }, () => {
  // Messages are kept for five seconds at least.
  it("removes what was delivered or read long ago, and keeps a text that is still pending", async () => {
    const here = await Product.start({ RETENTION: "5s", RATE_LIMIT: "1000/s" });
    closers.push(() => here.stop());
    const driver = new TestDevice("wialon-ips", DELIVERED.deviceId, here.gatewayPort);
    closers.push(() => driver.runner.stop());
    await driver.online();
    const waiting = await here.send(AWAY, "still on its way");
    await here.send(DELIVERED.trackerId, "hello");
    driver.runner.say("hello yourself");
    await until(async () => (await here.list(DELIVERED.trackerId)).filter(({ status }) => status === "DELIVERED").length === 1);
    await until(() => driver.acknowledged.length === 1);
    expect(await here.list(DELIVERED.trackerId)).toHaveLength(2);
    await until(async () => (await here.call("list", { tracker_id: DELIVERED.trackerId })).body.list?.length === 0, String, 20_000);
    expect((await here.call("updated/list", { trackers: [DELIVERED.trackerId] })).body["value"]).toEqual({});
    expect((await here.call("unread/count")).body["value"]).toEqual({});
    expect((await here.list(AWAY)).map(({ id }) => id)).toEqual([waiting]);
    const metrics = await (await fetch(`${here.url}/metrics`)).text();
    expect(metrics).toMatch(/tracker_chat_messages_removed_total\{cause="age",node="[^"]+"\} 2/);
  });
});
