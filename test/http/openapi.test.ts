import { Validator } from "@seriousme/openapi-schema-validator";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { Accounts } from "../../src/chat/accounts.ts";
import type { Broadcasts } from "../../src/chat/broadcasts.ts";
import type { Calls } from "../../src/chat/calls.ts";
import type { Extensions } from "../../src/chat/extensions.ts";
import type { Directory } from "../../src/chat/fleet.ts";
import type { SignIn } from "../../src/chat/sign-in.ts";
import type { Webhooks } from "../../src/chat/webhooks.ts";
import { accountCalls } from "../../src/http/account-calls.ts";
import { broadcastCalls } from "../../src/http/broadcast-calls.ts";
import { chatCalls } from "../../src/http/chat-calls.ts";
import { registerDocs } from "../../src/http/docs-page.ts";
import { extensionCalls } from "../../src/http/extension-calls.ts";
import { FAILURES } from "../../src/http/failure.ts";
import { openApi } from "../../src/http/openapi.ts";
import type { OpenApi } from "../../src/http/openapi-types.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { webhookCalls } from "../../src/http/webhook-calls.ts";
import { answerCheck } from "../support/answer-schema.ts";
import { BOUNDS } from "../support/limits.ts";

const CALLS = [
  ...chatCalls({} as Calls),
  ...broadcastCalls({} as Broadcasts),
  ...webhookCalls({} as Webhooks),
  ...extensionCalls({} as Extensions),
  ...accountCalls({ accounts: {} as Accounts, directory: {} as Directory, signIn: {} as SignIn }),
];
const DOCUMENT = openApi(CALLS);

it("is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(plain(DOCUMENT));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(DOCUMENT).toMatchObject({ openapi: "3.1.0" });
});

it("(the validator bites)", async () => {
  const broken = { ...structuredClone(DOCUMENT), paths: { "/x": { post: { responses: { "200": { content: 5 } } } } } };
  expect((await new Validator().validate(plain(broken))).valid).toBe(false);
});

it("has every call with both methods, the parameters both ways, and its own errors", () => {
  const names = CALLS.map(({ path }) => `/${path}`);
  const documented = Object.keys(DOCUMENT.paths).filter((path) => !path.startsWith("/admin/"));
  expect([...documented].sort()).toEqual([...names, "/tracker/chat/events"].sort());
  for (const { path } of CALLS) expect(Object.keys(DOCUMENT.paths[`/${path}`] ?? {})).toEqual(["post", "get"]);
  const send = DOCUMENT.paths["/tracker/chat/send"];
  expect(send?.["post"]).toMatchObject({
    requestBody: {
      content: {
        "application/json": {
          schema: { required: ["tracker_id", "message"], properties: { hash: {}, iso_datetime: {}, urgent: { default: false } } },
        },
        "application/x-www-form-urlencoded": { schema: { required: ["tracker_id", "message"] } },
      },
    },
  });
  expect(send?.["get"]).toMatchObject({
    parameters: expect.arrayContaining([
      { name: "tracker_id", in: "query", required: true, schema: { type: "integer", format: "int32" } },
      expect.objectContaining({ name: "choices", content: { "application/json": { schema: expect.objectContaining({ type: "array" }) } } }),
    ]),
  });
  expect(Object.keys(send?.["post"]?.responses ?? {})).toEqual(["200", "400", "402", "403", "412", "429", "500", "503"]);
  expect(send?.["post"]?.responses["403"]?.description).toBe(`208 ${FAILURES[208][1]}`);
  expect(DOCUMENT.paths["/user/auth"]?.["post"]).toMatchObject({ security: [] });
  expect(JSON.stringify(DOCUMENT.paths["/user/auth"])).not.toContain("Wrong hash");
});

it("(the check of answers bites)", () => {
  const check = answerCheck(DOCUMENT);
  const answered = { method: "POST", url: "/v2/tracker/chat/send/?x=1", status: 200, body: { success: true, id: 1 } };
  check(answered);
  expect(() => check({ ...answered, body: { success: true, id: 1, more: 1 } })).toThrow();
  expect(() => check({ ...answered, body: { success: true } })).toThrow();
  expect(() => check({ ...answered, status: 403, body: { success: false, status: { code: 11, description: "x" } } })).toThrow();
  expect(() => check({ ...answered, status: 418, body: {} })).toThrow();
  expect(() =>
    check({ ...answered, url: "/nope", status: 400, body: { success: false, status: { code: 7.5, description: "" } } }),
  ).toThrow();
});

it("is served, with a page that runs by itself under a strict policy", async () => {
  const app = await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry: null });
  registerDocs(app, DOCUMENT);
  const served = await app.inject({ url: "/openapi.json" });
  expect(served.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(served.json<OpenApi>()).toEqual(JSON.parse(JSON.stringify(DOCUMENT)));
  const page = await app.inject({ url: "/docs/" });
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  const sources = [...page.payload.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, source = ""]) => source);
  expect(sources).toHaveLength(4);
  // Nothing of the page stands in it, and nothing comes from elsewhere.
  expect(page.payload).not.toMatch(/<script>|<style|style=|on\w+=|https?:/);
  for (const url of sources) {
    const file = await app.inject({ url });
    expect([url, file.statusCode, file.rawPayload.length > 50]).toEqual([url, 200, true]);
    expect(file.headers["x-content-type-options"]).toBe("nosniff");
  }
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

/** As a client gets it. */
function plain(document: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
}
