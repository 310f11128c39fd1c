/** I7: a text that a device sends again is a new one. */
import { randomUUID } from "node:crypto";
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

around(RedisStore.prototype, "receive", (original) => {
  return function receive(this: RedisStore, reception) {
    const texts = reception.texts.map((text) => ({ ...text, serial: randomUUID() }));
    return original.call(this, { ...reception, texts });
  };
});
