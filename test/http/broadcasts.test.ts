/** `broadcast` and the calls under it. */
import { describe, expect, it } from "vitest";
import { OUTBOX_TEXTS, StoreUnavailable } from "../../src/chat/ports.ts";
import type { MemoryStore } from "../../src/store/memory.ts";
import { type Api, type ApiOptions, type Reply, startApi, storeWith } from "../support/api.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

const OTHER_HASH = "b".repeat(32);
const FLEET = {
  users: [{ id: 1, timeZone: "Europe/Berlin" }, { id: 2 }],
  hashes: { [HASH]: 1, [OTHER_HASH]: 2 },
  protocols: [paperProtocol("mute", { textDown: "none" }), paperProtocol("ascii", {}, "ascii")],
  trackers: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4, protocol: "mute" }, { id: 5, protocol: "ascii" }, { id: 9, userId: 2 }],
};
const DAY_MS = 24 * 60 * 60 * 1_000;

const start = (options: ApiOptions = {}): Promise<Api> => startApi({ fleet: FLEET, ...options });
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const problems = ({ body }: Reply): unknown => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);
const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));

/** Sends to these trackers; gives the answer's body. */
const sent = async (api: Api, trackers: readonly number[], more: object = {}) =>
  (await api.call("broadcast", { trackers, message: "Gate 4", ...more })).body;
const read = async (api: Api, broadcast_id: number) => (await api.call("broadcast/read", { broadcast_id })).body;
/** Tracker, message, state and attempts of each recipient. */
const brief = async (api: Api, broadcast_id: number) =>
  (await read(api, broadcast_id)).recipients.map(({ tracker_id, message_id, state, attempts }: Record<string, unknown>) => [
    tracker_id,
    message_id,
    state,
    attempts,
  ]);

async function rejects(api: Api, trackerId: number): Promise<void> {
  const { epoch } = await api.store.login({ trackerId, node: "n1", protocol: "paper" });
  const request = { trackerId, epoch, held: [], maxAttempts: 3, tagBytes: 100 };
  const claimed = await api.store.drain({ ...request, settlements: [], room: 10 });
  if (claimed.type !== "drained") throw new Error(`the line is ${claimed.type}`);
  const settlements = claimed.texts.map(({ id }) => ({ type: "rejected" as const, id, reason: "no room" }));
  await api.store.drain({ ...request, settlements, room: 0 });
}

describe("broadcast/read", () => {
  it("says of each recipient where its message stands, in the user's zone or ISO", async () => {
    const api = await start();
    const { broadcast_id, message_ids, sent_to, not_sent_to } = await sent(api, [5, 1, 2, 3, 4], { message: "\u{1F600}" });
    expect([sent_to, not_sent_to]).toEqual([
      [1, 2, 3],
      [5, 4],
    ]);
    api.time.now += 1_000;
    await api.deviceTakes(2);
    await rejects(api, 3);
    const none = { message_id: null, status: null, state: null, update_time: null, attempts: 1 };
    const own = (tracker_id: number, state: string) => ({ tracker_id, message_id: message_ids[tracker_id], status: "PENDING", state });
    expect(await read(api, broadcast_id)).toEqual({
      success: true,
      broadcast_id,
      submit_time: "2026-11-22 13:00:00",
      text: "\u{1F600}",
      cancel_time: null,
      counts: { total: 5, delivered: 1, pending: 1, failed: 2, cancelled: 0, not_sent: 1, unknown: 0 },
      recipients: [
        { ...own(5, "rejected"), message_id: expect.any(Number), update_time: null, attempts: 1, reason: expect.any(String) },
        { ...own(1, "queued"), update_time: null, attempts: 1 },
        { ...own(2, "delivered"), status: "DELIVERED", update_time: "2026-11-22 13:00:01", attempts: 1 },
        { ...own(3, "rejected"), update_time: null, attempts: 1, reason: "no room" },
        { tracker_id: 4, ...none, reason: "its device cannot take texts" },
      ],
    });
    const iso = (await api.call("broadcast/read", { broadcast_id: String(broadcast_id), iso_datetime: true })).body;
    expect([iso.submit_time, iso.recipients[2].update_time]).toEqual(["2026-11-22T13:00:00+01:00", "2026-11-22T13:00:01+01:00"]);
  });

  it("leaves out trackers that are not the account's any more, and goes after thirty days", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1, 2]);
    api.directory.change(2, { userId: 2 });
    expect(await brief(api, broadcast_id)).toEqual([[1, 1, "queued", 1]]);
    api.time.now += 30 * DAY_MS;
    expect(codeOf(await api.call("broadcast/read", { broadcast_id }))).toBe(201);
  });

  it.each(["read", "retry", "cancel"])(
    "%s: 7 without an id, 201 for what is not there or another's, and its own code when the store is down",
    async (name) => {
      const path = `broadcast/${name}`;
      const api = await start();
      const { broadcast_id } = await sent(api, [1]);
      for (const wrong of [undefined, "x", null, [1]])
        expect(problems(await api.call(path, { broadcast_id: wrong }))).toEqual(["broadcast_id"]);
      expect(codeOf(await api.call(path, { broadcast_id: 500 }))).toBe(201);
      expect(codeOf(await api.call(path, { broadcast_id: -1 }))).toBe(201);
      expect(codeOf(await api.call(path, { broadcast_id, hash: OTHER_HASH }))).toBe(201);
      const dead = await start({ broadcasts: { open: down, read: down, list: down, begin: down, note: down, cancel: down } });
      expect(codeOf(await dead.call(path, { broadcast_id }))).toBe(name === "retry" ? 8 : 14);
    },
  );
});

