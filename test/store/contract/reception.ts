import { expect, it } from "vitest";
import { type MessageStore, REMEMBERED_TEXTS } from "../../../src/chat/ports.ts";
import type { Settlement } from "../../../src/core/session-io.ts";
import { deviceText, freshTracker, incoming, message, received, submitted, TestLine, type World } from "../world.ts";

/** What devices send: stored once, in order, re-sends recognised, answers linked. */
export function receptionContract(world: () => World): void {
  const store = (): MessageStore => world().store;

  it("stores all texts of a reception in order as unread", async () => {
    const trackerId = freshTracker();
    const texts = [deviceText("first", "1"), deviceText("второй", "2", { lossy: true }), deviceText("third")];
    const { ids, duplicates } = await received(store(), trackerId, { texts, employeeId: 12 });
    expect(duplicates).toBe(0);
    const listed = await store().list({ trackerId, from: null, to: null, limit: 10, ascending: true });
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect(listed.map(({ text, altered }) => [text, altered])).toEqual([
      ["first", false],
      ["второй", true],
      ["third", false],
    ]);
    expect(listed[0]).toMatchObject({
      direction: "INCOMING",
      state: "unread",
      employeeId: 12,
      updatedAt: null,
      receipt: null,
      answers: null,
    });
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 3]]));
  });

  it("takes a reception without texts", async () => {
    expect(await received(store(), freshTracker(), { texts: [] })).toEqual({ ids: [], duplicates: 0 });
  });

  it("recognises serial and text together, whatever the line", async () => {
    const trackerId = freshTracker();
    const first = await received(store(), trackerId, { epoch: 3, texts: [deviceText("ok", "7"), deviceText("ok", "8")] });
    expect(new Set(first.ids).size).toBe(2);
    const again = await received(store(), trackerId, {
      epoch: 4,
      texts: [deviceText("ok", "8"), deviceText("other", "8"), deviceText("ok", "7")],
    });
    expect(again.duplicates).toBe(2);
    expect(again.ids[0]).toBe(first.ids[1]);
    expect(again.ids[2]).toBe(first.ids[0]);
    expect((await message(store(), again.ids[1] ?? 0)).text).toBe("other");
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 3]]));
  });

  it("stores no text without a serial for a line that is not the owner any more: the newer line brings it", async () => {
    const trackerId = freshTracker();
    const older = await TestLine.open(store(), trackerId);
    const newer = await TestLine.open(store(), trackerId);
    const again = { epoch: newer.login.epoch, texts: [deviceText("said again")], early: true };
    const { ids } = await received(store(), trackerId, again);
    for (const texts of [[deviceText("said again")], [deviceText("numbered", "1"), deviceText("not numbered")]]) {
      expect(await received(store(), trackerId, { epoch: older.login.epoch, texts })).toEqual({ ids: [], duplicates: 0, stale: true });
    }
    const numbered = await received(store(), trackerId, { epoch: older.login.epoch, texts: [deviceText("numbered", "1")] });
    const listed = await store().list({ trackerId, from: null, to: null, limit: 10, ascending: true });
    expect(listed.map(({ id }) => id)).toEqual([...ids, ...numbered.ids]);
  });

  it("recognises a repeated reception as a whole, also within itself", async () => {
    const trackerId = freshTracker();
    const texts = [deviceText("a", "1"), deviceText("b", "2"), deviceText("a", "1")];
    const first = await received(store(), trackerId, { texts });
    expect(first.duplicates).toBe(1);
    expect(first.ids[2]).toBe(first.ids[0]);
    expect(await received(store(), trackerId, { texts })).toEqual({ ids: first.ids, duplicates: 3 });
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 2]]));
  });

  it(`remembers the last ${REMEMBERED_TEXTS} serials`, async () => {
    const trackerId = freshTracker();
    const text = (n: number) => deviceText(`t${n}`, `${n}`);
    const texts = Array.from({ length: REMEMBERED_TEXTS + 1 }, (_, n) => text(n));
    const { ids } = await received(store(), trackerId, { texts });
    const newest = await received(store(), trackerId, { texts: [text(REMEMBERED_TEXTS), text(1)] });
    expect(newest).toEqual({ ids: [ids[REMEMBERED_TEXTS], ids[1]], duplicates: 2 });
    expect((await received(store(), trackerId, { texts: [text(0)] })).duplicates).toBe(0);
  });

  it("stores equal texts without serials each time on one line", async () => {
    const trackerId = freshTracker();
    const { ids } = await received(store(), trackerId, { early: true, epoch: 5, texts: [deviceText("ok"), deviceText("ok")] });
    expect(new Set(ids).size).toBe(2);
    expect((await received(store(), trackerId, { early: true, epoch: 5, texts: [deviceText("ok")] })).duplicates).toBe(0);
  });

  it("recognises the former line's last text when it comes early on the next, once per line", async () => {
    const trackerId = freshTracker();
    const first = await received(store(), trackerId, { epoch: 5, texts: [deviceText("earlier"), deviceText("ok")] });
    const resend = { early: true, epoch: 6, texts: [deviceText("ok")] };
    expect(await received(store(), trackerId, resend)).toEqual({ ids: [first.ids[1]], duplicates: 1 });
    expect((await received(store(), trackerId, resend)).duplicates).toBe(0);
  });

  it("recognises it again on the line after the next: our acknowledgement may be lost twice", async () => {
    const trackerId = freshTracker();
    const { ids } = await received(store(), trackerId, { epoch: 5, texts: [deviceText("ok")] });
    for (const epoch of [6, 7, 9]) {
      expect(await received(store(), trackerId, { early: true, epoch, texts: [deviceText("ok")] })).toEqual({ ids, duplicates: 1 });
    }
  });

  it.each<[string, number, boolean, string]>([
    ["it comes late on its line", 6, false, "ok"],
    ["the line is not a later one", 5, true, "ok"],
    ["the line is an older one", 4, true, "ok"],
    ["the text differs", 6, true, "ok!"],
  ])("stores a text without a serial when %s", async (_name, epoch, early, text) => {
    const trackerId = freshTracker();
    await received(store(), trackerId, { epoch: 5, texts: [deviceText("ok")] });
    expect((await received(store(), trackerId, { epoch, early, texts: [deviceText(text)] })).duplicates).toBe(0);
  });

  it("stores it when the device had moved on, and only the last text counts", async () => {
    const trackerId = freshTracker();
    const [id = 0] = (await received(store(), trackerId, { epoch: 5, texts: [deviceText("ok")] })).ids;
    await store().passed(trackerId, id - 1);
    expect((await received(store(), trackerId, { epoch: 6, early: true, texts: [deviceText("ok")] })).duplicates).toBe(1);
    await store().passed(trackerId, id);
    expect((await received(store(), trackerId, { epoch: 7, early: true, texts: [deviceText("ok")] })).duplicates).toBe(0);
    await received(store(), trackerId, { epoch: 7, texts: [deviceText("newer")] });
    expect((await received(store(), trackerId, { epoch: 8, early: true, texts: [deviceText("ok")] })).duplicates).toBe(0);
  });

  it("hears that the device moved on with its next text as well, once and of that text alone", async () => {
    const trackerId = freshTracker();
    const [id = 0] = (await received(store(), trackerId, { epoch: 5, texts: [deviceText("ok")] })).ids;
    expect((await received(store(), trackerId, { epoch: 6, early: true, passed: id - 1, texts: [deviceText("ok")] })).duplicates).toBe(1);
    const { ids, duplicates } = await received(store(), trackerId, { epoch: 7, early: true, passed: id, texts: [deviceText("ok")] });
    expect(duplicates).toBe(0);
    expect(await received(store(), trackerId, { epoch: 8, early: true, passed: id, texts: [deviceText("ok")] })).toEqual({
      ids,
      duplicates: 1,
    });
  });

  it("keeps a text with a serial apart from one without", async () => {
    const trackerId = freshTracker();
    await received(store(), trackerId, { epoch: 5, texts: [deviceText("ok"), deviceText("other", "1")] });
    expect((await received(store(), trackerId, { epoch: 6, early: true, texts: [deviceText("ok", "2")] })).duplicates).toBe(0);
    expect((await received(store(), trackerId, { epoch: 6, early: true, texts: [deviceText("ok")] })).duplicates).toBe(1);
  });

  it("links an answer to the message it answers and delivers that message", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    const answers = { messageId: id, choice: 2 };
    const { ids } = await received(store(), trackerId, { employeeId: 3, texts: [deviceText("Yes", "1", { answers })] });
    expect(await message(store(), ids[0] ?? 0)).toMatchObject({ answers: id, text: "Yes", employeeId: 3, state: "unread" });
    const asked = await message(store(), id);
    expect(asked).toMatchObject({ state: "answered", receipt: "device", answers: null });
    expect(asked.updatedAt).toBeGreaterThanOrEqual(asked.submittedAt);
    expect((await store().outbox(trackerId)).ids).toEqual([]);
    await world().advance(2);
    await line.settle({ type: "delivered", id, receipt: "device" }, { type: "read", id });
    expect(await message(store(), id)).toEqual(asked);
  });

  it("keeps the delivery time when the answer comes after the receipt, and an answer that is a re-send changes nothing", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await line.settle({ type: "delivered", id, receipt: "implied" });
    const delivered = await message(store(), id);
    await world().advance(2);
    const texts = [deviceText("Yes", "1", { answers: { messageId: id, choice: 0 } })];
    await received(store(), trackerId, { texts });
    expect(await message(store(), id)).toEqual({ ...delivered, state: "answered" });
    expect((await received(store(), trackerId, { texts })).duplicates).toBe(1);
  });

  it("links no answer to what is not an outgoing message of that tracker", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const foreign = await submitted(store(), other);
    const own = await incoming(store(), trackerId, "own");
    for (const messageId of [foreign, own, 2_000_000_000]) {
      const { ids } = await received(store(), trackerId, {
        texts: [deviceText("Yes", `${messageId}`, { answers: { messageId, choice: null } })],
      });
      expect((await message(store(), ids[0] ?? 0)).answers).toBeNull();
    }
    expect((await store().find([foreign, own])).map((one) => one?.state)).toEqual(["queued", "unread"]);
  });

  it("counts a receipt as proof of the device, not a text of it", async () => {
    const trackerId = freshTracker();
    const standing = async () => (await TestLine.open(store(), trackerId)).login.standing;
    const after = async (...settlements: readonly Settlement[]) => {
      await (await TestLine.open(store(), trackerId)).settle(...settlements);
      return (await standing()).proven;
    };
    await incoming(store(), trackerId, "text");
    expect(await standing()).toEqual({ proven: false, closings: 0, sinceClosingMs: null });
    const [one, other] = [await submitted(store(), trackerId), await submitted(store(), trackerId)];
    expect(await after({ type: "delivered", id: one, receipt: "implied" }, { type: "read", id: one })).toBe(false);
    expect(await after({ type: "altered", id: other }, { type: "unconfirmed", id: other })).toBe(false);
    expect(await after({ type: "proven" })).toBe(true);
  });
}
