import pino from "pino";
import { afterEach, describe, expect, it } from "vitest";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import { type Removed, StoreUnavailable } from "../../src/chat/ports.ts";
import { Retention, type RetentionDeps } from "../../src/outbox/retention.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { until } from "../support/gateway-world.ts";

const DAY_MS = 86_400_000;
const log = pino({ level: "silent" });
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A store, its clock, and what was asked of it. */
class Place {
  time = { now: 1_600_000_000_000 };
  readonly store = new MemoryStore(() => this.time.now);
  readonly asked: string[] = [];
  trackers: TrackerId[] = [];
  counted = 0;

  retention(changes: Partial<RetentionDeps> = {}): Retention {
    const { store, asked } = this;
    const retention = new Retention({
      node: "a",
      keepMs: 30 * DAY_MS,
      store: {
        ages: (trackerIds) => {
          asked.push(...trackerIds.map((trackerId) => `age ${trackerId}`));
          return store.ages(trackerIds);
        },
        removeOld: (trackerId, ageMs) => {
          asked.push(`remove ${trackerId}`);
          return store.removeOld(trackerId, ageMs);
        },
        tidyIds: () => {
          asked.push("tidy");
          return store.tidyIds();
        },
        liveNodes: () => store.liveNodes(),
      },
      trackers: () => this.trackers,
      now: () => this.time.now,
      meter: {
        count: (what, label, by = 1) => {
          if (what === "removed" && label === "age") this.counted += by;
        },
      },
      log,
      ...changes,
    });
    closers.push(() => retention.stop());
    return retention;
  }

  async text(trackerId: TrackerId, ttlMs = DAY_MS): Promise<MessageId> {
    const draft = { trackerId, text: "x", employeeId: null, urgent: false, altered: false, rejected: null, ttlMs };
    const submitted = await this.store.submit(draft);
    return submitted.type === "stored" ? submitted.id : 0;
  }

  async ended(trackerId: TrackerId): Promise<MessageId> {
    const id = await this.text(trackerId);
    await this.store.cancel(trackerId, id);
    return id;
  }

  /** What is asked while every shard gets its turn once. */
  async pass(retention: Retention): Promise<readonly string[]> {
    this.asked.length = 0;
    await this.store.renewLease("a", 60_000);
    for (let shard = 0; shard < 16; shard += 1) await retention.remove(shard);
    return [...this.asked];
  }

  async left(...ids: readonly MessageId[]): Promise<readonly (MessageId | null)[]> {
    return (await this.store.find(ids)).map((message) => message?.id ?? null);
  }
}

