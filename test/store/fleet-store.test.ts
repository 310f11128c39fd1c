import { describe, expect, it } from "vitest";
import { connected, connectRedis } from "../../src/store/connection.ts";
import { MemoryFleetStore } from "../../src/store/fleet-memory.ts";
import { RedisFleetStore } from "../../src/store/fleet-redis.ts";
import { startRedis } from "../support/redis.ts";
import { describeFleetStore, type FleetStoreUnderTest } from "./fleet-store.contract.ts";

describeFleetStore("memory", () => {
  let inner = new MemoryFleetStore({ now: () => Date.now() });
  const store = new Proxy({} as MemoryFleetStore, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        Reflect.apply(Reflect.get(inner, name), inner, args),
  });
  const clear = (): Promise<void> => {
    inner = new MemoryFleetStore({ now: () => Date.now() });
    return Promise.resolve();
  };
  return Promise.resolve({ store, other: store, clear, close: () => Promise.resolve() });
});

describeFleetStore("Redis", () => onRedis(false));
describeFleetStore("Redis in cluster mode", () => onRedis(true));

describe("the fleet's store on Redis", () => {
  it("calls it unavailable when Redis is gone, and goes on when it is back", async () => {
    const redis = await startRedis();
    const requests = connectRedis(redis.place, "requests");
    const subscriber = connectRedis(redis.place, "subscriber");
    await connected(requests, 5_000);
    const store = new RedisFleetStore({ requests, subscriber });
    await store.openSession("aa", { userId: 7, seal: "" }, 60_000);
    redis.pause();
    await expect(store.session("aa")).rejects.toMatchObject({ code: "store-unavailable" });
    await expect(store.commit(0, { put: [], remove: [], chores: [] })).rejects.toMatchObject({ code: "store-unavailable" });
    redis.resume();
    await expect.poll(() => store.session("aa").catch(() => null), { timeout: 10_000 }).toEqual({ userId: 7, seal: "" });
    requests.disconnect();
    subscriber.disconnect();
    await redis.stop();
  });
});

async function onRedis(cluster: boolean): Promise<FleetStoreUnderTest> {
  const redis = await startRedis({ cluster });
  const connections = [0, 1].map(() => ({
    requests: connectRedis(redis.place, "requests"),
    subscriber: connectRedis(redis.place, "subscriber"),
  }));
  const all = connections.flatMap(({ requests, subscriber }) => [requests, subscriber]);
  await Promise.all(all.map((connection) => connected(connection, 5_000)));
  const [store, other] = connections.map((pair) => new RedisFleetStore(pair));
  if (store === undefined || other === undefined) throw new Error("two stores were made");
  return {
    store,
    other,
    clear: async () => void (await redis.command("FLUSHALL")),
    close: async () => {
      for (const connection of all) connection.disconnect();
      await redis.stop();
    },
  };
}
