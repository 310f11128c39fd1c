import { describe, expect, it } from "vitest";
import { BROADCAST_AT_ONCE } from "../../src/chat/sender.ts";
import { paperProtocol } from "../support/fleet.ts";
import { bench, codeOf, down, NOW, text, trackers, USER, upTo } from "./calls-bench.ts";

describe("broadcast", () => {
  it("gives each tracker a message of its own, in the order asked, duplicates folded", async () => {
    const { calls, drafts, store } = bench({ trackers: trackers(300) });
    const backwards = [...upTo(300)].reverse();
    const result = await calls.broadcast(USER, [...backwards, 1, 300], text("x"));
    expect(result).toMatchObject({ sentTo: backwards, notSentTo: [] });
    expect((await store.find([...result.ids.values()])).map((message) => message?.trackerId)).toEqual(backwards);
    expect(drafts.map(({ trackerId }) => trackerId).sort((a, b) => b - a)).toEqual(backwards);
  });

  it("leaves out who is full, mute, unmappable or of unknown outcome", async () => {
    const protocols = [paperProtocol("mute", { textDown: "none" }), paperProtocol("ascii", {}, "ascii")];
    const plan = { trackers: [{ id: 1 }, { id: 2, protocol: "mute" }, { id: 3, protocol: "ascii" }, { id: 4 }, { id: 5 }], protocols };
    const { calls, store, drafts } = bench(plan, {
      submit: ({ trackerId }) => (trackerId === 4 ? Promise.resolve({ type: "full" }) : trackerId === 5 ? down() : null),
    });
    const result = await calls.broadcast(USER, [1, 2, 3, 4, 5], text("\u{1F600}"));
    expect(result).toEqual({ sentTo: [1], ids: new Map([[1, expect.any(Number)]]), notSentTo: [2, 3, 4, 5], id: 1 });
    expect(drafts.map(({ trackerId }) => trackerId)).toEqual([1, 3, 4, 5]);
    expect(await store.list({ trackerId: 3, from: null, to: null, limit: 5, ascending: true })).toMatchObject([
      { state: "rejected", text: "\u{1F600}" },
    ]);
  });

  it("is 8 when not one outcome is known, and costs one time-out, not six", async () => {
    const { calls, drafts } = bench({ trackers: trackers(300) }, { submit: down });
    expect(await codeOf(calls.broadcast(USER, upTo(300), text("x")))).toBe(8);
    expect(drafts.length).toBeLessThan(2 * BROADCAST_AT_ONCE);
  });

  it("goes on while some of the store answers", async () => {
    const { calls } = bench({ trackers: trackers(300) }, { submit: ({ trackerId }) => (trackerId % 3 === 0 ? down() : null) });
    const { sentTo, notSentTo } = await calls.broadcast(USER, upTo(300), text("x"));
    expect(notSentTo).toEqual(upTo(300).filter((id) => id % 3 === 0));
    expect(sentTo).toHaveLength(200);
  });

  it("writes many at once, never more than its bound", async () => {
    let running = 0;
    let most = 0;
    const { calls } = bench(
      { trackers: trackers(300) },
      {
        submit: async ({ trackerId }) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return { type: "stored", id: trackerId, submittedAt: NOW, owner: null, replaced: false, repeated: false };
        },
      },
    );
    expect((await calls.broadcast(USER, upTo(300), text("x"))).sentTo).toHaveLength(300);
    expect(most).toBe(BROADCAST_AT_ONCE);
  });

  it("previews a text once for all devices that are alike", async () => {
    let previews = 0;
    const plain = paperProtocol("plain");
    const counting = {
      ...plain,
      preview: (...given: Parameters<typeof plain.preview>) => {
        previews += 1;
        return plain.preview(...given);
      },
    };
    const alike = upTo(300).map((id) => ({ id, protocol: "plain", profile: { charset: id % 2 === 0 ? "a" : "b" } }));
    await bench({ trackers: alike, protocols: [counting] }).calls.broadcast(USER, upTo(300), text("x"));
    expect(previews).toBe(2);
  });

  it("passes on what nobody expected", async () => {
    const { calls } = bench({ trackers: trackers(2) }, { submit: () => Promise.reject(new TypeError("odd")) });
    await expect(calls.broadcast(USER, [1, 2], text("x"))).rejects.toThrow(TypeError);
  });
});
