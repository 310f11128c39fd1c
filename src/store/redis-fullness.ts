/** How full Redis is, and how many ids are left. */
import type { Redis } from "ioredis";
import type { Fullness } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { IDS } from "./keys.ts";
import { LAST_ID } from "./limits.ts";

/** Memory is that of all masters together; of the ids there is one counter. */
export async function fullness(connection: RedisConnection): Promise<Fullness> {
  const masters: readonly Redis[] = "nodes" in connection ? connection.nodes("master") : [connection];
  const [lastId, ...infos] = await Promise.all([connection.get(IDS), ...masters.map((master) => master.info("memory"))]);
  return {
    ids: Number(lastId ?? 0) / LAST_ID,
    usedBytes: total(infos, /^used_memory:(\d+)/m),
    maxBytes: total(infos, /^maxmemory:(\d+)/m),
  };
}

function total(infos: readonly string[], field: RegExp): number {
  return infos.reduce((sum, info) => sum + Number(field.exec(info)?.[1] ?? 0), 0);
}
