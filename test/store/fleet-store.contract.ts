/** What every FleetStore must do; run on memory, on Redis and on Redis in cluster mode. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { FleetChanges, FleetRecord, FleetStore } from "../../src/chat/fleet-store.ts";
import { MAX_SESSIONS, MAX_UNKNOWN } from "../../src/chat/fleet-store.ts";

export interface FleetStoreUnderTest {
  readonly store: FleetStore;
  /** A second node's view of the same. */
  readonly other: FleetStore;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export function describeFleetStore(name: string, open: () => Promise<FleetStoreUnderTest>): void {
  describe(`the fleet's store on ${name}`, () => {
    let world: FleetStoreUnderTest;
    beforeAll(async () => {
      world = await open();
    });
    beforeEach(() => world.clear());
    afterAll(() => world.close());

    it("is empty at version 0", async () => {
      expect(await world.store.since(0)).toBeNull();
    });

    it("gives everything to who has nothing, in the records' own words", async () => {
      const put = [tariff(1), user(2), employee(3), tracker(4), { kind: "dealer", value: { id: 5, deviceLimit: null } } as const];
      expect(await world.store.commit(0, change({ put }))).toEqual({ type: "committed", version: 1 });
      const update = await world.other.since(0);
      expect(update).toMatchObject({ version: 1, all: true, remove: [] });
      expect(sorted(update?.put)).toEqual(sorted(put));
      expect(await world.other.since(1)).toBeNull();
    });

    it("gives only what changed to who is behind", async () => {
      await world.store.commit(0, change({ put: [tracker(1), tracker(2), tracker(3), user(9)] }));
      await world.store.commit(1, change({ put: [tracker(2, "renamed")] }));
      await world.store.commit(2, change({ put: [tracker(2, "again"), tracker(4)], remove: [{ kind: "tracker", id: 1 }] }));
      const update = await world.other.since(1);
      expect(update).toMatchObject({ version: 3, all: false, remove: [{ kind: "tracker", id: 1 }] });
      expect(sorted(update?.put)).toEqual(sorted([tracker(2, "again"), tracker(4)]));
      expect((await world.other.since(0))?.put).toHaveLength(4);
    });

    it("gives a record that came back after its removal", async () => {
      await world.store.commit(0, change({ put: [tracker(1)] }));
      await world.store.commit(1, change({ remove: [{ kind: "tracker", id: 1 }] }));
      await world.store.commit(2, change({ put: [tracker(1, "back")] }));
      expect(await world.other.since(1)).toMatchObject({ all: false, put: [tracker(1, "back")], remove: [] });
    });

    it("gives everything to who is ahead of it: the store was replaced", async () => {
      await world.store.commit(0, change({ put: [tracker(1)] }));
      expect(await world.store.since(7)).toMatchObject({ version: 1, all: true });
    });

    it("takes one of two changes made for the same version, and nothing of the other", async () => {
      const results = await Promise.all([
        world.store.commit(0, change({ put: [tracker(1), user(1)] })),
        world.other.commit(0, change({ put: [tracker(2), user(2)], chores: [{ type: "erase", trackerId: 2 }] })),
      ]);
      expect(results.map(({ type }) => type).sort()).toEqual(["committed", "conflict"]);
      const winner = results[0]?.type === "committed" ? 1 : 2;
      expect((await world.store.since(0))?.put.map(({ value }) => value.id)).toEqual([winner, winner]);
      expect(await world.store.chores(0)).toHaveLength(winner === 1 ? 0 : 1);
    });

    it("takes a large fleet at once and tells the others to read it all", async () => {
      await world.store.commit(0, change({ put: [user(1)] }));
      const put = Array.from({ length: 5_000 }, (_, index) => tracker(index + 1, "ж".repeat(60)));
      expect(await world.store.commit(1, change({ put }))).toEqual({ type: "committed", version: 2 });
      const update = await world.other.since(1);
      expect(update?.put.filter(({ kind }) => kind === "tracker")).toHaveLength(5_000);
      const remove = put.map(({ value }) => ({ kind: "tracker", id: value.id }) as const);
      await world.store.commit(2, change({ remove }));
      expect((await world.other.since(0))?.put).toEqual([user(1)]);
    });

    it("removes a very large fleet, with a chore for each", async () => {
      const put = Array.from(
        { length: 130_000 },
        (_, index): FleetRecord => ({ kind: "dealer", value: { id: index + 1, deviceLimit: null } }),
      );
      await world.store.commit(0, change({ put }));
      const remove = put.map(({ value }) => ({ kind: "dealer", id: value.id }) as const);
      const chores = put.map(({ value }) => ({ type: "erase", trackerId: value.id }) as const);
      expect(await world.store.commit(1, change({ remove, chores }))).toEqual({ type: "committed", version: 2 });
      expect((await world.other.since(0))?.put).toEqual([]);
      expect((await world.other.chores(0)).length).toBeGreaterThanOrEqual(1_000);
    });

    it("remembers chores with their commit until they are done", async () => {
      const chores = [
        { type: "disown", trackerId: 1 },
        { type: "erase", trackerId: 2 },
        { type: "erase", trackerId: 2, userId: 7 },
        { type: "forget", userId: 7 },
      ] as const;
      await world.store.commit(0, change({ put: [tracker(1)], chores }));
      expect(sorted(await world.other.chores(0))).toEqual(sorted(chores));
      expect(await world.other.chores(0, 3)).toHaveLength(1);
      expect(await world.other.chores(60_000)).toEqual([]);
      await world.other.choreDone(chores[0]);
      await world.other.choreDone(chores[3]);
      expect(sorted(await world.store.chores(0))).toEqual(sorted(chores.slice(1, 3)));
    });

    it("nudges every node until it stops listening", async () => {
      const heard = vi.fn();
      const stop = world.other.onNudge(heard);
      await vi.waitFor(async () => {
        await world.store.nudge();
        expect(heard).toHaveBeenCalled();
      });
      stop();
      const still = vi.fn();
      const stopStill = world.other.onNudge(still);
      heard.mockClear();
      await world.store.nudge();
      await vi.waitFor(() => expect(still).toHaveBeenCalled());
      stopStill();
      expect(heard).not.toHaveBeenCalled();
    });

    it("keeps sessions for their time", async () => {
      const session = { userId: 7, seal: "0123456789abcdef" };
      await world.store.openSession("aa", session, 60_000);
      expect(await world.other.session("aa")).toEqual(session);
      expect(await world.other.session("bb")).toBeNull();
      expect(await world.other.closeSession("aa")).toBe(true);
      expect(await world.store.closeSession("aa")).toBe(false);
      expect(await world.store.session("aa")).toBeNull();
      await world.store.openSession("cc", session, 1);
      await vi.waitFor(async () => expect(await world.store.session("cc")).toBeNull());
    });

    it("ends a user's oldest sessions beyond the bound, and nobody else's", async () => {
      await world.store.openSession("other", { userId: 8, seal: "" }, 60_000);
      for (let count = 0; count <= MAX_SESSIONS; count += 1) {
        await world.store.openSession(`s${count}`, { userId: 7, seal: "" }, 60_000 + count);
      }
      expect(await world.store.session("s0")).toBeNull();
      expect(await world.store.session("s1")).not.toBeNull();
      await world.store.closeSession("s1");
      await world.store.openSession("one more", { userId: 7, seal: "" }, 120_000);
      expect(await world.store.session("s2")).not.toBeNull();
      expect(await world.store.session("other")).not.toBeNull();
    });

    it("closes every session of one user", async () => {
      for (const [sha256, userId] of [
        ["a", 7],
        ["b", 7],
        ["c", 8],
      ] as const)
        await world.store.openSession(sha256, { userId, seal: "" }, 60_000);
      await world.other.closeSessions(7);
      await world.other.closeSessions(9);
      expect(await Promise.all(["a", "b"].map((sha256) => world.store.session(sha256)))).toEqual([null, null]);
      expect(await world.store.session("c")).not.toBeNull();
    });

    it("tells every node which session was closed", async () => {
      const heard = vi.fn();
      const stop = world.other.onSessionEnd(heard);
      await vi.waitFor(async () => {
        await world.store.closeSession("aa");
        expect(heard).toHaveBeenCalledWith("aa");
      });
      stop();
    });

    it("keeps the newest unknown devices of all nodes, one entry per key", async () => {
      const seen = (key: string, lastTry: number) => ({ key, protocol: "p", address: "1.2.3.4", lastTry });
      await world.store.noteUnknown([seen("a", 10), seen("b", 20)]);
      await world.other.noteUnknown([seen("a", 30), seen("b", 5)]);
      expect(await world.store.unknown()).toEqual([seen("a", 30), seen("b", 20)]);
      await world.store.noteUnknown(Array.from({ length: MAX_UNKNOWN }, (_, index) => seen(`n${index}`, 100 + index)));
      const unknown = await world.store.unknown();
      expect(unknown).toHaveLength(MAX_UNKNOWN);
      expect(unknown[0]?.key).toBe(`n${MAX_UNKNOWN - 1}`);
      expect(unknown.some(({ key }) => key === "a" || key === "b")).toBe(false);
    });
  });
}

function change(part: Partial<FleetChanges>): FleetChanges {
  return { put: [], remove: [], chores: [], ...part };
}

function sorted<T>(list: readonly T[] | undefined): readonly T[] {
  return [...(list ?? [])].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

function tracker(id: number, label = `Truck "${id}" 🚚`): FleetRecord {
  const links = { userId: 2, groupId: 0, tariffId: null, model: null, protocol: null, phone: null, password: null };
  return { kind: "tracker", value: { id, label, deviceId: `d${id}`, blocked: false, profile: { charset: "utf8" }, ...links } };
}

function user(id: number): FleetRecord {
  const apiKeys = [{ sha256: "00", title: "", createdAt: 5 }];
  return { kind: "user", value: { id, login: `u${id}`, timeZone: "UTC", dealerId: null, passwordHash: null, apiKeys } };
}

function tariff(id: number): FleetRecord {
  return { kind: "tariff", value: { id, features: ["chat"], hasReports: true } };
}

function employee(id: number): FleetRecord {
  return { kind: "employee", value: { id, userId: 2, firstName: "A", lastName: "B", trackerId: 4 } };
}
