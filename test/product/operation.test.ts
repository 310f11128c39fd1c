/** What operators see of the real process. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice } from "../support/product.ts";

const TRACKER = 1_000_002;

let here: Product;
let driver: TestDevice;

beforeAll(async () => {
  here = await Product.start();
  driver = new TestDevice("jt808", "13912345678", here.gatewayPort);
  await driver.online();
}, 60_000);

afterAll(async () => {
  driver.runner.stop();
  await here.stop();
}, 60_000);

async function metrics(): Promise<string> {
  return await (await fetch(`${here.url}/metrics`)).text();
}

/** The value of the sample that begins so; labels stand in the order of docs/metrics.md. */
function sample(text: string, start: string): number {
  const line = text.split("\n").find((one) => one.startsWith(start));
  return Number(line?.slice(line.lastIndexOf(" ") + 1));
}

describe("the metrics of a product at work", { timeout: 60_000 }, () => {
  it("tell of a text down, a text up, and who is there", async () => {
    await here.send(TRACKER, "where are you?");
    await until(() => driver.shown.length === 1);
    driver.runner.say("on my way");
    await until(() => driver.acknowledged.length === 1);
    await until(async () => (await here.list(TRACKER)).some(({ status, type }) => type === "OUTGOING" && status === "DELIVERED"));
    const text = await metrics();
    const jt808 = 'protocol="jt808"';
    expect(sample(text, `tracker_chat_texts_total{direction="out",${jt808},state="delivered"`)).toBe(1);
    expect(sample(text, `tracker_chat_texts_total{direction="in",${jt808},state="stored"`)).toBe(1);
    expect(sample(text, `tracker_chat_deliveries_total{${jt808},attempt="1"`)).toBe(1);
    expect(sample(text, `tracker_chat_logins_total{${jt808}`)).toBe(1);
    expect(sample(text, `tracker_chat_lines{${jt808}`)).toBe(1);
    expect(sample(text, 'tracker_chat_lines{protocol="wialon-ips"')).toBe(0);
    expect(sample(text, `tracker_chat_frames_total{${jt808}`)).toBeGreaterThanOrEqual(4);
    expect(text).toMatch(/tracker_chat_receipt_latency_seconds_count\{node="[^"]+",protocol="jt808"\} 1\n/);
    for (const gauge of ["redis_up", "open_connections"]) expect(sample(text, `tracker_chat_${gauge}{`)).toBe(1);
    expect(sample(text, "tracker_chat_redis_used_bytes{")).toBeGreaterThan(500_000);
    expect(sample(text, "tracker_chat_redis_max_bytes{")).toBeGreaterThan(16_000_000);
    expect(sample(text, "tracker_chat_redis_write_seconds_count{")).toBeGreaterThan(0);
    await until(async () => sample(await metrics(), "tracker_chat_event_loop_delay_seconds_count{") > 3);
  });
});

describe("a drain with a delay", { timeout: 60_000 }, () => {
  it("says that the node is not ready first, and serves devices and calls meanwhile", async () => {
    const leaving = await Product.start({ DRAIN_DELAY: "3s" });
    const first = new TestDevice("jt808", "13912345678", leaving.gatewayPort);
    const late = new TestDevice("wialon-ips", "356307042441013", leaving.gatewayPort);
    try {
      await first.online();
      const ended = leaving.end("SIGTERM");
      const ready = async () => await fetch(`${leaving.url}/readyz`);
      await until(async () => (await ready()).status === 503);
      expect(await (await ready()).json()).toEqual({ ready: false, reason: "draining" });
      expect(await (await fetch(`${leaving.url}/metrics`)).text()).toMatch(/^tracker_chat_ready\{[^}]*\} 0$/m);
      late.runner.start();
      await late.online();
      await leaving.send(TRACKER, "one more");
      await until(() => first.shown.includes("one more"));
      expect(first.disconnections).toBe(0);
      const { code, ms } = await ended;
      expect(code).toBe(0);
      expect(ms).toBeGreaterThanOrEqual(3_000);
      expect(ms).toBeLessThan(13_000);
    } finally {
      for (const device of [first, late]) device.runner.stop();
      await leaving.stop();
    }
  });
});
