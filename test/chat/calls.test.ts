import { describe, expect, it } from "vitest";
import { Calls, type CallsOptions } from "../../src/chat/calls.ts";
import { ChatError, type ErrorCode } from "../../src/chat/chat-error.ts";
import { type ChatText, isChatText } from "../../src/chat/chat-text.ts";
import type { User } from "../../src/chat/fleet.ts";
import { type Draft, type ListQuery, OUTBOX_TEXTS, StoreUnavailable, type Submitted } from "../../src/chat/ports.ts";
import { BROADCAST_AT_ONCE, UNSENDABLE } from "../../src/chat/sender.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { type FleetPlan, MemoryDirectory, paperProtocol } from "../support/fleet.ts";

const USER: User = { id: 1, login: "a", timeZone: "UTC", dealerId: null };
const NOW = Date.UTC(2026, 10, 22);
const TTL_MS = 1_234;

interface Bench {
  readonly calls: Calls;
  readonly store: MemoryStore;
  readonly drafts: Draft[];
  readonly hints: unknown[];
  readonly failedHints: unknown[];
}

/** `submit` stands in front of the memory store's; `hint` in place of the outbox. */
function bench(
  fleet: FleetPlan,
  over: { submit?: (draft: Draft) => Promise<Submitted> | null; hint?: () => Promise<void>; store?: Partial<CallsOptions["store"]> } = {},
): Bench {
  const store = new MemoryStore(() => NOW);
  const drafts: Draft[] = [];
  const hints: unknown[] = [];
  const failedHints: unknown[] = [];
  const submit = (draft: Draft): Promise<Submitted> => {
    drafts.push(draft);
    return over.submit?.(draft) ?? store.submit(draft);
  };
  const calls = new Calls({
    store: {
      list: (query) => store.list(query),
      find: (ids) => store.find(ids),
      markRead: (trackerId, ids) => store.markRead(trackerId, ids),
      markAllRead: (ids) => store.markAllRead(ids),
      lastTimes: (ids) => store.lastTimes(ids),
      unreadCounts: (ids) => store.unreadCounts(ids),
      claimKey: (userId, key, body) => store.claimKey(userId, key, body),
      submit,
      ...over.store,
    },
    directory: new MemoryDirectory(fleet),
    outbox: {
      hint: (trackerId, owner) => {
        hints.push([trackerId, owner]);
        return over.hint?.() ?? Promise.resolve();
      },
    },
    clock: { now: () => NOW },
    ttlMs: TTL_MS,
    onHintFailed: (error, trackerId) => failedHints.push([trackerId, error]),
  });
  return { calls, store, drafts, hints, failedHints };
}

