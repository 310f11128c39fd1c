/** What a node refuses while it has too much to do. */
import { describe, expect, it } from "vitest";
import type { Load } from "../../src/chat/load.ts";
import { registerHealth } from "../../src/http/health.ts";
import { type Reply, startApi } from "../support/api.ts";

const CALLS = ["list", "broadcast", "send", "updated/list", "unread/count", "mark_read_all", "mark_read"];

/** By call: the code that it is answered with. */
async function codes(load: Load): Promise<Readonly<Record<string, number>>> {
  const api = await startApi({ fleet: { trackers: [{ id: 42, protocol: null }] }, load: () => load });
  const codeOf = ({ body }: Reply): number => body.status?.code ?? 0;
  const parameters = { tracker_id: 42, trackers: [42], message: "text", message_id: 1 };
  return Object.fromEntries(await Promise.all(CALLS.map(async (call) => [call, codeOf(await api.call(call, parameters))])));
}

describe("a node", () => {
  it("with its usual load, or a little more, answers every call", async () => {
    const usual = await codes("normal");
    expect(usual).toMatchObject({ list: 0, send: 0, broadcast: 0 });
    expect(await codes("strained")).toEqual(usual);
  });

  it("refuses long calls first, and everything only when it drowns", async () => {
    const usual = await codes("normal");
    expect(await codes("overloaded")).toEqual({ ...usual, list: 14, broadcast: 8 });
    expect(await codes("drowning")).toEqual({ ...Object.fromEntries(CALLS.map((call) => [call, 14])), send: 8, broadcast: 8 });
  });

  it("says when to come again, and still says how it is", async () => {
    const api = await startApi({ fleet: { trackers: [{ id: 42 }] }, load: () => "drowning" });
    registerHealth(api.app, () => Promise.resolve("overloaded"));
    const refused = await api.call("list", { tracker_id: 42 });
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "5", "access-control-allow-origin": "*" } });
    expect((await api.app.inject({ url: "/livez" })).statusCode).toBe(200);
    expect((await api.app.inject({ url: "/readyz" })).json<unknown>()).toEqual({ ready: false, reason: "overloaded" });
    expect((await api.request({ url: "/tracker/chat/nothing" })).body.status.code).toBe(112);
  });
});
