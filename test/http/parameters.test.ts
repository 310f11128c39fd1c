import { afterAll, describe, expect, it } from "vitest";
import { type Api, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const api: Api = await startApi({
  fleet: { trackers: [{ id: 1 }, { id: 2 }, { id: -7 }, { id: 0 }], users: [{ id: 1, timeZone: "Europe/Berlin" }] },
});
afterAll(() => api.app.close());

const form = (path: string, body: string): Promise<Reply> =>
  api.request({ method: "POST", url: `/tracker/chat/${path}`, headers: FORM, payload: body });
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const wrong = ({ body }: Reply): readonly string[] => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);

describe("where parameters come from", () => {
  it("lets the body win over the query, one by one", async () => {
    const both = await api.request({
      method: "POST",
      url: `/tracker/chat/list?hash=${"0".repeat(32)}&tracker_id=1&limit=0`,
      payload: { hash: HASH, limit: 5 },
    });
    expect(codeOf(both)).toBe(0);
    const kept = await api.request({
      method: "POST",
      url: `/tracker/chat/list?hash=${HASH}&tracker_id=1&limit=0`,
      payload: { limit: null },
    });
    expect(wrong(kept)).toEqual(["limit"]);
  });

  it("takes the hash from the body, else the query, else the header", async () => {
    const ask = (inBody: string | null, inQuery: string | null, inHeader: string | null): Promise<Reply> =>
      api.request({
        method: "POST",
        url: `/tracker/chat/unread/count${inQuery === null ? "" : `?hash=${inQuery}`}`,
        headers: inHeader === null ? {} : { authorization: inHeader },
        payload: inBody === null ? {} : { hash: inBody },
      });
    const unknown = "0".repeat(32);
    expect(codeOf(await ask(HASH, unknown, `NVX ${unknown}`))).toBe(0);
    expect(codeOf(await ask(unknown, HASH, `NVX ${HASH}`))).toBe(4);
    expect(codeOf(await ask(null, HASH, `NVX ${unknown}`))).toBe(0);
    expect(codeOf(await ask(null, unknown, `NVX ${HASH}`))).toBe(4);
    expect(codeOf(await ask(null, null, `NVX ${HASH}`))).toBe(0);
    expect(codeOf(await ask(null, null, `nvx ${HASH.toUpperCase()}`))).toBe(0);
    expect(codeOf(await ask(null, "", `NVX ${HASH}`))).toBe(0);
    expect(codeOf(await ask(null, null, `Bearer ${HASH}`))).toBe(3);
    expect(codeOf(await ask(null, null, "NVX "))).toBe(3);
    expect(codeOf(await ask(null, null, null))).toBe(3);
  });

  it.each([`${HASH}0`, HASH.slice(1), "g".repeat(32), " ", 5, true, [HASH], { a: HASH }])("says 3 for the hash %j", async (hash) => {
    expect(codeOf(await api.call("unread/count", { hash }))).toBe(3);
  });

  it("takes sessions as well as keys, while there are such", async () => {
    const session = "5".repeat(32);
    const other = await startApi({
      fleet: { trackers: [{ id: 1 }] },
      sessions: { [session]: { id: 1, login: "a", timeZone: "UTC", dealerId: null } },
    });
    expect(codeOf(await other.call("unread/count", { hash: session }))).toBe(0);
    expect(codeOf(await other.call("unread/count", { hash: "6".repeat(32) }))).toBe(4);
  });
});

