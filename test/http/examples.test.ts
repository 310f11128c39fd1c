/** Plays every conversation under fixtures/api; each answer must also fit the schema that documents its call. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Calls } from "../../src/chat/calls.ts";
import { chatCalls } from "../../src/http/chat-calls.ts";
import { type Api, startApi } from "../support/api.ts";
import { type FleetPlan, paperProtocol } from "../support/fleet.ts";

interface Example {
  readonly title: string;
  readonly given: Omit<FleetPlan, "protocols"> & { readonly time: string; readonly lastId?: number; readonly history?: readonly Event[] };
  readonly exchanges: readonly Exchange[];
}
/** `after`, `delivered_after`: seconds. */
interface Event {
  readonly tracker: number;
  readonly after?: number;
  readonly incoming?: string;
  readonly outgoing?: string;
  readonly delivered_after?: number;
}
interface Exchange {
  readonly title: string;
  readonly request: {
    readonly method: "GET" | "POST";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly response: { readonly status: number; readonly body: unknown };
}

const FOLDER = new URL("../../fixtures/api/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const EXAMPLES = FILES.map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Example);
const PROTOCOLS = [paperProtocol("talker"), paperProtocol("mute", { textDown: "none" })];
const CALLS = chatCalls({} as Calls);

describe("documented examples", () => {
  it.each(EXAMPLES)("$title", async ({ given, exchanges }) => {
    const api = await startApi({ fleet: { ...given, protocols: PROTOCOLS }, lastId: given.lastId ?? 0 });
    api.time.now = Date.parse(given.time);
    for (const event of given.history ?? []) await happen(api, event);
    for (const { title, request, response } of exchanges) {
      const { method, url, headers = {}, body } = request;
      const reply = await api.request({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
      expect({ status: reply.status, body: reply.body }, title).toEqual(response);
    }
  });

  it("cover every call", () => {
    const urls = EXAMPLES.flatMap(({ exchanges }) => exchanges.map(({ request }) => request.url));
    for (const { path } of CALLS)
      expect(
        urls.some((url) => url.includes(path)),
        path,
      ).toBe(true);
  });
});

async function happen(api: Api, { tracker, after = 0, incoming, outgoing, delivered_after }: Event): Promise<void> {
  api.time.now += after * 1_000;
  if (incoming !== undefined) await api.driverWrites(tracker, incoming);
  if (outgoing !== undefined) expect((await api.call("send", { tracker_id: tracker, message: outgoing })).status).toBe(200);
  if (delivered_after === undefined) return;
  api.time.now += delivered_after * 1_000;
  await api.deviceTakes(tracker);
}
