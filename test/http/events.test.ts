/** What `tracker/chat/events` tells, on real sockets. */
import { afterEach, describe, expect, it } from "vitest";
import type { EventClient } from "../support/event-client.ts";
import { HASH } from "../support/fleet.ts";
import { closeAll, codeOf, greeted, listen, OTHER_HASH, startLive } from "../support/live-api.ts";

afterEach(closeAll);

describe("before the stream begins", () => {
  it("errors are those of every call", async () => {
    const api = await startLive();
    expect(await codeOf(await listen(api, ""))).toBe(3);
    expect(await codeOf(await listen(api, "?hash=x"))).toBe(3);
    expect(await codeOf(await listen(api, `?hash=${"c".repeat(32)}`))).toBe(4);
    expect(await codeOf(await listen(api, `?hash=${HASH}&iso_datetime=maybe`))).toBe(7);
    expect((await api.request({ method: "POST", url: "/tracker/chat/events", payload: { hash: HASH } })).body.status.code).toBe(112);
    const failed = await listen(api, "?hash=x");
    expect(failed.response.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
    });
  });

  it("rates count, and sessions are looked up", async () => {
    const slow = await startLive({ rate: { count: 1, perMs: 60_000 } });
    await greeted(slow);
    expect(await codeOf(await listen(slow))).toBe(15);
    expect(await codeOf(await listen(await startLive({ sessions: "down" }), `?hash=${"5".repeat(32)}`))).toBe(14);
  });
});

describe("a stream", () => {
  it("begins with how to come back and from where, whichever way the hash comes", async () => {
    const api = await startLive();
    const { end } = await api.store.events.place(1, null, false);
    for (const [query, headers] of [
      [`?hash=${HASH}`, {}],
      ["", { authorization: `NVX ${HASH}`, origin: "https://example.com" }],
    ] as const) {
      const client = await greeted(api, query, { headers });
      expect(client.status).toBe(200);
      expect(client.response.headers).toMatchObject({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
      });
      expect(client.retryMs).toBe(2_000);
      expect(client.events).toEqual([{ name: "hello", id: end, data: { event_id: end } }]);
    }
    for (const prefix of ["/v2", "/api-v2"]) {
      expect((await listen(api, `?hash=${HASH}`, { prefix })).status).toBe(200);
    }
  });

  it("tells what happens to the account's trackers, and nobody else's", async () => {
    const api = await startLive();
    const client = await greeted(api);
    api.time.now = Date.UTC(2026, 0, 1, 12, 0, 0);
    await api.call("send", { hash: OTHER_HASH, tracker_id: 9, message: "theirs" });
    const { body } = await api.call("send", { tracker_id: 1, message: "Grüße\n🚚", choices: ["yes", "no"] });
    await expect.poll(() => client.names).toEqual(["hello", "message"]);
    const [listed] = (await api.call("list", { tracker_id: 1 })).body.list;
    expect(client.of("message")).toEqual([{ tracker_id: 1, message: listed }]);
    expect(listed).toMatchObject({ submit_time: "2026-01-01 17:45:00", state: "queued", choices: ["yes", "no"] });
    api.time.now += 2_000;
    await api.deviceTakes(1);
    await expect.poll(() => client.names.slice(2)).toEqual(["presence", "status", "status"]);
    expect(client.of("presence")).toEqual([{ tracker_id: 1, online: true, time: "2026-01-01 17:45:02", protocol: "paper" }]);
    const status = { tracker_id: 1, message_id: body.id };
    expect(client.of("status")).toEqual([
      { ...status, status: "PENDING", state: "written", update_time: null },
      { ...status, status: "DELIVERED", state: "delivered", update_time: "2026-01-01 17:45:02", receipt: "device" },
    ]);
    await api.driverWrites(2, "one", "two");
    await expect.poll(() => client.names.slice(5)).toEqual(["presence", "message", "message", "unread"]);
    expect(client.of("message").slice(1)).toMatchObject([
      { tracker_id: 2, message: { text: "one", state: "unread" } },
      { message: { text: "two" } },
    ]);
    expect(client.of("unread")).toEqual([{ tracker_id: 2, unread: 2 }]);
    await api.call("mark_read_all");
    await expect
      .poll(() => client.of("unread"))
      .toEqual([
        { tracker_id: 2, unread: 2 },
        { tracker_id: 2, unread: 0 },
      ]);
    await api.call("send", { tracker_id: 1, message: "never mind" });
    const cancelled = (await api.call("list", { tracker_id: 1, ascending: false })).body.list[0].id;
    await api.call("send", { tracker_id: 1, message: "this instead", replaces: cancelled });
    await expect
      .poll(() => client.of("status").at(-1))
      .toMatchObject({ message_id: cancelled, state: "cancelled", reason: `replaced by ${cancelled + 1}` });
  });

  it("writes times as ISO 8601 for those who ask by parameter or header", async () => {
    const api = await startLive();
    const asked = [
      await greeted(api, `?hash=${HASH}&iso_datetime=true`),
      await greeted(api, `?hash=${HASH}`, { headers: { "nvx-iso-datetime": "true" } }),
    ];
    const plain = await greeted(api);
    api.time.now = Date.UTC(2026, 0, 1, 12, 0, 0);
    await api.call("send", { tracker_id: 1, message: "x" });
    for (const client of asked) await expect.poll(() => client.of("message")[0]?.message.submit_time).toBe("2026-01-01T17:45:00+05:45");
    await expect.poll(() => plain.of("message")[0]?.message.submit_time).toBe("2026-01-01 17:45:00");
  });

  it("leaves out trackers that are blocked or lack the tariff, while that is so", async () => {
    const api = await startLive();
    const client = await greeted(api);
    api.directory.change(1, { blocked: true });
    await api.driverWrites(1, "unheard");
    await api.driverWrites(2, "heard");
    await expect.poll(() => client.of("message").map(({ message }) => message.text)).toEqual(["heard"]);
    api.directory.change(1, { blocked: false });
    await api.driverWrites(1, "again");
    await expect.poll(() => client.of("message").map(({ message }) => message.text)).toEqual(["heard", "again"]);
  });

  it("shows a new owner nothing of before, and an old one nothing of after, not even from an old place", async () => {
    const api = await startLive();
    const [old, fresh] = [await greeted(api), await greeted(api, `?hash=${OTHER_HASH}`)];
    const [before, from] = [old.lastId ?? "", fresh.lastId ?? ""];
    await api.driverWrites(1, "before");
    await expect.poll(() => old.of("message")).toHaveLength(1);
    await api.store.disown(1);
    api.directory.change(1, { userId: 2 });
    await api.driverWrites(1, "after");
    await expect.poll(() => fresh.of("message").map(({ message }) => message.text)).toEqual(["after"]);
    const [oldAgain, freshAgain] = [
      await greeted(api, `?hash=${HASH}&since=${before}`),
      await greeted(api, `?hash=${OTHER_HASH}&since=${from}`),
    ];
    await expect.poll(() => freshAgain.of("message").map(({ message }) => message.text)).toEqual(["after"]);
    expect(freshAgain.names).not.toContain("reset");
    await api.driverWrites(2, "still mine");
    await expect.poll(() => oldAgain.of("message").map(({ message }) => message.text)).toEqual(["still mine"]);
    expect(old.of("message")).toHaveLength(2);
  });
});

