/** Broadcasts whose store, or node, fails half way: nobody gets a text twice, and what can be known is found out. */
import { describe, expect, it } from "vitest";
import { type BroadcastStore, RESOLVE_MS, SURE_MS } from "../../src/chat/broadcast.ts";
import { Broadcasts, type BroadcastsOptions } from "../../src/chat/broadcasts.ts";
import type { Draft } from "../../src/chat/ports.ts";
import { Sender } from "../../src/chat/sender.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { MemoryDirectory } from "../support/fleet.ts";
import { codeOf, down, NOW, TTL_MS, text, trackers, USER } from "./calls-bench.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const SPEECH = { text: text("Gate 4"), choices: null, urgent: false, ttlMs: 2 * DAY_MS, notBefore: null };

/** What goes wrong: before a call's work, or after it, when only the answer is lost. */
interface Faults {
  submit: (draft: Draft) => "none" | "before" | "after" | "dies";
  note: "none" | "before" | "after";
}

class NodeDied extends Error {}

function installation() {
  const time = { now: NOW };
  const faults: Faults = { submit: () => "none", note: "none" };
  const store = new MemoryStore(() => time.now);
  const kept = new MemoryBroadcasts(() => time.now);
  const directory = new MemoryDirectory({ trackers: trackers(3) });
  const submit = async (draft: Draft) => {
    const fault = faults.submit(draft);
    if (fault === "dies") throw new NodeDied();
    if (fault === "before") return await down();
    const submitted = await store.submit(draft);
    return fault === "after" ? await down() : submitted;
  };
  const note: BroadcastStore["note"] = async (...given) => {
    if (faults.note === "before") return await down();
    const noted = await kept.note(...given);
    return faults.note === "after" ? await down() : noted;
  };
  const outbox = { hint: () => Promise.resolve() };
  const onHintFailed = (): void => undefined;
  const sender = new Sender({ store: { submit }, directory, outbox, ttlMs: TTL_MS, onHintFailed });
  const broadcasts: BroadcastStore = {
    open: (...given) => kept.open(...given),
    read: (...given) => kept.read(...given),
    list: (...given) => kept.list(...given),
    begin: (...given) => kept.begin(...given),
    cancel: (...given) => kept.cancel(...given),
    note,
  };
  const options: BroadcastsOptions = {
    ...{ store, broadcasts, sender, directory, outbox, onHintFailed },
    clock: { now: () => time.now },
    pace: { count: 1_000, perMs: 1_000 },
    meter: { count: () => undefined },
  };
  const all = [1, 2, 3].flatMap((id) => directory.tracker(id) ?? []);
  const calls = new Broadcasts(options);
  return {
    ...{ time, faults, calls },
    send: (key: string | null = null) => calls.send(USER, all, SPEECH, key),
    standings: async (id: number) => (await calls.read(USER, id)).standings.map(({ type, rounds }) => [type, rounds]),
    /** How many texts each tracker has. */
    texts: () => Promise.all([1, 2, 3].map(async (trackerId) => (await store.list({ ...EVERYTHING, trackerId })).length)),
  };
}

const EVERYTHING = { from: null, to: null, limit: 100, ascending: true };

describe("a broadcast that was broken off", () => {
  it.each(["before", "after"] as const)("is whole after a retry when a text's call failed %s its work", async (fault) => {
    const { faults, send, calls, standings, texts } = installation();
    faults.submit = ({ trackerId }) => (trackerId === 2 ? fault : "none");
    const { id, notSentTo } = await send();
    expect(notSentTo).toEqual([2]);
    expect((await standings(id))[1]).toEqual([fault === "before" ? "unknown" : "pending", 1]);
    faults.submit = () => "none";
    await calls.retry(USER, id, false);
    expect(await standings(id)).toEqual([
      ["pending", 1],
      ["pending", 1],
      ["pending", 1],
    ]);
    expect(await texts()).toEqual([1, 1, 1]);
  });

  it.each(["before", "after"] as const)(
    "finds its messages by their keys when what became of them was lost %s it was noted",
    async (fault) => {
      const { faults, send, calls, standings, texts } = installation();
      faults.note = fault;
      const { id, sentTo } = await send();
      expect(sentTo).toEqual([1, 2, 3]);
      faults.note = "none";
      expect(await standings(id)).toEqual([
        ["pending", 1],
        ["pending", 1],
        ["pending", 1],
      ]);
      expect((await calls.retry(USER, id, false)).sentTo).toEqual([]);
      expect(await texts()).toEqual([1, 1, 1]);
    },
  );

  it("goes on under its key after its node died", async () => {
    const { faults, send, texts } = installation();
    faults.submit = ({ trackerId }) => (trackerId === 3 ? "dies" : "none");
    await expect(send("k")).rejects.toThrow(NodeDied);
    faults.submit = () => "none";
    const { sentTo, id } = await send("k");
    expect([sentTo, (await send("k")).id]).toEqual([[1, 2, 3], id]);
    expect(await texts()).toEqual([1, 1, 1]);
  });

  it("can be withdrawn after its node died: what it had stored is found", async () => {
    const { faults, send, calls, standings } = installation();
    faults.submit = ({ trackerId }) => (trackerId === 3 ? "dies" : "none");
    await expect(send()).rejects.toThrow(NodeDied);
    expect((await calls.cancel(USER, 1)).withdrawn).toEqual([1, 2]);
    expect(await standings(1)).toEqual([
      ["cancelled", 1],
      ["cancelled", 1],
      ["unknown", 1],
    ]);
  });

  it("knows after an hour that a text was not stored, and gives after a day no text whose key may be forgotten", async () => {
    const { faults, send, calls, standings, time, texts } = installation();
    faults.submit = ({ trackerId }) => (trackerId === 1 ? "none" : "before");
    const { id } = await send();
    time.now += SURE_MS;
    expect(await standings(id)).toEqual([
      ["pending", 1],
      ["not-sent", 1],
      ["not-sent", 1],
    ]);
    expect(await codeOf(calls.retry(USER, id, false))).toBe(8);
    time.now += RESOLVE_MS;
    faults.submit = () => "none";
    expect(await standings(id)).toEqual([
      ["pending", 1],
      ["unknown", 1],
      ["unknown", 1],
    ]);
    expect((await calls.retry(USER, id, false)).notSentTo).toEqual([2, 3]);
    expect(await texts()).toEqual([1, 0, 0]);
  });

  it("is 8 when no outcome of a retry is known", async () => {
    const { faults, send, calls } = installation();
    faults.submit = ({ trackerId }) => (trackerId === 1 ? "none" : "before");
    const { id } = await send();
    expect(await codeOf(calls.retry(USER, id, false))).toBe(8);
    faults.note = "before";
    faults.submit = () => "none";
    expect(await codeOf(calls.read(USER, id))).toBe(14);
  });
});