function text(plain: string): ChatText {
  if (!isChatText(plain)) throw new Error("not a text of a message");
  return plain;
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 0> {
  try {
    await work;
    return 0;
  } catch (error) {
    if (error instanceof ChatError) return error.code;
    throw error;
  }
}

const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
const trackers = (count: number): { id: number }[] => upTo(count).map((id) => ({ id }));

describe("send", () => {
  it("stores the text with its employee and its time to live", async () => {
    const { calls, store, drafts } = bench({ trackers: [{ id: 1 }], employees: { 1: 77 } });
    const id = await calls.send(USER, 1, text(" hello\n"));
    expect(drafts).toEqual([
      { trackerId: 1, text: " hello\n", employeeId: 77, urgent: false, altered: false, ttlMs: TTL_MS, rejected: null },
    ]);
    expect(await store.find([id])).toMatchObject([{ id, text: " hello\n", direction: "OUTGOING", state: "queued", employeeId: 77 }]);
  });

  it("stores the text as it is wished for, one or many", async () => {
    const { calls, drafts } = bench({ trackers: trackers(2) });
    const alike = { ttlMs: 60_000, urgent: true, choices: ["a", "b"] };
    for (const id of [1, 2]) expect((await calls.sendAsWished(USER, 1, text("x"), { ...alike, notBefore: NOW + 5 })).id).toBe(id);
    await calls.broadcast(USER, [2], text("x"), { ...alike, notBefore: NOW + 5 });
    expect(drafts).toMatchObject([1, 1, 2].map((trackerId) => ({ ...alike, trackerId, notBeforeMs: 5 })));
  });

  it("hints whoever owns the line, and nobody when nobody does", async () => {
    const { calls, store, hints } = bench({ trackers: [{ id: 1 }] });
    await calls.send(USER, 1, text("to nobody"));
    expect(hints).toEqual([]);
    const { epoch } = await store.login({ trackerId: 1, node: "n1", protocol: "p" });
    await store.renewLease("n1", 60_000);
    await calls.send(USER, 1, text("to somebody"));
    expect(hints).toEqual([[1, { node: "n1", epoch }]]);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("no queue"))],
    [
      "throws",
      () => {
        throw new Error("no queue");
      },
    ],
  ] as const)("succeeds though the hint %s", async (_how, hint) => {
    const stored: Submitted = {
      type: "stored",
      id: 5,
      submittedAt: NOW,
      owner: { node: "n1", epoch: 1 },
      replaced: false,
      repeated: false,
    };
    const { calls, failedHints } = bench({ trackers: [{ id: 1 }] }, { submit: () => Promise.resolve(stored), hint });
    expect(await calls.send(USER, 1, text("x"))).toBe(5);
    await expect.poll(() => failedHints).toMatchObject([[1, { message: "no queue" }]]);
  });

  it("does not wait for a hint that hangs", async () => {
    const stored: Submitted = {
      type: "stored",
      id: 5,
      submittedAt: NOW,
      owner: { node: "n1", epoch: 1 },
      replaced: false,
      repeated: false,
    };
    const { calls, hints } = bench({ trackers: [{ id: 1 }] }, { submit: () => Promise.resolve(stored), hint: () => new Promise(() => {}) });
    expect(await calls.send(USER, 1, text("x"))).toBe(5);
    expect(hints).toHaveLength(1);
  });

  it("says what the device's charset will do to the text", async () => {
    const cyrillic = paperProtocol("cyrillic", {}, "cp1251");
    const { calls, store, drafts } = bench({
      trackers: [{ id: 1, protocol: "cyrillic" }, { id: 2 }, { id: 3, protocol: "unheard-of" }],
      protocols: [cyrillic],
    });
    await calls.send(USER, 1, text("Привет"));
    await calls.send(USER, 1, text("Привет \u{1F600}"));
    const lost = await calls.send(USER, 1, text("\u{1F600} \u{1F600}"));
    await calls.send(USER, 2, text("\u{1F600}"));
    await calls.send(USER, 3, text("\u{1F600}"));
    expect(drafts.map(({ altered, rejected }) => [altered, rejected])).toEqual([
      [false, null],
      [true, null],
      [true, UNSENDABLE],
      [false, null],
      [false, null],
    ]);
    expect(await store.find([lost])).toMatchObject([{ state: "rejected", reason: UNSENDABLE, text: "\u{1F600} \u{1F600}" }]);
  });

  it("says 8 for a full outbox and for an unknown outcome; what nobody expected passes through", async () => {
    const full = bench({ trackers: [{ id: 1 }] });
    for (const _ of upTo(OUTBOX_TEXTS)) await full.calls.send(USER, 1, text("x"));
    expect(await codeOf(full.calls.send(USER, 1, text("x")))).toBe(8);
    expect(await codeOf(bench({ trackers: [{ id: 1 }] }, { submit: down }).calls.send(USER, 1, text("x")))).toBe(8);
    const odd = bench({ trackers: [{ id: 1 }] }, { submit: () => Promise.reject(new TypeError("odd")) });
    await expect(odd.calls.send(USER, 1, text("x"))).rejects.toThrow(TypeError);
  });
});

