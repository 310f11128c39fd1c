import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../src/chat/message.ts";
import type { Lines, MessageStore } from "../../src/chat/ports.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { FLEET_BYTES, registerAdmin } from "../../src/http/admin.ts";
import { openApi } from "../../src/http/openapi.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { EXAMPLE, type FleetWorld, fleetWorld, manyTrackers } from "../fleet/world.ts";
import { answerCheck } from "../support/answer-schema.ts";
import { BOUNDS } from "../support/limits.ts";

const check = answerCheck(openApi([]));
const TOKEN = "0123456789abcdef";
const bearer = { authorization: `Bearer ${TOKEN}` };
const LINE = { trackerId: 999199, deviceId: "3563", protocol: "jt808", node: "n1", address: "10.0.0.1:4711", since: 1_000 };
const LETTER = { id: 77, trackerId: 999199, reason: "10 attempts", at: 2_000 };

let app: FastifyInstance;
let world: FleetWorld;
let kicked: number[];
let cleared: number[];
let hints: unknown[];
let letters: (typeof LETTER)[];

beforeEach(async () => {
  world = fleetWorld();
  kicked = [];
  cleared = [];
  hints = [];
  letters = [LETTER];
  const lines: Lines = {
    list: () => Promise.resolve([LINE]),
    kick: (id) => Promise.resolve(id === LINE.trackerId && kicked.push(id) === 1),
  };
  app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry: null });
  const outbox = { hint: (...hint: unknown[]) => Promise.resolve(void hints.push(hint)) };
  registerAdmin(app, { token: TOKEN, fleet: world.fleet, lines, messages: deadLetterStore(), outbox });
  await app.ready();
});
afterEach(() => app.close());

function deadLetterStore(): Pick<MessageStore, "deadLetters" | "retryDeadLetter" | "find" | "owners" | "list" | "clear"> {
  return {
    list: () => Promise.resolve([]),
    clear: (trackerId) => Promise.resolve(void cleared.push(trackerId)),
    deadLetters: (limit) => Promise.resolve(letters.slice(0, limit)),
    find: (ids) => Promise.resolve(ids.map((id) => (id === LETTER.id ? ({ id, trackerId: LETTER.trackerId } as Message) : null))),
    retryDeadLetter: () => Promise.resolve(letters.pop() !== undefined),
    owners: () => Promise.resolve(new Map([[LETTER.trackerId, { node: "n1", epoch: 3 }]])),
  };
}

const ask = async (method: "GET" | "PUT" | "DELETE" | "POST", url: string, payload?: string | object) => {
  const reply = await app.inject({ method, url, headers: bearer, ...(payload === undefined ? {} : { payload }) });
  const body = reply.json() as unknown;
  check({ method, url, status: reply.statusCode, body });
  return { status: reply.statusCode, body };
};

const ROUTES = [
  ["GET", "/admin/fleet"],
  ["PUT", "/admin/fleet"],
  ["DELETE", "/admin/trackers/1"],
  ["DELETE", "/admin/trackers/1/chat"],
  ["DELETE", "/admin/users/1"],
  ["GET", "/admin/users/1/export"],
  ["GET", "/admin/unknown"],
  ["GET", "/admin/lines"],
  ["DELETE", "/admin/lines/1"],
  ["GET", "/admin/dead-letters"],
  ["POST", "/admin/dead-letters/1/retry"],
] as const;

