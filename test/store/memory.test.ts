import { storeContract } from "../store.contract.ts";
import { memoryWorld } from "./worlds.ts";

storeContract("MemoryStore", memoryWorld);
