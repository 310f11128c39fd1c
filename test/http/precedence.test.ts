import { afterAll, describe, expect, it } from "vitest";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { FAILURES } from "../../src/http/failure.ts";
import { type Api, startApi } from "../support/api.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

const FOREIGN_HASH = "b".repeat(32);
const FLEET = {
  users: [{ id: 1, dealerId: 9 }, { id: 2 }],
  hashes: { [HASH]: 1, [FOREIGN_HASH]: 2 },
  tariffs: [
    { id: 1, features: ["chat"], hasReports: true },
    { id: 2, features: ["reports"], hasReports: true },
    { id: 3, features: ["chat"], hasReports: false },
  ],
  protocols: [paperProtocol("talker"), paperProtocol("mute", { textDown: "none" }), paperProtocol("console", { textDown: "console" })],
  trackers: [
    { id: 1 },
    { id: 2, blocked: true },
    { id: 3, protocol: "mute" },
    { id: 4, tariffId: 2 },
    { id: 5, tariffId: 3 },
    { id: 6, tariffId: null },
    { id: 7, tariffId: 99 },
    { id: 8, protocol: "console" },
    { id: 9, protocol: "console", profile: { console: true } },
    { id: 10, protocol: "console", profile: { console: "yes" } },
    { id: 11, protocol: "unheard-of" },
    { id: 12, protocol: "talker" },
    { id: 20, blocked: true, protocol: "mute", tariffId: 2 },
    { id: 21, protocol: "mute", tariffId: 2 },
    { id: 99, userId: 2 },
    { id: 98, userId: 2, blocked: true, protocol: "mute", tariffId: 2 },
  ],
};

const api: Api = await startApi({ fleet: FLEET });
afterAll(() => api.app.close());

async function code(path: string, parameters: Readonly<Record<string, unknown>>, on: Api = api): Promise<number> {
  const { status, body } = await on.call(path, parameters);
  if (body.success === true) return 0;
  const [expected, description] = FAILURES[body.status.code as keyof typeof FAILURES];
  expect({ status, body: body.status }).toEqual({ status: expected, body: { code: body.status.code, description } });
  return body.status.code;
}

describe("one tracker: 201, 208, 214, 236", () => {
  it.each([
    [1, 0, 0],
    [12, 0, 0],
    [11, 0, 0],
    [9, 0, 0],
    [98, 201, 201],
    [99, 201, 201],
    [1_000, 201, 201],
    [-1, 201, 201],
    [2, 208, 208],
    [20, 208, 208],
    [3, 214, 214],
    [8, 214, 214],
    [10, 214, 214],
    [21, 214, 214],
    [4, 236, 236],
    [6, 236, 236],
    [7, 236, 236],
    [5, 0, 236],
  ])("tracker %i: list %i, send %i", async (tracker_id, list, send) => {
    expect(await code("list", { tracker_id })).toBe(list);
    expect(await code("send", { tracker_id, message: "hi" })).toBe(send);
  });
});

describe("a list: 221, 217", () => {
  it.each([
    [[1, 12], 0, 0],
    [[1, 3], 0, 0],
    [[1, 2], 217, 217],
    [[1, 4], 217, 217],
    [[1, 6], 217, 217],
    [[1, 5], 217, 0],
    [[1, 99], 217, 217],
    [[1, 1_000], 217, 217],
    [[98], 217, 217],
  ])("trackers %j: broadcast %i, updated/list %i", async (trackers, broadcast, updated) => {
    expect(await code("broadcast", { trackers, message: "hi" })).toBe(broadcast);
    expect(await code("updated/list", { trackers })).toBe(updated);
  });

  it("counts after folding duplicates, before looking who is there", async () => {
    const unknown = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => 5_000 + i);
    for (const path of ["broadcast", "updated/list"]) {
      expect(await code(path, { trackers: unknown(301), message: "hi" })).toBe(221);
      expect(await code(path, { trackers: unknown(300), message: "hi" })).toBe(217);
      expect(await code(path, { trackers: Array.from({ length: 1_000 }, () => 1), message: "hi" })).toBe(0);
      expect(await code(path, { trackers: [...unknown(300), ...unknown(300)], message: "hi" })).toBe(217);
    }
  });

  it("keeps to the dealer's limit when one is set, never above 300", async () => {
    const limited = await startApi({ fleet: { ...FLEET, deviceLimits: { 9: 2 } } });
    expect(await code("updated/list", { trackers: [1, 12, 11] }, limited)).toBe(221);
    expect(await code("updated/list", { trackers: [1, 12, 12, 1] }, limited)).toBe(0);
    expect(await code("broadcast", { trackers: [1, 12, 11], message: "hi" }, limited)).toBe(221);
    const generous = await startApi({ fleet: { ...FLEET, deviceLimits: { 9: 1_000 } } });
    expect(await code("updated/list", { trackers: Array.from({ length: 301 }, (_, i) => i + 5_000) }, generous)).toBe(221);
    const none = await startApi({ fleet: { ...FLEET, deviceLimits: { 9: 0 } } });
    expect(await code("updated/list", { trackers: [1] }, none)).toBe(221);
  });
});

