import { expect, it } from "vitest";
import type { MessageStore } from "../../../src/chat/ports.ts";
import { shardOf } from "../../../src/store/keys.ts";
import { deadLetter, freshTracker, message, submitted, TestLine, type World } from "../world.ts";

/** Who owns a line, which nodes live, what waits where, and what an operator sees. */
export function ownershipContract(world: () => World): void {
  const store = (): MessageStore => world().store;

  it("gives each login a higher epoch and names whom it displaced", async () => {
    const trackerId = freshTracker();
    const first = await TestLine.open(store(), trackerId, "node-a");
    expect(first.login.previous).toBeNull();
    const second = await TestLine.open(store(), trackerId, "node-b");
    expect(second.login.epoch).toBeGreaterThan(first.login.epoch);
    expect(second.login.previous).toEqual({ node: "node-a", epoch: first.login.epoch });
    await store().logout(trackerId, first.login.epoch);
    const third = await TestLine.open(store(), trackerId, "node-c");
    expect(third.login.previous).toEqual({ node: "node-b", epoch: second.login.epoch });
    await store().logout(trackerId, third.login.epoch);
    expect((await TestLine.open(store(), trackerId)).login.previous).toBeNull();
  });

  it("gives an erased tracker a higher epoch than it had", async () => {
    const trackerId = freshTracker();
    const { login } = await TestLine.open(store(), trackerId);
    await store().erase(trackerId);
    await world().advance(1_001);
    expect((await TestLine.open(store(), trackerId)).login.epoch).toBeGreaterThan(login.epoch);
  });

  it("names owners on nodes that live only", async () => {
    const [one, other, gone, idle] = [freshTracker(), freshTracker(), freshTracker(), freshTracker()];
    const suffix = `${one}`;
    await store().renewLease(`a-${suffix}`, 60_000);
    await store().renewLease(`b-${suffix}`, 60_000);
    const { epoch } = (await TestLine.open(store(), one, `a-${suffix}`)).login;
    await TestLine.open(store(), other, `b-${suffix}`);
    await TestLine.open(store(), gone, `never-${suffix}`);
    await store().dropLease(`b-${suffix}`);
    expect(await store().owners([one, other, gone, idle])).toEqual(new Map([[one, { node: `a-${suffix}`, epoch }]]));
    await store().logout(one, epoch);
    expect((await store().owners([one])).size).toBe(0);
  });

  it("lets a lease run out and be renewed", async () => {
    const node = `lease-${freshTracker()}`;
    const lives = async (): Promise<boolean> => (await store().liveNodes()).includes(node);
    expect(await lives()).toBe(false);
    await store().renewLease(node, 60_000);
    expect(await lives()).toBe(true);
    await store().renewLease(node, 1);
    await world().advance(3);
    expect(await lives()).toBe(false);
    await store().renewLease(node, 60_000);
    await store().dropLease(node);
    await store().dropLease(node);
    expect(await lives()).toBe(false);
  });

  it("counts closings once per line, until a receipt", async () => {
    const trackerId = freshTracker();
    const standing = async () => (await TestLine.open(store(), trackerId)).login.standing;
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "closing" });
    await line.settle({ type: "closing" });
    await world().advance(5);
    const once = await standing();
    expect(once).toMatchObject({ proven: false, closings: 1 });
    expect(once.sinceClosingMs).toBeGreaterThanOrEqual(5);
    await (await TestLine.open(store(), trackerId)).settle({ type: "closing" });
    expect((await standing()).closings).toBe(2);
    await line.settle({ type: "closing" });
    expect((await standing()).closings).toBe(2);
    await line.settle({ type: "proven" });
    expect(await standing()).toEqual({ proven: true, closings: 0, sinceClosingMs: null });
  });

  it("names trackers whose outbox may hold something", async () => {
    const trackerId = -freshTracker();
    const pends = async (): Promise<boolean> => (await store().pending(shardOf(trackerId))).includes(trackerId);
    expect(await pends()).toBe(false);
    const id = await submitted(store(), trackerId);
    expect(await pends()).toBe(true);
    await store().outbox(trackerId);
    expect(await pends()).toBe(true);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
    expect(await pends()).toBe(false);
    await submitted(store(), trackerId);
    expect(await pends()).toBe(true);
  });

  it("shows dead letters, newest first, and puts one back with fresh attempts at the end", async () => {
    const [one, other] = [freshTracker(), freshTracker()];
    const first = await deadLetter(store(), one, { text: "first", urgent: true });
    await world().advance(2);
    const second = await deadLetter(store(), other);
    const shown = (await store().deadLetters(1_000)).filter(({ trackerId }) => trackerId === one || trackerId === other);
    expect(shown.map(({ trackerId, id, reason }) => ({ trackerId, id, reason }))).toEqual([
      { trackerId: other, id: second, reason: "no receipt after 1 attempts" },
      { trackerId: one, id: first, reason: "no receipt after 1 attempts" },
    ]);
    expect(shown[0]?.at).toBeGreaterThan(shown[1]?.at ?? 0);
    expect(await store().deadLetters(1)).toHaveLength(1);
    const [waiting, urgent] = [await submitted(store(), one), await submitted(store(), one, { urgent: true })];
    expect(await store().retryDeadLetter(one, first)).toBe(true);
    expect(await store().retryDeadLetter(one, first)).toBe(false);
    expect(await store().retryDeadLetter(one, second)).toBe(false);
    expect((await message(store(), first)).state).toBe("queued");
    expect(await store().outbox(one)).toEqual({ ids: [urgent, first, waiting], bytes: 15 });
    expect(await store().pending(shardOf(one))).toContain(one);
    expect((await store().deadLetters(1_000)).map(({ id }) => id)).not.toContain(first);
    const line = await TestLine.open(store(), one);
    expect((await line.claim(3)).map(({ id, attempt, text }) => [id, attempt, text])).toEqual([
      [urgent, 1, "hello"],
      [first, 1, "first"],
      [waiting, 1, "hello"],
    ]);
  });

  it("shows no dead letter that was disowned or erased", async () => {
    const [one, other] = [freshTracker(), freshTracker()];
    const ids = [await deadLetter(store(), one), await deadLetter(store(), other)];
    await store().disown(one);
    await store().erase(other);
    const shown = (await store().deadLetters(1_000)).map(({ id }) => id);
    expect(shown.filter((id) => ids.includes(id))).toEqual([]);
    expect(await store().retryDeadLetter(one, ids[0] ?? 0)).toBe(false);
  });

  it("is healthy", async () => {
    expect(await store().healthy()).toBe(true);
  });
}
