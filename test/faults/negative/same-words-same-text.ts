/** I7: what a driver types twice is one text. */
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

around(RedisStore.prototype, "receive", (original) => {
  return function receive(this: RedisStore, reception) {
    const texts = reception.texts.map((text) => ({ ...text, serial: text.text }));
    return original.call(this, { ...reception, texts });
  };
});
