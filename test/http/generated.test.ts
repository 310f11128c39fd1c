/** Requests made from the server's own OpenAPI document: no 500, no answer that the document does not tell of, nothing of another account. */

import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Message } from "../../src/chat/message.ts";
import type { OpenApi } from "../../src/http/openapi-types.ts";
import { EXAMPLE, type FleetWorld, fleetWorld } from "../fleet/world.ts";
import { type Api, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";

const RUNS = 500;
/** Further ones for calls that were only refused until then. */
const MORE = 6_000;
const MS = 120_000;
const OTHER_HASH = "b".repeat(32);
/** In every word of the other account, and its ids, which nothing else has. */
const SECRET = "of the other account";
const OTHER = { trackers: [770_001, 770_002], user: 770_003, employee: 770_004 };
const OWN_TRACKERS = [999_199, 7];
const PREFIXES = ["", "/v2", "/api-v2"];

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Made {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly prefix: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly as: "json" | "form" | "query";
  readonly hash: string | null;
}

let world: FleetWorld;
let api: Api;
let foreignMessages: readonly number[];
let ownMessages: readonly number[];

beforeAll(async () => {
  world = fleetWorld();
  const other = { user_id: OTHER.user, group_id: 0 };
  await world.import({
    ...EXAMPLE,
    users: [
      ...EXAMPLE.users,
      { id: OTHER.user, login: `${SECRET}@example.com`, password: "p", time_zone: "UTC", api_keys: [{ hash: OTHER_HASH, title: SECRET }] },
    ],
    employees: [...EXAMPLE.employees, { id: OTHER.employee, user_id: OTHER.user, first_name: SECRET, last_name: SECRET }],
    trackers: [
      ...EXAMPLE.trackers,
      { id: 7, user_id: 1, label: "Van", group_id: 3, device_id: "861", phone: "+49 1" },
      ...OTHER.trackers.map((id) => ({ ...other, id, label: SECRET, device_id: `device-${id}` })),
    ],
  });
  api = await startApi({ accounts: world.fleet });
  foreignMessages = await received(OTHER.trackers, SECRET);
  ownMessages = await received(OWN_TRACKERS, "mine");
});
afterAll(() => api.app.close());

async function received(trackers: readonly number[], text: string): Promise<readonly number[]> {
  const ids: number[] = [];
  await api.store.renewLease("test", 600_000);
  for (const trackerId of trackers) {
    const { epoch } = await api.store.login({ trackerId, node: "test", protocol: "paper" });
    const texts = [1, 2].map(() => ({ text, serial: null, lossy: false, answers: null }));
    ids.push(...(await api.store.receive({ trackerId, epoch, employeeId: null, texts, early: false })).ids);
  }
  return ids;
}

it("requests made from the document", { timeout: MS }, async () => {
  const { document } = api;
  const before = await foreign();
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(requests(document), async (made) => {
      // The answer is checked against the document by the support code.
      const reply = await api.request(injected(made));
      expect(reply.status, JSON.stringify(made)).not.toBe(500);
      seen.set(`${made.path} ${reply.status}`, (seen.get(`${made.path} ${reply.status}`) ?? 0) + 1);
      expectNothingForeign(reply, made);
    }),
    { numRuns: RUNS },
  );
  expect(await foreign()).toEqual(before);
  // Every call is got through to, not only refused.
  const reached = new Set([...seen.keys()].filter((key) => key.endsWith(" 200")).map((key) => key.split(" ")[0]));
  const wanted = Object.keys(callsOf(document)).filter((path) => !SELDOM.has(path));
  for (const made of fc.sample(requests(document), MORE))
    if (!reached.has(made.path) && wanted.includes(made.path) && (await api.request(injected(made))).status === 200) reached.add(made.path);
  expect([...reached].sort()).toEqual(wanted.sort());
});

/** They need a secret, an id that was given out just now, a session, or several parameters that fit each other. */
const SELDOM: ReadonlySet<string> = new Set([
  ...["/user/auth", "/user/logout", "/api/key/create", "/api/key/list", "/api/key/delete"],
  "/tracker/chat/message/cancel",
  ...["read", "retry", "cancel"].map((call) => `/tracker/chat/broadcast/${call}`),
  ...["create", "delete", "replay", "dead_letter/list", "dead_letter/replay"].map((call) => `/tracker/chat/webhook/${call}`),
]);

async function foreign(): Promise<readonly (readonly Message[])[]> {
  const all = { from: null, to: null, limit: 100, ascending: true };
  return await Promise.all(OTHER.trackers.map((trackerId) => api.store.list({ trackerId, ...all })));
}

