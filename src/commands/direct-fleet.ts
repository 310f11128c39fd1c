/** The fleet without a running product: straight on its store, for the moment of one command. */
import { PROTOCOLS } from "../../protocols/index.ts";
import type { ClientConfig } from "../config.ts";
import { Fleet } from "../fleet/fleet.ts";
import { RedisFleetStore } from "../store/fleet-redis.ts";
import { RedisStore } from "../store/redis.ts";
import { openSchema } from "../store/schema.ts";
import { withRedis } from "./direct-redis.ts";

/** Opens the store, does the work, closes everything. */
export async function withFleet<T>(config: ClientConfig, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  return await withRedis(config, async (redis) => {
    await openSchema(redis.requests);
    const messages = new RedisStore(redis.requests);
    const fleet = new Fleet({ store: new RedisFleetStore(redis), protocols: PROTOCOLS, messages, clock: Date, warn: () => undefined });
    await fleet.refresh();
    return await work(fleet);
  });
}