describe("retention", () => {
  it("removes what is old, and asks nothing while nothing is due", async () => {
    const place = new Place();
    place.trackers = [1, 2, -3];
    const retention = place.retention();
    const [one, other] = [await place.ended(1), await place.ended(-3)];
    expect([...(await place.pass(retention))].sort()).toEqual(["age -3", "age 1", "age 2"]);
    place.time.now += 29 * DAY_MS;
    expect(await place.pass(retention)).toEqual([]);
    const young = await place.ended(1);
    place.time.now += DAY_MS;
    expect((await place.pass(retention)).filter((what) => what !== "tidy")).toEqual(["remove 1", "remove 2", "remove -3"]);
    expect(await place.left(one, other, young)).toEqual([null, null, young]);
    expect(place.counted).toBe(2);
    place.time.now += 60_000;
    expect(await place.pass(retention)).toEqual(["tidy"]);
    expect(await place.pass(retention)).toEqual([]);
    place.time.now += 29 * DAY_MS;
    expect(await place.pass(retention)).toContain("remove 1");
    expect(await place.left(young)).toEqual([null]);
  });

  it("never removes a pending text, and comes back for it once it has ended", async () => {
    const place = new Place();
    place.trackers = [1];
    const retention = place.retention();
    const id = await place.text(1, 40 * DAY_MS);
    await place.pass(retention);
    place.time.now += 31 * DAY_MS;
    await place.pass(retention);
    await place.pass(retention);
    expect(await place.left(id)).toEqual([id]);
    await place.store.cancel(1, id);
    place.time.now += 3_600_000;
    await place.pass(retention);
    expect(await place.left(id)).toEqual([null]);
  });

  it("looks at a busy tracker once an hour, not at each message", async () => {
    const place = new Place();
    place.trackers = [1];
    const retention = place.retention();
    for (let minute = 0; minute < 120; minute += 1) {
      await place.ended(1);
      place.time.now += 60_000;
    }
    await place.pass(retention);
    place.time.now += 30 * DAY_MS - 120 * 60_000;
    let visits = 0;
    for (let minute = 0; minute < 120; minute += 1) {
      visits += (await place.pass(retention)).filter((what) => what === "remove 1").length;
      place.time.now += 60_000;
    }
    expect(visits).toBe(2);
  });

  it("does a bounded part in a beat, and the rest in the next ones", async () => {
    const place = new Place();
    place.trackers = Array.from({ length: 50 }, (_, n) => 16 * n);
    const slice: Removed = { removed: 128, next: 7, dueInMs: null, kept: 0 };
    const last: Removed = { removed: 1, next: null, dueInMs: null, kept: 0 };
    let slices = 0;
    const store: RetentionDeps["store"] = {
      ages: (trackerIds) => Promise.resolve(new Map(trackerIds.map((trackerId) => [trackerId, 31 * DAY_MS]))),
      removeOld: () => {
        slices += 1;
        return Promise.resolve(slices === 300 ? last : slice);
      },
      tidyIds: () => Promise.resolve(false),
      liveNodes: () => Promise.resolve(["a"]),
    };
    const retention = place.retention({ store });
    expect(await retention.remove(0)).toBe(256 * 128);
    expect(slices).toBe(256);
    expect(await retention.remove(0)).toBe(255 * 128 + 1);
    expect(slices).toBe(512);
  });

  it("asks about a bounded number of trackers for the first time, and forgets those that are gone", async () => {
    const place = new Place();
    place.trackers = Array.from({ length: 100 }, (_, n) => 16 * n);
    const retention = place.retention();
    const firsts = [await place.pass(retention), await place.pass(retention), await place.pass(retention), await place.pass(retention)];
    expect(firsts.map(({ length }) => length)).toEqual([32, 32, 32, 4]);
    place.trackers = [];
    expect(await place.pass(retention)).toEqual([]);
    place.trackers = [16];
    expect(await place.pass(retention)).toEqual(["age 16"]);
  });

  it("leaves to others what is theirs", async () => {
    const place = new Place();
    place.trackers = Array.from({ length: 32 }, (_, n) => n);
    await place.store.renewLease("b", 60_000);
    const [mine, theirs] = [await place.pass(place.retention()), await place.pass(place.retention({ node: "b" }))];
    expect([mine.length, theirs.length]).toEqual([16, 16]);
    expect(new Set([...mine, ...theirs]).size).toBe(32);
    expect(await place.pass(place.retention({ node: "without a lease" }))).toEqual([]);
  });

  it("says once that the store would not do it, and again after it did", async () => {
    const place = new Place();
    place.trackers = Array.from({ length: 16 }, (_, n) => n);
    let [away, failures, done] = [true, 0, 0];
    const said: string[] = [];
    const store: RetentionDeps["store"] = {
      ages: (trackerIds) => Promise.resolve(new Map(trackerIds.map((trackerId) => [trackerId, DAY_MS]))),
      removeOld: () => {
        if (away) failures += 1;
        else done += 1;
        return away ? Promise.reject(new StoreUnavailable("Redis: OOM")) : Promise.resolve({ removed: 1, next: null, dueInMs: 0, kept: 0 });
      },
      tidyIds: () => Promise.resolve(false),
      liveNodes: () => Promise.resolve(["a"]),
    };
    const hearing = pino({ level: "warn" }, { write: (line: string) => void said.push(JSON.parse(line).msg) });
    place.retention({ keepMs: 1, store, log: hearing, now: () => performance.now() }).start();
    // A little more than one pass of the 16 shards.
    await until(() => failures > 17, String, 5_000);
    expect(said).toHaveLength(1);
    away = false;
    await until(() => done > 17, String, 5_000);
    [away, failures] = [true, 0];
    await until(() => failures > 1, String, 5_000);
    expect(said).toHaveLength(2);
  });

  it("runs by itself, and faster the shorter messages are kept", async () => {
    const place = new Place();
    place.trackers = [1];
    await place.store.renewLease("a", 60_000);
    const id = await place.ended(1);
    const retention = place.retention({ keepMs: 1 });
    retention.start();
    await until(() => place.asked.includes("age 1"), String, 5_000);
    place.time.now += 4_999;
    await until(async () => (await place.left(id))[0] === id);
    place.time.now += 1;
    await until(async () => (await place.left(id))[0] === null, String, 5_000);
  });
});
