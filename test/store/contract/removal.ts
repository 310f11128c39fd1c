import { expect, it } from "vitest";
import type { Message, MessageId, TrackerId } from "../../../src/chat/message.ts";
import type { ListQuery, MessageStore, Removed } from "../../../src/chat/ports.ts";
import { deadLetter, deviceText, freshTracker, incoming, received, submitted, TestLine, type World } from "../world.ts";

const HOUR_MS = 3_600_000;

/** Messages that go for good: by age, with their tracker, or all of a tracker's that stays. */
export function removalContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  const list = (trackerId: TrackerId, ascending = true, limit = 1_024): Promise<readonly Message[]> =>
    store().list({ trackerId, from: null, to: null, limit, ascending });
  const ids = async (trackerId: TrackerId): Promise<readonly MessageId[]> => (await list(trackerId)).map(({ id }) => id);

  it("removes what is old and leaves what is younger", async () => {
    const trackerId = freshTracker();
    const old = [await incoming(store(), trackerId, "a"), await incoming(store(), trackerId, "b")];
    await world().advance(300);
    const young = await incoming(store(), trackerId, "c");
    expect(await store().removeOld(trackerId, HOUR_MS, 0)).toMatchObject({ removed: 0, next: null, kept: 0 });
    const { removed, dueInMs } = await removeAll(store(), trackerId, 200);
    expect(removed).toBe(2);
    expect(dueInMs).toBeGreaterThan(0);
    expect(dueInMs).toBeLessThanOrEqual(200);
    expect(await ids(trackerId)).toEqual([young]);
    expect((await store().find([...old, young])).map((one) => one?.id ?? null)).toEqual([null, null, young]);
    expect(await store().timeline(trackerId, old[0] ?? 0)).toEqual([]);
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 1]]));
  });

  it("leaves nothing of a tracker whose every message is old", async () => {
    const trackerId = freshTracker();
    const id = await incoming(store(), trackerId, "a");
    await deadLetter(store(), trackerId);
    expect((await removeAll(store(), trackerId, 0)).removed).toBe(2);
    expect(await list(trackerId)).toEqual([]);
    expect((await store().lastTimes([trackerId])).size).toBe(0);
    expect((await store().unreadCounts([trackerId])).size).toBe(0);
    expect((await store().ages([trackerId])).size).toBe(0);
    expect((await store().roster([trackerId]))[0]).toMatchObject({ last: null, unread: 0, pending: 0 });
    expect((await store().deadLetters(1_000)).filter((letter) => letter.trackerId === trackerId)).toEqual([]);
    await store().markRead(trackerId, [id]);
    expect(await list(trackerId)).toEqual([]);
    expect(await store().removeOld(trackerId, 0, 0)).toEqual({ removed: 0, next: null, dueInMs: null, kept: 0 });
    const later = await submitted(store(), trackerId);
    expect(later).toBeGreaterThan(id);
    expect(await ids(trackerId)).toEqual([later]);
    expect((await store().lastTimes([trackerId])).size).toBe(1);
  });

  it("never removes a text that is still in the outbox, and makes it the last when it is", async () => {
    const trackerId = freshTracker();
    const [queued, later] = [await submitted(store(), trackerId), await submitted(store(), trackerId, { notBeforeMs: HOUR_MS })];
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await received(store(), trackerId, { epoch: line.login.epoch, texts: [deviceText("a")] });
    expect(await removeAll(store(), trackerId, 0)).toMatchObject({ removed: 1, kept: 2 });
    expect(await ids(trackerId)).toEqual([queued, later]);
    expect((await store().lastTimes([trackerId])).size).toBe(1);
    expect((await store().roster([trackerId]))[0]).toMatchObject({ pending: 2, last: { id: later } });
    await line.settle({ type: "delivered", id: queued, receipt: "device" });
    expect((await store().find([queued]))[0]?.state).toBe("delivered");
    expect(await removeAll(store(), trackerId, 0)).toMatchObject({ removed: 1, kept: 1 });
    await store().cancel(trackerId, later);
    expect(await removeAll(store(), trackerId, 0)).toMatchObject({ removed: 1, kept: 0 });
    expect(await list(trackerId)).toEqual([]);
    expect((await store().roster([trackerId]))[0]).toMatchObject({ last: null });
    const next = await submitted(store(), trackerId);
    expect((await store().roster([trackerId]))[0]).toMatchObject({ last: { id: next } });
  });

  it("tells the account how many are unread now, and nothing where none was", async () => {
    const trackerId = freshTracker();
    await received(store(), trackerId, { texts: [deviceText("a"), deviceText("b")] });
    const { first = 0, events = [] } = (await world().events.waiting(trackerId)) ?? {};
    await world().events.settle(trackerId, first + events.length - 1);
    await removeAll(store(), trackerId, 0);
    expect((await world().events.waiting(trackerId))?.events).toEqual([{ type: "unread", unread: 0 }]);
    await world().events.settle(trackerId, first + events.length);
    await store().cancel(trackerId, await submitted(store(), trackerId));
    const before = await world().events.waiting(trackerId);
    await removeAll(store(), trackerId, 0);
    expect(await world().events.waiting(trackerId)).toEqual(before);
  });

  it("settles nothing and answers nothing that was removed", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { choices: ["yes", "no"] });
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await store().cancel(trackerId, id);
    await removeAll(store(), trackerId, 0);
    await line.drain({ settlements: [{ type: "delivered", id, receipt: "device" }] });
    await received(store(), trackerId, {
      epoch: line.login.epoch,
      texts: [deviceText("yes", null, { answers: { messageId: id, choice: 0 } })],
    });
    expect((await list(trackerId)).map(({ text, answers }) => [text, answers])).toEqual([["yes", null]]);
    expect((await TestLine.open(store(), trackerId)).login.standing).not.toHaveProperty("question");
    expect(await store().retryDeadLetter(trackerId, id)).toBe(false);
  });

  it("stores a text anew under a key whose message was removed, and knows a device's re-send all the same", async () => {
    const trackerId = freshTracker();
    const keyed = { idempotencyKey: "one" };
    const first = await submitted(store(), trackerId, keyed);
    await store().cancel(trackerId, first);
    const waiting = await submitted(store(), trackerId, { idempotencyKey: "other" });
    await received(store(), trackerId, { texts: [deviceText("a", "7")] });
    await removeAll(store(), trackerId, 0);
    expect(await submitted(store(), trackerId, keyed)).toBeGreaterThan(first);
    expect(await submitted(store(), trackerId, { idempotencyKey: "other" })).toBe(waiting);
    expect((await received(store(), trackerId, { texts: [deviceText("a", "7")] })).duplicates).toBe(1);
    expect((await store().unreadCounts([trackerId])).size).toBe(0);
  });

  it("removes many, a bounded number in a call, and lists what stays around the holes", async () => {
    const trackerId = freshTracker();
    const many = (count: number) => Array.from({ length: count }, (_, n) => deviceText(`${n}`));
    const kept: MessageId[] = [];
    for (let round = 0; round < 5; round += 1) {
      await received(store(), trackerId, { texts: many(100) });
      if (round < 3) kept.push(await submitted(store(), trackerId));
    }
    await world().advance(300);
    const { ids: young } = await received(store(), trackerId, { texts: many(150) });
    expect((await removeAll(store(), trackerId, 250)).removed).toBe(500);
    const start = (await store().find([young[0] ?? 0]))[0]?.submittedAt ?? 0;
    const listed = async (changes: Partial<ListQuery>): Promise<readonly MessageId[]> =>
      (await store().list({ trackerId, from: null, to: null, limit: 1_024, ascending: true, ...changes })).map(({ id }) => id);
    expect(await listed({})).toEqual([...kept, ...young]);
    expect(await listed({ ascending: false })).toEqual([...kept, ...young].reverse());
    expect(await listed({ limit: 1 })).toEqual(kept.slice(0, 1));
    expect(await listed({ limit: 2, ascending: false })).toEqual(young.slice(-2).reverse());
    expect(await listed({ from: start })).toEqual(young);
    expect(await listed({ from: start, ascending: false })).toEqual([...young].reverse());
    expect(await listed({ to: start - 1 })).toEqual(kept);
    expect(await listed({ to: start - 1, ascending: false })).toEqual([...kept].reverse());
    expect((await store().find([...kept, ...young])).map((one) => one?.id)).toEqual([...kept, ...young]);
    expect(await store().unreadCounts([trackerId])).toEqual(new Map([[trackerId, 150]]));
    expect((await store().ages([trackerId])).get(trackerId)).toBeGreaterThanOrEqual(300);
  });

  it("lists what comes after an id", async () => {
    const trackerId = freshTracker();
    const { ids: all } = await received(store(), trackerId, { texts: Array.from({ length: 100 }, (_, n) => deviceText(`${n}`)) });
    const { ids: more } = await received(store(), trackerId, { texts: Array.from({ length: 100 }, (_, n) => deviceText(`${n}`)) });
    const every = [...all, ...more];
    const after = async (id: MessageId, limit: number) =>
      (await store().list({ trackerId, from: null, to: null, limit, ascending: true, after: id })).map((one) => one.id);
    for (const place of [0, 1, 126, 127, 128, 198]) {
      expect(await after(every[place] ?? 0, 70)).toEqual(every.slice(place + 1, place + 71));
    }
    expect(await after(every.at(-1) ?? 0, 10)).toEqual([]);
    expect(await after(0, 3)).toEqual(every.slice(0, 3));
  });

  it("clears a tracker's chat and leaves its line, its re-sends and what comes later", async () => {
    const trackerId = freshTracker();
    const line = await TestLine.open(store(), trackerId);
    const { epoch } = line.login;
    await received(store(), trackerId, { epoch, texts: Array.from({ length: 200 }, (_, n) => deviceText(`${n}`, `${n}`)) });
    const inFlight = await submitted(store(), trackerId, { idempotencyKey: "one" });
    await submitted(store(), trackerId, { notBeforeMs: HOUR_MS });
    await deadLetterOn(line);
    await line.claim(2);
    await store().clear(trackerId);
    await store().clear(trackerId);
    expect(await list(trackerId)).toEqual([]);
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect((await store().roster([trackerId]))[0]).toMatchObject({ last: null, unread: 0, pending: 0 });
    expect((await world().events.waiting(trackerId))?.events.at(-1)).toEqual({ type: "unread", unread: 0 });
    expect((await store().deadLetters(1_000)).filter((letter) => letter.trackerId === trackerId)).toEqual([]);
    expect((await received(store(), trackerId, { epoch, texts: [deviceText("199", "199")] })).duplicates).toBe(1);
    await line.settle({ type: "delivered", id: inFlight, receipt: "device" });
    expect(await list(trackerId)).toEqual([]);
    const later = await submitted(store(), trackerId, { idempotencyKey: "one" });
    expect((await line.claim()).map(({ id }) => id)).toEqual([later]);
    expect(await ids(trackerId)).toEqual([later]);
  });

  it("erases a tracker with many messages, and no other's", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const theirs = await submitted(store(), other);
    const texts = Array.from({ length: 300 }, (_, n) => deviceText(`${n}`));
    const { ids: gone } = await received(store(), trackerId, { texts });
    await store().erase(trackerId);
    expect((await store().find([...gone, theirs])).map((one) => one?.id ?? null)).toEqual([...gone.map(() => null), theirs]);
    expect(await list(trackerId)).toEqual([]);
    const { ids: fresh } = await received(store(), trackerId, { texts });
    expect(await ids(trackerId)).toEqual(fresh);
  });

  it("has nothing left to tidy up in the end", async () => {
    while (await store().tidyIds()) expect(await store().healthy()).toBe(true);
    expect(await store().tidyIds()).toBe(false);
  });
}

/** Removes whatever is old enough, slice by slice. */
export async function removeAll(store: MessageStore, trackerId: TrackerId, ageMs: number): Promise<Omit<Removed, "next">> {
  let [removed, kept] = [0, 0];
  for (let from: MessageId = 0; ; ) {
    const slice = await store.removeOld(trackerId, ageMs, from);
    removed += slice.removed;
    kept += slice.kept;
    if (slice.next === null) return { removed, kept, dueInMs: slice.dueInMs };
    from = slice.next;
  }
}

/** The text that this line is to get next becomes a dead letter. */
async function deadLetterOn(line: TestLine): Promise<void> {
  const [text] = await line.claim(1, { maxAttempts: 1 });
  await line.drain({ settlements: [{ type: "lapsed", id: text?.id ?? 0 }], held: [], room: 0, maxAttempts: 1 });
  line.held = [];
}
