import { storeContract } from "../store.contract.ts";
import { clusterWorld } from "./worlds.ts";

storeContract("RedisStore on a cluster of three masters", () => clusterWorld());
