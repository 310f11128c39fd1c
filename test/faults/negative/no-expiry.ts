/** I16: a text's time to live is taken and forgotten. */
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

const FOREVER_MS = 365 * 24 * 60 * 60 * 1_000;

around(RedisStore.prototype, "submit", (original) => {
  return function submit(this: RedisStore, draft) {
    return original.call(this, { ...draft, ttlMs: FOREVER_MS });
  };
});
