import { expect, it } from "vitest";
import { type MessageStore, OUTBOX_BYTES, OUTBOX_TEXTS } from "../../../src/chat/ports.ts";
import { shardOf } from "../../../src/store/keys.ts";
import { draft, freshTracker, incoming, manySubmitted, message, submitted, TestLine, type World } from "../world.ts";

/** Lanes, claims, repeats and limits of the outbox. */
export function outboxContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  const many = async (trackerId: number, count: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await submitted(store(), trackerId, { text: `n${n}` }));
    return ids;
  };

  it("claims in order, urgent ones first, and counts who waits", async () => {
    const trackerId = freshTracker();
    const [a, b] = await many(trackerId, 2);
    const [u, v] = [await submitted(store(), trackerId, { urgent: true }), await submitted(store(), trackerId, { urgent: true })];
    expect(await store().outbox(trackerId)).toEqual({ ids: [u, v, a, b], bytes: 14 });
    const line = await TestLine.open(store(), trackerId);
    expect(await line.drain({ room: 3 })).toMatchObject({ type: "drained", waiting: 1, dueInMs: null });
    line.held = [u, v, a ?? 0];
    expect(await line.drain({ room: 3 })).toMatchObject({ texts: [{ id: b }], waiting: 0 });
  });

  it("hands a text out to a line that asks as soon as it is under way", async () => {
    const trackerId = freshTracker();
    const line = await TestLine.open(store(), trackerId);
    await submitted(store(), trackerId, { urgent: true });
    await line.claim();
    let claimed: Promise<unknown> = Promise.resolve();
    const stored = await store().submit(draft(trackerId), () => {
      claimed = line.claim();
    });
    expect(await claimed).toMatchObject([{ id: stored.type === "stored" ? stored.id : 0, text: "hello" }]);
  });

  it("claims and counts urgent texts alone where the others must wait", async () => {
    const trackerId = freshTracker();
    const [a, b] = await many(trackerId, 2);
    const line = await TestLine.open(store(), trackerId);
    expect(await line.drain({ room: 3, urgentOnly: true })).toMatchObject({ texts: [], waiting: 0, dueInMs: null });
    const [u, v] = [await submitted(store(), trackerId, { urgent: true }), await submitted(store(), trackerId, { urgent: true })];
    expect((await line.claim(1, { urgentOnly: true })).map(({ id }) => id)).toEqual([u]);
    expect(await line.drain({ room: 0, urgentOnly: true })).toMatchObject({ texts: [], waiting: 1 });
    expect((await line.claim(2)).map(({ id }) => id)).toEqual([v, a]);
    expect(await line.drain({ room: 0, urgentOnly: true }), "a text on its way is no urgent one that waits").toMatchObject({ waiting: 0 });
    expect(await line.drain({ room: 0 })).toMatchObject({ waiting: 1 });
    expect((await line.claim(1)).map(({ id }) => id)).toEqual([b]);
  });

  it("hands a text out as it was submitted", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { text: "Привет 🚚", urgent: true, employeeId: 9 });
    const line = await TestLine.open(store(), trackerId);
    const expected = { id, text: "Привет 🚚", urgent: true, attempt: 1, tag: 1, partsAcked: 0, choices: null };
    expect(await line.claim()).toEqual([expected]);
    expect((await message(store(), id)).state).toBe("written");
    expect(await line.drain()).toEqual({ type: "drained", texts: [], waiting: 0, dueInMs: null, withdrawn: [] });
  });

  it("claims nothing without room and nothing for a line that ended", async () => {
    const trackerId = freshTracker();
    await many(trackerId, 2);
    const line = await TestLine.open(store(), trackerId);
    expect(await line.drain({ room: 0 })).toMatchObject({ texts: [], waiting: 2 });
    await store().logout(trackerId, line.login.epoch);
    expect(await line.drain({ room: 5 })).toMatchObject({ type: "drained", texts: [], waiting: 2 });
  });

  it("hands out again, without a new attempt, what the line never got", async () => {
    const trackerId = freshTracker();
    const ids = await many(trackerId, 3);
    const line = await TestLine.open(store(), trackerId);
    const lost = await line.drain({ room: 2 });
    const again = await line.drain({ room: 2 });
    expect(again).toEqual(lost);
    expect(again).toMatchObject({
      texts: [
        { id: ids[0], attempt: 1 },
        { id: ids[1], attempt: 1 },
      ],
      waiting: 1,
    });
    expect(await line.drain({ room: 1, held: [ids[1] ?? 0] })).toMatchObject({ texts: [{ id: ids[0], attempt: 1 }], waiting: 1 });
  });

  it("claims an older line's texts anew with the same tag", async () => {
    const trackerId = freshTracker();
    await many(trackerId, 2);
    const [first, second] = await (await TestLine.open(store(), trackerId)).claim(2);
    const again = await (await TestLine.open(store(), trackerId, "node-b")).claim(2);
    expect(again).toEqual([
      { ...first, attempt: 2 },
      { ...second, attempt: 2 },
    ]);
  });

  it("tells a stale line so, whatever it asks", async () => {
    const trackerId = freshTracker();
    const [id = 0] = await many(trackerId, 1);
    const old = await TestLine.open(store(), trackerId);
    await TestLine.open(store(), trackerId);
    expect(await old.drain({ room: 5 })).toEqual({ type: "stale" });
    expect((await message(store(), id)).state).toBe("queued");
    expect(await old.drain({ epoch: old.login.epoch + 1_000_000 })).toEqual({ type: "stale" });
    expect(await new TestLine(store(), freshTracker(), old.login).drain()).toEqual({ type: "stale" });
  });

  it("frees a lapsed text for the same line, at its old place", async () => {
    const trackerId = freshTracker();
    const [a = 0, b = 0] = await many(trackerId, 2);
    const line = await TestLine.open(store(), trackerId);
    const [first] = await line.claim();
    expect(await line.settle({ type: "lapsed", id: a })).toMatchObject({ waiting: 2 });
    expect((await message(store(), a)).state).toBe("queued");
    expect(await line.claim(2)).toMatchObject([
      { id: a, attempt: 2, tag: first?.tag },
      { id: b, attempt: 1 },
    ]);
  });

  it("frees a text once for one lapse, however often it is told", async () => {
    const trackerId = freshTracker();
    const [id = 0] = await many(trackerId, 1);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    const settlements = [{ type: "lapsed", id, attempt: 1 }] as const;
    for (const _ of [1, 2, 3]) {
      expect(await line.drain({ settlements, held: [] })).toMatchObject({ texts: [{ id, attempt: 2 }] });
    }
  });

  it("hands out a lapsed text though the line still names it as held", async () => {
    const trackerId = freshTracker();
    const [id = 0] = await many(trackerId, 1);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    expect(await line.drain({ settlements: [{ type: "lapsed", id }], held: [id] })).toMatchObject({
      texts: [{ id, attempt: 2 }],
      waiting: 0,
    });
  });

  it("ignores a lapse of what is not in flight on that line", async () => {
    const trackerId = freshTracker();
    const [id = 0] = await many(trackerId, 1);
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "lapsed", id }, { type: "lapsed", id: 2_000_000_000 });
    expect(await line.claim()).toMatchObject([{ id, attempt: 1 }]);
    const next = await TestLine.open(store(), trackerId);
    await next.settle({ type: "lapsed", id });
    expect((await message(store(), id)).state).toBe("written");
    expect(await next.claim()).toMatchObject([{ id, attempt: 2 }]);
  });

  it("gives a text up after its last lapse and goes on with the next", async () => {
    const trackerId = freshTracker();
    const [a = 0, b = 0] = await many(trackerId, 2);
    const line = await TestLine.open(store(), trackerId);
    for (const attempt of [1, 2, 3]) {
      expect(await line.claim()).toMatchObject([{ id: a, attempt }]);
      line.held = [];
      const result = await line.drain({ settlements: [{ type: "lapsed", id: a }], room: 0 });
      expect(result).toMatchObject({ texts: [], waiting: attempt < 3 ? 2 : 1 });
    }
    expect(await message(store(), a)).toMatchObject({ state: "dead-lettered", reason: null, updatedAt: null });
    expect((await store().deadLetters(1_000)).find(({ id }) => id === a)).toMatchObject({
      trackerId,
      reason: "no receipt after 3 attempts",
    });
    expect(await line.claim()).toMatchObject([{ id: b, attempt: 1 }]);
  });

  it("gives up at claim time what older lines used up, all of it at once", async () => {
    const trackerId = freshTracker();
    const ids = await many(trackerId, 25);
    await (await TestLine.open(store(), trackerId)).claim(22);
    const line = await TestLine.open(store(), trackerId);
    expect(await line.claim(1, { maxAttempts: 1 })).toMatchObject([{ id: ids[22], attempt: 1 }]);
    const states = (await store().find(ids)).map((one) => one?.state);
    expect(states).toEqual([...Array(22).fill("dead-lettered"), "written", "queued", "queued"]);
  });

  it("hands out once what it claims before and after a text that is given up", async () => {
    const trackerId = freshTracker();
    const [a, b] = await many(trackerId, 2);
    await (await TestLine.open(store(), trackerId)).claim(1);
    const urgent = await submitted(store(), trackerId, { urgent: true });
    const line = await TestLine.open(store(), trackerId);
    const result = await line.drain({ room: 3, maxAttempts: 1 });
    expect(result).toMatchObject({
      texts: [
        { id: urgent, attempt: 1 },
        { id: b, attempt: 1 },
      ],
      waiting: 0,
    });
    expect((await message(store(), a ?? 0)).state).toBe("dead-lettered");
  });

  it("does not claim past a text that waits, even when later ones were claimed before", async () => {
    const trackerId = freshTracker();
    const [a = 0, b = 0, c = 0] = await many(trackerId, 3);
    const line = await TestLine.open(store(), trackerId);
    await line.claim(2);
    await line.settle({ type: "lapsed", id: a });
    expect(line.held).toEqual([b]);
    expect((await line.claim(1)).map(({ id }) => id)).toEqual([a]);
    expect((await line.claim(1)).map(({ id }) => id)).toEqual([c]);
  });

  it("reserves tags for twice the bytes, from 1, never 0 and never wrapping inside a text", async () => {
    const trackerId = freshTracker();
    const line = await TestLine.open(store(), trackerId);
    const tagFor = async (bytes: number, tagBytes: number): Promise<number | undefined> => {
      const id = await submitted(store(), trackerId, { text: "x".repeat(bytes) });
      const [text] = await line.claim(1, { tagBytes });
      await line.settle({ type: "delivered", id, receipt: "device" });
      return text?.tag;
    };
    expect(await tagFor(100, 50)).toBe(1);
    expect(await tagFor(1, 100)).toBe(5);
    expect(await tagFor(51, 50)).toBe(6);
    expect(await tagFor(20_000, 1)).toBe(9);
    expect(await tagFor(12_763, 1)).toBe(40_009);
    expect(await tagFor(1, 1)).toBe(1);
    expect(await tagFor(1, 100)).toBe(3);
  });

  it("remembers acknowledged parts, the most of them, for the next delivery", async () => {
    const trackerId = freshTracker();
    const [id = 0] = await many(trackerId, 1);
    const old = await TestLine.open(store(), trackerId);
    await old.claim();
    await old.drain({
      settlements: [
        { type: "progress", id, parts: 3 },
        { type: "progress", id, parts: 2 },
      ],
      held: [id],
    });
    const line = await TestLine.open(store(), trackerId);
    expect(line.login.standing.proven).toBe(true);
    await old.drain({ settlements: [{ type: "progress", id, parts: 4 }] });
    expect(await line.claim()).toMatchObject([{ id, partsAcked: 4, attempt: 2 }]);
  });

  it("lets a text whose time has passed leave at claim", async () => {
    const trackerId = freshTracker();
    const short = await submitted(store(), trackerId, { ttlMs: 1 });
    const [id] = await many(trackerId, 1);
    await world().advance(3);
    expect((await message(store(), short)).state).toBe("queued");
    expect(await (await TestLine.open(store(), trackerId)).claim()).toMatchObject([{ id, attempt: 1 }]);
    expect(await message(store(), short)).toMatchObject({ state: "expired", updatedAt: null });
  });

  it("expires what no line has", async () => {
    const trackerId = freshTracker();
    const [held, waiting] = [
      await submitted(store(), trackerId, { ttlMs: 700 }),
      await submitted(store(), trackerId, { ttlMs: 700, urgent: true }),
    ];
    const [lasting = 0] = await many(trackerId, 1);
    expect(await store().expire(freshTracker(), ["node-a"])).toBe(0);
    const line = await TestLine.open(store(), trackerId);
    await line.drain({ room: 1 });
    await line.drain({ room: 1, held: [waiting] });
    await world().advance(701);
    expect(await store().expire(trackerId, ["node-a"])).toBe(0);
    await store().logout(trackerId, line.login.epoch);
    expect(await store().expire(trackerId, ["node-a"])).toBe(2);
    expect(await store().expire(trackerId, ["node-a"])).toBe(0);
    expect((await store().find([held, waiting, lasting])).map((one) => one?.state)).toEqual(["expired", "expired", "queued"]);
    expect(await store().outbox(trackerId)).toEqual({ ids: [lasting], bytes: 2 });
  });

  it("expires what the line of a dead node has, and what waited for its time; a receipt holds all the same", async () => {
    const trackerId = freshTracker();
    const held = await submitted(store(), trackerId, { ttlMs: 300 });
    const waiting = await submitted(store(), trackerId, { ttlMs: 100, notBeforeMs: 150 });
    const cancelled = await submitted(store(), trackerId, { ttlMs: 100 });
    await store().cancel(trackerId, cancelled);
    const line = await TestLine.open(store(), trackerId, "node-b");
    await line.claim();
    await world().advance(301);
    expect(await store().expire(trackerId, ["node-a", "node-b"])).toBe(1);
    expect(await store().expire(trackerId, ["node-a"])).toBe(1);
    expect((await store().find([held, waiting, cancelled])).map((one) => one?.state)).toEqual(["expired", "expired", "cancelled"]);
    expect(await store().pending(shardOf(trackerId))).not.toContain(trackerId);
    await line.settle({ type: "delivered", id: held, receipt: "device" });
    expect((await message(store(), held)).state).toBe("delivered");
  });

  it(`is full at ${OUTBOX_TEXTS} texts`, async () => {
    const trackerId = freshTracker();
    const ids = await manySubmitted(store(), trackerId, OUTBOX_TEXTS);
    expect(await store().submit(draft(trackerId))).toEqual({ type: "full" });
    expect(await submitted(store(), trackerId, { rejected: "never enters it" })).toBeGreaterThan(0);
    await incoming(store(), trackerId, "the way up is free");
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await line.settle({ type: "delivered", id: Math.min(...ids), receipt: "device" });
    expect(await store().submit(draft(trackerId))).toMatchObject({ type: "stored" });
    expect(await store().submit(draft(trackerId))).toEqual({ type: "full" });
  });

  it("is full at its bytes", async () => {
    const trackerId = freshTracker();
    const text = "ж".repeat(20_000);
    for (let bytes = 40_000; bytes <= OUTBOX_BYTES; bytes += 40_000) await submitted(store(), trackerId, { text });
    expect(await store().submit(draft(trackerId, { text }))).toEqual({ type: "full" });
    expect(await store().submit(draft(trackerId))).toMatchObject({ type: "stored" });
  });
}
