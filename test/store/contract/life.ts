import { expect, it } from "vitest";
import type { MessageStore } from "../../../src/chat/ports.ts";
import type { TimelineEntry } from "../../../src/chat/timeline.ts";
import type { OpenQuestion } from "../../../src/core/session-io.ts";
import { deadLetter, deviceText, freshTracker, incoming, message, received, submitted, TestLine, type World } from "../world.ts";

/** Questions with their answers, and what is told of a message's life. */
export function lifeContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  /** State, attempt, node, reason; or which way a frame went. */
  const told = async (trackerId: number, id: number): Promise<readonly unknown[]> =>
    (await store().timeline(trackerId, id)).map((entry) =>
      entry.type === "frame" ? [entry.direction, entry.bytes.toString()] : [entry.state, entry.attempt, entry.node, entry.reason],
    );
  const questionAt = async (trackerId: number): Promise<OpenQuestion | null> =>
    (await TestLine.open(store(), trackerId)).login.standing.question ?? null;
  const QUEUED = ["queued", null, null, null];

  it("hands a question out with its choices, also after it was given up and put back", async () => {
    const trackerId = freshTracker();
    const choices = ["да", "нет", "🚚".repeat(50)];
    const id = await submitted(store(), trackerId, { text: "Едешь?", choices, employeeId: 3 });
    expect(await message(store(), id)).toMatchObject({ text: "Едешь?", choices, employeeId: 3 });
    const { bytes } = await store().outbox(trackerId);
    expect(bytes).toBe(Buffer.byteLength(`Едешь?\n1. да\n2. нет\n3. ${"🚚".repeat(50)}`));
    const line = await TestLine.open(store(), trackerId);
    expect(await line.claim(1, { maxAttempts: 1 })).toMatchObject([{ id, text: "Едешь?", choices, attempt: 1 }]);
    await line.drain({ settlements: [{ type: "lapsed", id }], held: [], room: 0, maxAttempts: 1 });
    expect(await store().retryDeadLetter(trackerId, id)).toBe(true);
    expect((await store().outbox(trackerId)).bytes).toBe(bytes);
    line.held = [];
    expect(await line.claim()).toMatchObject([{ id, text: "Едешь?", choices }]);
    await line.settle({ type: "rejected", id, reason: "не могу" });
    const rejected = await message(store(), id);
    expect(rejected).toMatchObject({ text: "Едешь?", choices, reason: "не могу" });
    await line.settle({ type: "delivered", id, receipt: "device" });
    expect(await message(store(), id)).toMatchObject({ text: "Едешь?", choices, reason: null });
  });

  it("counts ten choices as they go out, and reserves tags for them", async () => {
    const trackerId = freshTracker();
    const choices = Array.from({ length: 10 }, (_, n) => `c${n}`);
    const id = await submitted(store(), trackerId, { text: "x", choices });
    const whole = Buffer.byteLength(["x", ...choices.map((choice, n) => `${n + 1}. ${choice}`)].join("\n"));
    expect((await store().outbox(trackerId)).bytes).toBe(whole);
    const plain = await submitted(store(), trackerId, { text: "y" });
    const line = await TestLine.open(store(), trackerId);
    const [first, second] = await line.claim(2, { tagBytes: 1 });
    expect([first?.id, second?.id, (second?.tag ?? 0) - (first?.tag ?? 0)]).toEqual([id, plain, 2 * whole]);
    const dead = await deadLetter(store(), freshTracker(), { text: "x", choices });
    const { trackerId: theirs } = await message(store(), dead);
    await store().retryDeadLetter(theirs, dead);
    expect((await store().outbox(theirs)).bytes).toBe(whole);
  });

  it("remembers the question that went out last until it is answered", async () => {
    const trackerId = freshTracker();
    const first = await submitted(store(), trackerId, { choices: ["a", "b"] });
    const second = await submitted(store(), trackerId, { choices: ["c", "d"] });
    await submitted(store(), trackerId, { text: "no question" });
    expect(await questionAt(trackerId)).toBeNull();
    const line = await TestLine.open(store(), trackerId);
    await line.claim(1);
    expect(await questionAt(trackerId)).toEqual({ messageId: first, choices: ["a", "b"] });
    const next = await TestLine.open(store(), trackerId);
    await next.claim(3);
    expect(await questionAt(trackerId)).toEqual({ messageId: second, choices: ["c", "d"] });
    await next.settle({ type: "delivered", id: second, receipt: "device" }, { type: "read", id: second });
    expect(await questionAt(trackerId)).toEqual({ messageId: second, choices: ["c", "d"] });
    await received(store(), trackerId, { epoch: 2e9, texts: [deviceText("1", "1", { answers: { messageId: first, choice: 0 } })] });
    expect(await questionAt(trackerId)).toEqual({ messageId: second, choices: ["c", "d"] });
    await received(store(), trackerId, { epoch: 2e9, texts: [deviceText("2", "2", { answers: { messageId: second, choice: 1 } })] });
    expect(await questionAt(trackerId)).toBeNull();
  });

  it.each(["rejected", "cancelled", "replaced", "expired", "dead-lettered", "disowned"] as const)(
    "forgets a question that was %s, not one that stayed unconfirmed",
    async (end) => {
      const trackerId = freshTracker();
      const id = await submitted(store(), trackerId, { choices: ["a", "b"], ttlMs: 300 });
      const line = await TestLine.open(store(), trackerId);
      await line.claim();
      const ends: Readonly<Record<typeof end, () => Promise<unknown>>> = {
        rejected: () => line.settle({ type: "rejected", id, reason: "no" }),
        cancelled: () => store().cancel(trackerId, id),
        replaced: () => submitted(store(), trackerId, { replaces: id }),
        expired: async () => {
          await store().logout(trackerId, line.login.epoch);
          await world().advance(301);
          return store().expire(trackerId, ["node-a"]);
        },
        "dead-lettered": () => line.drain({ settlements: [{ type: "lapsed", id }], held: [], room: 0, maxAttempts: 1 }),
        disowned: () => store().disown(trackerId),
      };
      await ends[end]();
      expect(await questionAt(trackerId)).toBeNull();
      const [other, quiet] = [await submitted(store(), trackerId, { choices: ["c", "d"] }), await TestLine.open(store(), trackerId)];
      await quiet.claim(2);
      await quiet.settle({ type: "unconfirmed", id: other });
      expect(await questionAt(trackerId)).toEqual({ messageId: other, choices: ["c", "d"] });
    },
  );

  it("tells the whole life of a text: queued, lapsed, dead-lettered, put back, delivered, read, answered", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId, { choices: ["a", "b"] });
    const old = await TestLine.open(store(), trackerId, "node-a");
    await old.claim(1, { maxAttempts: 2 });
    const line = await TestLine.open(store(), trackerId, "node-b");
    await line.claim(1, { maxAttempts: 2 });
    const lapse = { type: "lapsed", id, attempt: 2 } as const;
    await line.drain({ settlements: [lapse], held: [], room: 0, maxAttempts: 2 });
    await store().retryDeadLetter(trackerId, id);
    line.held = [];
    await line.claim();
    await old.settle({ type: "delivered", id, receipt: "device" });
    await line.settle({ type: "delivered", id, receipt: "device" }, { type: "read", id });
    const answers = { messageId: id, choice: 0 };
    const { epoch } = line.login;
    await received(store(), trackerId, { epoch, texts: [deviceText("a", "1", { answers }), deviceText("b", "2", { answers })] });
    expect(await told(trackerId, id)).toEqual([
      QUEUED,
      ["written", 1, "node-a", null],
      ["written", 2, "node-b", null],
      ["queued", 2, "node-b", "no receipt"],
      ["dead-lettered", 2, "node-b", "no receipt after 2 attempts"],
      ["queued", null, null, "put back"],
      ["written", 1, "node-b", null],
      ["delivered", 1, null, null],
      ["read", null, "node-b", null],
      ["answered", null, "node-b", null],
    ]);
  });

  it("tells how each text ended", async () => {
    const trackerId = freshTracker();
    const ids: number[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await submitted(store(), trackerId));
    const [implied = 0, rejected = 0, unconfirmed = 0, cancelled = 0, replaced = 0] = ids;
    const line = await TestLine.open(store(), trackerId);
    await line.claim(4);
    await line.settle(
      { type: "delivered", id: implied, receipt: "implied" },
      { type: "rejected", id: rejected, reason: "занят" },
      { type: "unconfirmed", id: unconfirmed },
    );
    await store().cancel(trackerId, cancelled);
    const by = await submitted(store(), trackerId, { replaces: replaced });
    const never = await submitted(store(), trackerId, { rejected: "нет знаков" });
    const short = await submitted(store(), freshTracker(), { ttlMs: 0 });
    const { trackerId: elsewhere } = await message(store(), short);
    await store().expire(elsewhere, ["node-a"]);
    const written = ["written", 1, "node-a", null];
    expect(await told(trackerId, implied)).toEqual([QUEUED, written, ["delivered", 1, "node-a", "implied"]]);
    expect(await told(trackerId, rejected)).toEqual([QUEUED, written, ["rejected", 1, "node-a", "занят"]]);
    expect(await told(trackerId, unconfirmed)).toEqual([QUEUED, written, ["unconfirmed", 1, "node-a", null]]);
    expect(await told(trackerId, cancelled)).toEqual([QUEUED, written, ["cancelled", 1, null, null]]);
    expect(await told(trackerId, replaced)).toEqual([QUEUED, ["cancelled", null, null, `replaced by ${by}`]]);
    expect(await told(trackerId, by)).toEqual([QUEUED]);
    expect(await told(trackerId, never)).toEqual([QUEUED, ["rejected", null, null, "нет знаков"]]);
    expect(await told(elsewhere, short)).toEqual([QUEUED, ["expired", null, null, null]]);
  });

  it("tells what was read by a dispatcher, one or all", async () => {
    const trackerId = freshTracker();
    const [one, other, unread] = [await incoming(store(), trackerId, "1"), await incoming(store(), trackerId, "2"), freshTracker()];
    expect(await told(trackerId, one)).toEqual([["unread", null, null, null]]);
    await store().markRead(trackerId, [one]);
    await store().markAllRead([trackerId, unread]);
    await store().markRead(trackerId, [one, other]);
    for (const id of [one, other]) {
      expect(await told(trackerId, id)).toEqual([
        ["unread", null, null, null],
        ["marked-read", null, null, null],
      ]);
    }
  });

  it("keeps frames at their time, between the states that they explain", async () => {
    const trackerId = freshTracker();
    const [words, id] = [await incoming(store(), trackerId, "up"), await submitted(store(), trackerId)];
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await world().advance(20);
    const [down, up] = [Buffer.from([0x7e, 0, 0xff, 0x22]), Buffer.from("up")];
    await line.drain({
      settlements: [{ type: "delivered", id, receipt: "device" }],
      traces: [
        { id, direction: "up", bytes: up, ageMs: 3 },
        { id, direction: "down", bytes: down, ageMs: 15 },
        { id: 2_000_000_000, direction: "down", bytes: down, ageMs: 0 },
        { id: words, direction: "down", bytes: down, ageMs: 0 },
      ],
      held: [],
    });
    const timeline = await store().timeline(trackerId, id);
    expect(timeline.map((entry) => (entry.type === "state" ? entry.state : [entry.direction, entry.bytes]))).toEqual([
      "queued",
      "written",
      ["down", down],
      ["up", up],
      "delivered",
    ]);
    expect(await told(trackerId, words)).toEqual([["unread", null, null, null]]);
    const times = timeline.map(({ at }) => at);
    const { submittedAt, updatedAt } = await message(store(), id);
    expect([times[0], times[4]]).toEqual([submittedAt, updatedAt]);
    expect((times[4] ?? 0) - (times[2] ?? 0)).toBe(14);
    expect((times[4] ?? 0) - (times[3] ?? 0)).toBe(2);
  });

  it("keeps the frames of a stale line, and of a line that only asks", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const old = await TestLine.open(store(), trackerId);
    await old.claim();
    const frame = (bytes: string) => ({ id, direction: "down", bytes: Buffer.from(bytes), ageMs: 0 }) as const;
    await old.drain({ traces: [frame("one")], room: 0 });
    await TestLine.open(store(), trackerId);
    expect(await old.drain({ traces: [frame("two")] })).toEqual({ type: "stale" });
    expect(await told(trackerId, id)).toEqual([QUEUED, ["written", 1, "node-a", null], ["down", "one"], ["down", "two"]]);
  });

  it("stops keeping frames, not states, of a message that has very many", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    const traces = Array.from({ length: 50 }, () => ({ id, direction: "down", bytes: Buffer.alloc(256), ageMs: 0 }) as const);
    await line.drain({ traces, room: 0 });
    await line.settle({ type: "delivered", id, receipt: "device" });
    const timeline = await store().timeline(trackerId, id);
    const frames = timeline.filter(({ type }) => type === "frame").length;
    expect(frames).toBe(Math.floor((8_192 - 17) / 265));
    expect(timeline.at(-1)).toMatchObject({ type: "state", state: "delivered" });
  });

  it("tells nothing of what is not there, hidden or of another tracker", async () => {
    const [trackerId, other] = [freshTracker(), freshTracker()];
    const id = await submitted(store(), trackerId);
    const none: readonly TimelineEntry[] = [];
    expect(await store().timeline(other, id)).toEqual(none);
    expect(await store().timeline(trackerId, 2_000_000_000)).toEqual(none);
    await store().disown(trackerId);
    expect(await store().timeline(trackerId, id)).toEqual(none);
    const later = await submitted(store(), trackerId);
    await store().cancel(trackerId, later);
    await store().erase(trackerId);
    expect(await store().timeline(trackerId, later)).toEqual(none);
    const again = await submitted(store(), trackerId);
    expect(await told(trackerId, again)).toEqual([QUEUED]);
  });
}
