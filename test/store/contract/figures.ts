import { expect, it } from "vitest";
import type { MessageStore } from "../../../src/chat/ports.ts";
import { draft, freshTracker, submitted, TestLine, type World } from "../world.ts";

/** What operators measure: how long texts wait, how they end unseen by their line, how full the store is. */
export function figuresContract(world: () => World): void {
  const store = (): MessageStore => world().store;

  it("says how long the oldest text has been waiting, whether a line has it or not", async () => {
    const trackerId = freshTracker();
    expect(await store().oldestWait(trackerId)).toBeNull();
    const first = await submitted(store(), trackerId);
    await world().advance(200);
    await submitted(store(), trackerId, { urgent: true });
    const waited = (await store().oldestWait(trackerId)) ?? 0;
    expect(waited).toBeGreaterThanOrEqual(200);
    const line = await TestLine.open(store(), trackerId);
    await line.claim(2);
    expect(await store().oldestWait(trackerId)).toBeGreaterThanOrEqual(waited);
    await line.settle({ type: "delivered", id: first, receipt: "device" });
    await world().advance(5);
    const urgent = (await store().oldestWait(trackerId)) ?? Number.POSITIVE_INFINITY;
    expect(urgent).toBeGreaterThanOrEqual(5);
    expect(urgent).toBeLessThan(waited + 5_000);
    for (const id of line.held) await line.settle({ type: "delivered", id, receipt: "device" });
    expect(await store().oldestWait(trackerId)).toBeNull();
  });

  it("counts a wait from when the text could go out", async () => {
    const trackerId = freshTracker();
    await store().submit(draft(trackerId, { notBeforeMs: 150 }));
    expect(await store().oldestWait(trackerId)).toBeNull();
    await world().advance(200);
    const waited = (await store().oldestWait(trackerId)) ?? -1;
    expect(waited).toBeGreaterThanOrEqual(50);
    await (await TestLine.open(store(), trackerId)).claim();
    expect(await store().oldestWait(trackerId)).toBeGreaterThanOrEqual(waited);
  });

  it("tells a line how many texts ended without its doing", async () => {
    const trackerId = freshTracker();
    for (const _ of [1, 2]) await submitted(store(), trackerId);
    const given = await submitted(store(), trackerId, { urgent: true });
    await (await TestLine.open(store(), trackerId)).claim(1);
    for (const _ of [1, 2, 3]) await submitted(store(), trackerId, { ttlMs: 1, urgent: true });
    await world().advance(10);
    const line = await TestLine.open(store(), trackerId);
    expect(await line.drain({ room: 1, maxAttempts: 1 })).toMatchObject({ ended: { expired: 3, deadLettered: 1 } });
    expect((await store().deadLetters(1_000)).map(({ id }) => id)).toContain(given);
    expect(await line.drain({ room: 1, maxAttempts: 1 })).not.toHaveProperty("ended");
  });

  it("counts a text that ends with its last lapse", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim(1);
    const settlements = [{ type: "lapsed", id }] as const;
    expect(await line.drain({ settlements, held: [], room: 0, maxAttempts: 1 })).toMatchObject({ ended: { expired: 0, deadLettered: 1 } });
  });

  it("says how full it is", async () => {
    await submitted(store(), freshTracker());
    const { ids, usedBytes, maxBytes } = await store().fullness();
    expect(ids).toBeGreaterThan(0);
    expect(ids).toBeLessThan(0.001);
    expect(usedBytes).toBeGreaterThanOrEqual(0);
    expect(maxBytes).toBe(0);
  });
}
