/** The calls that the contract does not list. */
import { describe, expect, it } from "vitest";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { type Api, type ApiOptions, type Reply, startApi, storeWith } from "../support/api.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

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

async function line(api: Api, trackerId = 1) {
  const { epoch } = await api.store.login({ trackerId, node: "n1", protocol: "paper" });
  const drain = (settlements: readonly object[], room: number, traces: readonly object[] = []) =>
    api.store.drain({ trackerId, epoch, held: [], maxAttempts: 3, tagBytes: 100, room, settlements, traces } as never);
  return { drain };
}

describe("message/timeline", () => {
  it("tells what happened, with frames, in the user's zone or ISO", async () => {
    const api = await start({ fleet: { ...FLEET, users: [{ id: 1, timeZone: "Europe/Berlin" }] } });
    const { id } = (await api.call("send", { tracker_id: 1, message: "hi" })).body;
    const { drain } = await line(api);
    api.time.now += 1_000;
    await drain([], 1);
    api.time.now += 1_000;
    const traces = [{ id, direction: "down", bytes: Buffer.from("#M#hi\r\n"), ageMs: 501 }];
    await drain([{ type: "delivered", id, receipt: "device" }], 0, traces);
    const { body } = await api.call("message/timeline", { message_id: id });
    expect(body).toEqual({
      success: true,
      message_id: id,
      timeline: [
        { time: "2026-11-22 13:00:00", state: "queued" },
        { time: "2026-11-22 13:00:01", state: "written", node: "n1", attempt: 1 },
        { time: "2026-11-22 13:00:01", state: "written", frame: { direction: "down", hex: "234d2368690d0a" } },
        { time: "2026-11-22 13:00:02", state: "delivered", node: "n1", attempt: 1 },
      ],
    });
    const iso = await api.call("message/timeline", { message_id: String(id), iso_datetime: true });
    expect(iso.body.timeline[0].time).toBe("2026-11-22T13:00:00+01:00");
  });

  it("tells the life of a driver's text too", async () => {
    const api = await start();
    const [id] = await api.driverWrites(1, "hello");
    await api.call("mark_read", { message_id: id });
    const { timeline } = (await api.call("message/timeline", { message_id: id })).body;
    expect(timeline.map(({ state }: { state: string }) => state)).toEqual(["unread", "marked-read"]);
  });
});

describe("message/cancel", () => {
  it("withdraws what is pending, as often as asked, and nothing else", async () => {
    const api = await start();
    const { id } = (await api.call("send", { tracker_id: 1, message: "a" })).body;
    expect((await api.call("message/cancel", { message_id: id })).body).toEqual({ success: true });
    expect(codeOf(await api.call("message/cancel", { message_id: id }))).toBe(0);
    expect(await api.deviceTakes(1)).toEqual([]);
    const delivered = (await api.call("send", { tracker_id: 1, message: "b" })).body.id;
    expect(await api.deviceTakes(1)).toEqual([delivered]);
    expect(await api.call("message/cancel", { message_id: delivered })).toMatchObject({
      status: 403,
      body: { success: false, status: { code: 13, description: "Operation not permitted" } },
    });
    const [incoming] = await api.driverWrites(1, "up");
    expect(codeOf(await api.call("message/cancel", { message_id: incoming }))).toBe(201);
    expect((await listed(api)).map(({ status }: { status: string }) => status)).toEqual(["PENDING", "DELIVERED", "PENDING"]);
  });

  it("tells the line of what is withdrawn or replaced, and fails for no lost hint", async () => {
    const api = await start();
    const texts = [];
    for (const message of ["a", "b", "c"]) texts.push((await api.call("send", { tracker_id: 1, message })).body.id);
    expect(codeOf(await api.call("message/cancel", { message_id: texts[0] }))).toBe(0);
    expect(api.hints).toEqual([]);
    const { epoch } = await api.store.login({ trackerId: 1, node: "n1", protocol: "paper" });
    const owner = { node: "n1", epoch };
    await api.call("message/cancel", { message_id: texts[1] });
    await api.call("send", { tracker_id: 1, message: "instead", replaces: texts[2] });
    await api.call("send", { tracker_id: 1, message: "too late", replaces: texts[2] });
    expect(api.hints).toEqual([
      [1, owner, "withdrawal"],
      [1, owner, "withdrawal"],
      [1, owner, expect.any(Number)],
    ]);
    const deaf = await start({ outbox: { hint: () => Promise.reject(new Error("no mail")) } });
    const { id } = (await deaf.call("send", { tracker_id: 1, message: "a" })).body;
    await deaf.store.login({ trackerId: 1, node: "n1", protocol: "paper" });
    expect(codeOf(await deaf.call("message/cancel", { message_id: id }))).toBe(0);
    expect(deaf.failedHints).toHaveLength(1);
  });

  it.each(["message/cancel", "message/timeline"])(
    "%s: 7 without an id, 201 for what is not there, 14 when the store is down",
    async (path) => {
      const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
      const api = await start();
      expect(problems(await api.call(path))).toEqual(["message_id"]);
      expect(problems(await api.call(path, { message_id: "x" }))).toEqual(["message_id"]);
      expect(codeOf(await api.call(path, { message_id: 5_000 }))).toBe(201);
      expect(codeOf(await api.call(path, { message_id: -1 }))).toBe(201);
      const dead = await start({ wrapStore: (store) => storeWith(store, { find: down }) });
      expect(codeOf(await dead.call(path, { message_id: 1 }))).toBe(14);
      const { id } = (await api.call("send", { tracker_id: 1, message: "a" })).body;
      expect(codeOf(await api.call(path, { message_id: id, hash: OTHER_HASH }))).toBe(201);
    },
  );
});

describe("capabilities", () => {
  it("says what the device can do and how a text would go out", async () => {
    const api = await start();
    const device = { text_up: true, receipt: "by-tag", read: false, choices: false, charset: "ascii", bytes_per_part: 1_000, window: 1 };
    const ascii = { protocol: "ascii", text_down: "chat", ...device };
    expect((await api.call("capabilities", { tracker_id: 5 })).body).toEqual({ success: true, value: ascii });
    const ask = async (tracker_id: number, message: string) => (await api.call("capabilities", { tracker_id, message })).body.value;
    expect(await ask(5, "plain")).toEqual({ ...ascii, parts: 1, lost: [], sendable: true });
    expect(await ask(5, `${"x".repeat(1_500)}ö`)).toMatchObject({ parts: 2, lost: ["ö"], sendable: true });
    expect(await ask(5, "öö")).toMatchObject({ lost: ["ö"], sendable: false });
    expect(await ask(3, "plain")).toMatchObject({ protocol: "mute", text_down: "none", sendable: false });
  });

  it("says nothing yet of a device that never logged in", async () => {
    const api = await start();
    const { value } = (await api.call("capabilities", { tracker_id: 1, message: "x" })).body;
    expect(new Set(Object.values(value))).toEqual(new Set([null]));
    expect(Object.keys(value)).toHaveLength(12);
  });

  it("is for one's own trackers", async () => {
    const api = await start();
    for (const [tracker_id, code] of [
      [9, 201],
      [999, 201],
      [4, 208],
      [3, 0],
    ])
      expect(codeOf(await api.call("capabilities", { tracker_id }))).toBe(code);
    expect(problems(await api.call("capabilities", { tracker_id: 1, message: " " }))).toEqual(["message"]);
  });
});
