/** The product's Redis without a running product, for the moment of one command. */
import { mkdirSync } from "node:fs";
import type { ClientConfig, RedisConfig } from "../config.ts";
import { startEmbedded } from "../redis/embedded.ts";
import { givenPlace } from "../redis-place.ts";
import { connected, connectRedis, type RedisConnection, type RedisPlace } from "../store/connection.ts";

const CONNECT_MS = 10_000;

export interface DirectRedis {
  readonly requests: RedisConnection;
  readonly subscriber: RedisConnection;
}

/** Opens Redis (the embedded one is started and stopped again), does the work, closes everything. */
export async function withRedis<T>(config: ClientConfig, work: (redis: DirectRedis) => Promise<T>): Promise<T> {
  const { place, stop } = await openPlace(config);
  const requests = connectRedis(place, "requests");
  const subscriber = connectRedis(place, "subscriber");
  try {
    await connected(requests, CONNECT_MS);
    return await work({ requests, subscriber });
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
