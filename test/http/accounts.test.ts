/** Logging in and out, what an account shows of itself, and its API keys: over a real fleet in memory. */
import { beforeEach, describe, expect, it } from "vitest";
import { ATTEMPTS } from "../../src/chat/attempt-guard.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { EXAMPLE, type FleetWorld, fleetWorld } from "../fleet/world.ts";
import { type Api, type ApiOptions, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";

const ADA = { login: "ada@example.com", password: "demo" };
const OTHER_KEY = "b".repeat(32);
const DOCUMENT = {
  ...EXAMPLE,
  users: [
    ...EXAMPLE.users,
    {
      id: 2,
      login: "bo@example.com",
      password: "p\u00e4ss w\u00f6rd",
      time_zone: "Asia/Kathmandu",
      api_keys: [{ hash: OTHER_KEY, title: "bo" }],
    },
    { id: 3, login: "keys only", time_zone: "UTC" },
  ],
  employees: [
    ...EXAMPLE.employees,
    { id: 5, user_id: 1, first_name: "Eve", last_name: "Spare" },
    { id: 6, user_id: 2, first_name: "Not", last_name: "Ada's" },
  ],
  trackers: [
    ...EXAMPLE.trackers,
    { id: 7, user_id: 1, label: "Van", group_id: 3, device_id: "861", blocked: true, phone: "+49 1" },
    { id: 8, user_id: 2, label: "Truck of Bo", device_id: "862" },
  ],
};

let world: FleetWorld;
let api: Api;

async function start(options: Partial<ApiOptions> = {}): Promise<Api> {
  return await startApi({ accounts: world.fleet, ...options });
}

beforeEach(async () => {
  world = fleetWorld();
  await world.import(DOCUMENT);
  api = await start();
});

const ask = (path: string, payload: object, on: Api = api, remoteAddress = "10.0.0.1"): Promise<Reply> =>
  on.request({ method: "POST", url: `/${path}`, payload, remoteAddress });
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const logIn = async (credentials: object = ADA): Promise<string> => (await ask("user/auth", credentials)).body.hash;
const wrong = ({ body }: Reply): readonly string[] => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);

