import { describe, expect, it } from "vitest";
import { type ListQuery, OUTBOX_TEXTS, type Submitted } from "../../src/chat/ports.ts";
import { UNSENDABLE } from "../../src/chat/sender.ts";
import { paperProtocol } from "../support/fleet.ts";
import { bench, codeOf, down, NOW, TTL_MS, text, trackers, USER, upTo } from "./calls-bench.ts";

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
  it("asks for no more once one of them is wrong", async () => {
    let asked = 0;
    const find = (ids: readonly number[]): Promise<null[]> => {
      asked += ids.length;
      return Promise.resolve(ids.map(() => null));
    };
    const { calls } = bench({ trackers: [{ id: 1 }] }, { store: { find } });
    expect(await codeOf(calls.markRead(USER, upTo(100_000)))).toBe(201);
    expect(asked).toBeLessThanOrEqual(1_024);
  });

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
