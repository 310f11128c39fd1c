/** How streams of live events end, and what bounds them; on real sockets. */
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { STREAM_BYTES } from "../../src/http/event-stream.ts";
import { STREAMS } from "../../src/http/event-streams.ts";
import { EXAMPLE, fleetWorld } from "../fleet/world.ts";
import type { EventClient } from "../support/event-client.ts";
import { HASH } from "../support/fleet.ts";
import { closeAll, codeOf, connections, greeted, listen, OTHER_HASH, startLive } from "../support/live-api.ts";

afterEach(async () => {
  await closeAll();
  vi.useRealTimers();
});

describe("the end of a stream", () => {
  it("is a word when the server drains, and a new one is not begun", async () => {
    const api = await startLive();
    const client = await greeted(api);
    await api.app.close();
    await expect.poll(() => client.ended).toBe(true);
    expect(client.events.at(-1)).toEqual({ name: "bye", id: null, data: { reason: "drain" } });
  });

  it("is the end of its session: at a logout on whichever node, or of its API key; others go on", async () => {
    const world = fleetWorld();
    await world.import({
      ...EXAMPLE,
      users: [
        {
          ...EXAMPLE.users[0],
          api_keys: [
            { hash: HASH, title: "demo" },
            { hash: OTHER_HASH, title: "other" },
          ],
        },
      ],
    });
    const api = await startLive({ accounts: world.fleet, onAccounts: (listener) => world.fleet.onChange(listener) });
    const [hash, second] = [await world.fleet.accounts.openSession(1), await world.fleet.accounts.openSession(1)];
    const [ending, going, key, otherKey] = [
      await greeted(api, `?hash=${hash}`),
      await greeted(api, `?hash=${second}`),
      await greeted(api),
      await greeted(api, `?hash=${OTHER_HASH}`),
    ];
    await world.other.refresh();
    await world.other.accounts.closeSession(hash);
    await expect.poll(() => ending.ended).toBe(true);
    expect(ending.of("bye")).toEqual([{ reason: "session-ended" }]);
    await world.other.accounts.deleteApiKey(1, HASH);
    await world.fleet.refresh();
    await expect.poll(() => key.of("bye"), { timeout: 3_000 }).toEqual([{ reason: "session-ended" }]);
    await world.import({ users: [{ id: 1, password: "another" }] });
    await expect.poll(() => going.of("bye"), { timeout: 3_000 }).toEqual([{ reason: "session-ended" }]);
    expect(otherKey.ended).toBe(false);
  });

  it("comes when a reader is too slow; the others hear everything", async () => {
    const api = await startLive();
    const fast = await greeted(api);
    const port = (api.app.server.address() as AddressInfo).port;
    const slow = connect(port, "127.0.0.1");
    slow.write(`GET /tracker/chat/events?hash=${HASH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => slow.once("data", resolve));
    slow.pause();
    slow.on("error", () => undefined);
    const text = "\u{1F600}".repeat(20_000);
    let sent = 0;
    // What lies in the kernel's buffers does not count: it takes some megabytes more than the bound.
    while ((await connections(api)) > 1 && sent < 400) {
      for (let n = 0; n < 10; n += 1) await api.driverWrites(1, text);
      sent += 10;
      await expect.poll(() => fast.of("message").length, { timeout: 5_000 }).toBe(sent);
    }
    expect(await connections(api)).toBe(1);
    expect(sent * Buffer.byteLength(text)).toBeGreaterThan(STREAM_BYTES);
    expect(fast.ended).toBe(false);
    slow.destroy();
  }, 20_000);
});

describe("bounds", () => {
  it("are so many streams of an account, and of the node; one that ends makes room", async () => {
    const users = Array.from({ length: STREAMS.perNode / STREAMS.perAccount + 1 }, (_, n) => ({ id: n + 1 }));
    const hashOf = (user: number): string => user.toString(16).padStart(32, "0");
    const hashes = Object.fromEntries(users.map(({ id }) => [hashOf(id), id]));
    const api = await startLive({ fleet: { users, hashes, trackers: [{ id: 1 }] } });
    const open = (user: number, count: number): Promise<EventClient[]> =>
      Promise.all(Array.from({ length: count }, () => greeted(api, `?hash=${hashOf(user)}`)));
    const own = await open(1, STREAMS.perAccount);
    const refused = await listen(api, `?hash=${hashOf(1)}`);
    expect([refused.status, refused.response.headers["retry-after"], await codeOf(refused)]).toEqual([429, "1", 15]);
    for (let user = 2; user < users.length; user += 1) await open(user, STREAMS.perAccount);
    expect(await codeOf(await listen(api, `?hash=${hashOf(users.length)}`))).toBe(15);
    own[0]?.close();
    await expect.poll(() => connections(api)).toBe(STREAMS.perNode - 1);
    await greeted(api, `?hash=${hashOf(1)}`);
  }, 30_000);
});

describe("while nothing happens", () => {
  it("a stream is written to every 15 s", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const api = await startLive();
    const client = await greeted(api);
    expect(client.comments).toBe(0);
    await vi.advanceTimersByTimeAsync(15_000);
    await expect.poll(() => client.comments).toBe(1);
    await vi.advanceTimersByTimeAsync(30_000);
    await expect.poll(() => client.comments).toBe(3);
    expect(client.names).toEqual(["hello"]);
  });
});

describe("the log", () => {
  it("says when a stream ends and why, and never its hash", async () => {
    const lines: string[] = [];
    const api = await startLive({ onLog: (line) => lines.push(line) });
    (await greeted(api)).close();
    await expect.poll(() => lines.join("")).toContain("an event stream ended");
    expect(lines.join("")).not.toContain(HASH);
    expect(JSON.parse(lines.find((line) => line.includes("an event stream ended")) ?? "{}")).toMatchObject({ user: 1, reason: "closed" });
    expect(await api.registry.metrics()).not.toMatch(/tracker_chat_http_seconds_count\{route="\/tracker\/chat\/events"/);
  });
});
