/** Plays the examples of docs/extensions.md from top to bottom: each request, then its answer; comments are what happens between. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { Fleet } from "../../src/fleet/fleet.ts";
import { MemoryFleetStore } from "../../src/store/fleet-memory.ts";
import { type Api, startApi } from "../support/api.ts";
import { EventClient } from "../support/event-client.ts";
import { HASH, paperProtocol } from "../support/fleet.ts";

const PAGE = readFileSync(new URL("../../docs/extensions.md", import.meta.url), "utf8");
const REQUEST = "^```http\\n(GET|POST) (\\S+)\\n([^`]*)```\\n";
const STEP = new RegExp(`${REQUEST}\`\`\`(json|event-stream)\\n([^\`]*)\`\`\`$|^<!-- (.*) -->$`, "gm");
const TRACKER = 1_000_001;
const CALLS = [
  ...["send", "message/timeline", "message/cancel", "capabilities", "roster", "events"].map((name) => `/tracker/chat/${name}`),
  ...["broadcast", "broadcast/list", "broadcast/read", "broadcast/retry", "broadcast/cancel"].map((name) => `/tracker/chat/${name}`),
  ...["/user/auth", "/user/get_info", "/user/logout", "/tracker/list", "/employee/list"],
  ...["/api/key/create", "/api/key/list", "/api/key/delete"],
];

const HAPPENINGS: Readonly<Record<string, (api: Api) => Promise<void>>> = {
  "the device takes its texts": deviceTakes,
  "a moment passes": ({ store }) => expect.poll(() => store.events.waiting(TRACKER), { timeout: 5_000 }).toBeNull(),
  "a driver writes": driverWrites,
  "one device takes the broadcast, the other refuses it": devicesAnswer,
};

it("the documented examples are what the API answers", async () => {
  const api = await startApi({ accounts: await fleet(), live: true });
  // Somebody listens: events are relayed at once.
  await api.store.events.place(1, null, true);
  const names = new Names();
  const paths = new Set<string>();
  for (const [, method = "", url = "", body = "", form, answer = "", event] of PAGE.matchAll(STEP)) {
    if (event !== undefined) {
      await HAPPENINGS[event]?.(api);
      expect(Object.keys(HAPPENINGS)).toContain(event);
      continue;
    }
    paths.add(url.split("?")[0] ?? "");
    const asked = { method, url: names.real(url), body: names.real(body) };
    if (form === "event-stream") await hears(api, asked, names.real(answer));
    else await answers(api, asked, { answer, names });
  }
  expect([...paths].sort()).toEqual([...CALLS].sort());
  expect(PAGE.match(/^```http$/gm)).toHaveLength([...PAGE.matchAll(STEP)].length - Object.keys(HAPPENINGS).length);
  await api.app.close();
});

interface Asked {
  readonly method: string;
  readonly url: string;
  /** Or, of a stream, its headers. */
  readonly body: string;
}

async function answers(
  api: Api,
  { method, url, body }: Asked,
  { answer, names }: { readonly answer: string; readonly names: Names },
): Promise<void> {
  const headers = { "content-type": "application/json" };
  const reply = await api.request(method === "GET" ? { url } : { method: "POST", url, headers, payload: body });
  names.learn(JSON.parse(answer), reply.body);
  expect(reply.body, `${method} ${url}`).toEqual(JSON.parse(names.real(answer)));
}

/** The names of the events and their data; the places of the later ones are their own. */
async function hears(api: Api, { url, body }: Asked, answer: string): Promise<void> {
  const wanted = [...answer.matchAll(/^event: (\S+)\ndata: (.*)$/gm)].map(([, name, data = ""]) => ({
    name,
    data: JSON.parse(data) as unknown,
  }));
  const [, authorization = ""] = /^Authorization: (.*)$/m.exec(body) ?? [];
  const { port } = api.app.server.address() as AddressInfo;
  const client = await EventClient.open(`http://127.0.0.1:${port}${url}`, { authorization });
  await expect.poll(() => client.events.map(({ name, data }) => ({ name, data }))).toEqual(wanted);
  expect(client.retryMs).toBe(Number(/^retry: (\d+)$/m.exec(answer)?.[1]));
  expect(client.events.map(({ id }) => id !== null)).toEqual(
    answer
      .trim()
      .split("\n\n")
      .slice(1)
      .map((block) => block.startsWith("id: ")),
  );
  client.close();
}