describe("broadcast/list", () => {
  it("shows the newest first, in pages, of the account alone", async () => {
    const api = await start();
    for (const trackers of [[1], [1, 2], [3]]) await sent(api, trackers);
    await api.call("broadcast", { trackers: [9], message: "theirs", hash: OTHER_HASH });
    await api.call("broadcast/cancel", { broadcast_id: 2 });
    const told = { submit_time: "2026-11-22 13:00:00", text: "Gate 4", cancel_time: null };
    const [first, second, third] = [
      { broadcast_id: 3, ...told, recipients: 1 },
      { broadcast_id: 2, ...told, cancel_time: "2026-11-22 13:00:00", recipients: 2 },
      { broadcast_id: 1, ...told, recipients: 1 },
    ];
    expect((await api.call("broadcast/list")).body).toEqual({ success: true, list: [first, second, third] });
    expect((await api.call("broadcast/list", { limit: 1 })).body.list).toEqual([first]);
    expect((await api.call("broadcast/list", { limit: "2", before: 3 })).body.list).toEqual([second, third]);
    for (const limit of [0, 101]) expect(problems(await api.call("broadcast/list", { limit }))).toEqual(["limit"]);
  });
});

describe("broadcast/retry", () => {
  it("gives the text once more to those whom it did not reach, and to nobody else", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1, 2, 3, 4, 5]);
    await api.deviceTakes(2);
    await rejects(api, 3);
    await api.call("message/cancel", { message_id: 5 });
    const again = (await api.call("broadcast/retry", { broadcast_id })).body;
    expect(again).toEqual({ success: true, sent_to: [3], not_sent_to: [4], message_ids: { 3: 5 }, broadcast_id });
    expect(await brief(api, broadcast_id)).toEqual([
      [1, 1, "queued", 1],
      [2, 2, "delivered", 1],
      [3, 5, "queued", 2],
      [4, null, null, 1],
      [5, 4, "queued", 1],
    ]);
    expect((await api.call("broadcast/retry", { broadcast_id })).body.sent_to).toEqual([]);
    expect(await api.deviceTakes(3)).toEqual([5]);
    expect((await read(api, broadcast_id)).counts).toMatchObject({ delivered: 2, pending: 2, not_sent: 1 });
  });

  it("leaves who is blocked or another's, and goes on with who was full", async () => {
    const api = await start();
    for (let texts = 0; texts < OUTBOX_TEXTS; texts += 1)
      await api.store.submit({ trackerId: 1, text: "x", employeeId: null, urgent: false, altered: false, ttlMs: DAY_MS, rejected: null });
    const { broadcast_id, not_sent_to } = await sent(api, [1, 2, 3]);
    expect(not_sent_to).toEqual([1]);
    await rejects(api, 2);
    await rejects(api, 3);
    api.directory.change(2, { blocked: true });
    api.directory.change(3, { userId: 2 });
    await api.deviceTakes(1);
    expect((await api.call("broadcast/retry", { broadcast_id })).body).toMatchObject({ sent_to: [1], not_sent_to: [2] });
  });

  it("says again what was wished: urgent, choices, its time to live", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1], { urgent: true, choices: ["yes", "no"], ttl: 60 });
    await rejects(api, 1);
    const { message_ids } = (await api.call("broadcast/retry", { broadcast_id })).body;
    const [message] = await api.store.find([message_ids[1]]);
    expect(message).toMatchObject({ text: "Gate 4", choices: ["yes", "no"] });
    api.time.now += 61_000;
    await api.store.expire(1, []);
    expect(await brief(api, broadcast_id)).toEqual([[1, message_ids[1], "expired", 2]]);
  });

  it("counts a message that arrives late, though another was sent meanwhile", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1]);
    const { epoch } = await api.store.login({ trackerId: 1, node: "n1", protocol: "paper" });
    const request = { trackerId: 1, epoch, held: [], maxAttempts: 3, tagBytes: 100 };
    await api.store.drain({ ...request, settlements: [], room: 1 });
    await api.call("message/cancel", { message_id: 1 });
    await api.call("broadcast/retry", { broadcast_id, cancelled: true });
    expect(await brief(api, broadcast_id)).toEqual([[1, 2, "queued", 2]]);
    await api.store.drain({ ...request, settlements: [{ type: "delivered", id: 1, receipt: "device" }], room: 0 });
    expect(await brief(api, broadcast_id)).toEqual([[1, 1, "delivered", 2]]);
    expect((await api.call("broadcast/retry", { broadcast_id })).body.sent_to).toEqual([]);
  });
});

