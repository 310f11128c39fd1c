import { storeContract } from "../store.contract.ts";
import { redisWorld } from "./worlds.ts";

storeContract("RedisStore", () => redisWorld(false));
