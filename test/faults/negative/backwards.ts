/** I3: texts that are claimed together go out in the order in which a pool of workers happens to take them. */
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

around(RedisStore.prototype, "drain", (original) => {
  return async function drain(this: RedisStore, request) {
    const result = await original.call(this, request);
    return result.type === "drained" ? { ...result, texts: result.texts.toReversed() } : result;
  };
});
