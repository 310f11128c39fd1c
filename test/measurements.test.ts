/** What is measured by looking: how late the loop is, how the store does, how long texts wait. */
import { describe, expect, it } from "vitest";
import { LoopDelay } from "../src/loop-delay.ts";
import { OutboxAge } from "../src/outbox/outbox-age.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { StoreWatch } from "../src/store-watch.ts";
import { deadLetter, submitted } from "./store/world.ts";
import { until } from "./support/gateway-world.ts";

describe("the loop's delay", () => {
  it("is what a blocked loop adds to a timer", async () => {
    const beats: number[] = [];
    const loop = new LoopDelay({ now: () => performance.now(), onBeat: (lateMs) => beats.push(lateMs) });
    loop.start();
    await until(() => beats.length > 0);
    const before = beats.length;
    const end = performance.now() + 400;
    while (performance.now() < end);
    await until(() => beats.length > before);
    loop.stop();
    expect(Math.min(...beats)).toBeGreaterThanOrEqual(0);
    expect(beats[before]).toBeGreaterThan(250);
  });
});

describe("the store's watch", () => {
  it("times writes and sees what the store holds", async () => {
    const store = new MemoryStore(Date.now, 2 ** 30);
    await deadLetter(store, 1);
    const writes: number[] = [];
    let now = 0;
    const watch = new StoreWatch({ store, now: () => (now += 3), onWrite: (ms) => writes.push(ms) });
    expect(watch.up).toBe(false);
    await watch.look();
    expect({ up: watch.up, deadLetters: watch.deadLetters, ids: watch.fullness.ids, writes }).toEqual({
      up: true,
      deadLetters: 1,
      ids: expect.closeTo(0.5, 3),
      writes: [3],
    });
  });

  it("times no write that was not done, and keeps what it knew", async () => {
    const store = new MemoryStore(Date.now);
    const writes: number[] = [];
    const watch = new StoreWatch({ store, now: () => 0, onWrite: (ms) => writes.push(ms) });
    await watch.look();
    store.healthy = () => Promise.resolve(false);
    await watch.look();
    expect({ up: watch.up, writes }).toEqual({ up: false, writes: [0] });
  });
});

describe("the outbox' age", () => {
  it("is the longest wait in any shard", async () => {
    let now = 1_000_000;
    const store = new MemoryStore(() => now);
    const age = new OutboxAge(store);
    await submitted(store, 1);
    now += 4_000;
    await submitted(store, 2);
    now += 1_000;
    await age.look(1, [1]);
    await age.look(2, [2]);
    expect(age.oldestMs).toBe(5_000);
    await age.look(1, []);
    expect(age.oldestMs).toBe(1_000);
  });

  it("asks for a bounded part of a shard, and for all of it in the end", async () => {
    const asked: number[] = [];
    const age = new OutboxAge({ oldestWait: (trackerId) => Promise.resolve(asked.push(trackerId)) });
    const trackers = Array.from({ length: 30 }, (_, index) => index);
    await age.look(0, trackers);
    expect(asked).toHaveLength(8);
    for (const _ of [1, 2, 3, 4]) await age.look(0, trackers);
    expect(new Set(asked)).toEqual(new Set(trackers));
  });
});
