/** The calls under `webhook`. */
import { describe, expect, it } from "vitest";
import type { TrackerEvent } from "../../src/chat/events.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { REPLAYS, WEBHOOKS, type WebhookStore } from "../../src/chat/webhook.ts";
import { MemoryWebhooks } from "../../src/store/memory-webhooks.ts";
import { type Api, type Reply, startApi } from "../support/api.ts";
import { HASH } from "../support/fleet.ts";

const SESSION = "c".repeat(32);
const OTHER = "d".repeat(32);
const URL_OF_HOOK = "https://example.com/hook";
const codeOf = ({ body }: Reply): number => (body.success === true ? 0 : body.status.code);
const problems = ({ body }: Reply): unknown => (body.errors ?? []).map(({ parameter }: { parameter: string }) => parameter);

async function start(webhooks?: WebhookStore) {
  const kept = webhooks ?? new MemoryWebhooks(() => Date.UTC(2026, 10, 22, 12));
  const fleet = { users: [{ id: 1, timeZone: "Europe/Berlin" }, { id: 2 }], trackers: [{ id: 1 }] };
  const [one, other] = [1, 2].map((id) => ({ id, login: `u${id}`, timeZone: "Europe/Berlin", dealerId: null }));
  if (one === undefined || other === undefined) throw new Error("two users were made");
  const api = await startApi({ fleet, sessions: { [SESSION]: one, [OTHER]: other }, webhooks: kept });
  const call = (name: string, parameters: object = {}, hash = SESSION) => api.call(`webhook/${name}`, { hash, ...parameters });
  const made = async (): Promise<number> => (await call("create", { url: URL_OF_HOOK })).body.value.webhook_id;
  return { api, kept, call, made };
}

const happens = (api: Api, first: number, ...events: readonly TrackerEvent[]) =>
  api.store.events.relay(1, [{ trackerId: 1, first, events }], true);
const unread: TrackerEvent = { type: "unread", unread: 1 };

describe("webhook/create", () => {
  it("shows the secret this once", async () => {
    const { call, api } = await start();
    const hook = {
      ...{ webhook_id: 1, url: URL_OF_HOOK, events: ["message", "status", "presence"], create_date: "2026-11-22 13:00:00" },
    };
    const { body } = await call("create", { url: URL_OF_HOOK });
    expect(body).toEqual({ success: true, value: { ...hook, secret: expect.stringMatching(/^whsec_[\w-]{43}$/) } });
    const state = { ...hook, failing: null, replays: 0, dead_letters: 0 };
    expect((await call("list")).body).toEqual({ success: true, list: [state] });
    expect((await call("list", {}, HASH)).body.list).toEqual([state]);
    expect((await call("list", {}, OTHER)).body.list).toEqual([]);
    expect(JSON.stringify((await call("list")).body)).not.toContain("whsec");
    await api.app.close();
  });

  it("takes kinds of events as a list or as JSON, and refuses what it does not know", async () => {
    const { call } = await start();
    for (const events of [["unread", "message"], '["message","unread"]'])
      expect((await call("create", { url: URL_OF_HOOK, events })).body.value.events).toEqual(["message", "unread"]);
    for (const events of [[], ["all"], ["message", "all"], "message", 5, {}])
      expect(problems(await call("create", { url: URL_OF_HOOK, events }))).toEqual(["events"]);
  });

  it("refuses URLs that events are not posted to", async () => {
    const { call } = await start();
    for (const url of [
      undefined,
      "",
      "nowhere",
      "ftp://example.com/",
      "https://a:b@example.com/",
      "http://127.0.0.1/",
      "https://[::1]/",
      "https://10.2.0.1/",
    ])
      expect(problems(await call("create", { url }))).toEqual(["url"]);
    expect(codeOf(await call("create", { url: "http://10.1.0.1/hook" }))).toBe(0);
  });

  it("needs a session: a webhook outlives the key that it was made with", async () => {
    const { call, made } = await start();
    expect(codeOf(await call("create", { url: URL_OF_HOOK }, HASH))).toBe(4);
    const webhook_id = await made();
    expect(codeOf(await call("delete", { webhook_id }, HASH))).toBe(4);
    expect(codeOf(await call("delete", { webhook_id }))).toBe(0);
  });

  it(`makes ${WEBHOOKS} for an account`, async () => {
    const { call, made } = await start();
    for (let at = 0; at < WEBHOOKS; at += 1) await made();
    expect(codeOf(await call("create", { url: URL_OF_HOOK }))).toBe(13);
    expect(codeOf(await call("create", { url: URL_OF_HOOK }, OTHER))).toBe(0);
  });
});