function expectNothingForeign({ status, body }: Reply, made: Made): void {
  const said = JSON.stringify(body);
  expect(said, JSON.stringify(made)).not.toContain(SECRET);
  // A refusal may repeat what was asked for.
  if (status === 200)
    for (const id of [...OTHER.trackers, OTHER.user, OTHER.employee]) expect(said, JSON.stringify(made)).not.toContain(String(id));
}

type Calls = Readonly<Record<string, Schema>>;

/** The parameters of each call by its path; what lies below /admin has no account, and events are no answers. */
function callsOf({ paths }: OpenApi): Calls {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, { post }]) => {
      if (path.startsWith("/admin/") || post === undefined) return [];
      const { content } = post["requestBody"] as { content: Readonly<Record<string, { schema: Schema }>> };
      return [[path, content["application/json"]?.schema ?? {}]];
    }),
  );
}

function requests(document: OpenApi): fc.Arbitrary<Made> {
  return fc.oneof(
    ...Object.entries(callsOf(document)).map(([path, { properties = {}, required = [] }]) => {
      const { hash: _, ...own } = properties;
      const fitting = fc.record(
        mapped(own, (schema, name) => fitted(schema, name)),
        { requiredKeys: [...required] },
      );
      const needed = Object.fromEntries(Object.entries(own).filter(([name]) => required.includes(name)));
      const bare = fc.record(mapped(needed, (schema, name) => fitted(schema, name)));
      const loose = fc.record(
        mapped(own, (schema, name) => fc.oneof(fitted(schema, name), fc.jsonValue(), fc.constantFrom(...ODD))),
        {
          requiredKeys: [],
        },
      );
      const arbitrary = fc.record({
        path: fc.constant(path),
        method: fc.constantFrom("GET" as const, "POST" as const),
        prefix: fc.constantFrom(...PREFIXES),
        parameters: fc.oneof({ weight: 2, arbitrary: bare }, { weight: 2, arbitrary: fitting }, { weight: 2, arbitrary: loose }),
        as: fc.constantFrom("json" as const, "form" as const, "query" as const),
        hash: fc.oneof(
          { weight: 20, arbitrary: fc.constant(HASH) },
          { weight: 1, arbitrary: fc.constantFrom(null, "", "f".repeat(32), "\0") },
        ),
      });
      // Checking a password is slow on purpose.
      return { weight: path === "/user/auth" ? 1 : 10, arbitrary };
    }),
  );
}

const ODD = [...Object.values(HOSTILE_TEXTS), -1, 0, 2 ** 31, 1e300, -0.5, "\0", "\ud800", "9".repeat(40), "[[1]]", '{"a":1}'];

function mapped(
  properties: Readonly<Record<string, Schema>>,
  make: (schema: Schema, name: string) => fc.Arbitrary<unknown>,
): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, make(schema, name)]));
}

/** What the schema allows; ids mostly such as there are. */
function fitted(schema: Schema, name: string): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "integer":
      return schema.maximum === undefined
        ? idNamed(name)
        : fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum, 100) + (schema.minimum ?? 0) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(fitted(schema.items ?? {}, name), { minLength: 1, maxLength: 4 });
    case "string":
      return textNamed(name);
    default:
      return fc.constant(null);
  }
}

function idNamed(name: string): fc.Arbitrary<number> {
  const ids = name.startsWith("message")
    ? { own: ownMessages, foreign: foreignMessages }
    : { own: OWN_TRACKERS, foreign: [...OTHER.trackers, OTHER.user, OTHER.employee] };
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ids.own) },
    { weight: 2, arbitrary: fc.constantFrom(...ids.foreign) },
    { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) },
  );
}

function textNamed(name: string): fc.Arbitrary<string> {
  const times = fc.constantFrom("2015-01-01 00:00:00", "2030-01-01 00:00:00", "2026-11-22T12:00:00Z");
  if (["from", "to", "not_before", "since"].includes(name)) return times;
  return fc.oneof(
    fc.constantFrom(...Object.values(HOSTILE_TEXTS)),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    times,
    fc.constant("words"),
  );
}

function injected({ method, path, prefix, parameters, as, hash }: Made): InjectOptions {
  const all = { ...parameters, ...(hash === null ? {} : { hash }) };
  const url = `${prefix}${path}`;
  if (as === "json") return { method, url, payload: JSON.stringify(all), headers: { "content-type": "application/json" } };
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) pairs.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  if (as === "query") return { method, url: `${url}?${pairs.toString()}` };
  return { method, url, payload: pairs.toString(), headers: { "content-type": "application/x-www-form-urlencoded" } };
}
