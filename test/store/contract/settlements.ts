import { expect, it } from "vitest";
import type { Message, MessageState } from "../../../src/chat/message.ts";
import type { MessageStore } from "../../../src/chat/ports.ts";
import type { Settlement } from "../../../src/core/session-io.ts";
import { deviceText, freshTracker, incoming, message, received, submitted, TestLine, type World } from "../world.ts";

type Settled = Extract<MessageState, "delivered" | "read" | "answered" | "rejected" | "unconfirmed" | "expired" | "dead-lettered">;

/** What each settlement does to a text in each state, from the owner's line and from a stale one. */
export function settlementContract(world: () => World): void {
  const store = (): MessageStore => world().store;

  const ways: Readonly<Record<Settled, (line: TestLine, id: number) => Promise<unknown>>> = {
    delivered: (line, id) => line.settle({ type: "delivered", id, receipt: "device" }),
    read: (line, id) => line.settle({ type: "read", id }),
    rejected: (line, id) => line.settle({ type: "rejected", id, reason: "first words" }),
    unconfirmed: (line, id) => line.settle({ type: "unconfirmed", id }),
    "dead-lettered": (line, id) => line.drain({ settlements: [{ type: "lapsed", id }], held: [], room: 0, maxAttempts: 1 }),
    answered: ({ trackerId }, id) =>
      received(store(), trackerId, { texts: [deviceText("yes", "1", { answers: { messageId: id, choice: 1 } })] }),
    expired: () => Promise.resolve(),
  };

  /** A text that ended this way, and the line that owns its tracker. */
  const ended = async (state: Settled) => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, state === "expired" ? { ttlMs: 0 } : {});
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await ways[state](line, id);
    const before = await message(store(), id);
    expect(before.state).toBe(state);
    await world().advance(2);
    return { id, trackerId, line, before };
  };

  it.each(["device", "implied"] as const)("delivers by a receipt (%s) once, with one time", async (receipt) => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await world().advance(2);
    await line.settle({ type: "delivered", id, receipt });
    const delivered = await message(store(), id);
    expect(delivered).toMatchObject({ state: "delivered", receipt });
    expect(delivered.updatedAt).toBeGreaterThanOrEqual(delivered.submittedAt + 2);
    await world().advance(2);
    await line.settle({ type: "delivered", id, receipt: "device" }, { type: "delivered", id, receipt: "implied" });
    expect(await message(store(), id)).toEqual(delivered);
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect((await TestLine.open(store(), trackerId)).login.standing.proven).toBe(true);
  });

  const settlements: Readonly<Record<string, (id: number) => Settlement>> = {
    delivered: (id) => ({ type: "delivered", id, receipt: "device" }),
    read: (id) => ({ type: "read", id }),
    rejected: (id) => ({ type: "rejected", id, reason: "second words" }),
    lapsed: (id) => ({ type: "lapsed", id }),
    unconfirmed: (id) => ({ type: "unconfirmed", id }),
    progress: (id) => ({ type: "progress", id, parts: 1 }),
  };
  const outcomes: readonly [Settled, string, MessageState][] = [
    ["delivered", "delivered", "delivered"],
    ["delivered", "read", "read"],
    ["delivered", "rejected", "delivered"],
    ["delivered", "lapsed", "delivered"],
    ["delivered", "unconfirmed", "delivered"],
    ["delivered", "progress", "delivered"],
    ["read", "delivered", "read"],
    ["read", "read", "read"],
    ["read", "rejected", "read"],
    ["answered", "delivered", "answered"],
    ["answered", "read", "answered"],
    ["answered", "rejected", "answered"],
    ["rejected", "delivered", "delivered"],
    ["rejected", "read", "read"],
    ["rejected", "rejected", "rejected"],
    ["rejected", "lapsed", "rejected"],
    ["rejected", "unconfirmed", "rejected"],
    ["unconfirmed", "delivered", "delivered"],
    ["unconfirmed", "read", "read"],
    ["unconfirmed", "rejected", "rejected"],
    ["unconfirmed", "lapsed", "unconfirmed"],
    ["unconfirmed", "progress", "unconfirmed"],
    ["expired", "delivered", "delivered"],
    ["expired", "rejected", "rejected"],
    ["expired", "unconfirmed", "expired"],
    ["dead-lettered", "delivered", "delivered"],
    ["dead-lettered", "read", "read"],
    ["dead-lettered", "rejected", "rejected"],
    ["dead-lettered", "lapsed", "dead-lettered"],
    ["dead-lettered", "unconfirmed", "dead-lettered"],
  ];

  it.each(outcomes)("%s, then %s: %s", async (from, settlement, to) => {
    const { id, line, before } = await ended(from);
    const make = settlements[settlement] as (id: number) => Settlement;
    await line.settle(make(id));
    const after = await message(store(), id);
    if (to === from) {
      expect(after).toEqual(before);
      return;
    }
    expect(after).toEqual({ ...before, ...expectedChange(before, after, to) });
    if (from === "dead-lettered") expect((await store().deadLetters(1_000)).map((letter) => letter.id)).not.toContain(id);
    await line.settle(make(id));
    expect(await message(store(), id)).toEqual(after);
  });

  /** A text that arrived has a time from now on and no reason; a refused one has a reason and no time. */
  function expectedChange(before: Message, after: Message, to: MessageState): Partial<Message> {
    if (to === "rejected") return { state: to, reason: "second words" };
    if (before.updatedAt !== null) return { state: to };
    expect(after.updatedAt).toBeGreaterThan(before.submittedAt);
    return { state: to, reason: null, updatedAt: after.updatedAt, receipt: "device" };
  }

  it("takes genuine receipts from a stale line, and nothing else from it", async () => {
    const trackerId = freshTracker();
    const ids: number[] = [];
    for (let n = 0; n < 6; n += 1) ids.push(await submitted(store(), trackerId));
    const [delivered = 0, read = 0, rejected = 0, altered = 0, lapsed = 0, unconfirmed = 0] = ids;
    const old = await TestLine.open(store(), trackerId);
    await old.claim(6);
    const line = await TestLine.open(store(), trackerId);
    const claimed = await line.claim(6);
    expect(
      await old.settle(
        { type: "delivered", id: delivered, receipt: "device" },
        { type: "read", id: read },
        { type: "rejected", id: rejected, reason: "no" },
        { type: "altered", id: altered },
        { type: "lapsed", id: lapsed },
        { type: "unconfirmed", id: unconfirmed },
        { type: "closing" },
      ),
    ).toEqual({ type: "stale" });
    const found = await store().find(ids);
    expect(found.map((one) => one?.state)).toEqual(["delivered", "read", "rejected", "written", "written", "written"]);
    expect(found[3]?.altered).toBe(true);
    expect((await store().outbox(trackerId)).ids).toEqual(claimed.slice(3).map(({ id }) => id));
    expect((await TestLine.open(store(), trackerId)).login.standing).toEqual({ proven: true, closings: 0, sinceClosingMs: null });
  });

  it("settles what its own drain then need not claim", async () => {
    const trackerId = freshTracker();
    const [a, b] = [await submitted(store(), trackerId), await submitted(store(), trackerId)];
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    const result = await line.drain({ settlements: [{ type: "delivered", id: a, receipt: "device" }], held: [] });
    expect(result).toMatchObject({ texts: [{ id: b, attempt: 1 }], waiting: 0 });
  });

  it("settles a text that no line has yet", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect((await message(store(), id)).state).toBe("delivered");
    expect((await store().outbox(trackerId)).ids).toEqual([]);
  });

  it("leaves messages of other trackers and incoming ones alone", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const [foreign, up] = [await submitted(store(), other), await incoming(store(), trackerId, "up")];
    const before = await store().find([foreign, up]);
    const line = await TestLine.open(store(), trackerId);
    for (const id of [foreign, up, 2_000_000_000]) {
      await line.settle(...Object.values(settlements).map((make) => make(id)), { type: "altered", id });
    }
    expect(await store().find([foreign, up])).toEqual(before);
    expect((await store().outbox(other)).ids).toEqual([foreign]);
  });

  it("keeps a bounded part of a device's words", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { text: "text", employeeId: 4 });
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "rejected", id, reason: `\u0000"${"я".repeat(70_000)}\ud800` });
    expect(await message(store(), id)).toMatchObject({ text: "text", employeeId: 4, reason: `\u0000"${"я".repeat(498)}` });
  });
}