describe("coming back", () => {
  it("goes on from where it was: nothing is missing, nothing twice; what the browser knows goes first", async () => {
    const api = await startLive();
    const first = await greeted(api);
    const start_ = first.lastId ?? "";
    await api.driverWrites(1, "a");
    await expect.poll(() => first.names.at(-1)).toBe("unread");
    const middle = first.lastId ?? "";
    first.close();
    await api.driverWrites(2, "b");
    await api.call("send", { tracker_id: 2, message: "c" });
    const texts = (client: EventClient): readonly string[] => client.of("message").map(({ message }) => message.text);
    const again = await listen(api, `?hash=${HASH}`, { headers: { "last-event-id": middle } });
    await expect.poll(() => texts(again)).toEqual(["b", "c"]);
    expect(again.events[0]).toEqual({ name: "hello", id: middle, data: { event_id: middle } });
    const since = await listen(api, `?hash=${HASH}&since=${start_}`);
    await expect.poll(() => texts(since)).toEqual(["a", "b", "c"]);
    const both = await listen(api, `?hash=${HASH}&since=${start_}`, { headers: { "last-event-id": again.lastId ?? "" } });
    await api.driverWrites(1, "d");
    await expect.poll(() => texts(both)).toEqual(["d"]);
    await expect.poll(() => texts(since)).toEqual(["a", "b", "c", "d"]);
    expect([again, since, both].flatMap(({ names }) => names)).not.toContain("reset");
  });

  it("from a place that is not there begins anew, and says so before anything else", async () => {
    const api = await startLive();
    const { end } = await api.store.events.place(1, null, true);
    for (const since of ["1-1", "99999999999999-0", "nonsense", "0"]) {
      const client = await greeted(api, `?hash=${HASH}&since=${since}`);
      expect(client.events).toEqual([
        { name: "reset", id: null, data: { reason: "too-old" } },
        { name: "hello", id: end, data: { event_id: end } },
      ]);
    }
    const client = await greeted(api, `?hash=${HASH}&since=1-1`);
    await api.driverWrites(1, "seen");
    await expect.poll(() => client.of("message").map(({ message }) => message.text)).toEqual(["seen"]);
  });

  it("from a roster misses nothing", async () => {
    const api = await startLive();
    await api.driverWrites(1, "known");
    const roster = (await api.call("roster")).body;
    expect(roster.list).toMatchObject([
      { tracker_id: 1, online: true, protocol: "paper", unread: 1, pending: 0, last: { text: "known" } },
      { tracker_id: 2, online: false, since: null, protocol: null, unread: 0, pending: 0, last: null },
    ]);
    await api.driverWrites(2, "news");
    const client = await listen(api, `?hash=${HASH}&since=${roster.event_id}`);
    await expect.poll(() => client.of("message").map(({ message }) => message.text)).toContain("news");
    expect(client.names).not.toContain("reset");
    expect((await api.call("roster", { trackers: [2] })).body.list).toMatchObject([{ tracker_id: 2, unread: 1 }]);
    expect((await api.call("roster", { trackers: [9] })).body.status.code).toBe(217);
    api.directory.change(2, { blocked: true });
    expect((await api.call("roster")).body.list.map(({ tracker_id }: { tracker_id: number }) => tracker_id)).toEqual([1]);
  });
});
