import { storeContract } from "../store.contract.ts";
import { redisWorld } from "./worlds.ts";

storeContract("RedisStore on a cluster", () => redisWorld(true));