describe("the account", () => {
  it("marks and counts its blocked trackers too, and nobody else's", async () => {
    const own = await startApi({ fleet: FLEET });
    await own.driverWrites(1, "a");
    await own.driverWrites(2, "b", "c");
    await own.driverWrites(99, "d");
    expect((await own.call("unread/count")).body.value).toEqual({ 1: 1, 2: 2 });
    expect(await code("mark_read_all", { trackers: [2, 99] }, own)).toBe(201);
    expect(await code("mark_read_all", { trackers: [2, 1_000] }, own)).toBe(201);
    expect((await own.call("unread/count")).body.value).toEqual({ 1: 1, 2: 2 });
    expect(await code("mark_read_all", { trackers: [2, 2] }, own)).toBe(0);
    expect((await own.call("unread/count")).body.value).toEqual({ 1: 1 });
    expect(await code("mark_read_all", { trackers: null }, own)).toBe(0);
    expect((await own.call("unread/count")).body.value).toEqual({});
    expect((await own.call("unread/count", { hash: FOREIGN_HASH })).body.value).toEqual({ 99: 1 });
  });

  it("takes more than 300 trackers where the contract has no limit", async () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ id: i + 1 }));
    const own = await startApi({ fleet: { trackers: many } });
    expect(await code("mark_read_all", { trackers: many.map(({ id }) => id) }, own)).toBe(0);
  });

  it("has 236 for unread/count when none of its trackers may chat", async () => {
    for (const trackers of [[], [{ id: 4, tariffId: 2 }], [{ id: 6, tariffId: null }]]) {
      const own = await startApi({ fleet: { ...FLEET, trackers } });
      expect(await code("unread/count", {}, own)).toBe(236);
    }
    expect(
      await code(
        "unread/count",
        {},
        await startApi({
          fleet: {
            ...FLEET,
            trackers: [
              { id: 2, blocked: true },
              { id: 5, tariffId: 3 },
            ],
          },
        }),
      ),
    ).toBe(0);
  });

  it("marks no message when one of them is not its own, not there, or OUTGOING", async () => {
    const own = await startApi({ fleet: FLEET });
    const [mine = 0] = await own.driverWrites(1, "a");
    const [foreign = 0] = await own.driverWrites(99, "b");
    const sent = (await own.call("send", { tracker_id: 1, message: "c" })).body.id;
    for (const wrong of [foreign, sent, 5_000, -1, 0]) {
      expect(await code("mark_read", { message_ids: [mine, wrong] }, own)).toBe(201);
      expect(await code("mark_read", { message_id: wrong, message_ids: [mine] }, own)).toBe(201);
      expect(await code("mark_read", { message_id: wrong }, own)).toBe(201);
    }
    expect((await own.call("unread/count")).body.value).toEqual({ 1: 1 });
    expect(await code("mark_read", { message_ids: [mine, mine], message_id: mine }, own)).toBe(0);
    expect((await own.call("unread/count")).body.value).toEqual({});
    expect((await own.call("list", { tracker_id: 1, limit: 1 })).body.list[0]).toMatchObject({
      id: mine,
      status: "DELIVERED",
      update_time: null,
    });
  });
});

