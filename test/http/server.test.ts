import { request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import { type Readiness, registerHealth, registerMetrics } from "../../src/http/health.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { type Api, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";
import { BOUNDS } from "../support/limits.ts";

const FLEET = { trackers: [{ id: 42 }] };
const HASHES = { hash: HASH, tracker_id: 42 };

async function withApi(): Promise<Api> {
  return await startApi({ fleet: FLEET });
}

describe("paths and methods", () => {
  it.each(["", "/v2", "/api-v2"])("answers under prefix %j, with and without a slash at the end, GET and POST", async (prefix) => {
    const api = await withApi();
    for (const [before, slash] of [
      ["", ""],
      ["", "/"],
      ["/", ""],
      ["//", "//"],
    ]) {
      const url = `${before}${prefix}/tracker/chat/list${slash}`;
      expect(await api.request({ method: "POST", url, payload: HASHES })).toMatchObject({ status: 200, body: { success: true, list: [] } });
      expect(await api.request({ method: "GET", url: `${url}?hash=${HASH}&tracker_id=42` })).toMatchObject({
        status: 200,
        body: { success: true, list: [] },
      });
    }
  });

  it.each([
    ["POST", "/", 111],
    ["POST", "/nope", 111],
    ["POST", "/tracker/chatt/list", 111],
    ["POST", "/v3/tracker/chat/list", 111],
    ["POST", "/v2/v2/tracker/chat/list", 111],
    ["POST", "/tracker/list/foo", 111],
    ["GET", "/tracker/chat", 112],
    ["GET", "/tracker/chat/", 112],
    ["POST", "/tracker/chat/nope", 112],
    ["POST", "/api-v2/tracker/chat/nope?hash=1", 112],
    ["POST", "/tracker/chat/list/extra", 112],
    ["POST", "/tracker/chat/updated", 112],
    ["PUT", "/tracker/chat/list", 112],
    ["DELETE", "/v2/tracker/chat/send/", 112],
    ["PATCH", "/nope", 111],
    ["GET", "/%zz", 111],
    ["GET", "/tracker/chat/%zz", 112],
  ] as const)("%s %s is %i, whatever the body", async (method, url, code) => {
    const api = await withApi();
    for (const payload of ["{", "x".repeat(2 * 1024 * 1024)]) {
      const reply = await api.request({ method, url, payload, headers: { "content-type": "application/json" } });
      expect(reply).toMatchObject({ status: 400, body: { success: false, status: { code } } });
      expect(reply.headers).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
      });
    }
  });

  it("runs nothing for a HEAD", async () => {
    const api = await withApi();
    const reply = await api.request({ method: "HEAD", url: `/tracker/chat/send?hash=${HASH}&tracker_id=42&message=hi` });
    expect(reply.status).toBe(400);
    expect((await api.call("list", { tracker_id: 42 })).body.list).toEqual([]);
  });

  it("answers OPTIONS that is no preflight", async () => {
    const api = await withApi();
    expect((await api.request({ method: "OPTIONS", url: "/tracker/chat/list" })).status).toBe(204);
    expect((await api.request({ method: "OPTIONS", url: "/nope" })).status).toBe(204);
  });

  it("lets browsers call from anywhere", async () => {
    const api = await withApi();
    const preflight = await api.request({
      method: "OPTIONS",
      url: "/tracker/chat/list",
      headers: {
        origin: "https://example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,nvx-iso-datetime",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-origin"]).toBe("*");
    expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
    const allowed = String(preflight.headers["access-control-allow-headers"]).toLowerCase();
    for (const header of ["authorization", "content-type", "nvx-iso-datetime"]) expect(allowed).toContain(header);
    expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
    const failed = await api.request({ method: "POST", url: "/tracker/chat/list", headers: { origin: "https://example.com" } });
    expect(failed).toMatchObject({ status: 400, headers: { "access-control-allow-origin": "*" } });
  });

  it("says type and nosniff with every answer", async () => {
    const api = await withApi();
    for (const payload of [HASHES, { hash: "x" }, {}]) {
      const { headers } = await api.request({ method: "POST", url: "/tracker/chat/list", payload });
      expect(headers).toMatchObject({ "content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff" });
    }
  });
});

describe("whatever is thrown", () => {
  const thrown: readonly (readonly [string, unknown])[] = [
    ["an error", new Error("secret detail")],
    ["an error with a status of its own", Object.assign(new Error("secret detail"), { statusCode: 418, headers: { "x-secret": "1" } })],
    ["an error with a success for a status", Object.assign(new Error("secret detail"), { statusCode: 200 })],
    ["a text", "secret detail"],
    ["null", null],
    ["undefined", undefined],
    ["a number", 42],
    ["an object", { toString: null }],
  ];
  it.each(thrown)("%s becomes error 6", async (_name, what) => {
    const app = await createHttpServer({
      logger: pino({ level: "silent" }),
      trustProxy: [],
      tls: null,
      limits: BOUNDS.http,
      registry: null,
    });
    app.get("/sync", () => {
      throw what;
    });
    // biome-ignore lint/suspicious/useAwait: the point is how an async handler throws.
    app.get("/async", async () => {
      throw what;
    });
    for (const url of ["/sync", "/async"]) {
      const reply = await app.inject({ url });
      expect(reply.statusCode).toBe(500);
      expect(reply.headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(reply.json()).toEqual({ success: false, status: { code: 6, description: "Unexpected error" } });
    }
  });
});

describe("the access log and the metrics", () => {
  it("say who was told what, and never a hash, a query or a text", async () => {
    const lines: string[] = [];
    const api = await startApi({ fleet: FLEET, onLog: (line) => lines.push(line) });
    await api.call("send", { tracker_id: 42, message: "a secret text" });
    await api.request({ url: `/tracker/chat/list?hash=${HASH}&tracker_id=42` });
    await api.request({ url: `/tracker/chat/list&hash=${HASH}` });
    await api.request({ url: `/${HASH}` });
    await api.request({ url: "/nope?message=secret" });
    await api.request({ url: `/tracker/chat/list/%zz?hash=${HASH}` });
    await api.request({
      method: "POST",
      url: "/tracker/chat/list",
      headers: { authorization: `NVX ${HASH}` },
      payload: { tracker_id: 43 },
    });
    await api.request({
      method: "POST",
      url: "/tracker/chat/list",
      payload: `{"hash":"${HASH}"`,
      headers: { "content-type": "application/json" },
    });
    const log = lines.join("");
    expect(log).not.toContain(HASH);
    expect(log).not.toContain("secret");
    const answers = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "answered");
    expect(answers[0]).toMatchObject({ method: "POST", path: "/tracker/chat/send", status: 200, code: 0, user: 1 });
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 112, 111, 111, 201, 5]);
    expect(await api.registry.metrics()).toMatch(
      /tracker_chat_http_request_duration_seconds_count\{route="\/tracker\/chat\/list",code="201"\} 1/,
    );
  });
});