describe("broadcast", () => {
  it("gives each tracker a message of its own, in the order asked, duplicates folded", async () => {
    const { calls, drafts, store } = bench({ trackers: trackers(300) });
    const backwards = [...upTo(300)].reverse();
    const result = await calls.broadcast(USER, [...backwards, 1, 300], text("x"));
    expect(result).toMatchObject({ sentTo: backwards, notSentTo: [], undetermined: false });
    expect((await store.find([...result.ids.values()])).map((message) => message?.trackerId)).toEqual(backwards);
    expect(drafts.map(({ trackerId }) => trackerId).sort((a, b) => b - a)).toEqual(backwards);
  });

  it("leaves out who is full, mute, unmappable or of unknown outcome", async () => {
    const protocols = [paperProtocol("mute", { textDown: "none" }), paperProtocol("ascii", {}, "ascii")];
    const plan = { trackers: [{ id: 1 }, { id: 2, protocol: "mute" }, { id: 3, protocol: "ascii" }, { id: 4 }, { id: 5 }], protocols };
    const { calls, store, drafts } = bench(plan, {
      submit: ({ trackerId }) => (trackerId === 4 ? Promise.resolve({ type: "full" }) : trackerId === 5 ? down() : null),
    });
    const result = await calls.broadcast(USER, [1, 2, 3, 4, 5], text("\u{1F600}"));
    expect(result).toEqual({ sentTo: [1], ids: new Map([[1, expect.any(Number)]]), notSentTo: [2, 3, 4, 5], undetermined: false });
    expect(drafts.map(({ trackerId }) => trackerId)).toEqual([1, 3, 4, 5]);
    expect(await store.list({ trackerId: 3, from: null, to: null, limit: 5, ascending: true })).toMatchObject([
      { state: "rejected", text: "\u{1F600}" },
    ]);
  });

  it("is 8 when not one outcome is known, and costs one time-out, not six", async () => {
    const { calls, drafts } = bench({ trackers: trackers(300) }, { submit: down });
    expect(await codeOf(calls.broadcast(USER, upTo(300), text("x")))).toBe(8);
    expect(drafts.length).toBeLessThan(2 * BROADCAST_AT_ONCE);
  });

  it("goes on while some of the store answers", async () => {
    const { calls } = bench({ trackers: trackers(300) }, { submit: ({ trackerId }) => (trackerId % 3 === 0 ? down() : null) });
    const { sentTo, notSentTo } = await calls.broadcast(USER, upTo(300), text("x"));
    expect(notSentTo).toEqual(upTo(300).filter((id) => id % 3 === 0));
    expect(sentTo).toHaveLength(200);
  });

  it("writes many at once, never more than its bound", async () => {
    let running = 0;
    let most = 0;
    const { calls } = bench(
      { trackers: trackers(300) },
      {
        submit: async ({ trackerId }) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return { type: "stored", id: trackerId, submittedAt: NOW, owner: null, replaced: false, repeated: false };
        },
      },
    );
    expect((await calls.broadcast(USER, upTo(300), text("x"))).sentTo).toHaveLength(300);
    expect(most).toBe(BROADCAST_AT_ONCE);
  });

  it("previews a text once for all devices that are alike", async () => {
    let previews = 0;
    const plain = paperProtocol("plain");
    const counting = {
      ...plain,
      preview: (...given: Parameters<typeof plain.preview>) => {
        previews += 1;
        return plain.preview(...given);
      },
    };
    const alike = upTo(300).map((id) => ({ id, protocol: "plain", profile: { charset: id % 2 === 0 ? "a" : "b" } }));
    await bench({ trackers: alike, protocols: [counting] }).calls.broadcast(USER, upTo(300), text("x"));
    expect(previews).toBe(2);
  });

  it("passes on what nobody expected", async () => {
    const { calls } = bench({ trackers: trackers(2) }, { submit: () => Promise.reject(new TypeError("odd")) });
    await expect(calls.broadcast(USER, [1, 2], text("x"))).rejects.toThrow(TypeError);
  });
});

describe("list", () => {
  it("reaches back seven days and forward without bound unless told", async () => {
    const asked: ListQuery[] = [];
    const { calls } = bench(
      { trackers: [{ id: 1 }] },
      {
        store: {
          list: (query) => {
            asked.push(query);
            return Promise.resolve([]);
          },
        },
      },
    );
    await calls.list(USER, { trackerId: 1, from: null, to: null, limit: 10, ascending: true });
    await calls.list(USER, { trackerId: 1, from: 5, to: 5, limit: 1, ascending: false });
    expect(asked).toEqual([
      { trackerId: 1, from: Date.UTC(2026, 10, 15), to: null, limit: 10, ascending: true },
      { trackerId: 1, from: 5, to: 5, limit: 1, ascending: false },
    ]);
    expect(await codeOf(calls.list(USER, { trackerId: 1, from: 6, to: 5, limit: 1, ascending: false }))).toBe(7);
  });
});

describe("mark_read", () => {
  it("looks up thousands in bounded steps and marks by tracker", async () => {
    const sizes: number[] = [];
    const marked: (readonly [number, number])[] = [];
    const { calls } = bench(
      { trackers: [{ id: 1 }, { id: 2 }] },
      {
        store: {
          find: (asked) => {
            sizes.push(asked.length);
            return Promise.resolve(asked.map((id) => ({ ...INCOMING, id, trackerId: (id % 2) + 1 })));
          },
          markRead: (trackerId, read) => Promise.resolve(void marked.push([trackerId, read.length])),
        },
      },
    );
    await calls.markRead(USER, [...upTo(3_000), ...upTo(3_000)]);
    expect(sizes.every((size) => size <= 1_024)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3_000);
    expect(marked).toEqual([
      [2, 1_500],
      [1, 1_500],
    ]);
  });

  it("is 14 when the store fails, before or between", async () => {
    expect(await codeOf(bench({ trackers: [{ id: 1 }] }, { store: { find: down } }).calls.markRead(USER, [1]))).toBe(14);
    const between = bench(
      { trackers: [{ id: 1 }] },
      { store: { find: () => Promise.resolve([{ ...INCOMING, id: 1, trackerId: 1 }]), markRead: down } },
    );
    expect(await codeOf(between.calls.markRead(USER, [1]))).toBe(14);
  });
});

const INCOMING = {
  id: 0,
  trackerId: 0,
  direction: "INCOMING",
  state: "unread",
  text: "x",
  submittedAt: NOW,
  updatedAt: null,
  employeeId: null,
  altered: false,
  receipt: null,
  reason: null,
  answers: null,
} as const;
