/** What a dead node left: its events are relayed, its devices are said to be gone. On a real Redis in cluster mode. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { EventStore } from "../../src/chat/events.ts";
import { type OwnLine, Reaper } from "../../src/events/reaper.ts";
import { deviceText, freshTracker, received, submitted } from "../store/world.ts";
import type { MemoryDirectory } from "../support/fleet.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type EventNode, fleetOf, redisNode, saidTo, silent } from "./event-world.ts";

const USER = 1;
const LOOKS = 3;
let redis: TestRedis;
const nodes: EventNode[] = [];
beforeAll(async () => {
  redis = await startRedis({ cluster: true });
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const node of nodes.splice(0)) {
    await node.relayer.stop();
    node.die();
  }
  await redis.command("FLUSHALL");
});

async function start(name: string, directory: MemoryDirectory): Promise<EventNode & { readonly reaper: Reaper }> {
  const node = await redisNode(redis, name, directory);
  nodes.push(node);
  const { events, store: messages, relayer } = node;
  const reaper = new Reaper({ events, messages, recover: (ids) => relayer.recover(ids), node: name, log: silent });
  await messages.renewLease(name, 60_000);
  await events.place(USER, null, true);
  return { ...node, reaper };
}

/** kill -9, and the lease runs out. */
async function kill(node: EventNode): Promise<void> {
  node.die();
  nodes.splice(
    nodes.findIndex(({ name }) => name === node.name),
    1,
  );
  await redis.command("ZREM", "nodes", node.name);
}

async function looks(reaper: Reaper, times: number): Promise<readonly string[]> {
  const gone: string[] = [];
  for (let n = 0; n < times; n += 1) gone.push(...(await reaper.look()));
  return gone;
}