describe("health", () => {
  async function health(readiness: () => Promise<Readiness>): Promise<object> {
    const app = await createHttpServer({
      logger: pino({ level: "silent" }),
      trustProxy: [],
      tls: null,
      limits: BOUNDS.http,
      registry: null,
    });
    registerHealth(app, readiness);
    const [ready, live] = [await app.inject({ url: "/readyz" }), await app.inject({ url: "/livez" })];
    const asked = await app.inject({ method: "HEAD", url: "/readyz" });
    expect([asked.statusCode, asked.body]).toEqual([ready.statusCode, ""]);
    return { status: ready.statusCode, body: ready.json(), live: live.statusCode };
  }

  it("is ready when the check says so in time, and says why when it is not", async () => {
    const unready = (reason: Readiness) => ({ status: 503, body: { ready: false, reason }, live: 200 });
    expect(await health(() => Promise.resolve("ready"))).toEqual({ status: 200, body: { ready: true }, live: 200 });
    expect(await health(() => Promise.resolve("draining"))).toEqual(unready("draining"));
    expect(await health(() => Promise.reject(new Error("no")))).toEqual(unready("redis"));
    const started = performance.now();
    expect(await health(() => new Promise(() => {}))).toEqual(unready("redis"));
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("counts two servers of one process together", async () => {
    const registry = new Registry();
    for (const _ of ["api", "admin"]) {
      const app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry });
      await app.inject({ url: "/nope" });
    }
    expect(await registry.metrics()).toContain('tracker_chat_http_request_duration_seconds_count{route="none",code="111"} 2');
  });

  it("shows the registry", async () => {
    const registry = new Registry();
    const app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry });
    registerMetrics(app, registry);
    await app.inject({ url: "/nope" });
    const reply = await app.inject({ url: "/metrics" });
    expect(reply.headers["content-type"]).toContain("text/plain");
    expect(reply.payload).toContain('tracker_chat_http_request_duration_seconds_count{route="none",code="111"} 1');
  });
});