/** Hashes and places that are made up as the examples go: what each of the page is here. */
class Names {
  readonly #known = new Map<string, string>();

  learn(written: unknown, real: unknown): void {
    if (typeof written === "string" && typeof real === "string") {
      if (MADE_UP.test(written) && MADE_UP.test(real)) this.#known.set(written, real);
    } else if (typeof written === "object" && written !== null && typeof real === "object" && real !== null) {
      for (const [name, value] of Object.entries(written)) this.learn(value, Reflect.get(real, name));
    }
  }

  real(text: string): string {
    let replaced = text;
    for (const [written, real] of this.#known) replaced = replaced.replaceAll(written, real);
    return replaced;
  }
}

const MADE_UP = /^(?:[0-9a-f]{32}|[0-9a-f]{64}|\d+-\d+)$/;

async function fleet(): Promise<Fleet> {
  const clock = { now: () => Date.UTC(2026, 10, 22, 12, 0, 0) };
  const messages = { disown: () => Promise.resolve(), erase: () => Promise.resolve(), forget: () => Promise.resolve() };
  const protocols = [paperProtocol("example", {}, "latin1")];
  const made = new Fleet({ store: new MemoryFleetStore(clock), protocols, messages, clock, warn: () => undefined });
  const tracker = { user_id: 1, tariff_id: 1, protocol: "example" };
  await made.provisioning.import({
    tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
    users: [{ id: 1, login: "ada@example.com", password: "demo", time_zone: "UTC", api_keys: [{ hash: HASH, title: "demo" }] }],
    employees: [{ id: 5, user_id: 1, first_name: "Eve", last_name: "Spare" }],
    trackers: [
      { ...tracker, id: TRACKER, label: "Truck 1", device_id: "356307042441013" },
      { ...tracker, id: 1_000_002, label: "Van 2", device_id: "13912345678" },
    ],
  });
  return made;
}

/** Two seconds later a line claims what waits, and a second later the receipt is there. */
async function deviceTakes({ store, time }: Api): Promise<void> {
  time.now += 2_000;
  const { epoch } = await store.login({ trackerId: TRACKER, node: "gw-1", protocol: "example" });
  await store.renewLease("gw-1", 60_000);
  const request = { trackerId: TRACKER, epoch, held: [], maxAttempts: 3, tagBytes: 100 };
  await store.drain({ ...request, settlements: [], room: 1 });
  time.now += 1_000;
  const traces = [
    { id: 1, direction: "down", bytes: Buffer.from("#M#Can you"), ageMs: 900 },
    { id: 1, direction: "up", bytes: Buffer.from("#AM#1\r\n"), ageMs: 0 },
  ] as const;
  await store.drain({ ...request, settlements: [{ type: "delivered", id: 1, receipt: "device" }], traces, room: 0 });
}

/** A second after they were sent the first tracker's text is delivered, the other's rejected. */
async function devicesAnswer({ store, time }: Api): Promise<void> {
  time.now += 1_000;
  for (const [trackerId, settlement] of [
    [TRACKER, { type: "delivered", id: 5, receipt: "device" }],
    [1_000_002, { type: "rejected", id: 6, reason: "its memory is full" }],
  ] as const) {
    const { epoch } = await store.login({ trackerId, node: "gw-1", protocol: "example" });
    const request = { trackerId, epoch, held: [], maxAttempts: 3, tagBytes: 100 };
    await store.drain({ ...request, settlements: [], room: 1 });
    await store.drain({ ...request, settlements: [settlement], room: 0 });
  }
}

/** Two seconds after that. */
async function driverWrites({ store, time }: Api): Promise<void> {
  time.now += 2_000;
  const texts = [{ text: "On my way", serial: "7", lossy: false, answers: null }];
  await store.receive({ trackerId: TRACKER, epoch: Number.MAX_SAFE_INTEGER, employeeId: null, texts, early: false });
}
