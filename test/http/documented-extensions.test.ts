/** Plays the examples of docs/extensions.md from top to bottom: each request, then its answer; comments are what happens between. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Api, startApi } from "../support/api.ts";
import { paperProtocol } from "../support/fleet.ts";

const PAGE = readFileSync(new URL("../../docs/extensions.md", import.meta.url), "utf8");
const STEP = /^```http\n(GET|POST) (\S+)\n([^`]*)```\n```json\n([^`]*)```$|^<!-- (.*) -->$/gm;

it("the documented examples are what the API answers", async () => {
  const protocols = [paperProtocol("example", {}, "latin1")];
  const api = await startApi({ fleet: { trackers: [{ id: 1_000_001 }, { id: 1_000_002, protocol: "example" }], protocols } });
  const paths = new Set<string>();
  for (const [, method, url = "", body, answer = "", event] of PAGE.matchAll(STEP)) {
    if (event !== undefined) {
      expect(event).toBe("the device takes its texts");
      await deviceTakes(api);
      continue;
    }
    paths.add(url.split("?")[0] ?? "");
    const headers = { "content-type": "application/json" };
    const reply = await api.request(method === "GET" ? { url } : { method: "POST", url, headers, payload: body ?? "" });
    expect(reply.body, `${method} ${url}`).toEqual(JSON.parse(answer));
  }
  const names = ["send", "message/timeline", "message/cancel", "capabilities"];
  expect([...paths].sort()).toEqual(names.map((name) => `/tracker/chat/${name}`).sort());
  expect(PAGE.match(/^```http$/gm)).toHaveLength([...PAGE.matchAll(STEP)].length - 1);
});

/** Two seconds later a line claims what waits, and a second later the receipt is there. */
async function deviceTakes({ store, time }: Api): Promise<void> {
  const trackerId = 1_000_001;
  const { epoch } = await store.login({ trackerId, node: "gw-1", protocol: "example" });
  const request = { trackerId, epoch, held: [], maxAttempts: 3, tagBytes: 100 };
  time.now += 2_000;
  await store.drain({ ...request, settlements: [], room: 1 });
  time.now += 1_000;
  const traces = [
    { id: 1, direction: "down", bytes: Buffer.from("#M#Can you"), ageMs: 900 },
    { id: 1, direction: "up", bytes: Buffer.from("#AM#1\r\n"), ageMs: 0 },
  ] as const;
  await store.drain({ ...request, settlements: [{ type: "delivered", id: 1, receipt: "device" }], traces, room: 0 });
}
