/** I4: what a line has already is handed to it once more. */
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

around(RedisStore.prototype, "drain", (original) => {
  return function drain(this: RedisStore, request) {
    return original.call(this, { ...request, held: [] });
  };
});