describe("on a real socket", () => {
  let api: Api | undefined;
  afterEach(async () => {
    await api?.app.close();
  });

  async function listen(): Promise<number> {
    api = await startApi({ fleet: { trackers: Array.from({ length: 300 }, (_, i) => ({ id: 2_000_000_000 + i })) } });
    await api.app.listen({ host: "127.0.0.1", port: 0 });
    return (api.app.server.address() as AddressInfo).port;
  }

  async function exchange(port: number, bytes: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  it("fits a GET with 300 long ids into its headers", async () => {
    const port = await listen();
    const trackers = Array.from({ length: 300 }, (_, i) => 2_000_000_000 + i).join(", ");
    const reply = await fetch(
      `http://127.0.0.1:${port}/tracker/chat/updated/list?hash=${HASH}&trackers=${encodeURIComponent(`[${trackers}]`)}`,
    );
    expect(await reply.json()).toEqual({ success: true, value: {} });
  });

  it("answers too large headers with 9 and what is not HTTP with 5, in the contract's words", async () => {
    const port = await listen();
    const large = await exchange(port, `GET /tracker/chat/list?hash=${"x".repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 412 [\s\S]*\r\n\r\n\{"success":false,"status":\{"code":9,/);
    const noise = await exchange(port, "\x16\x03\x01\x02\r\n\r\n");
    expect(noise).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\n\r\n\{"success":false,"status":\{"code":5,/);
  });

  it("takes parameters in the body of a GET as well", async () => {
    const port = await listen();
    const payload = JSON.stringify({ hash: HASH, tracker_id: 2_000_000_000 });
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": payload.length };
      const asked = httpRequest({ port, host: "127.0.0.1", path: "/tracker/chat/list", method: "GET", headers }, (reply) => {
        let text = "";
        reply.on("data", (chunk) => {
          text += String(chunk);
        });
        reply.on("end", () => resolve(text));
      });
      asked.on("error", reject);
      asked.end(payload);
    });
    expect(JSON.parse(answer)).toEqual({ success: true, list: [] });
  });

  it("answers what came in time while it closes", async () => {
    const port = await listen();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { store } = api as Api;
    const list = store.list.bind(store);
    let asked = false;
    store.list = async (query) => {
      asked = true;
      await held;
      return await list(query);
    };
    const answer = fetch(`http://127.0.0.1:${port}/tracker/chat/list?hash=${HASH}&tracker_id=2000000000`);
    while (!asked) await delay(1);
    const closed = (api as Api).app.close();
    release();
    expect(await (await answer).json()).toEqual({ success: true, list: [] });
    await closed;
  });

  it("answers a request whose last bytes come after it began to close", async () => {
    const port = await listen();
    const { app } = api as Api;
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /tracker/chat/nope HTTP/1.1\r\nHost: x\r\n");
    const connections = (): Promise<number> => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections).toBe(1);
    const closed = app.close();
    await expect.poll(() => app.server.listening).toBe(false);
    socket.write("\r\n");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*\{"success":false,"status":\{"code":112,/);
    await closed;
  });
});
