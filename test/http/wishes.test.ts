/** The parameters of `send` and `broadcast` that the contract does not list. */
import { describe, expect, it } from "vitest";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { type Api, type ApiOptions, type Reply, startApi, storeWith } from "../support/api.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

const DAY_S = 24 * 60 * 60;
const OTHER_HASH = "b".repeat(32);
const FLEET = {
  users: [{ id: 1 }, { id: 2 }],
  hashes: { [HASH]: 1, [OTHER_HASH]: 2 },
  protocols: [paperProtocol("mute", { textDown: "none" }), paperProtocol("ascii", {}, "ascii")],
  trackers: [
    { id: 1 },
    { id: 2 },
    { id: 3, protocol: "mute" },
    { id: 4, blocked: true },
    { id: 5, protocol: "ascii" },
    { id: 9, userId: 2 },
  ],
};

const start = (options: ApiOptions = {}): Promise<Api> => startApi({ fleet: FLEET, ...options });
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const problems = ({ body }: Reply): unknown => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);
const listed = async (api: Api, tracker_id = 1) => (await api.call("list", { tracker_id })).body.list;

describe("idempotency_key", () => {
  const send = { tracker_id: 1, message: "once" };

  it("makes one message of many calls, whichever way they are written", async () => {
    const api = await start();
    const first = await api.call("send", { ...send, idempotency_key: "k 1" });
    const again = await api.call("send", { message: "once", tracker_id: "1", urgent: "false", unknown: 5, idempotency_key: "k 1" });
    expect(again.body).toEqual(first.body);
    expect(await api.deviceTakes(1)).toEqual([first.body.id]);
    const form = new URLSearchParams({ ...send, tracker_id: "1", idempotency_key: "k 1", hash: HASH }).toString();
    const late = await api.request({ url: `/v2/tracker/chat/send?${form}` });
    expect(late.body).toEqual(first.body);
    expect(await listed(api)).toHaveLength(1);
  });

  it("says 7 for another body under the same key, per account, for a day", async () => {
    const api = await start();
    const with_key = { ...send, idempotency_key: "k" };
    const { id } = (await api.call("send", with_key)).body;
    for (const other of [
      { message: "twice" },
      { tracker_id: 2 },
      { urgent: true },
      { ttl: 60 },
      { choices: ["a", "b"] },
      { replaces: id },
    ]) {
      const reply = await api.call("send", { ...with_key, ...other });
      expect([codeOf(reply), problems(reply)]).toEqual([7, ["idempotency_key"]]);
    }
    const call = { trackers: [1], message: "once", idempotency_key: "k" };
    expect(codeOf(await api.call("broadcast", call))).toBe(7);
    expect(codeOf(await api.call("send", { tracker_id: 9, message: "theirs", idempotency_key: "k", hash: OTHER_HASH }))).toBe(0);
    expect(await listed(api)).toHaveLength(1);
    api.time.now += DAY_S * 1_000;
    const next = await api.call("send", { ...with_key, message: "a day later" });
    expect([codeOf(next), next.body.id > id]).toEqual([0, true]);
  });

  it("repeats a broadcast only where it failed", async () => {
    let failing = true;
    const api = await start({
      wrapStore: (store) =>
        storeWith(store, {
          submit: (draft: Parameters<typeof store.submit>[0]) =>
            failing && draft.trackerId === 2 ? Promise.reject(new StoreUnavailable("down")) : store.submit(draft),
        }),
    });
    const call = { trackers: [1, 2, 3], message: "all", idempotency_key: "b" };
    expect((await api.call("broadcast", call)).body).toEqual({
      ...{ success: true, sent_to: [1], not_sent_to: [2, 3], message_ids: { 1: 1 }, broadcast_id: 1 },
    });
    failing = false;
    for (const _ of [1, 2])
      expect((await api.call("broadcast", call)).body).toMatchObject({
        sent_to: [1, 2],
        not_sent_to: [3],
        message_ids: { 1: 1 },
        broadcast_id: 1,
      });
    expect([(await listed(api, 1)).length, (await listed(api, 2)).length]).toEqual([1, 1]);
  });

  it("is 1 to 128 printable characters; 8 when it cannot be looked up", async () => {
    const api = await start();
    for (const idempotency_key of ["x".repeat(129), "ö", "a\nb", 5, ["k"], {}])
      expect(problems(await api.call("send", { ...send, idempotency_key }))).toEqual(["idempotency_key"]);
    expect(codeOf(await api.call("send", { ...send, idempotency_key: "x".repeat(128) }))).toBe(0);
    const claimKey = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
    const dead = await start({ wrapStore: (store) => storeWith(store, { claimKey }) });
    expect(codeOf(await dead.call("send", { ...send, idempotency_key: "k" }))).toBe(8);
    expect(codeOf(await dead.call("send", send))).toBe(0);
  });
});