describe("user/auth", () => {
  it("opens a session that works like an API key, for 30 days", async () => {
    const reply = await ask("user/auth", ADA);
    expect(reply).toMatchObject({
      status: 200,
      body: { success: true, type: "authenticated", hash: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(Object.keys(reply.body)).toEqual(["success", "type", "hash"]);
    const list = { hash: reply.body.hash, tracker_id: 999_199 };
    expect(await ask("tracker/chat/list", list)).toMatchObject({ body: { success: true, list: [] } });
    world.time.now += 30 * 24 * 3_600_000 - 1;
    expect(codeOf(await ask("tracker/chat/list", list))).toBe(0);
    world.time.now += 1;
    expect(codeOf(await ask("tracker/chat/list", list))).toBe(4);
  });

  it("takes form and query, any case of the login, and is there under every prefix", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const prefix of ["", "/v2", "/api-v2"]) {
      const payload = "login=ADA%40example.com&password=demo&dealer_id=1";
      expect(codeOf(await api.request({ method: "POST", url: `${prefix}/user/auth/`, headers: form, payload }))).toBe(0);
    }
    expect(codeOf(await api.request({ url: "/user/auth?login=ada@example.com&password=demo&dealer_id=null" }))).toBe(0);
    expect(codeOf(await ask("user/auth", { login: "bo@example.com", password: "pa\u0308ss wo\u0308rd" }))).toBe(0);
  });

  it("answers a wrong password, an unknown login, another dealer and a user without password alike", async () => {
    const replies = await Promise.all(
      [
        { ...ADA, password: "Demo" },
        { ...ADA, login: "nobody" },
        { ...ADA, dealer_id: 2 },
        { login: "keys only", password: "null" },
      ].map((credentials) => ask("user/auth", credentials)),
    );
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      expect(reply.body).toEqual({ success: false, status: { code: 102, description: "Wrong login or password" } });
      expect(reply.headers["retry-after"]).toBeUndefined();
    }
  });

  it("names what is missing or malformed, before anything is tried", async () => {
    expect(wrong(await ask("user/auth", {}))).toEqual(["login", "password"]);
    expect(wrong(await ask("user/auth", { login: "", password: "" }))).toEqual(["login", "password"]);
    expect(wrong(await ask("user/auth", { login: "a\u0000", password: 5 }))).toEqual(["login", "password"]);
    expect(wrong(await ask("user/auth", { login: "x".repeat(201), password: "x".repeat(1_001), dealer_id: "one" }))).toEqual([
      "login",
      "password",
      "dealer_id",
    ]);
    for (let n = 0; n < 20; n += 1) await ask("user/auth", { login: ADA.login });
    expect(codeOf(await ask("user/auth", ADA))).toBe(0);
  });

  it("stops guesses with 11 and says for how long, whether the login exists or not", async () => {
    for (const login of [ADA.login, "nobody"]) {
      for (let n = 0; n < ATTEMPTS.perPair; n += 1) expect(codeOf(await ask("user/auth", { login, password: "guess" }))).toBe(102);
      const refused = await ask("user/auth", { login, password: "demo" });
      expect(refused).toMatchObject({ status: 403, headers: { "retry-after": "60" } });
      expect(refused.body).toEqual({ success: false, status: { code: 11, description: "Access denied" } });
      expect(codeOf(await ask("user/auth", { login, password: "guess" }, api, "10.0.0.2"))).toBe(102);
    }
    api.time.now += ATTEMPTS.windowMs;
    expect(codeOf(await ask("user/auth", ADA))).toBe(0);
  });

  it("takes as long for an unknown login as for a wrong password", async () => {
    const time = async (login: string, address: string): Promise<number> => {
      const from = performance.now();
      await ask("user/auth", { login, password: "guess" }, api, address);
      return performance.now() - from;
    };
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let n = 0; n < 8; n += 1) {
      known.push(await time(ADA.login, `10.0.1.${n}`));
      unknown.push(await time(`nobody${n}`, `10.0.2.${n}`));
    }
    // The least of several: what else the machine does only adds. Without the decoy it is below a tenth.
    expect(Math.min(...unknown) / Math.min(...known)).toBeGreaterThan(0.5);
    expect(Math.min(...unknown) / Math.min(...known)).toBeLessThan(2);
  });

  it("counts for its address's rate, before its parameters are looked at", async () => {
    const slow = await start({ rate: { count: 1, perMs: 60_000 } });
    expect(codeOf(await ask("user/auth", {}, slow))).toBe(7);
    expect(codeOf(await ask("user/auth", {}, slow))).toBe(15);
    expect(codeOf(await ask("user/auth", {}, slow, "10.0.0.2"))).toBe(7);
  });

  it("keeps logins, passwords and hashes out of the log", async () => {
    const lines: string[] = [];
    const logged = await start({ onLog: (line) => lines.push(line) });
    const { body } = await ask("user/auth", ADA, logged);
    await logged.request({ url: `/user/auth?login=${ADA.login}&password=guess` });
    await logged.request({ url: `/user/get_info?hash=${body.hash}` });
    const log = lines.join("");
    expect(lines.length).toBeGreaterThan(2);
    for (const secret of [ADA.login, "demo", "guess", body.hash]) expect(log).not.toContain(secret);
  });

  it("blames the store when the session cannot be kept", async () => {
    const broken = { ...world.fleet.accounts, authenticate: () => Promise.resolve(world.fleet.directory.user(1)) };
    const accounts = Object.assign(Object.create(world.fleet.accounts), broken, {
      openSession: () => Promise.reject(new StoreUnavailable("down")),
    });
    const own = await startApi({ accounts: { directory: world.fleet.directory, accounts } });
    expect(codeOf(await ask("user/auth", ADA, own))).toBe(14);
  });
});

describe("user/logout", () => {
  it("ends this session at once, on every node, and no other", async () => {
    const [hash, second] = [await logIn(), await logIn()];
    expect((await ask("user/logout", { hash })).body).toEqual({ success: true });
    for (const path of ["user/logout", "user/get_info", "tracker/chat/unread/count"]) expect(codeOf(await ask(path, { hash }))).toBe(4);
    await world.other.refresh();
    const elsewhere = await startApi({ accounts: world.other });
    expect(codeOf(await ask("user/get_info", { hash }, elsewhere))).toBe(4);
    expect(codeOf(await ask("user/get_info", { hash: second }, elsewhere))).toBe(0);
  });

  it("is not for API keys", async () => {
    expect(codeOf(await ask("user/logout", { hash: HASH }))).toBe(13);
    expect(codeOf(await ask("user/get_info", { hash: HASH }))).toBe(0);
  });
});

describe("what an account shows of itself", () => {
  it("user/get_info", async () => {
    expect((await ask("user/get_info", { hash: await logIn({ login: "bo@example.com", password: "p\u00e4ss w\u00f6rd" }) })).body).toEqual({
      success: true,
      user_info: {
        id: 2,
        login: "bo@example.com",
        time_zone: "Asia/Kathmandu",
        title: "bo@example.com",
        locale: "en_US",
        settings: { time_zone: "Asia/Kathmandu" },
      },
      value: { id: 2, login: "bo@example.com", time_zone: "Asia/Kathmandu" },
    });
  });

  it("tracker/list: its own, blocked ones too, or those whose label has one of some texts in it", async () => {
    const list = (await ask("tracker/list", { hash: HASH })).body.list;
    expect(list).toEqual([
      {
        id: 7,
        label: "Van",
        group_id: 3,
        source: { id: 7, device_id: "861", model: null, blocked: true, tariff_id: null, phone: "+49 1" },
      },
      {
        id: 999_199,
        label: "Truck 1",
        group_id: 0,
        source: { id: 999_199, device_id: "356307042441013", model: "wialon-ips", blocked: false, tariff_id: 1, phone: null },
      },
    ]);
    const labelled = async (labels: unknown): Promise<readonly number[]> =>
      (await ask("tracker/list", { hash: HASH, labels })).body.list.map(({ id }: { id: number }) => id);
    expect(await labelled(["ruck"])).toEqual([999_199]);
    expect(await labelled('["Van", "1"]')).toEqual([7, 999_199]);
    expect(await labelled(["nothing"])).toEqual([]);
    for (const labels of [[], "ruck", [""], [1], ["a", "a"], ["\n"]])
      expect(wrong(await ask("tracker/list", { hash: HASH, labels }))).toEqual(["labels"]);
  });

  it("employee/list: its own", async () => {
    expect((await ask("employee/list", { hash: HASH })).body.list).toEqual([
      { id: 5, tracker_id: null, first_name: "Eve", middle_name: "", last_name: "Spare" },
      { id: 123_456, tracker_id: 999_199, first_name: "Ada", middle_name: "", last_name: "Driver" },
    ]);
  });
});

