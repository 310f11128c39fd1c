import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MAX_API_KEYS, SESSION_MS } from "../../src/chat/accounts.ts";
import { MAX_UNKNOWN } from "../../src/chat/fleet-store.ts";
import { DEMO_HASH } from "../../src/fleet/demo.ts";
import { EXAMPLE, type FleetWorld, fleetWorld, manyTrackers } from "./world.ts";

const ERASE = { type: "erase", trackerId: 999199, userId: 1 } as const;

const worlds: FleetWorld[] = [];
afterEach(async () => {
  for (const { fleet, other } of worlds.splice(0)) await Promise.all([fleet.stop(), other.stop()]);
});

async function started(): Promise<FleetWorld> {
  const world = fleetWorld();
  worlds.push(world);
  await world.import(EXAMPLE);
  await world.fleet.start();
  await world.other.start();
  return world;
}

describe("the directory", () => {
  it("finds devices by any spelling of an all-digit id, and no other", async () => {
    const { fleet } = await started();
    expect(fleet.directory.trackerOfDevice("000356307042441013")?.id).toBe(999199);
    expect(fleet.directory.trackerOfDevice("356307042441014")).toBeUndefined();
    expect(fleet.directory.trackerOfDevice("")).toBeUndefined();
  });

  it("does not show an employee whose tracker went to another user", async () => {
    const { fleet, ...world } = await started();
    await world.import({ users: [{ id: 2, login: "bo" }], trackers: [{ id: 999199, user_id: 2 }] });
    expect(fleet.directory.employeeOf(999199)).toBeNull();
    expect(fleet.directory.trackersOf(1)).toEqual([]);
    expect(fleet.directory.trackersOf(2).map(({ id }) => id)).toEqual([999199]);
  });
});

describe("nodes", () => {
  it("follow each other, and tell what changed", async () => {
    const { other, ...world } = await started();
    const told = vi.fn();
    other.onChange(told);
    await world.import({ trackers: [{ id: 999199, blocked: true }] });
    await vi.waitFor(() => expect(other.directory.tracker(999199)?.blocked).toBe(true));
    expect(told).toHaveBeenCalledWith({ added: [], removed: [], blocked: [999199], altered: [], moved: [] });
    await world.fleet.provisioning.removeTracker(999199);
    await vi.waitFor(() => expect(other.directory.tracker(999199)).toBeUndefined());
    expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ removed: [999199] }));
  });

  it("follow by polling when nudges are lost", async () => {
    const { other, store, ...world } = await started();
    store.nudge = () => Promise.resolve();
    await world.import({ trackers: [{ id: 999199, label: "polled" }] });
    await vi.waitFor(() => expect(other.directory.tracker(999199)?.label).toBe("polled"));
  });

  it("change the fleet at the same time without losing either's change", async () => {
    const { fleet, other, ...world } = await started();
    await world.import(manyTrackers(50));
    await other.refresh();
    const half = (node: typeof fleet, from: number) =>
      Array.from({ length: 25 }, (_, index) => node.provisioning.import({ trackers: [{ id: from + index, label: `by ${from}` }] }));
    await Promise.all([...half(fleet, 1), ...half(other, 26)]);
    await fleet.refresh();
    const labels = [fleet.directory.tracker(25)?.label, fleet.directory.tracker(26)?.label, fleet.directory.tracker(50)?.label];
    expect(labels).toEqual(["by 1", "by 26", "by 26"]);
  });

  it("check a change again when another node was faster", async () => {
    const { fleet, other } = await started();
    const add = (node: typeof fleet, id: number) => node.provisioning.import({ trackers: [{ id, user_id: 1, device_id: "same" }] });
    const outcomes = await Promise.allSettled([add(fleet, 1), add(other, 2)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "fleet-refused" } });
  });
});