describe("the order of checks", () => {
  const big = `{${"x".repeat(1024 * 1024)}`;
  const ask = async (on: Api, url: string, payload: string | object): Promise<number> =>
    (await on.request({ method: "POST", url, payload, headers: { "content-type": "application/json" } })).body.status.code;

  it("is path, size, syntax, hash, rate, parameters, list size, list", async () => {
    const own = await startApi({ fleet: FLEET, rate: { count: 2, perMs: 60_000 } });
    const everything = { hash: "nonsense", trackers: "x", message: "" };
    expect(await ask(own, "/tracker/chat/nope", big)).toBe(112);
    expect(await ask(own, "/tracker/chat/broadcast", big)).toBe(9);
    expect(await ask(own, "/tracker/chat/broadcast", "{")).toBe(5);
    expect(await ask(own, "/tracker/chat/broadcast", "[]")).toBe(5);
    expect(await ask(own, "/tracker/chat/broadcast", everything)).toBe(3);
    expect(await ask(own, "/tracker/chat/broadcast", { ...everything, hash: "0".repeat(32) })).toBe(4);
    expect(await ask(own, "/tracker/chat/broadcast", { ...everything, hash: HASH })).toBe(15);
    expect(await ask(own, "/tracker/chat/broadcast", { ...everything, hash: "0".repeat(32) })).toBe(4);
    const calm = await startApi({ fleet: FLEET });
    const tooMany = Array.from({ length: 301 }, (_, i) => i + 98);
    expect(await ask(calm, "/tracker/chat/broadcast", { hash: HASH, trackers: tooMany, message: "" })).toBe(7);
    expect(await ask(calm, "/tracker/chat/broadcast", { hash: HASH, trackers: tooMany, message: "x" })).toBe(221);
    expect(
      await ask(calm, "/tracker/chat/list", { hash: HASH, tracker_id: 99, from: "2015-01-02 00:00:00", to: "2015-01-01 00:00:00" }),
    ).toBe(7);
  });

  it("is all of that before the store is asked", async () => {
    const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
    const own = await startApi({
      fleet: FLEET,
      wrapStore: () => ({
        ...{ submit: down, claimKey: down, list: down, find: down, findByKey: down, cancel: down, timeline: down },
        ...{ markRead: down, markAllRead: down, lastTimes: down, unreadCounts: down, roster: down },
      }),
    });
    expect(await code("list", { tracker_id: 99 }, own)).toBe(201);
    expect(await code("send", { tracker_id: 3, message: "x" }, own)).toBe(214);
    expect(await code("updated/list", { trackers: [99] }, own)).toBe(217);
    expect(await code("mark_read_all", { trackers: [99] }, own)).toBe(201);
    expect(await code("list", { tracker_id: 1 }, own)).toBe(14);
    expect(await code("updated/list", { trackers: [1] }, own)).toBe(14);
    expect(await code("unread/count", {}, own)).toBe(14);
    expect(await code("mark_read", { message_id: 1 }, own)).toBe(14);
    expect(await code("mark_read_all", {}, own)).toBe(14);
    expect(await code("send", { tracker_id: 1, message: "x" }, own)).toBe(8);
    expect(await code("broadcast", { trackers: [1, 12], message: "x" }, own)).toBe(8);
    expect(await code("broadcast", { trackers: [1, 3], message: "x" }, own)).toBe(8);
    expect((await own.call("broadcast", { trackers: [3], message: "x" })).body).toEqual({
      success: true,
      sent_to: [],
      not_sent_to: [3],
      message_ids: {},
      broadcast_id: 3,
    });
  });

  it("blames the store, not the caller, when a session cannot be looked up", async () => {
    const own = await startApi({ fleet: FLEET, sessions: "down" });
    expect(await code("unread/count", { hash: "5".repeat(32) }, own)).toBe(14);
    expect(await code("send", { hash: "5".repeat(32) }, own)).toBe(8);
    expect(await code("unread/count", {}, own)).toBe(0);
  });
});

describe("the rate", () => {
  const count = (on: Api, hash: string, remoteAddress: string, headers: Record<string, string> = {}): Promise<number> =>
    on
      .request({ method: "POST", url: "/tracker/chat/unread/count", payload: { hash }, remoteAddress, headers })
      .then(({ body }) => (body.success ? 0 : body.status.code));

  it("is per user over all addresses", async () => {
    const own = await startApi({ fleet: FLEET, rate: { count: 3, perMs: 60_000 } });
    const codes = [];
    for (const address of ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]) codes.push(await count(own, HASH, address));
    expect(codes).toEqual([0, 0, 0, 15]);
    expect(await count(own, FOREIGN_HASH, "10.0.0.4")).toBe(0);
  });

  it("is per address over all users, the loopback one too", async () => {
    const own = await startApi({ fleet: FLEET, rate: { count: 3, perMs: 60_000 } });
    const codes = [];
    for (const hash of [HASH, FOREIGN_HASH, HASH, FOREIGN_HASH]) codes.push(await count(own, hash, "127.0.0.1"));
    expect(codes).toEqual([0, 0, 0, 15]);
    const refused = await own.request({ method: "POST", url: "/tracker/chat/unread/count", payload: { hash: HASH } });
    expect(refused).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
      body: { status: { code: 15, description: "Too many requests (rate limit exceeded)" } },
    });
  });

  it("believes a forwarded address from trusted proxies only", async () => {
    const own = await startApi({ fleet: FLEET, rate: { count: 1, perMs: 60_000 }, trustProxy: ["10.0.0.1"] });
    expect(await count(own, HASH, "10.0.0.1", { "x-forwarded-for": "1.1.1.1" })).toBe(0);
    expect(await count(own, FOREIGN_HASH, "10.0.0.1", { "x-forwarded-for": "1.1.1.2" })).toBe(0);
    const naive = await startApi({ fleet: FLEET, rate: { count: 1, perMs: 60_000 } });
    expect(await count(naive, HASH, "10.0.0.1", { "x-forwarded-for": "1.1.1.1" })).toBe(0);
    expect(await count(naive, FOREIGN_HASH, "10.0.0.1", { "x-forwarded-for": "1.1.1.2" })).toBe(15);
  });

  it("lets a second pass", async () => {
    const own = await startApi({ fleet: FLEET, rate: { count: 1, perMs: 1_000 } });
    expect(await count(own, HASH, "10.0.0.1")).toBe(0);
    await expect.poll(() => count(own, HASH, "10.0.0.1"), { timeout: 5_000, interval: 300 }).toBe(0);
  });
});