describe("the reaper", () => {
  it("relays what a dead node wrote, and says that its devices are gone", async () => {
    const [plain, online, moved] = [freshTracker(), freshTracker(), freshTracker()];
    const directory = fleetOf(plain, online, moved);
    const [live, doomed] = [await start("a-live", directory), await start("b-doomed", directory)];
    for (const trackerId of [online, moved]) await doomed.store.login({ trackerId, node: "b-doomed", protocol: "p" });
    await live.store.login({ trackerId: moved, node: "a-live", protocol: "p" });
    await expect.poll(() => saidTo(live.events, USER)).toEqual(["online", "online", "online"]);
    // Killed before it could relay these.
    const id = await submitted(doomed.store, plain);
    const { ids } = await received(doomed.store, online, { epoch: Number.MAX_SAFE_INTEGER, texts: [deviceText("hello", "1")] });
    await kill(doomed);
    expect(await live.events.waiting(plain)).not.toBeNull();
    expect(await looks(live.reaper, LOOKS)).toEqual(["b-doomed"]);
    expect([...(await saidTo(live.events, USER))].slice(3).sort()).toEqual(
      [`message ${id} queued`, `message ${ids[0]} unread`, "unread 1", "offline"].sort(),
    );
    for (const trackerId of [plain, online, moved]) expect(await live.events.waiting(trackerId)).toBeNull();
    expect(await live.events.nodes()).not.toContain("b-doomed");
    expect(await live.events.trackersOf("b-doomed")).toEqual([]);
    expect(await looks(live.reaper, LOOKS)).toEqual([]);
  });

  it("gives nobody up whose lease is valid, nor after an outage in which all of them lapsed", async () => {
    const tracker = freshTracker();
    const directory = fleetOf(tracker);
    const [one, other] = [await start("a", directory), await start("b", directory)];
    await other.store.login({ trackerId: tracker, node: "b", protocol: "p" });
    expect(await looks(one.reaper, LOOKS + 1)).toEqual([]);
    await redis.command("DEL", "nodes");
    expect(await looks(one.reaper, LOOKS + 2)).toEqual([]);
    // Whoever is back first sees the others without a lease: it waits until it has had its own for a while.
    await one.store.renewLease("a", 60_000);
    expect(await looks(one.reaper, LOOKS - 1)).toEqual([]);
    await other.store.renewLease("b", 60_000);
    expect(await looks(one.reaper, LOOKS + 1)).toEqual([]);
    await expect.poll(() => saidTo(one.events, USER)).toEqual(["online"]);
  });

  it("leaves it to the first by name", async () => {
    const tracker = freshTracker();
    const directory = fleetOf(tracker);
    const [first, second, doomed] = [await start("a", directory), await start("b", directory), await start("c", directory)];
    await doomed.store.login({ trackerId: tracker, node: "c", protocol: "p" });
    await kill(doomed);
    expect(await looks(second.reaper, LOOKS + 2)).toEqual([]);
    expect(await looks(first.reaper, LOOKS)).toEqual(["c"]);
  });

  it("takes over from an earlier process of the same name, without waiting for the lease", async () => {
    const [plain, online] = [freshTracker(), freshTracker()];
    const directory = fleetOf(plain, online);
    const before = await start("same", directory);
    await before.store.login({ trackerId: online, node: "same", protocol: "p" });
    const id = await submitted(before.store, plain);
    before.die();
    nodes.length = 0;
    const after = await start("same", directory);
    await after.reaper.recover();
    expect([...(await saidTo(after.events, USER))].sort()).toEqual([`message ${id} queued`, "online", "offline"].sort());
    const { epoch } = await after.store.login({ trackerId: online, node: "same", protocol: "p" });
    expect((await after.events.holders([online])).get(online)).toEqual({ node: "same", epoch });
  });

  it("relays and says so when Redis is full, too", async () => {
    const [plain, online] = [freshTracker(), freshTracker()];
    const directory = fleetOf(plain, online);
    const [live, doomed] = [await start("a", directory), await start("b", directory)];
    await doomed.store.login({ trackerId: online, node: "b", protocol: "p" });
    await expect.poll(() => saidTo(live.events, USER)).toEqual(["online"]);
    const id = await submitted(doomed.store, plain);
    await kill(doomed);
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    try {
      expect(await looks(live.reaper, LOOKS)).toEqual(["b"]);
      expect([...(await saidTo(live.events, USER))].sort()).toEqual([`message ${id} queued`, "online", "offline"].sort());
    } finally {
      await redis.command("CONFIG", "SET", "maxmemory", "0");
    }
  });

  it("does not touch a line that came to the same name after it looked", async () => {
    const tracker = freshTracker();
    const directory = fleetOf(tracker);
    const [live, doomed] = [await start("a", directory), await start("b", directory)];
    await doomed.store.login({ trackerId: tracker, node: "b", protocol: "p" });
    const owner = (await live.events.holders([tracker])).get(tracker) ?? { node: "", epoch: 0 };
    await doomed.store.login({ trackerId: tracker, node: "b", protocol: "p" });
    expect(await live.events.presume(tracker, owner, false)).toBe(false);
  });

  it("hears of a node that was given up and lives: its lines are there again", async () => {
    const [tracker, quiet] = [freshTracker(), freshTracker()];
    const directory = fleetOf(tracker, quiet);
    const [live, paused] = [await start("a", directory), await start("b", directory)];
    const { epoch } = await paused.store.login({ trackerId: tracker, node: "b", protocol: "p" });
    await redis.command("ZREM", "nodes", "b");
    expect(await looks(live.reaper, LOOKS)).toEqual(["b"]);
    expect(await paused.store.renewLease("b", 60_000)).toBe("taken");
    expect(await paused.store.renewLease("b", 60_000)).toBe("kept");
    await paused.reaper.renewed("taken", [{ trackerId: tracker, epoch }]);
    await expect.poll(() => saidTo(live.events, USER)).toEqual(["online", "offline", "online"]);
    expect(await live.events.nodes()).toContain("b");
    expect(await live.events.trackersOf("b")).toEqual([tracker]);
  });
});