describe("webhook/delete, replay, dead_letter", () => {
  it.each(["delete", "replay", "dead_letter/list", "dead_letter/replay"])(
    "%s is 201 for what is not there, 7 without an id",
    async (name) => {
      const { call, made } = await start();
      const webhook_id = await made();
      const event_id = "5-0-0";
      expect(codeOf(await call(name, { webhook_id: 99, event_id }))).toBe(201);
      expect(codeOf(await call(name, { webhook_id, event_id }, OTHER))).toBe(201);
      expect(problems(await call(name, { event_id }))).toEqual(["webhook_id"]);
    },
  );

  it("replays an event that the stream still holds, by its id", async () => {
    const { api, call, made, kept } = await start();
    const webhook_id = await made();
    const { end } = await api.store.events.place(1, null, true);
    await happens(api, 1, unread, { type: "presence", online: true, at: 5 });
    const [entry] = await api.store.events.read(1, end, 1);
    expect((await call("replay", { webhook_id, event_id: `${entry?.id}-1` }, HASH)).body).toEqual({ success: true });
    expect((await kept.state(1, webhook_id))?.replays).toEqual([
      { id: `${entry?.id}-1`, trackerId: 1, event: { type: "presence", online: true, at: 5 } },
    ]);
    expect(api.hookHints).toEqual([[1, webhook_id]]);
    expect((await call("list")).body.list).toMatchObject([{ replays: 1 }]);
    for (const event_id of [`${entry?.id}-2`, `${entry?.id}`, "1-0-0", "x", "0-0-0"])
      expect(codeOf(await call("replay", { webhook_id, event_id }))).toBe(201);
  });

  it("shows what was given up, and replays all of it", async () => {
    const { call, made, kept, api } = await start();
    const webhook_id = await made();
    const place = (await kept.state(1, webhook_id))?.place ?? { after: "", done: 0 };
    const step = { from: place, to: { type: "stream", place } } as const;
    const given = { attempts: 10, reason: "answered 500" };
    await kept.finish(1, webhook_id, step, { id: "5-0-0", trackerId: 1, event: unread, ...given });
    await kept.finish(1, webhook_id, step, { id: "6-0-0", trackerId: 0, event: { type: "too-old" }, ...given });
    await kept.fail(1, webhook_id, step, { eventId: "7-0-0", attempts: 2, reason: "ECONNREFUSED" });
    const dead = { time: "2026-11-22 13:00:00", attempts: 10, error: "answered 500" };
    expect((await call("dead_letter/list", { webhook_id }, HASH)).body.list).toEqual([
      { event_id: "6-0-0", event: "reset", tracker_id: null, ...dead },
      { event_id: "5-0-0", event: "unread", tracker_id: 1, ...dead },
    ]);
    expect((await call("dead_letter/list", { webhook_id, limit: 1 })).body.list).toHaveLength(1);
    expect((await call("list")).body.list).toMatchObject([
      { dead_letters: 2, failing: { event_id: "7-0-0", attempts: 2, error: "ECONNREFUSED" } },
    ]);
    expect(codeOf(await call("replay", { webhook_id, event_id: "6-0-0" }))).toBe(0);
    expect((await call("dead_letter/replay", { webhook_id })).body).toEqual({ success: true, replayed: 1 });
    expect((await kept.state(1, webhook_id))?.replays.map(({ id }) => id)).toEqual(["6-0-0", "5-0-0"]);
    expect(api.hookHints).toHaveLength(2);
    expect((await call("dead_letter/replay", { webhook_id })).body.replayed).toBe(0);
  });

  it(`lets ${REPLAYS} wait`, async () => {
    const { call, made, kept } = await start();
    const webhook_id = await made();
    for (let at = 0; at < REPLAYS; at += 1) await kept.replay(1, webhook_id, { id: `5-${at}-0`, trackerId: 1, event: unread });
    const place = (await kept.state(1, webhook_id))?.place ?? { after: "", done: 0 };
    const dead = { id: "9-0-0", trackerId: 1, event: unread, attempts: 10, reason: "late" };
    await kept.finish(1, webhook_id, { from: place, to: { type: "stream", place } }, dead);
    expect(codeOf(await call("replay", { webhook_id, event_id: "9-0-0" }))).toBe(15);
    expect((await call("dead_letter/replay", { webhook_id })).body.replayed).toBe(0);
  });

  it("is 14 when the store is down", async () => {
    const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
    const all = { create: down, list: down, state: down, remove: down, accounts: down };
    const { call } = await start({ ...all, finish: down, fail: down, deadEvents: down, replay: down });
    expect(codeOf(await call("create", { url: URL_OF_HOOK }))).toBe(14);
    for (const name of ["list", "delete", "replay", "dead_letter/list", "dead_letter/replay"])
      expect(codeOf(await call(name, { webhook_id: 1, event_id: "5-0-0" }))).toBe(14);
  });
});