describe("API keys", () => {
  it("are made, shown once, listed without themselves, and deleted", async () => {
    const hash = await logIn();
    world.time.now = Date.UTC(2026, 10, 22, 12, 0, 0);
    const made = (await ask("api/key/create", { hash, title: "Integration with \u00dc" })).body;
    const key = { hash: expect.stringMatching(/^[0-9a-f]{32}$/), title: "Integration with \u00dc", create_date: "2026-11-22 13:00:00" };
    expect(made).toEqual({ success: true, value: key, key });
    expect(codeOf(await ask("user/get_info", { hash: made.value.hash }))).toBe(0);
    const listed = (await ask("api/key/list", { hash })).body.list;
    expect(listed.map(({ title }: { title: string }) => title)).toEqual(["demo", "Integration with \u00dc"]);
    expect(JSON.stringify(listed)).not.toContain(made.value.hash);
    expect(codeOf(await ask("api/key/delete", { hash, key: made.value.hash.toUpperCase() }))).toBe(0);
    expect(codeOf(await ask("user/get_info", { hash: made.value.hash }))).toBe(4);
    expect(codeOf(await ask("api/key/delete", { hash, key: made.value.hash }))).toBe(201);
    expect(codeOf(await ask("api/key/delete", { hash, key: listed[0].id }))).toBe(0);
    expect(codeOf(await ask("user/get_info", { hash: HASH }))).toBe(4);
    expect((await ask("api/key/list", { hash, iso_datetime: true })).body.list).toEqual([]);
  });

  it("are the business of those who logged in: a key is answered as if it were none", async () => {
    for (const [path, rest] of [
      ["api/key/create", { title: "x" }],
      ["api/key/list", {}],
      ["api/key/delete", { key: HASH }],
    ] as const) {
      expect(codeOf(await ask(path, { hash: HASH, ...rest }))).toBe(4);
      expect(codeOf(await ask(path, rest))).toBe(3);
    }
    expect(codeOf(await ask("user/get_info", { hash: HASH }))).toBe(0);
  });

  it("of others are not there", async () => {
    const hash = await logIn();
    expect(codeOf(await ask("api/key/delete", { hash, key: OTHER_KEY }))).toBe(201);
    expect(codeOf(await ask("user/get_info", { hash: OTHER_KEY }))).toBe(0);
  });

  it("have a bound, and titles that can be read", async () => {
    const hash = await logIn();
    for (const title of ["", " ", "a\nb", "x".repeat(256), 5, null])
      expect(wrong(await ask("api/key/create", { hash, title }))).toEqual(["title"]);
    for (const key of ["", "x", "a".repeat(31), "a".repeat(65), 5])
      expect(wrong(await ask("api/key/delete", { hash, key }))).toEqual(["key"]);
    for (let n = 1; n < 100; n += 1) await world.fleet.accounts.createApiKey(1, `key ${n}`);
    expect(codeOf(await ask("api/key/create", { hash, title: "x".repeat(255) }))).toBe(13);
  });
});

describe("paths of the other handlers", () => {
  it.each([
    ["POST", "/user/nope", 112],
    ["POST", "/user", 112],
    ["GET", "/v2/user/", 112],
    ["POST", "/user/auth/extra", 111],
    ["PUT", "/user/auth", 112],
    ["POST", "/tracker/nope", 112],
    ["POST", "/tracker", 112],
    ["POST", "/tracker/list/foo", 111],
    ["POST", "/employee/nope", 112],
    ["POST", "/api/key/nope", 112],
    ["POST", "/api/key", 112],
    ["POST", "/api", 111],
    ["POST", "/api/nope", 111],
    ["POST", "/users/auth", 111],
    ["GET", "/user/%zz", 112],
  ] as const)("%s %s is %i", async (method, url, code) => {
    const reply = await api.request({ method, url, payload: "{", headers: { "content-type": "application/json" } });
    expect(reply).toMatchObject({ status: 400, body: { success: false, status: { code } } });
  });
});
