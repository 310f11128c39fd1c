/** What a webhook is posted, in which order, and what becomes of what it does not take. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ChatEvent, EventRun, TrackerEvent } from "../../src/chat/events.ts";
import type { HookKind } from "../../src/chat/webhook.ts";
import { HOOK_KINDS } from "../../src/chat/webhook.ts";
import { Calendar } from "../../src/http/calendar.ts";
import { eventView } from "../../src/http/event-view.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryWebhooks } from "../../src/store/memory-webhooks.ts";
import type { Posted } from "../../src/webhooks/post.ts";
import { HookPump } from "../../src/webhooks/pump.ts";
import { MemoryDirectory } from "../support/fleet.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 24 * 60 * 60 * 1_000;
const RETRY = { attempts: 3, waitMs: 1_000 };

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of any kind.
  readonly json: any;
}

async function world(kinds: readonly HookKind[] = HOOK_KINDS) {
  const time = { now: NOW };
  const store = new MemoryStore(() => time.now);
  const webhooks = new MemoryWebhooks(() => time.now);
  const directory = new MemoryDirectory({ users: [{ id: 1, timeZone: "Europe/Berlin" }, { id: 2 }], trackers: [{ id: 1 }, { id: 2 }] });
  const counts = new Map<string, number>();
  const posts: Post[] = [];
  let answer = (_post: Post): Posted | Promise<Posted> => ({ type: "taken" });
  const calendar = new Calendar();
  const numbers = new Map<number, number>();
  const pump = new HookPump({
    ...{ webhooks, events: store.events, directory, messages: store, retry: RETRY },
    post: (url, headers, body) => {
      const post = { url, headers, body, json: JSON.parse(body) };
      posts.push(post);
      return Promise.resolve(answer(post));
    },
    tell: (_, event: ChatEvent) => eventView(event, { calendar, style: { zone: "Europe/Berlin", iso: true } }),
    meter: { count: (_, label, by = 1) => void counts.set(label, (counts.get(label) ?? 0) + by) },
    now: () => time.now,
  });
  const { end } = await store.events.place(1, null, true);
  const webhook = await webhooks.create(1, { url: "https://example.com/hook", kinds, secret: "whsec_x" }, end);
  const id = webhook?.id ?? 0;
  return {
    ...{ time, store, webhooks, directory, counts, posts, pump, id },
    answers: (next: (post: Post) => Posted | Promise<Posted>) => {
      answer = next;
    },
    /** What happened to a tracker, as its account's stream has it. */
    happens: async (trackerId: number, ...events: readonly TrackerEvent[]) => {
      const first = numbers.get(trackerId) ?? 1;
      numbers.set(trackerId, first + events.length);
      const run: EventRun = { trackerId, first, events };
      await store.events.relay(1, [run], true);
    },
    run: () => pump.pump(1, id),
    state: () => webhooks.state(1, id),
  };
}

const unread = (count: number): TrackerEvent => ({ type: "unread", unread: count });
const seen = (posts: readonly Post[]) =>
  posts.map(({ json }) => [json.event, json.data.unread ?? json.data.message_id ?? json.data.reason]);

