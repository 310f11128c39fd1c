import { expect, it } from "vitest";
import type { MessageId, TrackerId } from "../../../src/chat/message.ts";
import type { MessageStore } from "../../../src/chat/ports.ts";
import { deadLetter, freshTracker, incoming, message, submitted, TestLine, type World } from "../world.ts";

/** A text that its dispatcher takes back, and how the line that has it hears of that. */
export function withdrawalContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  const cancel = async (trackerId: TrackerId, id: MessageId): Promise<string> => (await store().cancel(trackerId, id)).type;
  const withdrawn = async (line: TestLine, changes: Parameters<TestLine["drain"]>[0] = {}): Promise<readonly MessageId[]> => {
    const result = await line.drain({ room: 0, ...changes });
    return result.type === "drained" ? (result.withdrawn ?? []) : [];
  };

  it("withdraws what is queued, on its way or waiting for its time, as often as asked", async () => {
    const trackerId = freshTracker();
    const line = await TestLine.open(store(), trackerId);
    const written = await submitted(store(), trackerId);
    await line.claim();
    const [queued, later] = [await submitted(store(), trackerId), await submitted(store(), trackerId, { notBeforeMs: 60_000 })];
    for (const id of [written, queued, later, later]) {
      expect(await cancel(trackerId, id)).toBe("cancelled");
      expect(await message(store(), id)).toMatchObject({ state: "cancelled", reason: null, updatedAt: null });
    }
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect(await line.drain({ room: 5 })).toEqual({ type: "drained", texts: [], waiting: 0, dueInMs: null, withdrawn: [written] });
    await line.settle(
      { type: "lapsed", id: written },
      { type: "unconfirmed", id: written },
      { type: "rejected", id: written, reason: "no" },
    );
    expect(await message(store(), written)).toMatchObject({ state: "cancelled", reason: null });
    await line.settle({ type: "delivered", id: written, receipt: "device" });
    expect(await message(store(), written)).toMatchObject({ state: "delivered", receipt: "device" });
    expect(await cancel(trackerId, written)).toBe("not-pending");
  });

  it("withdraws nothing else", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const up = await incoming(store(), trackerId, "up");
    const line = await TestLine.open(store(), trackerId);
    const delivered = await submitted(store(), trackerId);
    await line.settle({ type: "delivered", id: delivered, receipt: "device" });
    const [dead, foreign] = [await deadLetter(store(), trackerId), await submitted(store(), other)];
    const before = await store().find([delivered, up, dead, foreign]);
    for (const id of [delivered, up, dead, foreign, 2_000_000_000, 0]) expect(await cancel(trackerId, id)).toBe("not-pending");
    expect(await cancel(freshTracker(), foreign)).toBe("not-pending");
    expect(await store().find([delivered, up, dead, foreign])).toEqual(before);
    await store().disown(other);
    expect(await cancel(other, foreign)).toBe("not-pending");
  });

  it("names the owner of the line, who has to be told, each time", async () => {
    const trackerId = freshTracker();
    const queued = await submitted(store(), trackerId);
    expect(await store().cancel(trackerId, queued)).toEqual({ type: "cancelled", owner: null });
    const { login } = await TestLine.open(store(), trackerId, "node-b");
    const owner = { node: "node-b", epoch: login.epoch };
    expect(await store().cancel(trackerId, queued)).toEqual({ type: "cancelled", owner });
    expect(await store().cancel(trackerId, await submitted(store(), trackerId))).toEqual({ type: "cancelled", owner });
    await store().logout(trackerId, login.epoch);
    expect(await store().cancel(trackerId, queued)).toEqual({ type: "cancelled", owner: null });
  });

  it("tells a line which of its texts were withdrawn, each time it is asked", async () => {
    const trackerId = freshTracker();
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await submitted(store(), trackerId));
    const [kept = 0, first = 0, delivered = 0, second = 0] = ids;
    const line = await TestLine.open(store(), trackerId);
    await line.claim(4);
    expect(await withdrawn(line)).toEqual([]);
    await line.drain({ room: 0, settlements: [{ type: "delivered", id: delivered, receipt: "device" }] });
    await cancel(trackerId, first);
    await submitted(store(), trackerId, { replaces: second });
    expect(await withdrawn(line)).toEqual([first, second]);
    expect(await withdrawn(line)).toEqual([first, second]);
    expect(await withdrawn(line, { held: [kept, delivered] })).toEqual([]);
  });

  it("tells a line that gives back a text which nobody wants", async () => {
    const trackerId = freshTracker();
    const [id, other] = [await submitted(store(), trackerId), await submitted(store(), trackerId)];
    const line = await TestLine.open(store(), trackerId);
    await line.claim(2);
    await cancel(trackerId, id);
    const settlements = [id, other].map((lapsed) => ({ type: "lapsed", id: lapsed }) as const);
    expect(await withdrawn(line, { held: [], settlements })).toEqual([id]);
    expect((await store().outbox(trackerId)).ids).toEqual([other]);
  });

  it("takes texts of an earlier owner from a line", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await store().disown(trackerId);
    expect(await withdrawn(line)).toEqual([id]);
  });

  it("tells a line that does not own the tracker nothing", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const old = await TestLine.open(store(), trackerId);
    await old.claim();
    await TestLine.open(store(), trackerId);
    await cancel(trackerId, id);
    expect(await old.drain()).toEqual({ type: "stale" });
  });
}
