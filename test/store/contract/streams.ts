/** An account's stream takes each event once, in its tracker's order, and says from where on it is complete. */
import { expect, it, vi } from "vitest";
import { ENTRY_EVENTS, type EventRun, STREAM_ENTRIES, type StreamEntry, type TrackerEvent } from "../../../src/chat/events.ts";
import type { TrackerId } from "../../../src/chat/message.ts";
import { freshTracker, type World } from "../world.ts";

let lastUser = 5_000;
const freshUser = (): number => {
  lastUser += 1;
  return lastUser;
};

/** Events that tell their own numbers. */
function run(trackerId: TrackerId, first: number, last: number): EventRun {
  const events = Array.from({ length: last - first + 1 }, (_, n): TrackerEvent => ({ type: "unread", unread: first + n }));
  return { trackerId, first, events };
}

const numbers = (entries: readonly StreamEntry[]): readonly unknown[] =>
  entries.flatMap(({ events }) => events.map((event) => (event.type === "unread" ? event.unread : event.type)));

export function streamsContract(world: () => World): void {
  const all = (user: number): Promise<readonly StreamEntry[]> => world().events.read(user, "0-0", 100_000);

  it("takes what it is given, oldest first, and knows whose it is", async () => {
    const { events } = world();
    const [user, one, other] = [freshUser(), freshTracker(), freshTracker()];
    expect(await events.relay(user, [run(one, 1, 2), run(other, 7, 7)], true)).toEqual({ listening: false, missing: [] });
    expect(await events.relay(user, [run(one, 3, 3)], false)).toEqual({ listening: false, missing: [] });
    const entries = await all(user);
    expect(entries.map(({ trackerId }) => trackerId)).toEqual([one, other, one]);
    expect(numbers(entries)).toEqual([1, 2, 7, 3]);
    expect(await all(freshUser())).toEqual([]);
  });

  it("takes nothing twice, whoever brings it how often", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    for (const [first, last, whole] of [
      [1, 3, true],
      [1, 3, true],
      [1, 3, false],
      [2, 3, false],
      [2, 5, false],
      [1, 5, true],
      [4, 6, false],
    ] as const) {
      expect((await events.relay(user, [run(tracker, first, last)], whole)).missing).toEqual([]);
    }
    expect(numbers(await all(user))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("leaves no gap: what comes before its time is asked for as a whole", async () => {
    const { events } = world();
    const [user, tracker, fine] = [freshUser(), freshTracker(), freshTracker()];
    // A tracker that the stream does not know may have more events before these.
    expect((await events.relay(user, [run(tracker, 2, 2)], false)).missing).toEqual([tracker]);
    await events.relay(user, [run(tracker, 1, 2), run(fine, 1, 1)], true);
    expect(await events.relay(user, [run(tracker, 4, 4), run(fine, 2, 2)], false)).toMatchObject({ missing: [tracker] });
    expect(numbers(await all(user))).toEqual([1, 2, 1, 2]);
    await events.relay(user, [run(tracker, 3, 4)], true);
    expect(numbers(await all(user))).toEqual([1, 2, 1, 2, 3, 4]);
  });

  it("puts no more than so many into one entry", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    await events.relay(user, [run(tracker, 1, ENTRY_EVENTS * 2 + 1)], true);
    const entries = await all(user);
    expect(entries.map((entry) => entry.events.length)).toEqual([ENTRY_EVENTS, ENTRY_EVENTS, 1]);
    expect(numbers(entries)).toEqual(Array.from({ length: ENTRY_EVENTS * 2 + 1 }, (_, n) => n + 1));
    expect((await events.relay(user, [run(tracker, 2, ENTRY_EVENTS * 2 + 1)], false)).missing).toEqual([]);
    expect(await all(user)).toHaveLength(3);
  });

  it("says that some are lost where the whole begins too late", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    await events.relay(user, [run(tracker, 1, 2)], true);
    await events.relay(user, [run(tracker, 5, 6)], true);
    expect(numbers(await all(user))).toEqual([1, 2, "lost", 5, 6]);
  });

  it("gives pages behind a place", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    for (let n = 1; n <= 5; n += 1) await events.relay(user, [run(tracker, n, n)], true);
    const page = await events.read(user, "0-0", 2);
    expect(numbers(page)).toEqual([1, 2]);
    expect(numbers(await events.read(user, page[1]?.id ?? "", 2))).toEqual([3, 4]);
    expect(numbers(await events.read(user, (await events.place(user, null, false)).end, 2))).toEqual([]);
  });

  it("keeps every kind of event as it is", async () => {
    const { events } = world();
    const [user, trackerId] = [freshUser(), freshTracker()];
    const kinds: readonly TrackerEvent[] = [
      { type: "message", id: 2 ** 31 - 1, state: "unread" },
      { type: "status", id: 1, state: "dead-lettered" },
      { type: "unread", unread: 70_000 },
      { type: "presence", online: true, at: 1_800_000_000_999 },
      { type: "presence", online: false, at: 1_800_000_001_000 },
    ];
    await events.relay(user, [{ trackerId, first: 1, events: kinds }], true);
    expect((await all(user))[0]?.events).toEqual(kinds);
  });

  it("is followed from a place that was given out before there was anything", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    const { end, complete } = await events.place(user, null, true);
    expect([end, complete]).toEqual([expect.stringMatching(/^\d+-\d+$/), false]);
    await events.relay(user, [run(tracker, 1, 1)], true);
    expect(numbers(await events.read(user, end, 10))).toEqual([1]);
    expect(await events.place(user, end, true)).toMatchObject({ complete: true });
  });

  it("knows whether it is complete from a place on", async () => {
    const { events } = world();
    const [user, tracker] = [freshUser(), freshTracker()];
    const before = (await events.place(user, null, true)).end;
    await events.relay(user, [run(tracker, 1, 1)], true);
    const first = (await all(user))[0]?.id ?? "";
    await world().advance(2);
    await events.relay(user, [run(tracker, 2, 2)], true);
    const { end } = await events.place(user, null, true);
    const complete = async (place: string): Promise<boolean> => (await events.place(user, place, true)).complete;
    expect([await complete(before), await complete(first), await complete(end)]).toEqual([true, true, true]);
    const [ms = ""] = end.split("-");
    const strange = [
      "0-0",
      "1-1",
      `${Number(ms) + 60_000}-0`,
      "",
      "x",
      "-",
      "1",
      `${ms}-`,
      "99999999999999999999-1",
      `${end} `,
      `${end}\n0`,
    ];
    for (const place of strange) expect([place, await complete(place)]).toEqual([place, false]);
  });

  it("is bounded, and not complete from where its beginning was", async () => {
    const { events } = world();
    const user = freshUser();
    const before = (await events.place(user, null, true)).end;
    const trackers = Array.from({ length: 500 }, () => freshTracker());
    await events.relay(
      user,
      trackers.map((tracker) => run(tracker, 1, 1)),
      true,
    );
    const early = (await all(user))[10]?.id ?? "";
    for (let n = 2; n * 500 <= STREAM_ENTRIES + 1_000; n += 1) {
      await events.relay(
        user,
        trackers.map((tracker) => run(tracker, n, n)),
        true,
      );
    }
    const kept = await all(user);
    expect(kept.length).toBeGreaterThanOrEqual(STREAM_ENTRIES);
    expect(kept.length).toBeLessThan(STREAM_ENTRIES + 200);
    expect((await events.place(user, before, true)).complete).toBe(false);
    expect((await events.place(user, early, true)).complete).toBe(false);
    expect((await events.place(user, kept[0]?.id ?? "", true)).complete).toBe(true);
  }, 20_000);

  it("nudges those who listen, of accounts that somebody listens to", async () => {
    const { events } = world();
    const [user, quiet, tracker] = [freshUser(), freshUser(), freshTracker()];
    const heard: number[] = [];
    const stop = events.onNudge((userId) => heard.push(userId));
    await events.place(user, null, true);
    await events.place(quiet, null, false);
    let last = 0;
    await vi.waitFor(async () => {
      last += 1;
      expect((await events.relay(user, [run(tracker, last, last)], true)).listening).toBe(true);
      expect((await events.relay(quiet, [run(tracker, last, last)], true)).listening).toBe(false);
      expect(heard).toContain(user);
    });
    expect(heard).not.toContain(quiet);
    stop();
  });

  it("wakes the nodes when somebody begins to listen", async () => {
    const { events } = world();
    const user = freshUser();
    const heard = vi.fn();
    const stop = events.onWake(heard);
    await vi.waitFor(async () => {
      await events.wake(user);
      expect(heard).toHaveBeenCalledWith(user);
    });
    stop();
  });
}
