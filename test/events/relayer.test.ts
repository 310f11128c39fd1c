import { afterEach, describe, expect, it, vi } from "vitest";
import { type EventStore, STREAM_ENTRIES } from "../../src/chat/events.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { RELAY_MS, type Relayer } from "../../src/events/relayer.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { draft, incoming, submitted } from "../store/world.ts";
import type { MemoryDirectory } from "../support/fleet.ts";
import { fleetOf, relayerOver, saidTo } from "./event-world.ts";

const USER = 1;
const relayers: Relayer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const relayer of relayers.splice(0)) await relayer.stop();
});

interface Bench {
  readonly store: MemoryStore;
  readonly directory: MemoryDirectory;
  readonly relayer: Relayer;
  readonly events: EventStore;
  /** Calls of the events' store by name. */
  readonly calls: string[];
  readonly outage: { on: boolean };
}

/** On virtual time. */
function bench(...trackers: readonly number[]): Bench {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  const store = new MemoryStore(() => Date.now());
  const directory = fleetOf(...(trackers.length > 0 ? trackers : [1]));
  const calls: string[] = [];
  const outage = { on: false };
  const events = new Proxy<EventStore>(store.events, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        const fails = outage.on && ["relay", "waiting", "settle"].includes(String(name));
        return fails ? Promise.reject(new StoreUnavailable("planned")) : Reflect.apply(value, target, args);
      };
    },
  });
  const relayer = relayerOver({ events }, directory);
  relayers.push(relayer);
  relayer.start();
  return { store, directory, relayer, events, calls, outage };
}

const count = (calls: readonly string[], name: string): number => calls.filter((one) => one === name).length;

describe("the relayer", () => {
  it("brings what was written to the account's stream at once while somebody listens, many in one call", async () => {
    const { store, calls } = bench(1, 2);
    await store.events.place(USER, null, true);
    const ids: number[] = [];
    for (let n = 0; n < 50; n += 1) ids.push(await submitted(store, 1 + (n % 2), { text: `${n}` }));
    expect(await saidTo(store.events, USER)).toEqual([]);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect([...(await saidTo(store.events, USER))].sort()).toEqual(ids.map((id) => `message ${id} queued`).sort());
    // The first call asks for what the stream does not know yet.
    expect(count(calls, "relay")).toBeLessThanOrEqual(2);
    await store.cancel(1, ids[0] ?? 0);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect((await saidTo(store.events, USER)).at(-1)).toBe(`status ${ids[0]} cancelled`);
    expect(count(calls, "relay")).toBeLessThanOrEqual(3);
  });

  it("serves an account that nobody listens to seldom, and at once when somebody begins to", async () => {
    const { store, relayer, calls } = bench();
    await submitted(store, 1);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    const before = count(calls, "relay");
    for (let n = 0; n < 10; n += 1) {
      await submitted(store, 1);
      await vi.advanceTimersByTimeAsync(RELAY_MS.unheard / 20);
    }
    expect(count(calls, "relay")).toBe(before);
    await vi.advanceTimersByTimeAsync(RELAY_MS.unheard);
    expect(count(calls, "relay")).toBe(before + 1);
    expect(await saidTo(store.events, USER)).toHaveLength(11);
    await submitted(store, 1);
    relayer.wake(USER);
    await vi.advanceTimersByTimeAsync(1);
    expect(await saidTo(store.events, USER)).toHaveLength(12);
    await submitted(store, 1);
    await store.events.wake(USER);
    await vi.advanceTimersByTimeAsync(1);
    expect(await saidTo(store.events, USER)).toHaveLength(13);
  });

  it("lets what was relayed be forgotten when its tracker is quiet", async () => {
    const { store } = bench();
    await store.events.place(USER, null, true);
    await submitted(store, 1);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect(await store.events.waiting(1)).not.toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await store.events.waiting(1)).toBeNull();
  });

  it("makes up for an outage by itself: nothing is missing and nothing twice", async () => {
    const { store, outage } = bench(1, 2);
    await store.events.place(USER, null, true);
    outage.on = true;
    const ids = [await submitted(store, 1), await submitted(store, 2)];
    await vi.advanceTimersByTimeAsync(5_000);
    ids.push(await submitted(store, 1));
    expect(await saidTo(store.events, USER)).toEqual([]);
    outage.on = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect([...(await saidTo(store.events, USER))].sort()).toEqual(ids.map((id) => `message ${id} queued`).sort());
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await store.events.waiting(1)).toBeNull();
  });

  it("reads what a call with an unknown outcome may have written, and what another node wrote before", async () => {
    const { store } = bench();
    await store.events.place(USER, null, true);
    // Written while nobody relays, as by a node that died at once.
    await relayers.pop()?.stop();
    const lost = await submitted(store, 1);
    const heir = relayerOver(store, fleetOf(1));
    relayers.push(heir);
    heir.start();
    await store.markRead(1, [lost]);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect(await saidTo(store.events, USER)).toEqual([`message ${lost} queued`]);
  });

  it("relays to whom a tracker belongs when it happens; a new owner hears nothing of before", async () => {
    const { store, directory } = bench();
    await store.events.place(1, null, true);
    await store.events.place(2, null, true);
    const before = await submitted(store, 1);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    const late = await submitted(store, 1);
    await store.disown(1);
    directory.change(1, { userId: 2 });
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect(await saidTo(store.events, 1)).toEqual([`message ${before} queued`, `message ${late} queued`]);
    const after = await incoming(store, 1, "mine");
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    expect(await saidTo(store.events, 2)).toEqual([`message ${after} unread`, "unread 1"]);
    expect(await saidTo(store.events, 1)).toHaveLength(2);
  });

  it("keeps nobody's events to itself", async () => {
    const { store, calls } = bench();
    await store.submit(draft(99));
    await vi.advanceTimersByTimeAsync(RELAY_MS.unheard * 2);
    expect(count(calls, "relay")).toBe(0);
  });

  it("relays what is left when it stops, and no more", async () => {
    const { store, relayer } = bench();
    const id = await submitted(store, 1);
    const stopped = relayer.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopped;
    expect(await saidTo(store.events, USER)).toEqual([`message ${id} queued`]);
    expect(await store.events.waiting(1)).toBeNull();
    await submitted(store, 1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await saidTo(store.events, USER)).toHaveLength(1);
  });

  it("says so when more was written than waits", async () => {
    const { store, outage } = bench();
    await store.events.place(USER, null, true);
    await submitted(store, 1);
    await vi.advanceTimersByTimeAsync(RELAY_MS.listened);
    outage.on = true;
    for (let n = 0; n < 4_200; n += 1) await store.submit(draft(1, { rejected: "never" }));
    outage.on = false;
    await vi.advanceTimersByTimeAsync(3_000);
    const said = await saidTo(store.events, USER);
    expect(said[1]).toBe("lost");
    expect(said.length).toBe(2 + 4_096);
    expect(said.length).toBeLessThan(STREAM_ENTRIES);
  });
});