describe("what is posted", () => {
  it("is each event as the event stream tells it, signed, with its id, and nothing twice", async () => {
    const { happens, run, posts, store, id, counts } = await world();
    const message = await store.submit({
      ...{ trackerId: 1, text: "Grüße 🚚", employeeId: null, urgent: false, altered: false, ttlMs: DAY_MS, rejected: null },
    });
    const messageId = message.type === "stored" ? message.id : 0;
    await happens(1, { type: "message", id: messageId, state: "queued" }, { type: "status", id: messageId, state: "written" });
    await happens(2, unread(3), { type: "presence", online: true, at: NOW });
    expect(await run()).toEqual({ type: "idle" });
    const time = "2026-11-22T13:00:00+01:00";
    expect(posts.map(({ json }) => ({ event: json.event, data: json.data }))).toEqual([
      {
        event: "message",
        data: {
          tracker_id: 1,
          message: {
            ...{ id: messageId, submit_time: time, update_time: null, text: "Grüße 🚚", type: "OUTGOING", status: "PENDING" },
            ...{ employee_id: null, state: "queued" },
          },
        },
      },
      { event: "status", data: { tracker_id: 1, message_id: messageId, status: "PENDING", state: "written", update_time: null } },
      { event: "unread", data: { tracker_id: 2, unread: 3 } },
      { event: "presence", data: { tracker_id: 2, online: true, time, protocol: null } },
    ]);
    expect(new Set(posts.map(({ json }) => json.id)).size).toBe(4);
    for (const { url, headers, body, json } of posts) {
      const seconds = headers["x-tracker-chat-timestamp"];
      expect([url, json.webhook_id, headers["x-tracker-chat-event"]]).toEqual(["https://example.com/hook", id, json.id]);
      expect(headers).toMatchObject({ "x-tracker-chat-webhook": String(id), "x-tracker-chat-attempt": "1" });
      expect(seconds).toBe(String(NOW / 1_000));
      expect(headers["x-tracker-chat-signature"]).toBe(`v1=${createHmac("sha256", "whsec_x").update(`${seconds}.${body}`).digest("hex")}`);
    }
    expect(await run()).toEqual({ type: "idle" });
    expect([posts.length, counts.get("taken")]).toEqual([4, 4]);
  });

  it("is what the webhook wants, and what is lost in any case", async () => {
    const { happens, run, posts, state } = await world(["presence"]);
    await happens(1, unread(1), { type: "presence", online: true, at: NOW }, { type: "lost" }, unread(2));
    await happens(2, unread(3));
    expect(await run()).toEqual({ type: "idle" });
    expect(posts.map(({ json }) => [json.event, json.data.reason])).toEqual([
      ["presence", undefined],
      ["reset", "lost"],
    ]);
    expect((await state())?.place).toMatchObject({ done: 0 });
    await run();
    expect(posts).toHaveLength(2);
  });

  it("is nothing of trackers and messages that the account does not see any more", async () => {
    const { happens, run, posts, directory } = await world();
    directory.change(2, { userId: 2 });
    await happens(2, unread(1));
    await happens(1, { type: "message", id: 999, state: "queued" }, unread(2));
    await run();
    expect(seen(posts)).toEqual([["unread", 2]]);
  });

  it("is in the order of the stream, over many pages", async () => {
    const { happens, run, posts } = await world();
    const all = Array.from({ length: 150 }, (_, at) => at);
    for (const count of all) await happens(1 + (count % 2), unread(count));
    await run();
    expect(posts.map(({ json }) => json.data.unread)).toEqual(all);
  });

  it("begins with `reset` when events in between are not kept any more", async () => {
    const { happens, run, posts, time, store } = await world();
    await happens(1, unread(1));
    time.now += 2 * DAY_MS;
    await happens(1, unread(2));
    await store.events.place(1, null, true);
    await run();
    expect(seen(posts)).toEqual([["reset", "too-old"]]);
    await happens(1, unread(3));
    await run();
    expect(seen(posts)).toEqual([
      ["reset", "too-old"],
      ["unread", 3],
    ]);
  });

  it("lets others have their turn when posts take long, also in the middle of a page", async () => {
    const { happens, run, posts, answers, time } = await world();
    for (let count = 1; count <= 5; count += 1) await happens(1, unread(count));
    answers(() => {
      time.now += 4_000;
      return { type: "taken" };
    });
    expect(await run()).toEqual({ type: "again", inMs: 0 });
    expect(posts.map(({ json }) => json.data.unread)).toEqual([1, 2, 3]);
    expect(await run()).toEqual({ type: "idle" });
    expect(posts.map(({ json }) => json.data.unread)).toEqual([1, 2, 3, 4, 5]);
  });

  it("ends with the webhook, the account, or the node", async () => {
    const { happens, run, posts, answers, pump } = await world();
    await happens(1, unread(1), unread(2));
    answers(() => {
      pump.stop();
      return { type: "taken" };
    });
    expect(await run()).toEqual({ type: "again", inMs: 0 });
    expect(seen(posts)).toEqual([["unread", 1]]);
    const other = await world();
    await other.happens(1, unread(1), unread(2));
    other.answers(() => {
      void other.webhooks.remove(1, other.id);
      return { type: "taken" };
    });
    expect(await other.run()).toEqual({ type: "idle" });
    expect(seen(other.posts)).toEqual([["unread", 1]]);
    const third = await world();
    await third.happens(1, unread(1));
    third.directory.users.delete(1);
    expect([await third.run(), third.posts]).toEqual([{ type: "idle" }, []]);
  });
});

