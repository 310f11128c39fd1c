/** The Redis of this node: its own under DATA_DIR, or one that is given. */
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { type EmbeddedEvent, startEmbedded } from "./redis/embedded.ts";
import { givenPlace } from "./redis-place.ts";
import type { RedisPlace } from "./store/connection.ts";

export interface OpenedRedis {
  readonly place: RedisPlace;
  /** For people; never holds a password. */
  readonly shown: string;
  /** Ends an embedded one with everything on disk; another one is left alone. */
  stop(): Promise<void>;
}

export async function openRedis(config: Config, log: Logger): Promise<OpenedRedis> {
  const { redis } = config;
  const stop = (): Promise<void> => Promise.resolve();
  if (redis.type !== "embedded") {
    const shown = redis.type === "url" ? withoutPassword(redis.url) : `cluster ${redis.urls.map(withoutPassword).join(", ")}`;
    return { place: givenPlace(redis), shown, stop };
  }
  const embedded = await startEmbedded({
    dataDir: config.dataDir,
    binary: redis.binary,
    path: redis.searchPath,
    maxMemoryBytes: redis.maxMemoryBytes,
    report: (event) => report(event, log),
  });
  const { place } = embedded;
  const url = "path" in place ? place.path : `redis://:${encodeURIComponent(place.password)}@${place.host}:${place.port}`;
  return { place: { type: "url", url }, shown: `of its own, in ${config.dataDir}`, stop: () => embedded.stop() };
}

function report(event: EmbeddedEvent, log: Logger): void {
  const { type, ...fields } = event;
  const level = type === "died" || type === "failed" ? "error" : "info";
  log[level](fields, `embedded Redis ${type}`);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