describe("lenient types", () => {
  it.each([1, "1", "-7", "0", "-0", "0001", 1.0, "2"])("takes %j for an id", async (tracker_id) => {
    expect(codeOf(await api.call("list", { tracker_id }))).toBe(0);
  });

  it.each([
    "",
    " 1",
    "1 ",
    "1.0",
    "1e0",
    "0x1",
    "+1",
    "1_0",
    "one",
    "null",
    1.5,
    2 ** 31,
    -(2 ** 31) - 1,
    "2147483648",
    "99999999999999999999",
    true,
    false,
    [],
    [1],
    {},
  ])("refuses %j for an id", async (tracker_id) => {
    const reply = await api.call("list", { tracker_id });
    expect(reply.status).toBe(400);
    expect(wrong(reply)).toEqual(["tracker_id"]);
  });

  it("takes the bounds of 32 bits for ids that happen not to exist", async () => {
    for (const tracker_id of [2 ** 31 - 1, String(-(2 ** 31))]) expect(codeOf(await api.call("list", { tracker_id }))).toBe(201);
  });

  it.each([[[1, 2]], [["1", 2]], ["[1,2]"], ["[1, 2]"], [' ["1","2"] '], [[1, 1, 2]]])("takes %j for a list of ids", async (trackers) => {
    expect((await api.call("updated/list", { trackers })).body).toEqual({ success: true, value: {} });
  });

  it.each([
    [[]],
    ["[]"],
    ["1,2"],
    ["1"],
    [1],
    ["{}"],
    [{}],
    ["[1,2"],
    [[1, null]],
    [[1.5]],
    [["x"]],
    [[[1]]],
    [true],
    ["null"],
    [{ length: 1 }],
  ])("refuses %j for a list of ids", async (trackers) => {
    expect(wrong(await api.call("updated/list", { trackers }))).toEqual(["trackers"]);
  });

  it("takes a form's repeated keys for a list", async () => {
    for (const body of ["trackers=1&trackers=2", "trackers[]=1&trackers[]=2", "trackers%5B%5D=1", "trackers[0]=1&trackers[1]=2"])
      expect(codeOf(await form("updated/list", `${body}&hash=${HASH}`))).toBe(0);
    expect(codeOf(await api.request({ url: `/tracker/chat/updated/list?hash=${HASH}&trackers=1&trackers=2` }))).toBe(0);
    expect(wrong(await form("list", `tracker_id=1&tracker_id=2&hash=${HASH}`))).toEqual(["tracker_id"]);
    expect(wrong(await form("send", `tracker_id=1&message=a&message=b&hash=${HASH}`))).toEqual(["message"]);
  });

  it.each(["trackers[]=1", "trackers[0]=1", "trackers%5B0%5D=1", "trackers[x]=1", "trackers[0][id]=1"])(
    "never takes %s for every tracker",
    async (body) => {
      const own = await startApi({ fleet: { trackers: [{ id: 1 }, { id: 2 }] } });
      for (const id of [1, 2]) await own.driverWrites(id, "x");
      const marked = { method: "POST", url: "/tracker/chat/mark_read_all", headers: FORM, payload: `${body}&hash=${HASH}` } as const;
      expect(codeOf(await own.request(marked))).toBe(0);
      expect((await own.call("unread/count")).body.value).toEqual({ 2: 1 });
    },
  );

  it("refuses a text whose escapes are no UTF-8, by name, and takes a percent sign for itself", async () => {
    const own = await startApi({ fleet: { trackers: [{ id: 1 }] } });
    const send = (message: string): Promise<Reply> =>
      own.request({ method: "POST", url: "/tracker/chat/send", headers: FORM, payload: `hash=${HASH}&tracker_id=1&message=${message}` });
    for (const message of ["caf%E9", "%FF", "a+%ED%A0%80", "%C3"]) {
      expect(wrong(await send(message))).toEqual(["message"]);
      expect(wrong(await own.request({ url: `/tracker/chat/send?hash=${HASH}&tracker_id=1&message=${message}` }))).toEqual(["message"]);
    }
    for (const message of ["%D0%9F%D1%80+50%", "100% sure %zz %2", "%25+%2B"]) expect(codeOf(await send(message))).toBe(0);
    const { body } = await own.call("list", { tracker_id: 1 });
    expect(body.list.map(({ text }: { text: string }) => text)).toEqual(["Пр 50%", "100% sure %zz %2", "% +"]);
  });

  it("takes true, false and their texts for a flag", async () => {
    for (const ascending of [true, false, "true", "false"]) expect(codeOf(await api.call("list", { tracker_id: 1, ascending }))).toBe(0);
    for (const ascending of [1, 0, "1", "yes", "TRUE", "", []])
      expect(wrong(await api.call("list", { tracker_id: 1, ascending }))).toEqual(["ascending"]);
  });

  it("takes null and nothing in forms and queries for absent", async () => {
    expect(codeOf(await form("list", `tracker_id=1&from=null&to=&limit=&ascending=null&iso_datetime=&hash=${HASH}`))).toBe(0);
    expect(codeOf(await api.request({ url: `/tracker/chat/list?tracker_id=1&from=null&to=&limit=null&ascending=&hash=${HASH}` }))).toBe(0);
    expect(wrong(await form("send", `tracker_id=1&message=null&hash=${HASH}`))).toEqual(["message"]);
    expect(codeOf(await api.call("list", { tracker_id: 1, from: null, to: null, limit: null, ascending: null }))).toBe(0);
    expect(wrong(await api.call("list", { tracker_id: 1, from: "null" }))).toEqual(["from"]);
    expect(codeOf(await api.call("send", { tracker_id: 1, message: "null" }))).toBe(0);
  });

  it("names every wrong parameter at once, and ignores those it does not know", async () => {
    const reply = await api.call("list", { tracker_id: "x", from: "y", to: 5, limit: 0, ascending: "z", unknown: {} });
    expect(wrong(reply)).toEqual(["tracker_id", "from", "to", "limit", "ascending"]);
    expect(wrong(await api.call("send"))).toEqual(["tracker_id", "message"]);
    expect(wrong(await api.call("mark_read"))).toEqual(["message_id"]);
    expect(wrong(await api.call("mark_read", { message_id: null, message_ids: [] }))).toEqual(["message_ids"]);
  });

  it("keeps limit within 1 and 1024", async () => {
    for (const limit of [1, 1_024, "1024"]) expect(codeOf(await api.call("list", { tracker_id: 1, limit }))).toBe(0);
    for (const limit of [0, -1, 1_025, "1025", 2 ** 40]) expect(wrong(await api.call("list", { tracker_id: 1, limit }))).toEqual(["limit"]);
  });
});