describe("a node that comes back while it is given up", () => {
  const LINES = 250;
  const given = (stage: Stage): Promise<readonly string[]> => looks(stage.reaper, LOOKS);

  interface Stage {
    /** Of the node that gives up. */
    readonly reaper: Reaper;
    readonly live: EventNode;
    readonly paused: EventNode & { readonly reaper: Reaper };
    readonly lines: readonly OwnLine[];
  }

  /** In the second hundred of its lines it has its lease again, and says so at once. */
  async function comingBack(): Promise<Stage> {
    const trackers = Array.from({ length: LINES }, freshTracker);
    const directory = fleetOf(...trackers);
    const [live, paused] = [await start("a", directory), await start("b", directory)];
    const login = async (trackerId: number): Promise<OwnLine> => {
      const { epoch } = await paused.store.login({ trackerId, node: "b", protocol: "p" });
      return { trackerId, epoch };
    };
    const lines = await Promise.all(trackers.map(login));
    await redis.command("ZREM", "nodes", "b");
    let presumed = 0;
    const presume: EventStore["presume"] = async (...args) => {
      presumed += 1;
      if (presumed === 101) await paused.reaper.renewed(await paused.store.renewLease("b", 60_000), lines);
      return await live.events.presume(...args);
    };
    const events = over(live.events, { presume });
    const reaper = new Reaper({ events, messages: live.store, recover: (ids) => live.relayer.recover(ids), node: "a", log: silent });
    return { reaper, live, paused, lines };
  }

  /** Trackers of which the account hears last that they are online. */
  async function online({ live }: Stage): Promise<number> {
    const last = new Map<number, boolean>();
    for (const { trackerId, events } of await live.events.read(USER, "0-0", 100_000)) {
      for (const event of events) if (event.type === "presence") last.set(trackerId, event.online);
    }
    return [...last.values()].filter((one) => one).length;
  }

  it("is left alone from then on, and says that all its lines are there, also those given up meanwhile", async () => {
    const stage = await comingBack();
    const { reaper, live, paused, lines } = stage;
    expect(await given(stage)).toEqual([]);
    expect(await online(stage)).toBeLessThan(LINES);
    await reaper.look();
    await paused.reaper.renewed("kept", lines);
    await expect.poll(() => online(stage)).toBe(LINES);
    expect(await live.events.trackersOf("b")).toHaveLength(LINES);
    expect(await live.events.nodes()).toContain("b");
    await reaper.look();
    await paused.reaper.renewed("kept", lines);
    expect(await live.events.nodes()).toContain("b");
    await kill(paused);
    expect(await given(stage)).toEqual(["b"]);
    expect(await online(stage)).toBe(0);
  });

  it("is given up all the same when it dies before it could say so", async () => {
    const stage = await comingBack();
    await given(stage);
    await stage.reaper.look();
    expect(await stage.live.events.nodes()).not.toContain("b");
    await kill(stage.paused);
    expect(await given(stage)).toEqual(["b"]);
    expect(await online(stage)).toBe(0);
    expect(await stage.live.events.trackersOf("b")).toEqual([]);
  });

  it("says it again at each renewal until that succeeds", async () => {
    const tracker = freshTracker();
    const directory = fleetOf(tracker);
    const [live, paused] = [await start("a", directory), await start("b", directory)];
    const { epoch } = await paused.store.login({ trackerId: tracker, node: "b", protocol: "p" });
    await redis.command("ZREM", "nodes", "b");
    expect(await looks(live.reaper, LOOKS)).toEqual(["b"]);
    await redis.command("SET", "ev:node:{b}", "in the way");
    await paused.reaper.renewed("taken", [{ trackerId: tracker, epoch }]);
    expect(await saidTo(live.events, USER)).toEqual(["online", "offline"]);
    await redis.command("DEL", "ev:node:{b}");
    await paused.reaper.renewed("kept", [{ trackerId: tracker, epoch }]);
    await expect.poll(() => saidTo(live.events, USER)).toEqual(["online", "offline", "online"]);
    expect(await live.events.trackersOf("b")).toEqual([tracker]);
  });
});

describe("a node's names for what it answers for", () => {
  it("are there before a change, go when it is quiet, and come again", async () => {
    const tracker = freshTracker();
    const { store, events } = await start("a", fleetOf(tracker));
    await submitted(store, tracker);
    expect(await events.trackersOf("a")).toEqual([tracker]);
    await events.release("a", events.idle(0));
    expect(await events.trackersOf("a")).toEqual([]);
    await Promise.all([submitted(store, tracker), submitted(store, tracker)]);
    expect(await events.trackersOf("a")).toEqual([tracker]);
  });

  it("fail the change when they cannot be written", async () => {
    const tracker = freshTracker();
    const { store } = await start("a", fleetOf(tracker));
    await redis.command("SET", "ev:node:{a}", "in the way");
    await expect(submitted(store, tracker)).rejects.toThrow(/WRONGTYPE/);
    await redis.command("DEL", "ev:node:{a}");
    expect(await submitted(store, tracker)).toBeGreaterThan(0);
  });

  it("fail each change until the node itself is named", async () => {
    const [one, other] = [freshTracker(), freshTracker()];
    const { store, events } = await start("a", fleetOf(one, other));
    await redis.command("SET", "ev:nodes", "in the way");
    const both = await Promise.allSettled([submitted(store, one), submitted(store, other)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await redis.command("DEL", "ev:nodes");
    await submitted(store, one);
    expect(await events.nodes()).toEqual(["a"]);
  });
});

/** A store of events of which some calls are replaced. */
function over(events: EventStore, calls: Partial<EventStore>): EventStore {
  const inner = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(events, name);
    return typeof value === "function" ? value.bind(events) : value;
  };
  return new Proxy(events, { get: (_, name) => Reflect.get(calls, name) ?? inner(name) });
}