describe("/admin", () => {
  it.each(ROUTES)("%s %s is closed to whoever lacks the token", async (method, url) => {
    const strangers = [undefined, "Bearer", "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN, `NVX ${TOKEN}`];
    for (const authorization of strangers) {
      const reply = await app.inject({ method, url, headers: authorization === undefined ? {} : { authorization } });
      expect([authorization, reply.statusCode, reply.headers["www-authenticate"]]).toEqual([authorization, 401, "Bearer"]);
      expect(reply.json()).toMatchObject({ success: false, status: { code: 11 } });
    }
  });

  it("takes and gives the fleet", async () => {
    expect(await ask("PUT", "/admin/fleet", EXAMPLE)).toEqual({
      status: 200,
      body: { success: true, counts: expect.objectContaining({ trackers: { created: 1, updated: 0, unchanged: 0 } }), api_keys: [] },
    });
    expect(world.fleet.directory.tracker(999199)?.label).toBe("Truck 1");
    const { body } = await ask("GET", "/admin/fleet");
    expect(body).toMatchObject({ employees: EXAMPLE.employees, dealers: EXAMPLE.dealers, tariffs: EXAMPLE.tariffs });
    expect((await ask("PUT", "/admin/fleet", body as object)).status).toBe(200);
  });

  it("shows made keys once", async () => {
    const { body } = await ask("PUT", "/admin/fleet", { users: [{ id: 1, login: "a", api_keys: [{ title: "t" }] }] });
    expect(body).toMatchObject({ api_keys: [{ user_id: 1, title: "t", hash: expect.stringMatching(/^[0-9a-f]{32}$/) }] });
  });

  it("says what is wrong with a document, by path", async () => {
    expect(await ask("PUT", "/admin/fleet", { trackers: [{ id: 1 }, { id: "x" }] })).toEqual({
      status: 400,
      body: {
        success: false,
        status: { code: 7, description: "Invalid parameters" },
        errors: [{ path: "trackers[1].id", error: "must be integer" }],
      },
    });
    expect(await ask("PUT", "/admin/fleet")).toMatchObject({ status: 400, body: { errors: [{ path: "$", error: "must be object" }] } });
  });

  it.each(["{", "a=b", "\0"])("calls %j a wrong format", async (text) => {
    const headers = { ...bearer, "content-type": "application/x-www-form-urlencoded" };
    const reply = await app.inject({ method: "PUT", url: "/admin/fleet", headers, payload: text });
    expect([reply.statusCode, reply.json()]).toMatchObject([400, { success: false, status: { code: 5 } }]);
  });

  it("takes a body of many megabytes, of any type, and none beyond the bound", async () => {
    const payload = JSON.stringify({ ...manyTrackers(15_000), $schema: "x".repeat(10_000_000) });
    const headers = { ...bearer, "content-type": "application/x-www-form-urlencoded" };
    expect((await app.inject({ method: "PUT", url: "/admin/fleet", headers, payload })).json()).toMatchObject({ success: true });
    const huge = { ...headers, "content-length": String(FLEET_BYTES + 1) };
    const refused = await app.inject({ method: "PUT", url: "/admin/fleet", headers: huge, payload: "{}" });
    expect([refused.statusCode, refused.json()]).toMatchObject([412, { status: { code: 9 } }]);
  });

  it("deletes trackers and users", async () => {
    await ask("PUT", "/admin/fleet", EXAMPLE);
    expect(await ask("DELETE", "/admin/trackers/999199/chat")).toEqual({ status: 200, body: { success: true } });
    expect(await ask("DELETE", "/admin/trackers/999198/chat")).toMatchObject({ status: 404 });
    expect(cleared).toEqual([999199]);
    expect(await ask("DELETE", "/admin/trackers/999199")).toEqual({ status: 200, body: { success: true } });
    expect(await ask("DELETE", "/admin/trackers/999199")).toMatchObject({ status: 404, body: { success: false, status: { code: 204 } } });
    expect(await ask("DELETE", "/admin/users/1")).toEqual({ status: 200, body: { success: true, removed: { trackers: 0, employees: 1 } } });
    expect(await ask("DELETE", "/admin/users/1")).toMatchObject({ status: 404 });
    for (const id of ["0", "x", "2147483648", "-1", "1.5"]) expect((await ask("DELETE", `/admin/users/${id}`)).status).toBe(400);
  });

  it("lists unknown devices", async () => {
    world.fleet.directory.reportUnknown({ key: "4711", protocol: "jt808", address: "10.0.0.9" });
    expect(await ask("GET", "/admin/unknown")).toEqual({
      status: 200,
      body: { success: true, list: [{ key: "4711", protocol: "jt808", address: "10.0.0.9", last_try: "2026-11-22T00:00:00.000Z" }] },
    });
  });

  it("lists live lines and kicks them", async () => {
    expect((await ask("GET", "/admin/lines")).body).toEqual({
      success: true,
      list: [
        {
          tracker_id: 999199,
          device_id: "3563",
          protocol: "jt808",
          node: "n1",
          address: "10.0.0.1:4711",
          since: "1970-01-01T00:00:01.000Z",
        },
      ],
    });
    expect(await ask("DELETE", "/admin/lines/999199")).toEqual({ status: 200, body: { success: true } });
    expect(kicked).toEqual([999199]);
    expect(await ask("DELETE", "/admin/lines/5")).toMatchObject({ status: 404, body: { status: { code: 204 } } });
  });

  it("lists dead letters and puts one back", async () => {
    expect((await ask("GET", "/admin/dead-letters?limit=5")).body).toEqual({
      success: true,
      list: [{ id: 77, tracker_id: 999199, reason: "10 attempts", time: "1970-01-01T00:00:02.000Z" }],
    });
    expect(await ask("POST", "/admin/dead-letters/77/retry")).toEqual({ status: 200, body: { success: true } });
    expect(hints).toEqual([[999199, { node: "n1", epoch: 3 }]]);
    expect(await ask("POST", "/admin/dead-letters/77/retry")).toMatchObject({ status: 404 });
    expect(await ask("POST", "/admin/dead-letters/78/retry")).toMatchObject({ status: 404 });
    expect((await ask("GET", "/admin/dead-letters?limit=0")).status).toBe(400);
  });

  it("says 503 when the store cannot be reached", async () => {
    world.store.since = () => Promise.reject(new StoreUnavailable("planned"));
    expect(await ask("PUT", "/admin/fleet", EXAMPLE)).toMatchObject({ status: 503, body: { success: false, status: { code: 14 } } });
  });
});
