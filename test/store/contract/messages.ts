import { expect, it } from "vitest";
import type { MessageStore } from "../../../src/chat/ports.ts";
import { deviceText, draft, freshTracker, incoming, message, received, submitted, TestLine, type World } from "../world.ts";

/** Storing, listing, finding, read marks and the summaries over several trackers. */
export function messageContract(world: () => World): void {
  const store = (): MessageStore => world().store;

  it("stores an outgoing text as queued", async () => {
    const trackerId = freshTracker();
    const result = await store().submit(draft(trackerId, { text: "Привет 🚚\nline", employeeId: -7, altered: true, urgent: true }));
    if (result.type !== "stored") throw new Error("not stored");
    expect(result.owner).toBeNull();
    expect(await message(store(), result.id)).toEqual({
      id: result.id,
      trackerId,
      direction: "OUTGOING",
      state: "queued",
      text: "Привет 🚚\nline",
      submittedAt: result.submittedAt,
      updatedAt: null,
      employeeId: -7,
      altered: true,
      receipt: null,
      reason: null,
      answers: null,
    });
  });

  it("stores a text that can never be sent as rejected and keeps it out of the outbox", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { rejected: "нет ни одного знака", employeeId: 5 });
    const stored = await message(store(), id);
    expect(stored).toMatchObject({ state: "rejected", reason: "нет ни одного знака", text: "hello", employeeId: 5, updatedAt: null });
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
  });

  it("names the owner of the line", async () => {
    const trackerId = freshTracker();
    const { login } = await TestLine.open(store(), trackerId, "node-x");
    expect(await store().submit(draft(trackerId))).toMatchObject({ type: "stored", owner: { node: "node-x", epoch: login.epoch } });
    await store().logout(trackerId, login.epoch);
    expect(await store().submit(draft(trackerId))).toMatchObject({ type: "stored", owner: null });
  });

  it("gives rising ids and never falling stamps over both directions", async () => {
    const trackerId = freshTracker();
    const ids: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      ids.push(await submitted(store(), trackerId), await incoming(store(), trackerId, `t${round}`));
    }
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect(new Set(ids).size).toBe(10);
    const listed = await store().list({ trackerId, from: null, to: null, limit: 100, ascending: true });
    expect(listed.map(({ id }) => id)).toEqual(ids);
    const stamps = listed.map(({ submittedAt }) => submittedAt);
    expect(stamps).toEqual([...stamps].sort((one, other) => one - other));
  });

  it("keeps every one of many texts submitted at once, each once", async () => {
    const trackerId = freshTracker();
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => submitted(store(), trackerId, { text: `n${n}` })));
    const listed = await store().list({ trackerId, from: null, to: null, limit: 1024, ascending: true });
    expect(listed.map(({ id }) => id)).toEqual([...ids].sort((one, other) => one - other));
    expect(new Set(listed.map(({ text }) => text)).size).toBe(60);
    expect((await store().outbox(trackerId)).ids).toEqual(listed.map(({ id }) => id));
  });

  it("lists the oldest or newest of a range, over several buckets and equal times", async () => {
    const trackerId = freshTracker();
    for (let round = 0; round < 6; round += 1) {
      await received(store(), trackerId, { texts: Array.from({ length: 60 }, (_, n) => deviceText(`${round}-${n}`, `${round}-${n}`)) });
      await world().advance(2);
    }
    const all = await store().list({ trackerId, from: null, to: null, limit: 1024, ascending: true });
    expect(all).toHaveLength(360);
    const times = [...new Set(all.map(({ submittedAt }) => submittedAt))];
    const starts = [null, 0, ...times, (times[0] ?? 0) + 1, (times[5] ?? 0) + 1];
    const ends = [null, 0, ...times, (times[2] ?? 0) + 1, Number.MAX_SAFE_INTEGER];
    const ranges = starts.flatMap((from) => ends.flatMap((to) => [1, 60, 127, 130, 1024].map((limit) => ({ from, to, limit }))));
    for (const range of ranges) {
      const inside = all.filter(({ submittedAt }) => isInside(submittedAt, range)).map(({ id }) => id);
      const oldest = await store().list({ trackerId, ...range, ascending: true });
      expect(oldest.map(({ id }) => id)).toEqual(inside.slice(0, range.limit));
      const newest = await store().list({ trackerId, ...range, ascending: false });
      expect(newest.map(({ id }) => id)).toEqual(inside.slice(-range.limit).reverse());
    }
  });

  it("lists nothing of an unknown tracker", async () => {
    expect(await store().list({ trackerId: freshTracker(), from: null, to: null, limit: 10, ascending: true })).toEqual([]);
  });

  it("keeps a long text, and its neighbours, whole", async () => {
    const trackerId = freshTracker();
    const long = "🚚".repeat(20_000);
    const ids = [
      await submitted(store(), trackerId),
      await submitted(store(), trackerId, { text: long }),
      await submitted(store(), trackerId),
    ];
    const listed = await store().list({ trackerId, from: null, to: null, limit: 10, ascending: true });
    expect(listed.map(({ id, text }) => [id, text])).toEqual([
      [ids[0], "hello"],
      [ids[1], long],
      [ids[2], "hello"],
    ]);
  });

  it("finds messages of several trackers in the order asked, and null for what is not there", async () => {
    const [one, other] = [freshTracker(), -freshTracker()];
    const [first, second] = [await submitted(store(), one), await incoming(store(), other, "up")];
    const found = await store().find([second, 2_000_000_000, first, 0, second]);
    expect(found.map((entry) => entry?.id ?? null)).toEqual([second, null, first, null, second]);
    expect(found[0]).toMatchObject({ trackerId: other, direction: "INCOMING", state: "unread", text: "up" });
    expect(await store().find([])).toEqual([]);
  });

  it("marks only unread messages of that tracker as read, once", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const [first, second, foreign] = [
      await incoming(store(), trackerId, "1"),
      await incoming(store(), trackerId, "2"),
      await incoming(store(), other, "3"),
    ];
    const out = await submitted(store(), trackerId);
    await store().markRead(trackerId, [first, foreign, out, 2_000_000_001]);
    await store().markRead(trackerId, [first]);
    expect(await store().unreadCounts([trackerId, other])).toEqual(
      new Map([
        [trackerId, 1],
        [other, 1],
      ]),
    );
    const states = (await store().find([first, second, foreign, out])).map((entry) => entry?.state);
    expect(states).toEqual(["marked-read", "unread", "unread", "queued"]);
    expect((await message(store(), first)).updatedAt).toBeNull();
  });

  it("marks everything of some trackers as read, also more than one script call does", async () => {
    const [trackerId, other, idle] = [freshTracker(), freshTracker(), freshTracker()];
    for (let round = 0; round < 11; round += 1) {
      await received(store(), trackerId, { texts: Array.from({ length: 100 }, (_, n) => deviceText(`${n}`, `${round}-${n}`)) });
    }
    await incoming(store(), other, "stays unread");
    await store().markAllRead([trackerId, idle]);
    expect(await store().unreadCounts([trackerId, other, idle])).toEqual(new Map([[other, 1]]));
    const listed = await store().list({ trackerId, from: null, to: null, limit: 1024, ascending: false });
    expect(new Set(listed.map(({ state }) => state))).toEqual(new Set(["marked-read"]));
    await incoming(store(), trackerId, "new");
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 1]]));
  });

  it("gives the time of the last message in either direction", async () => {
    const [trackerId, silent] = [freshTracker(), freshTracker()];
    const up = await message(store(), await incoming(store(), trackerId, "up"));
    expect(await store().lastTimes([trackerId, silent])).toEqual(new Map([[trackerId, up.submittedAt]]));
    await world().advance(3);
    const id = await submitted(store(), trackerId);
    const down = await message(store(), id);
    await world().advance(3);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect(await store().lastTimes([trackerId])).toEqual(new Map([[trackerId, down.submittedAt]]));
  });

  it("hides everything of the former owner and goes on after it", async () => {
    const trackerId = freshTracker();
    const old = [await submitted(store(), trackerId), await incoming(store(), trackerId, "old")];
    await store().disown(trackerId);
    expect(await store().find(old)).toEqual([null, null]);
    expect(await store().list({ trackerId, from: null, to: null, limit: 10, ascending: false })).toEqual([]);
    expect((await store().lastTimes([trackerId])).size + (await store().unreadCounts([trackerId])).size).toBe(0);
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    const fresh = [await submitted(store(), trackerId), await incoming(store(), trackerId, "new")];
    const listed = await store().list({ trackerId, from: null, to: null, limit: 10, ascending: true });
    expect(listed.map(({ id }) => id)).toEqual(fresh);
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 1]]));
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "delivered", id: old[0] ?? 0, receipt: "device" }, { type: "rejected", id: old[0] ?? 0, reason: "no" });
    expect(await store().find(old)).toEqual([null, null]);
    expect((await line.claim(5)).map(({ id }) => id)).toEqual([fresh[0]]);
  });

  it("lists exactly after a change of hands in the middle of a bucket", async () => {
    const trackerId = freshTracker();
    const fill = async (count: number, name: string): Promise<void> => {
      await received(store(), trackerId, { texts: Array.from({ length: count }, (_, n) => deviceText(`${name}${n}`, `${name}${n}`)) });
    };
    await fill(150, "old");
    await store().disown(trackerId);
    await fill(200, "new");
    const all = await store().list({ trackerId, from: null, to: null, limit: 1024, ascending: true });
    expect(all.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => `new${n}`));
    for (const limit of [1, 106, 107, 150]) {
      const oldest = await store().list({ trackerId, from: null, to: null, limit, ascending: true });
      expect(oldest).toEqual(all.slice(0, limit));
      const newest = await store().list({ trackerId, from: null, to: null, limit, ascending: false });
      expect(newest).toEqual(all.slice(-limit).reverse());
    }
  });

  it("erases all of a tracker", async () => {
    const trackerId = freshTracker();
    const ids = [await submitted(store(), trackerId), await incoming(store(), trackerId, "old")];
    const line = await TestLine.open(store(), trackerId);
    await store().erase(trackerId);
    expect(await store().find(ids)).toEqual([null, null]);
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect(await line.drain()).toEqual({ type: "stale" });
    const id = await submitted(store(), trackerId);
    expect((await store().list({ trackerId, from: null, to: null, limit: 10, ascending: true })).map((one) => one.id)).toEqual([id]);
  });
}

function isInside(time: number, range: { readonly from: number | null; readonly to: number | null }): boolean {
  return (range.from === null || time >= range.from) && (range.to === null || time <= range.to);
}
