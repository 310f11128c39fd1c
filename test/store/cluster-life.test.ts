/** A Redis Cluster that changes under traffic: a slot moves to another master, a master dies and its replica takes over. */
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { TrackerId } from "../../src/chat/message.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { IDS } from "../../src/store/keys.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { until } from "../support/gateway-world.ts";
import { startCluster, type TestCluster } from "../support/redis-cluster.ts";
import { draft, freshTracker } from "./world.ts";

const TRACKERS = 40;
const TEXTS_BEFORE = 3;
const RETRY_MS = 20;

let cluster: TestCluster | null = null;
let connection: RedisConnection | null = null;
let traffic: Traffic | null = null;

afterEach(async () => {
  await traffic?.stop();
  connection?.disconnect();
  await cluster?.stop();
  cluster = null;
});

async function open(replicas: number, replicated = replicas > 0): Promise<{ readonly store: RedisStore; readonly cluster: TestCluster }> {
  cluster = await startCluster({ replicas: replicated });
  connection = connectRedis(cluster.place, "requests");
  await connected(connection, 10_000);
  return { store: new RedisStore(connection, null, replicas), cluster };
}

describe("a cluster of three masters", { timeout: 60_000 }, () => {
  it("loses and repeats nothing while a slot moves; only calls on its trackers may fail, and none does afterwards", async () => {
    const { store, cluster: three } = await open(0);
    const trackers = Array.from({ length: TRACKERS }, freshTracker);
    const [moved = 0] = trackers;
    const calls = new Traffic(store, trackers);
    traffic = calls;
    await until(() => trackers.every((tracker) => calls.of(tracker).stored.length >= TEXTS_BEFORE));
    const slot = Number(await three.masters[0]?.command("CLUSTER", "KEYSLOT", `{t${moved}}`));
    const owner = await three.ownerOf(slot);
    await three.moveSlot(slot, (owner + 1) % 3, 100);
    expect(await three.ownerOf(slot)).toBe((owner + 1) % 3);
    const [after, failedBefore] = [calls.of(moved).stored.length, calls.of(moved).failed.length];
    await until(() => calls.of(moved).stored.length >= after + 10);
    await calls.stop();
    for (const tracker of trackers) await calls.check(tracker);
    for (const tracker of trackers.slice(1)) expect(calls.of(tracker).failed).toEqual([]);
    console.log(`moved a slot under ${calls.count} calls: ${calls.of(moved).failed.length} on its tracker failed`);
    // One may have begun before the move ended.
    expect(calls.of(moved).failed.length - failedBefore).toBeLessThanOrEqual(1);
  });

  it.each([0, 1])("go on with a replica when the master of the ids dies, with REDIS_REPLICAS=%i", async (replicas) => {
    const { store, cluster: six } = await open(replicas, true);
    const trackers = Array.from({ length: TRACKERS }, freshTracker);
    const calls = new Traffic(store, trackers);
    traffic = calls;
    await until(() => trackers.every((tracker) => calls.of(tracker).stored.length >= TEXTS_BEFORE), String, 15_000);
    const owner = await six.ownerOf(Number(await six.masters[0]?.command("CLUSTER", "KEYSLOT", IDS)));
    await six.masters[owner]?.kill();
    const from = performance.now();
    const counts = trackers.map((tracker) => calls.of(tracker).stored.length);
    await until(
      async () => String(await six.replicas[owner]?.command("INFO", "replication")).includes("role:master"),
      () => "a new master",
      20_000,
    );
    // It comes back as the replica that the new master needs for its acknowledgements.
    await six.masters[owner]?.restart();
    const again = (): boolean => trackers.every((tracker, index) => calls.of(tracker).stored.length >= (counts[index] ?? 0) + TEXTS_BEFORE);
    await until(again, String, 30_000);
    const ms = performance.now() - from;
    await calls.stop();
    const lost = (await Promise.all(trackers.map((tracker) => calls.lost(tracker)))).flat();
    const told = `${calls.count} calls, ${calls.failures} failed, ${lost.length} acknowledged texts lost, all trackers go on after ${Math.round(ms)} ms`;
    console.log(`a master died, REDIS_REPLICAS=${replicas}: ${told}`);
    if (replicas > 0) expect(lost).toEqual([]);
    const ids = (
      await Promise.all(trackers.map((trackerId) => store.list({ trackerId, from: null, to: null, limit: 10_000, ascending: true })))
    ).flat();
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
  });

  it("refuse to acknowledge what no replica has, and store it once all the same", async () => {
    const { store, cluster: six } = await open(1);
    const tracker = freshTracker();
    const stored = async (text: string): Promise<boolean> =>
      (await store.submit(draft(tracker, { text })).catch(() => null))?.type === "stored";
    // Replicas that have only just begun may be behind for a moment.
    await until(() => stored("first"));
    const owner = await six.ownerOf(Number(await six.masters[0]?.command("CLUSTER", "KEYSLOT", `{t${tracker}}`)));
    six.replicas[owner]?.pause();
    await expect(store.submit(draft(tracker, { text: "second" }))).rejects.toThrow("0 of 1 replicas have it after 500 ms");
    six.replicas[owner]?.resume();
    await until(() => stored("third"));
    expect(new Set(await listed(store, tracker))).toEqual(new Set(["first", "second", "third"]));
  });
});

interface Told {
  readonly stored: string[];
  readonly failed: string[];
}

/** Every tracker is sent one text after the other. */
class Traffic {
  readonly #store: RedisStore;
  readonly #told: ReadonlyMap<TrackerId, Told>;
  readonly #loops: Promise<unknown>;
  #running = true;
  count = 0;

  constructor(store: RedisStore, trackers: readonly TrackerId[]) {
    this.#store = store;
    this.#told = new Map(trackers.map((tracker) => [tracker, { stored: [], failed: [] }]));
    this.#loops = Promise.all(trackers.map((tracker) => this.#loop(tracker)));
  }

  of(tracker: TrackerId): Told {
    return this.#told.get(tracker) ?? { stored: [], failed: [] };
  }

  get failures(): number {
    return [...this.#told.values()].reduce((sum, { failed }) => sum + failed.length, 0);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loops;
  }

  /** What was stored is there once; what failed at most once. */
  async check(tracker: TrackerId): Promise<void> {
    expect(await this.lost(tracker)).toEqual([]);
  }

  /** What was acknowledged and is not there; the rest is there once, in order. */
  async lost(tracker: TrackerId): Promise<readonly string[]> {
    const { stored, failed } = this.of(tracker);
    const all = await listed(this.#store, tracker);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((text) => !failed.includes(text))).toEqual(stored.filter((text) => all.includes(text)));
    return stored.filter((text) => !all.includes(text));
  }

  async #loop(tracker: TrackerId): Promise<void> {
    const told = this.of(tracker);
    for (let number = 1; this.#running; number += 1) {
      const text = `${tracker} ${number}`;
      this.count += 1;
      try {
        const { type } = await this.#store.submit(draft(tracker, { text }));
        if (type !== "stored") return;
        told.stored.push(text);
      } catch {
        told.failed.push(text);
        await delay(RETRY_MS);
      }
    }
  }
}

/** In the order of their ids. */
async function listed(store: RedisStore, trackerId: TrackerId): Promise<readonly string[]> {
  const messages = await store.list({ trackerId, from: null, to: null, limit: 10_000, ascending: true });
  return messages.map(({ text }) => text);
}