describe("what a change means", () => {
  it("hides a tracker's messages when it changes hands", async () => {
    const { chores, diffs, ...world } = await started();
    await world.import({ users: [{ id: 2, login: "bo" }], trackers: [{ id: 999199, user_id: 2 }] });
    expect(chores).toEqual([{ type: "disown", trackerId: 999199 }]);
    expect(diffs.at(-1)).toEqual({ added: [], removed: [], blocked: [], altered: [], moved: [999199] });
    expect(await world.store.chores(0)).toEqual([]);
  });

  it("keeps the history over a change of the device id", async () => {
    const { chores, diffs, fleet, ...world } = await started();
    await world.import({ trackers: [{ id: 999199, device_id: "new" }] });
    expect(chores).toEqual([]);
    expect(diffs.at(-1)).toMatchObject({ altered: [999199] });
    expect(fleet.directory.trackerOfDevice("356307042441013")).toBeUndefined();
  });

  it("erases the chat of a deleted tracker, once more when every node knows, and frees its employee", async () => {
    const { chores, diffs, fleet, time, ...world } = await started();
    expect(await fleet.provisioning.removeTracker(1)).toBe(false);
    expect(await fleet.provisioning.removeTracker(999199)).toBe(true);
    expect(chores).toEqual([ERASE]);
    expect(diffs.at(-1)).toMatchObject({ removed: [999199] });
    expect(fleet.accounts.employeesOf(1)).toEqual([{ id: 123456, userId: 1, firstName: "Ada", lastName: "Driver", trackerId: null }]);
    expect(await world.store.chores(0)).toEqual([ERASE]);
    time.now += 30_000;
    await vi.waitFor(async () => expect(await world.store.chores(0)).toEqual([]));
    expect(chores).toEqual([ERASE, ERASE]);
  });

  it("deletes a user with all that is its own", async () => {
    const { chores, fleet, ...world } = await started();
    const session = await fleet.accounts.openSession(1);
    expect(await fleet.provisioning.removeUser(2)).toBeNull();
    expect(await fleet.provisioning.removeUser(1)).toEqual({ trackers: 1, employees: 1 });
    expect(chores).toEqual([ERASE, { type: "forget", userId: 1 }]);
    expect(await world.store.session(createHash("sha256").update(session).digest("hex"))).toBeNull();
    expect(fleet.directory.userOfHash("a6aa75587e5c59c32d347da438505fc3")).toBeUndefined();
    expect(fleet.provisioning.export()).toMatchObject({ users: [], employees: [], trackers: [] });
  });

  it("is done later when the messages cannot be reached now", async () => {
    const { chores, outage, time, fleet, ...world } = await started();
    outage.messages = true;
    await expect(fleet.provisioning.removeTracker(999199)).rejects.toMatchObject({ code: "store-unavailable" });
    expect(fleet.directory.tracker(999199)).toBeUndefined();
    expect(await world.store.chores(0)).toEqual([ERASE]);
    outage.messages = false;
    time.now += 60_000;
    await vi.waitFor(() => expect(chores).toContainEqual(ERASE));
    await vi.waitFor(async () => expect(await world.store.chores(0)).toEqual([]));
  });
});

describe("a tracker that comes back under its old id", () => {
  it("finds its last chat erased, and keeps the new one", async () => {
    const { chores, outage, fleet, time, ...world } = await started();
    outage.messages = true;
    await expect(fleet.provisioning.removeTracker(999199)).rejects.toMatchObject({ code: "store-unavailable" });
    await expect(world.import(EXAMPLE)).rejects.toMatchObject({ code: "store-unavailable" });
    expect(fleet.directory.tracker(999199)).toBeUndefined();
    outage.messages = false;
    await world.import(EXAMPLE);
    expect(chores).toEqual([ERASE]);
    time.now += 60_000;
    expect(await world.store.chores(0)).toEqual([]);
  });

  it("is found behind any number of others that wait, and a user likewise", async () => {
    const { chores, fleet, ...world } = await started();
    const { version } = (await world.store.since(0)) ?? { version: 0 };
    const waiting = Array.from({ length: 1_500 }, (_, n) => ({ type: "erase", trackerId: n + 1_000_000 }) as const);
    await world.store.commit(version, { put: [], remove: [], chores: waiting });
    await fleet.provisioning.removeUser(1);
    chores.length = 0;
    await world.import(EXAMPLE);
    expect(chores).toEqual([ERASE, { type: "forget", userId: 1 }]);
    expect(await world.store.chores(0, 1_000)).toHaveLength(500);
  });
});

