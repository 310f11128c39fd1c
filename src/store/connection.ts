/** Connections to Redis, one kind per role. Every one reconnects by itself; its errors are events, never exceptions. */
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { StoreUnavailable } from "../chat/ports.ts";
import { OneWriteCluster, OneWriteRedis } from "./one-write.ts";

export type RedisConnection = Redis | Cluster;
type Options = Omit<RedisOptions, "replyMapping">;

/** `url`: redis://, rediss://, or the path of a Unix socket. `cluster`: some nodes of a Redis Cluster. */
export type RedisPlace = (
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "cluster"; readonly urls: readonly string[] }
) & {
  /** With rediss://: the certificates (PEM) that vouch for it; null or absent: those that the system trusts. */
  readonly ca?: Buffer | null;
};

/**
 * `requests`: calls fail fast, and those of one turn of the event loop go out in one write. `subscriber` and `bullmq`: commands wait for
 * Redis to come back; a link that swallows everything is noticed by its silence.
 */
export type ConnectionRole = "requests" | "subscriber" | "bullmq";

/** Longest wait of one command on a `requests` connection. */
const COMMAND_MS = 1_500;
/** A `requests` connection with a command out that hears nothing for this long is replaced. */
const REQUEST_SILENCE_MS = 3_000;
/** The same for connections that block on purpose, up to 10 s at a time. */
const BLOCKING_SILENCE_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
const CONNECT_MS = 2_000;
const RECONNECT_STEP_MS = 50;
const RECONNECT_MS = 1_000;

/** A connection that starts to connect at once; `connected` tells when it may be used. */
export function connectRedis(place: RedisPlace | string, role: ConnectionRole): RedisConnection {
  const connection = open(typeof place === "string" ? { type: "url", url: place } : place, role);
  // Without a listener ioredis writes each failed attempt to the console; calls report what fails.
  connection.on("error", () => undefined);
  return connection;
}

/** Waits until commands are accepted; throws StoreUnavailable after `withinMs`. */
export async function connected(connection: RedisConnection, withinMs: number): Promise<void> {
  if (connection.status === "ready") return;
  const { promise, resolve, reject } = pending();
  const timer = setTimeout(() => reject(new StoreUnavailable(`no connection to Redis within ${withinMs} ms`)), withinMs);
  connection.once("ready", resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    connection.off("ready", resolve);
  }
}

function open(place: RedisPlace, role: ConnectionRole): RedisConnection {
  const requests = role === "requests";
  const common = { ...optionsOf(role), ...trusted(place) };
  if (place.type === "url") {
    return new (requests ? OneWriteRedis : Redis)(place.url, { ...common, enableOfflineQueue: !requests, retryStrategy: reconnectAfter });
  }
  return new (requests ? OneWriteCluster : Cluster)([...place.urls], {
    enableOfflineQueue: !requests,
    clusterRetryStrategy: reconnectAfter,
    slotsRefreshTimeout: CONNECT_MS,
    redisOptions: { ...credentials(place.urls), ...common },
  });
}

function optionsOf(role: ConnectionRole): Options {
  const common = { keepAlive: KEEP_ALIVE_MS, connectTimeout: CONNECT_MS };
  if (role !== "requests") return { ...common, socketTimeout: BLOCKING_SILENCE_MS, maxRetriesPerRequest: null };
  return { ...common, commandTimeout: COMMAND_MS, socketTimeout: REQUEST_SILENCE_MS, maxRetriesPerRequest: 1 };
}

/** Nodes that the cluster itself names are reached with the credentials of the first one given. */
function credentials(urls: readonly string[]): Options {
  const { protocol, username, password } = new URL(urls[0] ?? "redis://");
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function trusted({ ca }: RedisPlace): Options {
  return ca === null || ca === undefined ? {} : { tls: { ca } };
}

function reconnectAfter(attempt: number): number {
  return Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MS);
}

function pending(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined;
  let reject = (_error: Error): void => undefined;
  const promise = new Promise<void>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}
