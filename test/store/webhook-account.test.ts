/** What an account leaves of its webhooks in Redis when it goes: nothing. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HookStep } from "../../src/chat/webhook.ts";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { RedisWebhooks } from "../../src/store/redis-webhooks.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const USER = 7_654_321;
const OTHER = 2;
const step = (from: string, to: string): HookStep => ({
  from: { after: from, done: 0 },
  to: { type: "stream", place: { after: to, done: 0 } },
});
let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startRedis({ cluster: true });
  connection = connectRedis(redis.place, "requests");
  await connected(connection, 10_000);
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});

it("an account that is forgotten takes its webhooks with it, and nobody else's", async () => {
  const webhooks = new RedisWebhooks(connection);
  const event = { id: "5-0-0", trackerId: 1, event: { type: "unread", unread: 1 } } as const;
  for (const user of [USER, USER, OTHER]) {
    const made = await webhooks.create(user, { url: "https://example.com/", kinds: ["unread"], secret: "s" }, "1-0");
    const id = made?.id ?? 0;
    await webhooks.finish(user, id, step("1-0", "5-0"), { ...event, attempts: 1, reason: "late" });
    await webhooks.replay(user, id, { ...event, id: "6-0-0" });
    await webhooks.fail(user, id, step("5-0", "7-0"), { eventId: "7-0-0", attempts: 1, reason: "late" });
  }
  const keys = async (): Promise<readonly string[]> =>
    ((await redis.command("KEYS", "wh:*")) as string[]).filter((key) => key.includes(String(USER)));
  expect(await keys()).toHaveLength(10);
  await new RedisStore(connection).forget(USER);
  expect(await keys()).toEqual([]);
  expect(await webhooks.accounts()).toEqual([OTHER]);
  expect(await webhooks.list(OTHER)).toMatchObject([{ deadEvents: 1, replays: [{ id: "6-0-0" }] }]);
});
