import { expect, it } from "vitest";
import type { MessageId } from "../../../src/chat/message.ts";
import { type MessageStore, REMEMBERED_TAGS } from "../../../src/chat/ports.ts";
import { deviceText, freshTracker, message, received, submitted, TestLine, type World } from "../world.ts";

/** What a device says of texts long after the line on which they went out: by what they were called on the wire. */
export function lateContract(world: () => World): void {
  const store = (): MessageStore => world().store;
  const name = (line: TestLine, ...tags: readonly [MessageId, string, "part"?][]) =>
    line.drain({ room: 0, tags: tags.map(([id, tag, of]) => ({ id, tag, whole: of === undefined })) });
  const stateOf = async (id: MessageId): Promise<string> => (await message(store(), id)).state;

  /** Texts that an earlier line delivered under these names, and the line that is there now. */
  const delivered = async (...tags: readonly string[]) => {
    const trackerId = freshTracker();
    const ids: MessageId[] = [];
    const old = await TestLine.open(store(), trackerId);
    for (const tag of tags) {
      const id = await submitted(store(), trackerId);
      await old.claim();
      await name(old, [id, tag]);
      await old.settle({ type: "delivered", id, receipt: "device" });
      ids.push(id);
    }
    return { trackerId, ids, old, line: await TestLine.open(store(), trackerId) };
  };

  it("marks a text as read by its name, once", async () => {
    const { ids, line } = await delivered("17", "0011abcd");
    const [first = 0, second = 0] = ids;
    const before = await message(store(), second);
    await line.settle({ type: "late-read", tag: "0011abcd" });
    expect([await stateOf(first), await message(store(), second)]).toEqual(["delivered", { ...before, state: "read" }]);
    await line.settle({ type: "late-read", tag: "0011abcd" }, { type: "late-read", tag: "1" }, { type: "late-read", tag: "" });
    expect([await stateOf(first), await stateOf(second)]).toEqual(["delivered", "read"]);
  });

  it("takes it from a line that does not own the tracker any more", async () => {
    const { ids, old } = await delivered("17");
    expect(await old.settle({ type: "late-read", tag: "17" })).toEqual({ type: "stale" });
    expect(await stateOf(ids[0] ?? 0)).toBe("read");
  });

  it("delivers a text whose receipt was lost", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const old = await TestLine.open(store(), trackerId);
    await old.claim();
    await name(old, [id, "17"]);
    const line = await TestLine.open(store(), trackerId);
    await line.settle({ type: "late-read", tag: "17" });
    expect(await message(store(), id)).toMatchObject({ state: "read", receipt: "device", updatedAt: expect.any(Number) });
    expect(await store().outbox(trackerId)).toEqual({ ids: [], bytes: 0 });
  });

  it("delivers no text of several parts by its last one, but marks it once all are known to have come", async () => {
    const trackerId = freshTracker();
    const id = await submitted(store(), trackerId);
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await name(line, [id, "17", "part"]);
    const read = { type: "late-read", tag: "17" } as const;
    await line.drain({ room: 0, settlements: [read] });
    expect([await stateOf(id), (await store().outbox(trackerId)).ids]).toEqual(["written", [id]]);
    await line.settle({ type: "delivered", id, receipt: "device" }, read);
    expect(await stateOf(id)).toBe("read");
    const given = await submitted(store(), trackerId);
    await name(line, [given, "18", "part"]);
    await line.settle({ type: "unconfirmed", id: given }, { type: "late-read", tag: "18" });
    expect(await stateOf(given)).toBe("unconfirmed");
  });

  it("goes by the newest text of a name that was used again", async () => {
    const { ids, line, trackerId } = await delivered("17", "17");
    await line.settle({ type: "late-read", tag: "17" });
    expect([await stateOf(ids[0] ?? 0), await stateOf(ids[1] ?? 0)]).toEqual(["delivered", "read"]);
    expect(await store().recall(trackerId, ["17"])).toEqual([{ messageId: ids[1], choices: [] }]);
  });

  it("reads settlements before it takes new names", async () => {
    const { ids, line, trackerId } = await delivered("17");
    const [old = 0] = ids;
    const id = await submitted(store(), trackerId);
    await line.claim();
    await line.drain({ room: 0, settlements: [{ type: "late-read", tag: "17" }], tags: [{ id, tag: "17", whole: true }] });
    expect([await stateOf(old), await stateOf(id)]).toEqual(["read", "written"]);
  });

  it("keeps the names of one tracker from another's messages", async () => {
    const one = await delivered("17");
    const other = await delivered("17", "18");
    await other.line.settle({ type: "late-read", tag: "17" });
    expect([await stateOf(one.ids[0] ?? 0), await stateOf(other.ids[0] ?? 0)]).toEqual(["delivered", "read"]);
    // A name that points at a foreign or an incoming message, or at none, means nothing.
    const { epoch } = one.line.login;
    const [up = 0] = (await received(store(), one.trackerId, { epoch, texts: [deviceText("up")] })).ids;
    await name(one.line, [other.ids[1] ?? 0, "foreign"], [up, "up"], [2_000_000_000, "none"]);
    await one.line.settle(...["foreign", "up", "none"].map((tag) => ({ type: "late-read", tag }) as const));
    expect([await stateOf(other.ids[1] ?? 0), await stateOf(up)]).toEqual(["delivered", "unread"]);
    expect(await store().recall(one.trackerId, ["foreign", "up", "none", "18"])).toEqual([null, null, null, null]);
  });

  it(`remembers the newest ${REMEMBERED_TAGS} names`, async () => {
    const { ids, line, trackerId } = await delivered("first", "second");
    const [, second = 0] = ids;
    const more = Array.from({ length: REMEMBERED_TAGS - 1 }, (_, n): [MessageId, string] => [second, `n${n}`]);
    await name(line, ...more.slice(0, 40));
    await name(line, ...more.slice(40));
    const known = { messageId: second, choices: [] };
    expect(await store().recall(trackerId, ["first", "second", "n0", `n${more.length - 1}`])).toEqual([null, known, known, known]);
    await name(line, [second, "one more"]);
    expect(await store().recall(trackerId, ["second", "one more"])).toEqual([null, known]);
  });

  it("recalls a question with its choices, for the answer that is stored then", async () => {
    const trackerId = freshTracker();
    const choices = ["да", "нет"];
    const id = await submitted(store(), trackerId, { text: "Приехали?", choices });
    const line = await TestLine.open(store(), trackerId);
    await line.claim();
    await name(line, [id, "17"]);
    expect(await store().recall(trackerId, ["17", "16"])).toEqual([{ messageId: id, choices }, null]);
    expect(await store().recall(freshTracker(), ["17"])).toEqual([null]);
    const answers = { messageId: id, choice: 1 };
    await received(store(), trackerId, { epoch: line.login.epoch, texts: [deviceText("нет", "s", { answers })] });
    expect(await stateOf(id)).toBe("answered");
    await line.settle({ type: "late-read", tag: "17" });
    expect(await stateOf(id)).toBe("answered");
  });

  it("knows nothing of it when the tracker changed hands or was erased", async () => {
    const { ids, trackerId } = await delivered("17");
    await store().disown(trackerId);
    expect(await store().recall(trackerId, ["17"])).toEqual([null]);
    await (await TestLine.open(store(), trackerId)).settle({ type: "late-read", tag: "17" });
    expect((await store().find(ids))[0]).toBeNull();
    const other = await delivered("17");
    await store().erase(other.trackerId);
    expect(await store().recall(other.trackerId, ["17"])).toEqual([null]);
  });
}
