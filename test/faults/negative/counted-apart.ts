/** I10: each node counts for itself what is unread. */
import type { TrackerId } from "../../../src/chat/message.ts";
import { RedisStore } from "../../../src/store/redis.ts";
import { around } from "./change.ts";

const counts = new Map<TrackerId, number>();

around(RedisStore.prototype, "receive", (original) => {
  return async function receive(this: RedisStore, reception) {
    const received = await original.call(this, reception);
    const { trackerId } = reception;
    counts.set(trackerId, (counts.get(trackerId) ?? 0) + received.ids.length - received.duplicates);
    return received;
  };
});
around(RedisStore.prototype, "markRead", (original) => {
  return function markRead(this: RedisStore, trackerId, ids) {
    counts.set(trackerId, (counts.get(trackerId) ?? 0) - ids.length);
    return original.call(this, trackerId, ids);
  };
});
around(RedisStore.prototype, "unreadCounts", () => () => Promise.resolve(new Map([...counts].filter(([, count]) => count > 0))));