describe("learning a protocol", () => {
  it("persists with the protocol's defaults, and does not count as an alteration", async () => {
    const { fleet, other, diffs, ...world } = await started();
    await world.import({ trackers: [{ id: 1, user_id: 1, device_id: "1", profile: { charset: "utf8", nonsense: true } }] });
    await fleet.directory.learnProtocol(1, "jt808");
    expect(fleet.directory.tracker(1)).toMatchObject({ protocol: "jt808", profile: { charset: "utf8", edition: "auto" } });
    expect(fleet.directory.tracker(1)?.profile).not.toHaveProperty("nonsense");
    expect(diffs.at(-1)?.altered).toEqual([]);
    await vi.waitFor(() => expect(other.directory.tracker(1)?.protocol).toBe("jt808"));
  });

  it("leaves a fleet whose export is taken back, whatever the profile holds for another protocol", async () => {
    const { fleet, ...world } = await started();
    await world.import({ trackers: [{ id: 1, user_id: 1, device_id: "1", profile: { nonsense: true } }] });
    await fleet.directory.learnProtocol(1, "jt808");
    const exported = fleet.provisioning.export();
    expect(exported.trackers?.[0]).toMatchObject({ protocol: "jt808", profile: { nonsense: true } });
    await world.import(exported);
    expect(fleet.provisioning.export()).toEqual(exported);
    const altered = { trackers: [{ id: 1, profile: { nonsense: false } }] };
    expect(await world.refused(altered)).toEqual([{ path: "trackers[0].profile", error: 'unknown field "nonsense"' }]);
  });

  it("keeps the first one learned, whichever node learned it", async () => {
    const { fleet, other, ...world } = await started();
    await world.import({ trackers: [{ id: 1, user_id: 1, device_id: "1" }] });
    await other.refresh();
    await Promise.all([fleet.directory.learnProtocol(1, "jt808"), other.directory.learnProtocol(1, "wialon-ips")]);
    await Promise.all([fleet.refresh(), other.refresh()]);
    expect(other.directory.tracker(1)?.protocol).toBe(fleet.directory.tracker(1)?.protocol);
    await fleet.directory.learnProtocol(404, "jt808");
  });

  it("of thousands at once takes a few commits", async () => {
    const { fleet, store, ...world } = await started();
    await world.import(manyTrackers(3_000));
    const open = fleet.directory.trackersOf(1).filter(({ protocol }) => protocol === null);
    const before = (await store.since(0))?.version ?? 0;
    await Promise.all(open.map(({ id }) => fleet.directory.learnProtocol(id, "jt808")));
    expect(open.every(({ id }) => fleet.directory.tracker(id)?.protocol === "jt808")).toBe(true);
    expect(((await store.since(0))?.version ?? 0) - before).toBeLessThan(5);
  });

  it("is tried again after an outage", async () => {
    const { fleet, store, ...world } = await started();
    await world.import({ trackers: [{ id: 1, user_id: 1, device_id: "1" }] });
    const since = store.since.bind(store);
    store.since = () => Promise.reject(new Error("planned"));
    await expect(fleet.directory.learnProtocol(1, "jt808")).rejects.toThrow("planned");
    store.since = since;
    await fleet.directory.learnProtocol(1, "wialon-ips");
    expect(fleet.directory.tracker(1)?.protocol).toBe("wialon-ips");
  });
});

describe("unknown devices", () => {
  it("are listed over all nodes until they are in the fleet", async () => {
    const { fleet, other, time, ...world } = await started();
    fleet.directory.reportUnknown({ key: "111", protocol: "jt808", address: "10.0.0.1" });
    time.now += 1_000;
    other.directory.reportUnknown({ key: "222", protocol: "wialon-ips", address: "10.0.0.2" });
    await vi.waitFor(async () => expect((await fleet.unknown()).map(({ key }) => key)).toEqual(["222", "111"]));
    expect((await fleet.unknown())[1]).toEqual({ key: "111", protocol: "jt808", address: "10.0.0.1", lastTry: time.now - 1_000 });
    await world.import({ trackers: [{ id: 5, user_id: 1, device_id: "0111" }] });
    expect((await fleet.unknown()).map(({ key }) => key)).toEqual(["222"]);
  });

  it("are bounded, and one that tries all the time costs one write in a while", async () => {
    const { fleet, store } = await started();
    const noted = vi.spyOn(store, "noteUnknown");
    for (let index = 0; index < MAX_UNKNOWN * 3; index += 1) {
      fleet.directory.reportUnknown({ key: `k${index}`.padEnd(5_000, "x"), protocol: "p", address: "a" });
    }
    const unknown = await fleet.unknown();
    expect(unknown).toHaveLength(MAX_UNKNOWN);
    expect(unknown.every(({ key }) => key.length === 100)).toBe(true);
    fleet.directory.reportUnknown({ key: unknown[0]?.key ?? "", protocol: "p", address: "a" });
    noted.mockClear();
    await fleet.unknown();
    expect(noted).not.toHaveBeenCalled();
  });
});

