/** I1b: a text whose outcome is unknown is stored once more under another number. */
import { setTimeout as wait } from "node:timers/promises";
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

/** Until the connection is there again. */
const PAUSE_MS = 300;

around(RedisStore.prototype, "submit", (original) => {
  return async function submit(this: RedisStore, draft) {
    try {
      return await original.call(this, draft);
    } catch {
      await wait(PAUSE_MS);
      return await original.call(this, draft);
    }
  };
});
