import { afterAll, describe, expect, it } from "vitest";
import { type Api, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";

const JSON_BODY = { "content-type": "application/json" };
const api: Api = await startApi({ fleet: { trackers: [{ id: 1 }] } });
afterAll(() => api.app.close());

const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);

describe("bodies", () => {
  it.each(["{", "[]", "[1]", '"text"', "5", "null ,", `{"hash":"${HASH}",}`, "hash=x", "\u0000", "{".repeat(50_000), "[".repeat(50_000)])(
    "says 5 for the JSON body %j",
    async (payload) => {
      expect(
        codeOf(await api.request({ method: "POST", url: `/tracker/chat/unread/count?hash=${HASH}`, headers: JSON_BODY, payload })),
      ).toBe(5);
    },
  );

  it.each([
    "text/plain",
    "text/plain; charset=utf-8",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "nonsense",
    "",
  ])("says 5 for a body of type %j", async (type) => {
    const payload = JSON.stringify({ hash: HASH });
    expect(
      codeOf(await api.request({ method: "POST", url: "/tracker/chat/unread/count", headers: { "content-type": type }, payload })),
    ).toBe(5);
  });

  it.each(["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"])(
    "takes JSON of type %j",
    async (type) => {
      const payload = JSON.stringify({ hash: HASH });
      expect(
        codeOf(await api.request({ method: "POST", url: "/tracker/chat/unread/count", headers: { "content-type": type }, payload })),
      ).toBe(0);
    },
  );

  it.each(["application/json", "application/x-www-form-urlencoded", "text/plain"])(
    "takes an empty body of type %s for none",
    async (type) => {
      for (const method of ["POST", "GET"] as const) {
        expect(
          codeOf(await api.request({ method, url: `/tracker/chat/unread/count?hash=${HASH}`, headers: { "content-type": type } })),
        ).toBe(0);
      }
    },
  );

  it.each(["application/json", "application/x-www-form-urlencoded"])(
    "says 5 for bytes of %s that are not UTF-8, or of no known charset",
    async (type) => {
      const bodies = { "application/json": `{"hash":"${HASH}","x":"\xff"}`, "application/x-www-form-urlencoded": `hash=${HASH}&x=\xff` };
      const payload = Buffer.from(bodies[type as keyof typeof bodies], "latin1");
      const ask = async (contentType: string): Promise<number> =>
        codeOf(await api.request({ method: "POST", url: "/tracker/chat/unread/count", headers: { "content-type": contentType }, payload }));
      expect(await ask(type)).toBe(5);
      expect(await ask(`${type}; charset=utf-8`)).toBe(5);
      expect(await ask(`${type}; charset=klingon`)).toBe(5);
      expect(await ask(`${type}; charset=ISO-8859-1`)).toBe(0);
    },
  );

  it("stores what was written in the charset that the body names, without a byte order mark", async () => {
    const texts = [
      ["windows-1251", Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])],
      ["UTF-8", Buffer.from("Привет")],
      ['"utf-16le"', Buffer.from("Привет", "utf16le")],
    ] as const;
    const own = await startApi({ fleet: { trackers: [{ id: 2 }] } });
    for (const [charset, bytes] of texts) {
      const encode = (text: string): Buffer => Buffer.from(text, charset === '"utf-16le"' ? "utf16le" : "latin1");
      const head = charset === "UTF-8" ? Buffer.from("\ufeff") : Buffer.alloc(0);
      const payload = Buffer.concat([head, encode(`{"hash":"${HASH}","tracker_id":2,"message":"`), bytes, encode('"}')]);
      const headers = { "content-type": `application/json; charset=${charset}` };
      expect(codeOf(await own.request({ method: "POST", url: "/tracker/chat/send", headers, payload }))).toBe(0);
    }
    expect((await own.call("list", { tracker_id: 2 })).body.list.map(({ text }: { text: string }) => text)).toEqual(
      texts.map(() => "Привет"),
    );
  });

  it("says 5 for null, as for all that is no object", async () => {
    const reply = await api.request({
      method: "POST",
      url: `/tracker/chat/unread/count?hash=${HASH}`,
      headers: JSON_BODY,
      payload: "null",
    });
    expect(codeOf(reply)).toBe(5);
  });

  it.each(["application/json", "application/x-www-form-urlencoded", "text/plain", "application/xml"])(
    "says 9 for more than 1 MiB of %s, even of a wrong type or syntax",
    async (type) => {
      const limit = 1024 * 1024;
      const reply = await api.request({
        method: "POST",
        url: "/tracker/chat/unread/count",
        headers: { "content-type": type },
        payload: "{".repeat(limit + 1),
      });
      expect(reply).toMatchObject({ status: 412, body: { success: false, status: { code: 9, description: "Too large request" } } });
      expect(
        codeOf(
          await api.request({
            method: "POST",
            url: "/tracker/chat/unread/count",
            headers: { "content-type": type },
            payload: "{".repeat(limit),
          }),
        ),
      ).not.toBe(9);
    },
  );
});
