import { expect, it } from "vitest";
import {
  BROADCAST_ROUNDS,
  BROADCASTS_KEPT,
  type BroadcastStore,
  type NotedRound,
  type Opening,
  roundKey,
} from "../../../src/chat/broadcast.ts";
import { isChatText } from "../../../src/chat/chat-text.ts";
import type { UserId } from "../../../src/chat/fleet.ts";
import { draft, freshTracker, submitted, type World } from "../world.ts";

const PACE = { count: 10, perMs: 10_000 };
let lastUser = 0;

/** Broadcasts of accounts: written down, their rounds begun and noted, withdrawn, paced. */
export function broadcastContract(world: () => World): void {
  const store = (): BroadcastStore => world().broadcasts;
  const open = async (user: UserId, changes: Partial<Opening> = {}) => {
    const opened = await store().open(user, opening(changes));
    if (opened.type !== "fresh") throw new Error("it was written down before");
    return opened;
  };
  const begin = (user: UserId, id: number, rounds: readonly (readonly [place: number, round: number])[], reopens = false) => {
    const named = rounds.map(([place, round]) => ({ place, round }));
    return store().begin(user, id, { rounds: named, turns: { pace: PACE, texts: 0 }, reopens });
  };
  const note = (user: UserId, id: number, ...noted: readonly NotedRound[]) => store().note(user, id, noted);
  const roundsOf = async (user: UserId, id: number) =>
    (await store().read(user, id))?.recipients.map(({ rounds }) => rounds.map(({ result, messageId }) => [result, messageId]));

  it("keeps what was said, how and to whom, in the order asked", async () => {
    const user = freshUser();
    const speech = { text: said("Tor 4 🚚"), choices: ["yes", "no"], urgent: true, ttlMs: 60_000, notBefore: 1_800_000_000_000 };
    const { id, submittedAt, aheadMs } = await open(user, { speech, trackerIds: [2_147_483_647, 1, 7] });
    expect(aheadMs).toBe(0);
    const head = { id, submittedAt, speech, trackerIds: [2_147_483_647, 1, 7], cancelledAt: null };
    const rounds = [{ begunAt: submittedAt, result: "unknown", messageId: null }];
    expect(await store().read(user, id)).toEqual({ ...head, recipients: head.trackerIds.map((trackerId) => ({ trackerId, rounds })) });
    expect(await store().list(user, { before: null, limit: 10 })).toEqual([head]);
  });

  it("shows an account nothing of another's", async () => {
    const [owner, other] = [freshUser(), freshUser()];
    const { id } = await open(owner);
    expect(await store().read(other, id)).toBeNull();
    expect(await store().cancel(other, id)).toBeNull();
    expect(await note(other, id, stored(0, 1, 5))).toBe("gone");
    expect(await begin(other, id, [[0, 1]])).toEqual({ rounds: [], aheadMs: 0 });
    expect(await store().list(other, { before: null, limit: 10 })).toEqual([]);
    expect(await roundsOf(owner, id)).toEqual([[["unknown", null]], [["unknown", null]]]);
  });

  it("knows a broadcast again by its account's key, whatever is said under it", async () => {
    const [owner, other] = [freshUser(), freshUser()];
    const { id } = await open(owner, { idempotencyKey: "k" });
    expect(await store().open(owner, opening({ idempotencyKey: "k", trackerIds: [9] }))).toEqual({ type: "known", id });
    expect((await open(owner)).id).not.toBe(id);
    expect((await open(owner, { idempotencyKey: "l" })).id).not.toBe(id);
    expect((await open(other, { idempotencyKey: "k" })).id).not.toBe(id);
    expect((await store().read(owner, id))?.trackerIds).toEqual([1, 2]);
  });

  it("is written down once when it comes many times at once under one key", async () => {
    const user = freshUser();
    const all = await Promise.all(Array.from({ length: 20 }, () => store().open(user, opening({ idempotencyKey: "k" }))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ type }) => type === "fresh")).toHaveLength(1);
  });

  it("notes what became of rounds; a message that is named stays", async () => {
    const user = freshUser();
    const { id } = await open(user, { trackerIds: [1, 2, 3, 4, 5] });
    const results = [stored(0, 1, 77), ended(1, "full"), ended(2, "textless"), { ...ended(3, "unsendable"), messageId: 2_147_483_647 }];
    expect(await note(user, id, ...results)).toBe("open");
    const told = [[["stored", 77]], [["full", null]], [["textless", null]], [["unsendable", 2_147_483_647]], [["unknown", null]]];
    expect(await roundsOf(user, id)).toEqual(told);
    await note(user, id, stored(0, 1, 78), ended(0, "full"), stored(0, 2, 79), stored(9, 1, 80));
    expect(await roundsOf(user, id)).toEqual(told);
    await note(user, id, stored(1, 1, 81));
    expect((await roundsOf(user, id))?.[1]).toEqual([["stored", 81]]);
  });

  it("does not believe that nothing was stored while a call may still be on its way", async () => {
    const user = freshUser();
    const { id } = await open(user);
    await note(user, id, ended(0, "unstored"));
    expect((await roundsOf(user, id))?.[0]).toEqual([["unknown", null]]);
  });

  it("begins the next round of who has a message, once more of who has none, and nothing else", async () => {
    const user = freshUser();
    const { id } = await open(user, { trackerIds: [1, 2, 3] });
    await note(user, id, stored(0, 1, 5), ended(1, "full"));
    const wanted: (readonly [number, number])[] = [
      ...([
        [0, 2],
        [1, 1],
        [2, 1],
      ] as const),
      ...([
        [0, 1],
        [0, 4],
        [1, 2],
        [2, 2],
        [0, 0],
      ] as const),
    ];
    const { rounds } = await begin(user, id, wanted);
    expect(rounds).toEqual([
      { place: 0, round: 2 },
      { place: 1, round: 1 },
      { place: 2, round: 1 },
    ]);
    expect(await roundsOf(user, id)).toEqual([
      [
        ["stored", 5],
        ["unknown", null],
      ],
      [["unknown", null]],
      [["unknown", null]],
    ]);
    expect((await begin(user, id, [[0, 2]])).rounds).toHaveLength(1);
    await note(user, id, stored(0, 2, 6));
    expect((await begin(user, id, [[0, 2]])).rounds).toEqual([]);
  });

  it(`gives a recipient at most ${BROADCAST_ROUNDS} rounds`, async () => {
    const user = freshUser();
    const { id } = await open(user, { trackerIds: [1] });
    for (let round = 1; round <= BROADCAST_ROUNDS; round += 1) {
      if (round > 1) expect((await begin(user, id, [[0, round]])).rounds).toHaveLength(1);
      await note(user, id, stored(0, round, 100 + round));
    }
    expect((await begin(user, id, [[0, BROADCAST_ROUNDS + 1]])).rounds).toEqual([]);
    expect((await roundsOf(user, id))?.[0]).toHaveLength(BROADCAST_ROUNDS);
  });

  it("begins nothing of what was withdrawn, unless it is to go on", async () => {
    const user = freshUser();
    const { id } = await open(user);
    await note(user, id, stored(0, 1, 5), ended(1, "full"));
    const cancelled = await store().cancel(user, id);
    expect(cancelled?.cancelledAt).toEqual(expect.any(Number));
    await world().advance(3);
    expect((await store().cancel(user, id))?.cancelledAt).toBe(cancelled?.cancelledAt);
    expect(
      (
        await begin(user, id, [
          [0, 2],
          [1, 1],
        ])
      ).rounds,
    ).toEqual([]);
    expect(await note(user, id, stored(1, 1, 6))).toBe("cancelled");
    expect((await store().list(user, { before: null, limit: 1 }))[0]?.cancelledAt).toBe(cancelled?.cancelledAt);
    expect((await begin(user, id, [[0, 2]], true)).rounds).toHaveLength(1);
    expect((await store().read(user, id))?.cancelledAt).toBeNull();
    expect(await note(user, id, stored(0, 2, 7))).toBe("open");
  });

  it("says how long what came before keeps an account's pace busy", async () => {
    const [user, other] = [freshUser(), freshUser()];
    const turns = { pace: PACE, texts: 25 };
    expect((await open(user, { turns })).aheadMs).toBe(0);
    const second = await open(user, { turns });
    expect(second.aheadMs).toBeGreaterThan(20_000);
    expect(second.aheadMs).toBeLessThanOrEqual(25_000);
    expect((await open(other, { turns })).aheadMs).toBe(0);
    const begun = await store().begin(user, second.id, { rounds: [{ place: 0, round: 1 }], turns, reopens: false });
    expect(begun.aheadMs).toBeGreaterThan(45_000);
    expect(begun.aheadMs).toBeLessThanOrEqual(50_000);
    // Never more than the longest wait, and nothing at all for those who take no turns.
    expect((await open(user, { turns })).aheadMs).toBe(60_000);
    expect((await open(freshUser())).aheadMs).toBe(0);
  });

  it(`lists the newest ${BROADCASTS_KEPT} in pages, newest first, and forgets older ones`, async () => {
    const user = freshUser();
    const ids: number[] = [];
    for (let at = 0; at < BROADCASTS_KEPT + 3; at += 1) ids.push((await open(user, { trackerIds: [at] })).id);
    const newest = [...ids].reverse().slice(0, BROADCASTS_KEPT);
    const first = await store().list(user, { before: null, limit: 4 });
    expect(first.map(({ id }) => id)).toEqual(newest.slice(0, 4));
    const rest = await store().list(user, { before: newest[3] ?? 0, limit: BROADCASTS_KEPT });
    expect(rest.map(({ id }) => id)).toEqual(newest.slice(4));
    expect(await store().read(user, ids[2] ?? 0)).toBeNull();
    expect(await store().read(user, ids[3] ?? 0)).not.toBeNull();
  });

  it("finds the message of a round by its key", async () => {
    const [trackerId, stranger] = [freshTracker(), freshTracker()];
    const id = await submitted(world().store, trackerId, { idempotencyKey: roundKey(3, 1) });
    expect(await world().store.findByKey(trackerId, roundKey(3, 1))).toBe(id);
    expect(await world().store.findByKey(trackerId, roundKey(3, 2))).toBeNull();
    expect(await world().store.findByKey(stranger, roundKey(3, 1))).toBeNull();
    await world().store.submit(draft(trackerId, { idempotencyKey: roundKey(3, 2), rejected: "no" }));
    expect(await world().store.findByKey(trackerId, roundKey(3, 2))).toBeGreaterThan(id);
    await world().store.disown(trackerId);
    expect(await world().store.findByKey(trackerId, roundKey(3, 1))).toBeNull();
  });
}

/** An account that no other test of this file uses. */
function freshUser(): UserId {
  lastUser += 1;
  return lastUser;
}

function said(text: string) {
  if (!isChatText(text)) throw new Error("not a text of a message");
  return text;
}

function opening(changes: Partial<Opening>): Opening {
  const speech = { text: said("hello"), choices: null, urgent: false, ttlMs: null, notBefore: null };
  return { speech, trackerIds: [1, 2], idempotencyKey: null, turns: { pace: PACE, texts: 0 }, ...changes };
}

function ended(place: number, result: NotedRound["result"]): NotedRound {
  return { place, round: 1, result, messageId: null };
}

function stored(place: number, round: number, messageId: number): NotedRound {
  return { place, round, result: "stored", messageId };
}
