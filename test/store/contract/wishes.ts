import { expect, it } from "vitest";
import { IDEMPOTENCY_KEYS, type MessageStore, OUTBOX_TEXTS, type Submitted } from "../../../src/chat/ports.ts";
import { shardOf } from "../../../src/store/keys.ts";
import { deadLetter, draft, freshTracker, incoming, manySubmitted, message, submitted, TestLine, type World } from "../world.ts";

type Stored = Extract<Submitted, { type: "stored" }>;

/** What a text may ask for: to be stored once, to wait for its time, to take another's place; and to be withdrawn. */
export function wishesContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  const submit = async (trackerId: number, changes: Parameters<typeof draft>[1]): Promise<Stored> => {
    const result = await store().submit(draft(trackerId, changes));
    if (result.type !== "stored") throw new Error("the outbox is full");
    return result;
  };
  const texts = async (trackerId: number): Promise<readonly string[]> =>
    (await store().list({ trackerId, from: null, to: null, limit: 1_024, ascending: true })).map(({ text }) => text);

  it("stores a text once under one key, and gives the first one each time", async () => {
    const trackerId = freshTracker();
    const first = await submit(trackerId, { idempotencyKey: "k" });
    expect(first).toMatchObject({ repeated: false, replaced: false });
    await world().advance(3);
    await incoming(store(), trackerId, "meanwhile");
    const { login } = await TestLine.open(store(), trackerId);
    expect(await submit(trackerId, { idempotencyKey: "k" })).toEqual({
      ...first,
      repeated: true,
      owner: { node: "node-a", epoch: login.epoch },
    });
    expect((await submit(trackerId, { idempotencyKey: "other" })).repeated).toBe(false);
    expect((await submit(freshTracker(), { idempotencyKey: "k" })).repeated).toBe(false);
    expect((await submit(trackerId, {})).repeated).toBe(false);
    expect(await texts(trackerId)).toHaveLength(4);
  });

  it("stores one of many texts that come at once under one key", async () => {
    const trackerId = freshTracker();
    const all = await Promise.all(Array.from({ length: 30 }, () => submit(trackerId, { idempotencyKey: "same" })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await texts(trackerId)).toHaveLength(1);
  });

  it("knows a key again whatever became of its text, though the outbox is full", async () => {
    const trackerId = freshTracker();
    const { id } = await submit(trackerId, { idempotencyKey: "k" });
    const never = await submit(trackerId, { idempotencyKey: "never", rejected: "no" });
    await store().cancel(trackerId, id);
    await manySubmitted(store(), trackerId, OUTBOX_TEXTS);
    expect(await store().submit(draft(trackerId, { idempotencyKey: "fresh" }))).toEqual({ type: "full" });
    expect(await submit(trackerId, { idempotencyKey: "k" })).toMatchObject({ id, repeated: true });
    expect(await submit(trackerId, { idempotencyKey: "never", rejected: "no" })).toMatchObject({ id: never.id, repeated: true });
    await store().disown(trackerId);
    expect(await submit(trackerId, { idempotencyKey: "k" })).toMatchObject({ repeated: false });
  });

  it(`knows the newest ${IDEMPOTENCY_KEYS} keys`, async () => {
    const trackerId = freshTracker();
    const ids: number[] = [];
    for (let n = 0; n <= IDEMPOTENCY_KEYS; n += 1) {
      ids.push((await submit(trackerId, { idempotencyKey: `k${n}`, rejected: "keeps the outbox empty" })).id);
    }
    const last = { idempotencyKey: `k${IDEMPOTENCY_KEYS}`, rejected: "no" };
    expect(await submit(trackerId, { idempotencyKey: "k1", rejected: "no" })).toMatchObject({ id: ids[1], repeated: true });
    expect(await submit(trackerId, last)).toMatchObject({ id: ids[IDEMPOTENCY_KEYS], repeated: true });
    expect(await submit(trackerId, { idempotencyKey: "k0", rejected: "no" })).toMatchObject({ repeated: false });
  });

  it("tells a key's body from another, per user", async () => {
    const [user, other] = [freshTracker(), freshTracker()];
    expect(await store().claimKey(user, "k", "body")).toBe("new");
    expect(await store().claimKey(user, "k", "body")).toBe("same");
    expect(await store().claimKey(user, "k", "another")).toBe("other");
    expect(await store().claimKey(user, "k", "body")).toBe("same");
    expect(await store().claimKey(user, "K", "another")).toBe("new");
    expect(await store().claimKey(other, "k", "another")).toBe("new");
    const claims = await Promise.all(["x", "y", "x", "y"].map((body) => store().claimKey(user, "raced", body)));
    expect(claims).toEqual(["new", "other", "same", "other"]);
  });

  it("lets a text wait for its time and then join the end of its lane", async () => {
    const trackerId = freshTracker();
    const late = await submitted(store(), trackerId, { notBeforeMs: 400, text: "late" });
    const soon = await submitted(store(), trackerId, { notBeforeMs: 200, text: "soon", urgent: true });
    const never = await submitted(store(), trackerId, { notBeforeMs: 3_600_000, text: "never" });
    const line = await TestLine.open(store(), trackerId);
    const waits = await line.drain({ room: 5 });
    expect(waits).toMatchObject({ type: "drained", texts: [], waiting: 0 });
    expect(waits.type === "drained" && waits.dueInMs !== null && waits.dueInMs > 0 && waits.dueInMs <= 200).toBe(true);
    expect(await store().outbox(trackerId)).toEqual({ ids: [soon, late, never], bytes: 13 });
    expect(await store().pending(shardOf(trackerId))).toContain(trackerId);
    await world().advance(200);
    const first = await submitted(store(), trackerId, { text: "first" });
    await world().advance(200);
    expect(await store().outbox(trackerId)).toEqual({ ids: [soon, first, late, never], bytes: 18 });
    expect((await line.claim(5)).map(({ id, attempt }) => [id, attempt])).toEqual([
      [soon, 1],
      [first, 1],
      [late, 1],
    ]);
    const rest = await line.drain({ room: 0 });
    expect(rest.type === "drained" && (rest.dueInMs ?? 0) > 3_000_000).toBe(true);
    expect((await message(store(), never)).state).toBe("queued");
  });

  it("puts no later text before one whose time has come, though nobody asked for texts meanwhile", async () => {
    const trackerId = freshTracker();
    const dead = await deadLetter(store(), trackerId);
    const due = await submitted(store(), trackerId, { notBeforeMs: 20 });
    await world().advance(25);
    const later = await submitted(store(), trackerId);
    const dueToo = await submitted(store(), trackerId, { notBeforeMs: 20 });
    await world().advance(25);
    expect(await store().retryDeadLetter(trackerId, dead)).toBe(true);
    expect((await store().outbox(trackerId)).ids).toEqual([due, later, dueToo, dead]);
  });

  it("joins texts that are due at one time in the order of their ids", async () => {
    const trackerId = freshTracker();
    const ids = await Promise.all(Array.from({ length: 12 }, () => submitted(store(), trackerId, { notBeforeMs: 1 })));
    await world().advance(3);
    expect((await store().outbox(trackerId)).ids).toEqual([...ids].sort((one, other) => one - other));
  });

  it("counts the time to live from when a text may go out", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { notBeforeMs: 60, ttlMs: 60 });
    await world().advance(62);
    expect(await store().expire(trackerId, ["node-a"])).toBe(0);
    await world().advance(62);
    expect(await store().expire(trackerId, ["node-a"])).toBe(1);
    expect((await message(store(), id)).state).toBe("expired");
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
  });

  it("counts texts that wait for their time in the outbox's bounds", async () => {
    const trackerId = freshTracker();
    await manySubmitted(store(), trackerId, OUTBOX_TEXTS, { notBeforeMs: 3_600_000 });
    expect(await store().submit(draft(trackerId))).toEqual({ type: "full" });
    const [first = 0] = (await store().outbox(trackerId)).ids;
    expect(await store().cancel(trackerId, first)).toMatchObject({ type: "cancelled" });
    expect(await store().submit(draft(trackerId))).toMatchObject({ type: "stored" });
  });

  it("replaces a pending text, also in a full outbox, and says so again", async () => {
    const trackerId = freshTracker();
    const old = await submitted(store(), trackerId, { text: "old" });
    await manySubmitted(store(), trackerId, OUTBOX_TEXTS - 1);
    const wish = { text: "new", replaces: old, idempotencyKey: "k" };
    const { id, replaced } = await submit(trackerId, wish);
    expect(replaced).toBe(true);
    expect(await submit(trackerId, wish)).toMatchObject({ id, replaced: true, repeated: true });
    expect(await message(store(), old)).toMatchObject({ state: "cancelled", reason: `replaced by ${id}`, text: "old", updatedAt: null });
    const { ids } = await store().outbox(trackerId);
    expect([ids.length, ids.includes(old), ids.at(-1)]).toEqual([OUTBOX_TEXTS, false, id]);
    expect(await submit(trackerId, { rejected: "no", replaces: ids[0] ?? 0 })).toMatchObject({ replaced: false });
    expect((await store().outbox(trackerId)).ids).toEqual(ids);
  });

  it.each(["delivered", "cancelled", "dead-lettered", "foreign", "incoming"] as const)("replaces nothing that is %s", async (what) => {
    const trackerId = freshTracker();
    const up = await incoming(store(), trackerId, "up");
    const line = await TestLine.open(store(), trackerId);
    const olds: Readonly<Record<typeof what, () => Promise<number>>> = {
      delivered: async () => {
        const id = await submitted(store(), trackerId);
        await line.settle({ type: "delivered", id, receipt: "device" });
        return id;
      },
      cancelled: async () => {
        const id = await submitted(store(), trackerId);
        await store().cancel(trackerId, id);
        return id;
      },
      "dead-lettered": () => deadLetter(store(), trackerId),
      foreign: () => submitted(store(), freshTracker()),
      incoming: () => Promise.resolve(up),
    };
    const old = await olds[what]();
    const before = await message(store(), old);
    const { id, replaced } = await submit(trackerId, { replaces: old });
    expect(replaced).toBe(false);
    expect(await message(store(), old)).toEqual(before);
    expect((await store().outbox(trackerId)).ids).toEqual([id]);
  });

  it("replaces a text that a line just took: either it was withdrawn first or it is on its way", async () => {
    for (let round = 0; round < 10; round += 1) {
      const trackerId = freshTracker();
      const old = await submitted(store(), trackerId);
      const line = await TestLine.open(store(), trackerId);
      const [claimed, { id, replaced }] = await Promise.all([line.claim(1), submit(trackerId, { replaces: old })]);
      expect(replaced).toBe(true);
      expect([[], [old], [id]]).toContainEqual(claimed.map((text) => text.id));
      expect(await line.drain({ held: claimed.map((text) => text.id), room: 2 })).toMatchObject({ type: "drained", waiting: 0 });
      await line.settle({ type: "lapsed", id: old });
      expect((await message(store(), old)).state).toBe("cancelled");
      expect((await store().outbox(trackerId)).ids).toEqual([id]);
    }
  });
}
