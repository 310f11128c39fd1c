/** I2: what was handed to the socket counts as delivered. */
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

around(RedisStore.prototype, "drain", (original) => {
  return async function drain(this: RedisStore, request) {
    const result = await original.call(this, request);
    if (result.type === "drained" && result.texts.length > 0) {
      const settlements = result.texts.map(({ id }) => ({ type: "delivered", id, receipt: "device" }) as const);
      await original.call(this, { ...request, settlements, held: [], room: 0 });
    }
    return result;
  };
});
