/** The stores that the contract runs on. */
import { connected, connectRedis, type RedisPlace } from "../../src/store/connection.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { MemoryWebhooks } from "../../src/store/memory-webhooks.ts";
import { NodeEvents } from "../../src/store/node-events.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { RedisBroadcasts } from "../../src/store/redis-broadcasts.ts";
import { RedisEvents } from "../../src/store/redis-events.ts";
import { RedisWebhooks } from "../../src/store/redis-webhooks.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { startCluster } from "../support/redis-cluster.ts";
import type { World } from "./world.ts";

/** An hour that is no one's: stamps of this store are never mistaken for the machine's time. */
const START = 1_600_000_000_000;
const NODE = "node-a";

/** The reference store with a clock that moves when told to. */
export function memoryWorld(): Promise<World> {
  let now = START;
  const store = new MemoryStore(() => now);
  return Promise.resolve({
    store,
    events: store.events,
    broadcasts: new MemoryBroadcasts(() => now),
    webhooks: new MemoryWebhooks(() => now),
    node: NODE,
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

/** A store on a Redis of its own; in cluster mode it has all slots. */
export async function redisWorld(cluster: boolean): Promise<World & { readonly redis: TestRedis }> {
  const redis = await startRedis({ cluster });
  return { redis, ...(await worldOn(redis.place, redis)) };
}

/** A store on a cluster of three masters of its own. */
export async function clusterWorld(): Promise<World> {
  const cluster = await startCluster();
  const [first] = cluster.masters;
  if (first === undefined) throw new Error("no masters");
  return await worldOn(cluster.place, { command: first.command, stop: cluster.stop });
}

async function worldOn(place: RedisPlace, redis: Pick<TestRedis, "command" | "stop">): Promise<World> {
  const connection = connectRedis(place, "requests");
  const subscriber = connectRedis(place, "subscriber");
  await Promise.all([connected(connection, 10_000), connected(subscriber, 10_000)]);
  const own = new NodeEvents(connection, NODE);
  return {
    store: new RedisStore(connection, own),
    events: new RedisEvents({ requests: connection, subscriber, own }),
    broadcasts: new RedisBroadcasts(connection),
    webhooks: new RedisWebhooks(connection),
    node: NODE,
    advance: (ms) => advance(redis, ms),
    close: async () => {
      connection.disconnect();
      subscriber.disconnect();
      await redis.stop();
    },
  };
}

/** Asks Redis for its time until it has moved on. */
async function advance(redis: Pick<TestRedis, "command">, ms: number): Promise<void> {
  const target = (await timeOf(redis)) + ms;
  while ((await timeOf(redis)) < target) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function timeOf(redis: Pick<TestRedis, "command">): Promise<number> {
  const [seconds, microseconds] = (await redis.command("TIME")) as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
