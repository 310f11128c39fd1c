/** The fleet without a running product: straight on its store, for the moment of one command. */
import { mkdirSync } from "node:fs";
import { PROTOCOLS } from "../../protocols/index.ts";
import type { ClientConfig, RedisConfig } from "../config.ts";
import { Fleet } from "../fleet/fleet.ts";
import { startEmbedded } from "../redis/embedded.ts";
import { givenPlace } from "../redis-place.ts";
import { connected, connectRedis, type RedisPlace } from "../store/connection.ts";
import { RedisFleetStore } from "../store/fleet-redis.ts";
import { RedisStore } from "../store/redis.ts";

const CONNECT_MS = 10_000;

/** Opens the store (its embedded Redis is started and stopped again), does the work, closes everything. */
export async function withFleet<T>(config: ClientConfig, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  const { place, stop } = await openPlace(config);
  const requests = connectRedis(place, "requests");
  const subscriber = connectRedis(place, "subscriber");
  try {
    await connected(requests, CONNECT_MS);
    const store = new RedisFleetStore({ requests, subscriber });
    const fleet = new Fleet({ store, protocols: PROTOCOLS, messages: new RedisStore(requests), clock: Date, warn: () => undefined });
    await fleet.refresh();
    return await work(fleet);
  } finally {
    requests.disconnect();
    subscriber.disconnect();
    await stop();
  }
}

interface Opened {
  readonly place: RedisPlace;
  readonly stop: () => Promise<void>;
}

async function openPlace({ redis, dataDir }: ClientConfig): Promise<Opened> {
  if (redis.type !== "embedded") return { place: givenPlace(redis), stop: () => Promise.resolve() };
  return await openEmbedded(redis, dataDir);
}

async function openEmbedded(redis: Extract<RedisConfig, { type: "embedded" }>, dataDir: string): Promise<Opened> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { binary, searchPath, maxMemoryBytes } = redis;
  const embedded = await startEmbedded({ dataDir, binary, path: searchPath, maxMemoryBytes, report: () => undefined });
  return { place: { type: "url", url: embedded.url }, stop: () => embedded.stop() };
}