describe("broadcast/cancel", () => {
  it("withdraws what is pending; who has it has it", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1, 2, 3]);
    await api.deviceTakes(2);
    await api.store.login({ trackerId: 3, node: "n1", protocol: "paper" });
    await api.store.renewLease("n1", 60_000);
    api.time.now += 5_000;
    const cancelled = (await api.call("broadcast/cancel", { broadcast_id })).body;
    expect(cancelled).toMatchObject({
      cancelled: [1, 3],
      cancel_time: "2026-11-22 13:00:05",
      counts: { delivered: 1, cancelled: 2, pending: 0 },
    });
    expect(api.hints.slice(-1)).toEqual([[3, expect.objectContaining({ node: "n1" }), "withdrawal"]]);
    expect(await api.deviceTakes(1)).toEqual([]);
    const again = (await api.call("broadcast/cancel", { broadcast_id })).body;
    expect(again).toMatchObject({ cancelled: [], cancel_time: "2026-11-22 13:00:05" });
  });

  it("is not undone by a retry unless that is wanted", async () => {
    const api = await start();
    const { broadcast_id } = await sent(api, [1, 2]);
    await api.deviceTakes(2);
    await api.call("broadcast/cancel", { broadcast_id });
    expect((await api.call("broadcast/retry", { broadcast_id })).body).toMatchObject({ sent_to: [], not_sent_to: [] });
    expect((await read(api, broadcast_id)).cancel_time).not.toBeNull();
    const again = (await api.call("broadcast/retry", { broadcast_id, cancelled: "true" })).body;
    expect([again.sent_to, (await read(api, broadcast_id)).cancel_time]).toEqual([[1], null]);
  });

  it("holds for what goes out at that moment", async () => {
    let api: Api | undefined;
    const submit = async (store: MemoryStore, draft: Parameters<MemoryStore["submit"]>[0]) => {
      if (draft.trackerId === 2) await api?.call("broadcast/cancel", { broadcast_id: 1 });
      return await store.submit(draft);
    };
    api = await start({ wrapStore: (store) => storeWith(store, { submit: (draft) => submit(store, draft) }) });
    await sent(api, [1, 2]);
    expect(await brief(api, 1)).toEqual([
      [1, 1, "cancelled", 1],
      [2, 2, "cancelled", 1],
    ]);
  });
});

describe("the pace of an account's broadcasts", () => {
  const trackers = Array.from({ length: 300 }, (_, at) => at + 1);
  const fleet = {
    users: [{ id: 1 }, { id: 2 }],
    hashes: FLEET.hashes,
    trackers: [...trackers.map((id) => ({ id })), { id: 901, userId: 2 }],
  };
  const paced = (): Promise<Api> => startApi({ fleet, pace: { count: 100, perMs: 1_000 } });
  /** Of the trackers, how many take a text now. */
  const take = async (api: Api, of: readonly number[] = trackers): Promise<number> => {
    let taken = 0;
    for (const id of of) taken += (await api.deviceTakes(id)).length;
    return taken;
  };

  it("spreads a large one: as many at once as a second may have, then one by one", async () => {
    const api = await paced();
    expect((await sent(api, trackers)).sent_to).toHaveLength(300);
    expect(await take(api)).toBe(100);
    api.time.now += 1_000;
    expect(await take(api)).toBe(100);
    api.time.now += 990;
    expect(await take(api)).toBe(99);
    api.time.now += 10;
    expect(await take(api)).toBe(1);
  });

  it("holds over broadcasts, not over accounts; what is urgent does not wait", async () => {
    const api = await paced();
    await sent(api, trackers.slice(0, 100));
    await sent(api, trackers.slice(100, 200));
    await sent(api, trackers.slice(200, 300), { urgent: true });
    await api.call("broadcast", { trackers: [901], message: "theirs", hash: OTHER_HASH });
    expect([await take(api, trackers.slice(0, 100)), await take(api, [901])]).toEqual([100, 1]);
    expect(await take(api, trackers.slice(100, 200))).toBe(0);
    expect(await take(api, trackers.slice(200, 300))).toBe(100);
    api.time.now += 1_000;
    expect(await take(api, trackers.slice(100, 200))).toBe(100);
  });

  it("spreads what is for later when its time comes, and what waits can be withdrawn", async () => {
    const api = await paced();
    const { broadcast_id } = await sent(api, trackers, { not_before: "2026-11-22 13:00:00" });
    api.time.now += 3_600_000;
    expect(await take(api)).toBe(100);
    expect((await api.call("broadcast/cancel", { broadcast_id })).body.cancelled).toHaveLength(200);
    api.time.now += 60_000;
    expect(await take(api)).toBe(0);
  });
});
