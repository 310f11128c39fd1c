import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type Api, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_BODY = { "content-type": "application/json" };
const api: Api = await startApi({ fleet: { trackers: [{ id: 1 }, { id: 2 }] } });
afterAll(() => api.app.close());

const form = (path: string, body: string): Promise<Reply> =>
  api.request({ method: "POST", url: `/tracker/chat/${path}`, headers: FORM, payload: body });
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const wrong = ({ body }: Reply): readonly string[] => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);

describe("texts", () => {
  const send = (message: unknown): Promise<Reply> => api.call("send", { tracker_id: 2, message });

  it.each(["", " ", "\n\t \u00a0\u2003", "a\u0000b", "\u0000", "\ud83d", "a\udc00", "\udc00\ud83d", 5, true, null, [], {}, ["a"]])(
    "refuses %j",
    async (message) => {
      expect(wrong(await send(message))).toEqual(["message"]);
    },
  );

  it("counts characters, not their halves", async () => {
    expect(codeOf(await send("\u{1F600}".repeat(20_000)))).toBe(0);
    expect(wrong(await send("\u{1F600}".repeat(20_001)))).toEqual(["message"]);
    expect(codeOf(await send("x".repeat(20_000)))).toBe(0);
    expect(wrong(await send("x".repeat(20_001)))).toEqual(["message"]);
    expect(wrong(await send(`${"\u{1F600}".repeat(19_999)}xx`))).toEqual(["message"]);
    expect(wrong(await send("x".repeat(900_000)))).toEqual(["message"]);
  });

  it("takes 20,000 emoji with every one escaped, and lists them as they are", async () => {
    const text = "\u{1F600}".repeat(20_000);
    const escaped = "\\ud83d\\ude00".repeat(20_000);
    const sent = await api.request({
      method: "POST",
      url: "/tracker/chat/send",
      headers: JSON_BODY,
      payload: `{"hash":"${HASH}","tracker_id":1,"message":"${escaped}"}`,
    });
    expect(codeOf(sent)).toBe(0);
    const urlencoded = await form("send", `tracker_id=1&message=${encodeURIComponent(text)}&hash=${HASH}`);
    expect(codeOf(urlencoded)).toBe(0);
    const { body } = await api.call("list", { tracker_id: 1, ascending: false, limit: 2 });
    expect(body.list.map((message: { text: string }) => message.text === text)).toEqual([true, true]);
  });

  it("keeps any text as it was sent", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), async (text) => {
        const reply = await send(text);
        const valid = text.trim() !== "" && !text.includes("\0");
        expect(codeOf(reply)).toBe(valid ? 0 : 7);
        if (!valid) return;
        const { body } = await api.call("list", { tracker_id: 2, ascending: false, limit: 1 });
        expect(body.list[0]).toMatchObject({ id: reply.body.id, text });
        await api.deviceTakes(2);
      }),
      { numRuns: 100 },
    );
  });
});

describe("names that reach for the prototype", () => {
  it.each(["__proto__", "constructor", "prototype", "hasOwnProperty"])("%s changes nothing", async (name) => {
    const nested = `{"hash":"${HASH}","tracker_id":1,"${name}":{"polluted":1,"limit":0,"prototype":{"polluted":1}}}`;
    expect(codeOf(await api.request({ method: "POST", url: "/tracker/chat/list", headers: JSON_BODY, payload: nested }))).toBe(0);
    expect(codeOf(await form("list", `tracker_id=1&${name}[polluted]=1&${name}.polluted=1&${name}=1&hash=${HASH}`))).toBe(0);
    expect(codeOf(await api.request({ url: `/tracker/chat/list?hash=${HASH}&tracker_id=1&${name}[polluted]=1&${name}=5` }))).toBe(0);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["limit"]).toBeUndefined();
  });

  it("cannot stand in for a parameter", async () => {
    const payload = `{"__proto__":{"tracker_id":1,"hash":"${HASH}"}}`;
    expect(codeOf(await api.request({ method: "POST", url: "/tracker/chat/list", headers: JSON_BODY, payload }))).toBe(3);
  });
});

describe("anything at all", () => {
  it("is answered in the contract's words", async () => {
    const paths = ["list", "mark_read_all", "mark_read", "send", "broadcast", "updated/list", "unread/count", "roster"];
    const names = ["tracker_id", "trackers", "from", "to", "limit", "ascending", "message", "message_id", "message_ids", "iso_datetime"];
    const parameters = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.jsonValue(), fc.constantFrom(1, "1", [1], "[1,2]", "true", "2015-01-01 00:00:00")),
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), parameters, async (path, given) => {
        const { status, body } = await api.call(path, given);
        if (status === 200) expect(body.success).toBe(true);
        else {
          expect(body).toMatchObject({ success: false, status: { description: expect.any(String) } });
          expect([7, 201, 217]).toContain(body.status.code);
        }
      }),
      { numRuns: 400 },
    );
  });
});