describe("accounts", () => {
  it("authenticate by login and password", async () => {
    const { fleet } = await started();
    expect(await fleet.accounts.authenticate("ada@example.com", "demo")).toMatchObject({ id: 1 });
    expect(await fleet.accounts.authenticate("ada@example.com", "Demo")).toBeUndefined();
    expect(await fleet.accounts.authenticate("nobody", "demo")).toBeUndefined();
  });

  it("open sessions for 30 days on every node", async () => {
    const { fleet, other, time } = await started();
    const hash = await fleet.accounts.openSession(1);
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(await other.accounts.userOfSession(hash.toUpperCase())).toMatchObject({ id: 1 });
    time.now += SESSION_MS;
    expect(await other.accounts.userOfSession(hash)).toBeUndefined();
    const second = await fleet.accounts.openSession(1);
    expect(await other.accounts.closeSession(second)).toBe(true);
    expect(await fleet.accounts.userOfSession(second)).toBeUndefined();
  });

  it("end a user's sessions when the password is another one, and only then", async () => {
    const { fleet, other, import: load } = await started();
    const hash = await fleet.accounts.openSession(1);
    await load({ users: [{ id: 1, password: "demo", time_zone: "UTC" }] });
    await other.refresh();
    expect(await other.accounts.userOfSession(hash)).toMatchObject({ id: 1, timeZone: "UTC" });
    await load({ users: [{ id: 1, password: "better" }] });
    await other.refresh();
    expect(await other.accounts.userOfSession(hash)).toBeUndefined();
    expect(await other.accounts.userOfSession(await fleet.accounts.openSession(1))).toMatchObject({ id: 1 });
  });

  it("tell on every node which session was closed", async () => {
    const { fleet, other } = await started();
    const [hash, second] = [await fleet.accounts.openSession(1), await fleet.accounts.openSession(1)];
    const ended: boolean[][] = [];
    other.accounts.onSessionEnd((isIt) => ended.push([isIt(hash.toUpperCase()), isIt(second)]));
    await fleet.accounts.closeSession(hash);
    await vi.waitFor(() => expect(ended).toEqual([[true, false]]));
  });

  it("make and delete API keys, at most so many", async () => {
    const { fleet, other } = await started();
    const made = await fleet.accounts.createApiKey(1, "second");
    await other.refresh();
    expect(other.directory.userOfHash(made?.hash ?? "")?.id).toBe(1);
    expect(fleet.accounts.apiKeysOf(1).map(({ title }) => title)).toEqual(["demo", "second"]);
    expect(await fleet.accounts.deleteApiKey(1, made?.hash ?? "")).toBe(true);
    expect(await fleet.accounts.deleteApiKey(1, made?.key.sha256 ?? "")).toBe(false);
    for (let count = 1; count < MAX_API_KEYS; count += 1) await fleet.accounts.createApiKey(1, "more");
    expect(await fleet.accounts.createApiKey(1, "one too many")).toBeNull();
    expect(await fleet.accounts.createApiKey(2, "nobody's")).toBeNull();
  });
});

describe("the demo fleet", () => {
  it("is made once, by one node, on an empty store only", async () => {
    const world = fleetWorld();
    const made = await Promise.all([world.fleet.demo("UTC"), world.other.demo("UTC")]);
    expect(made.sort()).toEqual([false, true]);
    expect(await world.fleet.demo("UTC")).toBe(false);
    const trackers = world.fleet.directory.trackersOf(world.fleet.directory.userOfHash(DEMO_HASH)?.id ?? 0);
    expect(trackers.map(({ id, protocol }) => [id, protocol])).toEqual([
      [1_000_001, "wialon-ips"],
      [1_000_002, "jt808"],
      [1_000_003, null],
    ]);
    expect(await (await started()).fleet.demo("UTC")).toBe(false);
  });
});