describe("times", () => {
  it("refuses impossible ones, and a range that ends before it begins", async () => {
    for (const from of ["2015-02-30 00:00:00", "2015-01-01", "2015-01-01T00:00:00Z", 5, ""])
      expect(wrong(await api.call("list", { tracker_id: 1, from }))).toEqual(["from"]);
    expect(wrong(await api.call("list", { tracker_id: 1, from: "2015-01-02 00:00:00", to: "2015-01-01 00:00:00" }))).toEqual(["from"]);
    expect(codeOf(await api.call("list", { tracker_id: 1, from: "2015-01-02 00:00:00", to: "2015-01-02 00:00:00" }))).toBe(0);
    expect(wrong(await api.call("list", { tracker_id: 1, to: "2015-01-01 00:00:00" }))).toEqual(["from"]);
    expect(codeOf(await api.call("list", { tracker_id: 1, from: "2035-01-01 00:00:00" }))).toBe(0);
  });

  it("are the user's: both ends inclusive, the last second whole", async () => {
    const own = await startApi({ fleet: { trackers: [{ id: 1 }], users: [{ id: 1, timeZone: "Asia/Kathmandu" }] } });
    own.time.now = Date.UTC(2026, 0, 1, 12, 0, 0) + 400;
    await own.driverWrites(1, "x");
    const found = async (from: string, to: string): Promise<number> =>
      (await own.call("list", { tracker_id: 1, from, to })).body.list.length;
    expect(await found("2026-01-01 17:45:00", "2026-01-01 17:45:00")).toBe(1);
    expect(await found("2026-01-01 17:45:01", "2026-01-01 18:45:00")).toBe(0);
    expect(await found("2026-01-01 16:45:00", "2026-01-01 17:44:59")).toBe(0);
    expect((await own.call("list", { tracker_id: 1 })).body.list[0].submit_time).toBe("2026-01-01 17:45:00");
  });

  it("are ISO with offset for those who ask by parameter or header", async () => {
    const own = await startApi({ fleet: { trackers: [{ id: 1 }], users: [{ id: 1, timeZone: "America/St_Johns" }] } });
    own.time.now = Date.UTC(2026, 6, 1, 12, 0, 0) + 999;
    await own.driverWrites(1, "x");
    const ask = async (parameters: Record<string, unknown>, headers: Record<string, string> = {}): Promise<unknown> => {
      const reply = await own.request({
        method: "POST",
        url: "/tracker/chat/list",
        headers,
        payload: { hash: HASH, tracker_id: 1, ...parameters },
      });
      return reply.body.list?.[0]?.submit_time ?? wrong(reply);
    };
    const iso = "2026-07-01T09:30:00-02:30";
    expect(await ask({})).toBe("2026-07-01 09:30:00");
    expect(await ask({ iso_datetime: true })).toBe(iso);
    expect(await ask({ iso_datetime: "true" })).toBe(iso);
    expect(await ask({}, { "NVX-ISO-DateTime": "true" })).toBe(iso);
    expect(await ask({ iso_datetime: false })).toBe("2026-07-01 09:30:00");
    expect(await ask({ iso_datetime: true, from: "2026-07-01T12:00:00Z", to: "2026-07-01T14:00:00+02:00" })).toBe(iso);
    expect(await ask({ iso_datetime: "maybe" })).toEqual(["iso_datetime"]);
    const last = await own.call("updated/list", { trackers: [1], iso_datetime: true });
    expect(last.body.value).toEqual({ 1: iso });
  });
});
