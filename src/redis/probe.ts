/** Is a Redis there, and is it ours? */
import { realpathSync } from "node:fs";
import { Redis } from "ioredis";
import { type RedisPlace, runtimeSettings } from "./redis-conf.ts";

/** `loading`: it answers and reads its file. */
export type Probe = { readonly type: "ready"; readonly pid: number } | { readonly type: "loading" | "absent" | "silent" | "foreign" };

const PROBE_MS = 2_000;

/** Asks the Redis at a place who it is. `data`: the folder it must work in to be ours. */
export async function probe(place: RedisPlace, data: string): Promise<Probe> {
  return await withClient(place, async (client): Promise<Probe> => {
    const info = await client.info("server");
    const [, dir = ""] = (await client.config("GET", "dir")) as string[];
    const pid = Number(/process_id:(\d+)/.exec(info)?.[1]);
    return samePlace(dir, data) && pid > 0 ? { type: "ready", pid } : { type: "foreign" };
  }).catch(absence);
}

/** Tells a Redis that runs already the settings of this start. */
export async function adjust(place: RedisPlace, maxMemoryBytes: number, major: number): Promise<void> {
  await withClient(place, async (client) => {
    for (const [name, value] of runtimeSettings(maxMemoryBytes, major)) await client.config("SET", name, value);
  });
}

async function withClient<T>(place: RedisPlace, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    ...place,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: PROBE_MS,
    commandTimeout: PROBE_MS,
  });
  // The failed call says it.
  let reason: unknown = null;
  client.on("error", (error) => {
    reason = error;
  });
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}

function absence(error: unknown): Probe {
  const { code = "", message = "" } = error as { readonly code?: string; readonly message?: string };
  if (message.startsWith("LOADING")) return { type: "loading" };
  if (message.includes("timed out") || code === "ETIMEDOUT") return { type: "silent" };
  if (/NOAUTH|WRONGPASS/.test(message)) return { type: "foreign" };
  return { type: "absent" };
}

function samePlace(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}