describe("the other wishes", () => {
  const NOW = "2026-11-22 12:00:00";

  it("lets a text wait, and live as long as it is told from then on", async () => {
    const api = await start();
    const { id } = (await api.call("send", { tracker_id: 1, message: "later", not_before: "2026-11-22 13:00:00", ttl: 600 })).body;
    const past = (await api.call("send", { tracker_id: 1, message: "now", not_before: "2020-01-01 00:00:00" })).body.id;
    expect(await api.deviceTakes(1)).toEqual([past]);
    api.time.now += 3_600_000;
    await api.store.outbox(1);
    api.time.now += 599_000;
    expect(await api.store.expire(1, [])).toBe(0);
    expect(await api.deviceTakes(1)).toEqual([id]);
    const late = (await api.call("send", { tracker_id: 1, message: "x", ttl: "60" })).body.id;
    api.time.now += 60_000;
    expect(await api.store.expire(1, [])).toBe(1);
    expect((await api.store.find([late]))[0]?.state).toBe("expired");
  });

  it("puts an urgent text in front", async () => {
    const api = await start();
    const [normal, urgent] = [
      (await api.call("send", { tracker_id: 1, message: "a" })).body.id,
      (await api.call("send", { tracker_id: 1, message: "b", urgent: "true" })).body.id,
    ];
    expect(await api.deviceTakes(1)).toEqual([urgent, normal]);
  });

  it("replaces a pending text of the same tracker", async () => {
    const api = await start();
    const old = (await api.call("send", { tracker_id: 1, message: "to the left" })).body.id;
    const fresh = await api.call("send", { tracker_id: 1, message: "to the right", replaces: old });
    expect(fresh.body).toEqual({ success: true, id: fresh.body.id, replaced: true });
    expect(await api.deviceTakes(1)).toEqual([fresh.body.id]);
    const too_late = await api.call("send", { tracker_id: 1, message: "back", replaces: fresh.body.id });
    expect(too_late.body).toMatchObject({ success: true, replaced: false });
    expect((await listed(api)).map(({ status }: { status: string }) => status)).toEqual(["PENDING", "DELIVERED", "PENDING"]);
  });

  it("replaces nothing that is not an OUTGOING message of that tracker: 201, and nothing is stored", async () => {
    const api = await start();
    const [incoming] = await api.driverWrites(1, "up");
    const elsewhere = (await api.call("send", { tracker_id: 2, message: "x" })).body.id;
    const foreign = (await api.call("send", { tracker_id: 9, message: "x", hash: OTHER_HASH })).body.id;
    for (const replaces of [incoming, elsewhere, foreign, 5_000, -1])
      expect(codeOf(await api.call("send", { tracker_id: 1, message: "y", replaces }))).toBe(201);
    expect(await listed(api)).toHaveLength(1);
    expect((await api.store.find([elsewhere, foreign])).map((one) => one?.state)).toEqual(["queued", "queued"]);
  });

  it("asks a question, written as a list, a JSON text or a form", async () => {
    const api = await start();
    const body = new URLSearchParams([
      ...Object.entries({ tracker_id: "1", message: "Arrived?", hash: HASH }),
      ["choices[]", "yes"],
      ["choices[]", "no"],
    ]);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await api.request({ method: "POST", url: "/tracker/chat/send", headers, payload: body.toString() });
    await api.call("send", { tracker_id: 1, message: "Arrived?", choices: ["yes", "no"] });
    await api.call("broadcast", { trackers: [1, 2], message: "Arrived?", choices: '["yes", "no"]' });
    const ids = [...(await listed(api)), ...(await listed(api, 2))].map(({ id }) => id);
    expect((await api.store.find(ids)).map((one) => one?.choices)).toEqual(ids.map(() => ["yes", "no"]));
  });

  it("counts a question's choices when it says what the charset lacks", async () => {
    const api = await start();
    const ask = async (choices: readonly string[]) => (await api.call("send", { tracker_id: 5, message: "Arrived?", choices })).body.id;
    const ids = [await ask(["yes", "no"]), await ask(["да", "no"])];
    expect((await api.store.find(ids)).map((one) => one?.altered)).toEqual([false, true]);
  });

  it.each([
    ["ttl", 59],
    ["ttl", 30 * DAY_S + 1],
    ["ttl", 60.5],
    ["ttl", "soon"],
    ["not_before", "tomorrow"],
    ["not_before", "2026-12-22 12:00:01"],
    ["not_before", 5],
    ["urgent", "very"],
    ["replaces", "x"],
    ["choices", "yes,no"],
    ["choices", ["yes"]],
    ["choices", []],
    ["choices", ["yes", " "]],
    ["choices", ["yes", "YES "]],
    ["choices", ["yes", 5]],
    ["choices", ["yes", "n\no"]],
    ["choices", ["yes", "n\u0000"]],
    ["choices", ["yes", "\ud800"]],
    ["choices", ["yes", "x".repeat(51)]],
    ["choices", Array.from({ length: 11 }, (_, n) => `c${n}`)],
  ])("says 7 for %s = %j", async (name, value) => {
    const api = await start();
    const reply = await api.call("send", { tracker_id: 1, message: "x", [name]: value });
    expect([codeOf(reply), problems(reply)]).toEqual([7, [name]]);
    expect(await listed(api)).toEqual([]);
  });

  it.each([
    ["ttl", 60],
    ["ttl", 30 * DAY_S],
    ["not_before", "2026-12-22 12:00:00"],
    ["not_before", NOW],
    ["choices", Array.from({ length: 10 }, (_, n) => `${"🚚".repeat(48)}${n}`)],
  ])("takes %s = %j", async (name, value) => {
    const api = await start();
    expect(codeOf(await api.call("send", { tracker_id: 1, message: "x", [name]: value }))).toBe(0);
    expect(codeOf(await api.call("broadcast", { trackers: [1], message: "x", [name]: value }))).toBe(0);
  });

  it("answers as documented when nothing is wished for", async () => {
    const api = await start();
    const given = { idempotency_key: null, ttl: null, not_before: null, urgent: null, replaces: null, choices: null };
    expect((await api.call("send", { tracker_id: 1, message: "x", ...given })).body).toEqual({ success: true, id: 1 });
    expect((await api.call("broadcast", { trackers: [1], message: "x", replaces: 5_000 })).body).toEqual({
      success: true,
      sent_to: [1],
      not_sent_to: [],
      message_ids: { 1: 2 },
      broadcast_id: 1,
    });
  });
});
