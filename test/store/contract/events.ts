/** Every change writes what it is with itself, and who answers for that. */
import { expect, it, vi } from "vitest";
import { type EventStore, type TrackerEvent, WAITING_EVENTS, type Written } from "../../../src/chat/events.ts";
import type { TrackerId } from "../../../src/chat/message.ts";
import { deadLetter, deviceText, draft, freshTracker, incoming, received, submitted, TestLine, type World } from "../world.ts";

/** What came to a tracker since this was last asked. */
async function news(events: EventStore, trackerId: TrackerId): Promise<readonly TrackerEvent[]> {
  const run = await events.waiting(trackerId);
  if (run === null) return [];
  await events.settle(trackerId, run.first + run.events.length - 1);
  return run.events;
}

export function eventsContract(world: () => World): void {
  const store = (): World["store"] => world().store;
  const news_of = (trackerId: TrackerId): Promise<readonly TrackerEvent[]> => news(world().events, trackerId);
  const status = (id: number, state: string): unknown => ({ type: "status", id, state });

  it("tell the way of a text, from its submission to its end", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    expect(await news_of(trackerId)).toEqual([{ type: "message", id, state: "queued" }]);
    const line = await TestLine.open(store(), trackerId);
    expect(await news_of(trackerId)).toEqual([{ type: "presence", online: true, at: expect.any(Number) }]);
    await line.claim();
    await line.drain();
    expect(await news_of(trackerId)).toEqual([status(id, "written")]);
    await line.settle({ type: "altered", id }, { type: "altered", id }, { type: "delivered", id, receipt: "device" });
    expect(await news_of(trackerId)).toEqual([status(id, "written"), status(id, "delivered")]);
    await line.settle({ type: "delivered", id, receipt: "device" }, { type: "read", id }, { type: "read", id });
    expect(await news_of(trackerId)).toEqual([status(id, "read")]);
    await store().logout(trackerId, line.login.epoch);
    await store().logout(trackerId, line.login.epoch);
    expect(await news_of(trackerId)).toEqual([{ type: "presence", online: false, at: expect.any(Number) }]);
  });

  it("tell a driver's texts, what they answer, and how many are unread", async () => {
    const trackerId = freshTracker();
    const question = await submitted(store(), trackerId, { choices: ["a", "b"] });
    await (await TestLine.open(store(), trackerId)).claim();
    await news_of(trackerId);
    const answer = deviceText("a", "1", { answers: { messageId: question, choice: 0 } });
    const texts = [deviceText("hello", "0"), answer];
    const { ids } = await received(store(), trackerId, { texts });
    const [hello = 0, answered = 0] = ids;
    expect(await news_of(trackerId)).toEqual([
      { type: "message", id: hello, state: "unread" },
      status(question, "answered"),
      { type: "message", id: answered, state: "unread" },
      { type: "unread", unread: 2 },
    ]);
    await received(store(), trackerId, { texts });
    expect(await news_of(trackerId)).toEqual([]);
    await store().markRead(trackerId, [hello]);
    await store().markRead(trackerId, [hello]);
    expect(await news_of(trackerId)).toEqual([{ type: "unread", unread: 1 }]);
    await incoming(store(), trackerId, "more");
    await news_of(trackerId);
    await store().markAllRead([trackerId]);
    await store().markAllRead([trackerId]);
    expect(await news_of(trackerId)).toEqual([{ type: "unread", unread: 0 }]);
  });

  it("tell every other end of a text, and a new beginning", async () => {
    const trackerId = freshTracker();
    const rejected = await submitted(store(), trackerId, { rejected: "never" });
    expect(await news_of(trackerId)).toEqual([{ type: "message", id: rejected, state: "rejected" }]);
    const dead = await deadLetter(store(), trackerId);
    expect((await news_of(trackerId)).slice(-3)).toEqual([status(dead, "written"), status(dead, "queued"), status(dead, "dead-lettered")]);
    await store().retryDeadLetter(trackerId, dead);
    expect(await news_of(trackerId)).toEqual([status(dead, "queued")]);
    await store().cancel(trackerId, dead);
    await store().cancel(trackerId, dead);
    expect(await news_of(trackerId)).toEqual([status(dead, "cancelled")]);
    const old = await submitted(store(), trackerId);
    const fresh = await submitted(store(), trackerId, { replaces: old, ttlMs: 0 });
    expect((await news_of(trackerId)).slice(1)).toEqual([{ type: "message", id: fresh, state: "queued" }, status(old, "cancelled")]);
    await store().expire(trackerId, ["node-a"]);
    expect(await news_of(trackerId)).toEqual([status(fresh, "expired")]);
    const refused = await submitted(store(), trackerId);
    const silent = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim(2);
    await news_of(trackerId);
    await line.settle({ type: "rejected", id: refused, reason: "no" }, { type: "unconfirmed", id: silent });
    expect(await news_of(trackerId)).toEqual([status(refused, "rejected"), status(silent, "unconfirmed")]);
  });

  it("have numbers without gaps, also when some were forgotten, and wait until they are", async () => {
    const trackerId = freshTracker();
    const { events } = world();
    expect(await events.waiting(trackerId)).toBeNull();
    await submitted(store(), trackerId);
    await submitted(store(), trackerId);
    await submitted(store(), trackerId);
    const run = await events.waiting(trackerId);
    const first = run?.first ?? 0;
    expect(run?.events).toHaveLength(3);
    await events.settle(trackerId, first);
    await events.settle(trackerId, first - 5);
    expect(await events.waiting(trackerId)).toEqual({ ...run, first: first + 1, events: run?.events.slice(1) });
    await events.settle(trackerId, first + 2);
    expect(await events.waiting(trackerId)).toBeNull();
    await submitted(store(), trackerId);
    expect(await events.waiting(trackerId)).toMatchObject({ first: first + 3, events: [{ type: "message" }] });
    await events.settle(trackerId, first + 100);
    expect(await events.waiting(trackerId)).toBeNull();
  });

  it("are bounded: the oldest go, and their numbers with them", async () => {
    const trackerId = freshTracker();
    const texts = Array.from({ length: 199 }, (_, n) => deviceText("x", String(n)));
    for (let told = 0; told <= WAITING_EVENTS; told += 200)
      await received(store(), trackerId, { texts: texts.map((text, n) => ({ ...text, serial: `${told + n}` })) });
    const before = await world().events.waiting(trackerId);
    expect(before?.events).toHaveLength(WAITING_EVENTS);
    await submitted(store(), trackerId);
    expect(await world().events.waiting(trackerId)).toMatchObject({ first: (before?.first ?? 0) + 1 });
  });

  it("go with the messages when the tracker changes hands, and their numbers rise even when all of it is erased", async () => {
    const trackerId = freshTracker();
    const { events } = world();
    await submitted(store(), trackerId);
    const first = (await events.waiting(trackerId))?.first ?? 0;
    await store().disown(trackerId);
    expect(await events.waiting(trackerId)).toBeNull();
    await submitted(store(), trackerId);
    expect((await events.waiting(trackerId))?.first).toBe(first + 1);
    await world().advance(5);
    await store().erase(trackerId);
    expect(await events.waiting(trackerId)).toBeNull();
    await submitted(store(), trackerId);
    expect((await events.waiting(trackerId))?.first).toBeGreaterThan(first + 1);
  });

  it("are forgotten with their account, and its idempotency keys; a deleted tracker is no longer counted in the stream", async () => {
    const trackerId = freshTracker();
    const [account, other] = [freshTracker(), freshTracker()];
    const { events } = world();
    await submitted(store(), trackerId);
    const run = await events.waiting(trackerId);
    if (run === null) throw new Error("no event waits");
    for (const userId of [account, other]) {
      await events.relay(userId, [run], true);
      await store().claimKey(userId, "k", "body");
    }
    const next = { ...run, first: run.first + 1 };
    expect((await events.relay(account, [next], false)).missing).toEqual([]);
    await store().erase(trackerId, account);
    expect((await events.relay(account, [{ ...next, first: next.first + 1 }], false)).missing).toEqual([trackerId]);
    expect((await events.relay(other, [next], false)).missing).toEqual([]);
    await store().forget(account);
    await store().forget(account);
    expect(await events.read(account, "0-0", 10)).toEqual([]);
    expect(await events.read(other, "0-0", 10)).toHaveLength(2);
    expect(await store().claimKey(account, "k", "another")).toBe("new");
    expect(await store().claimKey(other, "k", "another")).toBe("other");
  });

  it("are told to who made the change; a call that wrote none says that some wait", async () => {
    const trackerId = freshTracker();
    const { events } = world();
    const heard: Written[] = [];
    const stop = events.onWritten((written) => heard.push(written));
    const id = await submitted(store(), trackerId);
    const first = (await events.waiting(trackerId))?.first ?? 0;
    expect(heard).toEqual([{ trackerId, run: { trackerId, first, events: [{ type: "message", id, state: "queued" }] } }]);
    await store().markRead(trackerId, [id]);
    expect(heard.slice(1)).toEqual([{ trackerId, run: null }]);
    await events.settle(trackerId, first);
    await store().markRead(trackerId, [id]);
    expect(heard).toHaveLength(2);
    stop();
    await submitted(store(), trackerId);
    expect(heard).toHaveLength(2);
  });

  it("say of a given-up line that it is gone once, and that it lives after all", async () => {
    const trackerId = freshTracker();
    const { events } = world();
    const line = await TestLine.open(store(), trackerId, "node-x");
    const owner = { node: "node-x", epoch: line.login.epoch };
    await news_of(trackerId);
    for (const wrong of [
      { ...owner, node: "node-y" },
      { ...owner, epoch: owner.epoch - 1 },
    ]) {
      expect(await events.presume(trackerId, wrong, false)).toBe(false);
    }
    expect(await events.presume(trackerId, owner, true)).toBe(false);
    expect(await events.presume(trackerId, owner, false)).toBe(true);
    expect(await events.presume(trackerId, owner, false)).toBe(false);
    expect(await news_of(trackerId)).toEqual([{ type: "presence", online: false, at: expect.any(Number) }]);
    expect(await events.presume(trackerId, owner, true)).toBe(true);
    expect(await news_of(trackerId)).toEqual([{ type: "presence", online: true, at: expect.any(Number) }]);
    await events.presume(trackerId, owner, false);
    await news_of(trackerId);
    await store().logout(trackerId, owner.epoch);
    expect(await news_of(trackerId)).toEqual([]);
    await TestLine.open(store(), trackerId, "node-z");
    expect(await events.presume(trackerId, owner, false)).toBe(false);
    expect(await news_of(trackerId)).toEqual([{ type: "presence", online: true, at: expect.any(Number) }]);
  });

  it("have a node that answers for them, until it is done with them", async () => {
    const trackerId = freshTracker();
    const { events, node } = world();
    const { epoch } = await store().login({ trackerId, node, protocol: "test" });
    expect(await events.nodes()).toContain(node);
    expect(await events.trackersOf(node)).toContain(trackerId);
    await vi.waitFor(() => expect(events.idle(0)).not.toContain(trackerId));
    await store().logout(trackerId, epoch);
    await news_of(trackerId);
    for (const idle of events.idle(0)) await events.release(node, [idle]);
    expect(await events.trackersOf(node)).not.toContain(trackerId);
    await store().submit(draft(trackerId));
    expect(await events.trackersOf(node)).toContain(trackerId);
  });

  it("show in the roster: presence, unread, pending, the last message", async () => {
    const [plain, busy, gone] = [freshTracker(), freshTracker(), freshTracker()];
    await store().renewLease("roster-node", 60_000);
    await TestLine.open(store(), busy, "roster-node");
    await TestLine.open(store(), gone, "no-lease");
    await submitted(store(), busy);
    await submitted(store(), busy, { notBeforeMs: 60_000 });
    await submitted(store(), busy, { urgent: true });
    const { ids } = await received(store(), busy, { texts: [deviceText("hello", "1")] });
    const [one, two, three] = await store().roster([plain, busy, gone]);
    expect(one).toEqual({ trackerId: plain, online: false, since: null, unread: 0, pending: 0, last: null });
    const [message] = await store().find(ids);
    expect(two).toEqual({ trackerId: busy, online: true, since: expect.any(Number), unread: 1, pending: 3, last: message });
    expect(three).toMatchObject({ trackerId: gone, online: false, since: expect.any(Number) });
    await store().disown(busy);
    expect((await store().roster([busy]))[0]).toMatchObject({ unread: 0, pending: 0, last: null });
    const next = await submitted(store(), busy);
    expect((await store().roster([busy]))[0]).toMatchObject({ pending: 1, last: { id: next } });
    await store().dropLease("roster-node");
    expect((await store().roster([busy]))[0]).toMatchObject({ online: false });
    expect(await store().roster([])).toEqual([]);
  });
}