describe("what is not taken", () => {
  it("is posted again after ever longer waits, and holds what is behind it", async () => {
    const { happens, run, posts, answers, state, counts } = await world();
    await happens(1, unread(1), unread(2), unread(3));
    let failures = 2;
    answers(({ json }) => {
      if (json.data.unread !== 2 || failures === 0) return { type: "taken" };
      failures -= 1;
      return { type: "failed", reason: "answered 503" };
    });
    expect(await run()).toEqual({ type: "again", inMs: 1_000 });
    expect((await state())?.failure).toMatchObject({ attempts: 1, reason: "answered 503" });
    expect(await run()).toEqual({ type: "again", inMs: 2_000 });
    expect(await run()).toEqual({ type: "idle" });
    expect(seen(posts).map(([, count]) => count)).toEqual([1, 2, 2, 2, 3]);
    expect(posts.map(({ headers }) => headers["x-tracker-chat-attempt"])).toEqual(["1", "1", "2", "3", "1"]);
    expect(new Set(posts.map(({ json }) => json.id)).size).toBe(3);
    expect([await state(), counts.get("failed"), counts.get("given-up")]).toMatchObject([{ failure: null, deadEvents: 0 }, 2, undefined]);
  });

  it("is given up after so many attempts; the next one begins anew", async () => {
    const { happens, run, posts, answers, webhooks, id, counts } = await world();
    await happens(1, unread(1), unread(2));
    answers(() => ({ type: "failed", reason: "ECONNREFUSED" }));
    const runs = [await run(), await run(), await run(), await run()];
    expect(runs).toEqual([1_000, 2_000, 1_000, 2_000].map((inMs) => ({ type: "again", inMs })));
    expect(await run()).toEqual({ type: "idle" });
    expect(posts).toHaveLength(6);
    const dead = await webhooks.deadEvents(1, id, 10);
    expect(dead.map(({ event, attempts, reason }) => [event, attempts, reason])).toEqual([
      [unread(2), 3, "ECONNREFUSED"],
      [unread(1), 3, "ECONNREFUSED"],
    ]);
    expect([counts.get("failed"), counts.get("given-up")]).toEqual([6, 2]);
  });

  it("is posted before anything else when it is to be posted once more, under its own id", async () => {
    const { happens, run, posts, answers, webhooks, id, time } = await world(["unread"]);
    await happens(1, unread(1));
    answers(() => ({ type: "failed", reason: "answered 500" }));
    for (let times = 0; times < RETRY.attempts; times += 1) await run();
    const [dead] = await webhooks.deadEvents(1, id, 10);
    if (dead === undefined) throw new Error("nothing was given up");
    await happens(1, unread(2));
    await webhooks.replay(1, id, { id: dead.id, trackerId: dead.trackerId, event: dead.event });
    time.now += 3 * 60_000;
    answers(() => ({ type: "taken" }));
    await run();
    expect(posts.slice(RETRY.attempts).map(({ json, headers }) => [json.data.unread, headers["x-tracker-chat-attempt"]])).toEqual([
      [1, "1"],
      [2, "1"],
    ]);
    expect(posts[RETRY.attempts]?.json.id).toBe(posts[0]?.json.id);
    expect(await webhooks.state(1, id)).toMatchObject({ replays: [], deadEvents: 0 });
  });

  it("is given up again when it fails again", async () => {
    const { run, answers, webhooks, id } = await world();
    await webhooks.replay(1, id, { id: "5-0-0", trackerId: 1, event: unread(1) });
    answers(() => ({ type: "failed", reason: "answered 500" }));
    for (let times = 0; times < RETRY.attempts; times += 1) await run();
    expect(await webhooks.state(1, id)).toMatchObject({ replays: [], deadEvents: 1 });
  });
});

describe("who is held up in the middle of a post while another goes on", () => {
  const TAKEN: Posted = { type: "taken" };
  const FAILED: Posted = { type: "failed", reason: "no answer within 10000 ms" };

  /** The first post is held up until another pump has done what it can, and ends as said. */
  async function heldUp(posted: Posted, others: (post: Post) => Posted) {
    const made = await world(["unread"]);
    let first = true;
    made.answers(async (post) => {
      if (!first) return others(post);
      first = false;
      await made.run();
      return posted;
    });
    return { ...made, unreads: () => made.posts.map(({ json }) => json.data.unread) };
  }

  it.each([
    ["taken", TAKEN],
    ["not taken", FAILED],
  ])("posts nothing else, and sets nothing back (what it had was %s)", async (_, posted) => {
    const { happens, run, unreads, state, store } = await heldUp(posted, () => TAKEN);
    for (let count = 1; count <= 50; count += 1) await happens(1, unread(count));
    expect(await run()).toEqual({ type: "idle" });
    const all = Array.from({ length: 50 }, (_event, at) => at + 1);
    expect(unreads()).toEqual([1, ...all]);
    const { end } = await store.events.place(1, null, true);
    expect(await state()).toMatchObject({ place: { after: end, done: 0 }, failure: null });
    await run();
    expect(unreads()).toHaveLength(51);
  });

  it.each([
    ["taken", TAKEN],
    ["not taken", FAILED],
  ])("nor of what is to be posted once more (what it had was %s)", async (_, posted) => {
    const { run, unreads, webhooks, id, state } = await heldUp(posted, ({ json }) => (json.data.unread === 3 ? FAILED : TAKEN));
    for (const count of [1, 2, 3]) await webhooks.replay(1, id, { id: `5-${count}-0`, trackerId: 1, event: unread(count) });
    expect(await run()).toEqual({ type: "idle" });
    expect(unreads()).toEqual([1, 1, 2, 3]);
    expect(await state()).toMatchObject({ replays: [{ id: "5-3-0" }], failure: { eventId: "5-3-0", attempts: 1 } });
  });

  it("takes back none of another's attempts, and gives nothing up that another posted", async () => {
    const { happens, run, answers, state, counts } = await world();
    await happens(1, unread(1));
    let held = 0;
    answers(async () => {
      held += 1;
      if (held === 1) for (let times = 0; times < RETRY.attempts - 1; times += 1) await run();
      return FAILED;
    });
    expect(await run()).toEqual({ type: "idle" });
    expect((await state())?.failure?.attempts).toBe(RETRY.attempts - 1);
    held = 0;
    answers(async () => {
      held += 1;
      if (held > 1) return TAKEN;
      await run();
      return FAILED;
    });
    expect(await run()).toEqual({ type: "idle" });
    expect([await state(), counts.get("given-up")]).toMatchObject([{ failure: null, deadEvents: 0 }, undefined]);
  });
});
