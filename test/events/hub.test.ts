import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventBatch, EventStore, Following, Hearer } from "../../src/chat/events.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import { EventHub } from "../../src/events/hub.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { fleetOf, silent } from "./event-world.ts";

const USER = 1;
const POLL_MS = 3_000;
let hub: EventHub;
beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  hub.stop();
  vi.useRealTimers();
});

/** Writes down what it hears; `gate` holds it up. */
class Ear implements Hearer {
  readonly batches: EventBatch[] = [];
  calls = 0;
  gate: Promise<void> = Promise.resolve();

  hear(batches: readonly EventBatch[]): void {
    this.calls += 1;
    this.batches.push(...batches);
  }

  ready(): Promise<void> {
    return this.gate;
  }

  get numbers(): readonly unknown[] {
    return this.batches.flatMap(({ events }) => events.map((event) => (event.type === "unread" ? event.unread : event.type)));
  }
}

interface Bench {
  readonly events: EventStore;
  readonly calls: string[];
  readonly woken: number[];
  readonly faults: { readsFail: boolean; nudgesLost: boolean };
  /** Appends the next event of tracker 1 to the account's stream. */
  say(): Promise<number>;
  follow(ear: Ear, after?: string | null): Promise<Following>;
}

function bench(): Bench {
  const store = new MemoryStore(() => Date.now());
  const calls: string[] = [];
  const woken: number[] = [];
  const faults = { readsFail: false, nudgesLost: false };
  const events = new Proxy<EventStore>(store.events, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls.push(String(name));
        if (name === "read" && faults.readsFail) return Promise.reject(new StoreUnavailable("planned"));
        if (name === "onNudge") return store.events.onNudge((userId) => faults.nudgesLost || (args[0] as (id: number) => void)(userId));
        return Reflect.apply(value, target, args);
      };
    },
  });
  hub = new EventHub({ store: events, directory: fleetOf(1), messages: store, wake: (userId) => woken.push(userId), log: silent });
  hub.start();
  let last = 0;
  return {
    events,
    calls,
    woken,
    faults,
    say: async () => {
      last += 1;
      await store.events.relay(USER, [{ trackerId: 1, first: last, events: [{ type: "unread", unread: last }] }], true);
      return last;
    },
    follow: async (ear, after = null) => {
      const following = await hub.follow(USER, after, ear);
      await following.start();
      return following;
    },
  };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);
const reads = ({ calls }: Bench): number => calls.filter((name) => name === "read").length;

describe("the hub", () => {
  it("reads once for all who listen to an account, and tells each the same", async () => {
    const here = bench();
    const ears = Array.from({ length: 50 }, () => new Ear());
    for (const ear of ears) await here.follow(ear);
    await settle();
    const before = reads(here);
    for (let n = 0; n < 10; n += 1) {
      await here.say();
      await settle();
    }
    expect(reads(here) - before).toBeLessThanOrEqual(10);
    for (const ear of ears) expect(ear.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ears[0]?.batches[3]).toBe(ears[49]?.batches[3]);
    expect(new Set(here.woken)).toEqual(new Set([USER]));
  });

  it("makes up for lost nudges by looking, and says that somebody listens as long as that is so", async () => {
    const here = bench();
    const ear = new Ear();
    const following = await here.follow(ear);
    here.faults.nudgesLost = true;
    await here.say();
    await settle();
    expect(ear.numbers).toEqual([]);
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(ear.numbers).toEqual([1]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect((await here.events.relay(USER, [], true)).listening).toBe(true);
    following.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await here.events.relay(USER, [], true)).listening).toBe(false);
  });

  it("goes on where it was when a read fails", async () => {
    const here = bench();
    const ear = new Ear();
    await here.follow(ear);
    here.faults.readsFail = true;
    await here.say();
    await here.say();
    await vi.advanceTimersByTimeAsync(2 * POLL_MS);
    expect(ear.numbers).toEqual([]);
    here.faults.readsFail = false;
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(ear.numbers).toEqual([1, 2]);
  });

  it("reads to one who comes back what it missed, page by page and no faster than it takes them, then goes on with all", async () => {
    const here = bench();
    const { from } = await hub.follow(USER, null, new Ear());
    for (let n = 0; n < 250; n += 1) await here.say();
    const [ear, other] = [new Ear(), new Ear()];
    await here.follow(other);
    let open = (): void => undefined;
    ear.gate = new Promise((resolve) => {
      open = resolve;
    });
    const started = here.follow(ear, from);
    await settle();
    expect([ear.calls, ear.numbers.length]).toEqual([1, 50]);
    await here.say();
    await settle();
    expect(other.numbers).toEqual([251]);
    expect(ear.calls).toBe(1);
    open();
    await started;
    await here.say();
    await settle();
    expect(ear.numbers).toEqual(Array.from({ length: 252 }, (_, n) => n + 1));
    expect(other.numbers).toEqual([251, 252]);
  });

  it("tells nothing after a hearer left, also while it was reading what it missed", async () => {
    const here = bench();
    const { from } = await hub.follow(USER, null, new Ear());
    for (let n = 0; n < 150; n += 1) await here.say();
    const ear = new Ear();
    let open = (): void => undefined;
    ear.gate = new Promise((resolve) => {
      open = resolve;
    });
    const following = await hub.follow(USER, from, ear);
    const started = following.start();
    await settle();
    following.leave();
    open();
    await started;
    await here.say();
    await settle();
    expect(ear.calls).toBe(1);
    expect(reads(here)).toBeLessThan(5);
    const before = reads(here);
    await vi.advanceTimersByTimeAsync(4 * POLL_MS);
    expect(reads(here)).toBe(before);
  });

  it("says when what was asked for is not there, and when it cannot be read", async () => {
    const here = bench();
    await here.say();
    expect((await hub.follow(USER, "1-1", new Ear())).reset).toBe(true);
    const { from } = await hub.follow(USER, null, new Ear());
    await here.say();
    await here.follow(new Ear());
    const back = await hub.follow(USER, from, new Ear());
    expect(back.reset).toBe(false);
    here.faults.readsFail = true;
    await expect(back.start()).rejects.toThrow(StoreUnavailable);
  });
});
