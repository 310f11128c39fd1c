import { afterEach, describe, expect, it } from "vitest";
import { connected, connectRedis, type RedisConnection } from "../../src/store/connection.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { deviceText, received, submitted, TestLine } from "./world.ts";

const MOST_BYTES = 200;
/** What a message delivered at once adds for its days of being explained: two states and two frames. */
const MOST_TIMELINE_BYTES = 250;
const BATCH = 50;

let redis: TestRedis;
let connection: RedisConnection;

afterEach(async () => {
  connection.disconnect();
  await redis.stop();
});

describe("memory per message of 60 characters, all indexes included, beside its timeline", () => {
  it.each([
    ["ASCII", 10, 1_000, "x"],
    ["Cyrillic", 10, 1_000, "ж"],
    ["ASCII", 100, 100, "x"],
    ["Cyrillic", 100, 100, "ж"],
  ])(
    `%s, %i trackers of %i messages: at most ${MOST_BYTES} bytes`,
    async (_charset, trackers, each, letter) => {
      redis = await startRedis({ settings: ["--appendfsync", "no"] });
      connection = connectRedis(redis.place, "requests");
      await connected(connection, 10_000);
      const store = new RedisStore(connection);
      // Scripts and buffers are there before the first message is counted.
      await fill(store, 999_999, 2 * BATCH, letter);
      const before = await usedMemory();
      for (let tracker = 1; tracker <= trackers; tracker += 1) await fill(store, tracker, each, letter.repeat(56));
      await relayEvents();
      const withTimelines = await usedMemory();
      await forgetTimelines();
      const after = await usedMemory();
      const perTimeline = (withTimelines - after) / (trackers * each * 0.5);
      expect(perTimeline).toBeGreaterThan(100);
      expect(perTimeline).toBeLessThanOrEqual(MOST_TIMELINE_BYTES);
      const perMessage = (after - before) / (trackers * each);
      expect(perMessage).toBeGreaterThan(60);
      expect(perMessage).toBeLessThanOrEqual(MOST_BYTES);
    },
    60_000,
  );
});

/** Half of the messages unread ones of the device, half delivered to it. */
async function fill(store: RedisStore, trackerId: number, count: number, text: string): Promise<void> {
  const line = await TestLine.open(store, trackerId);
  for (let done = 0; done < count; done += 2 * BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, n) => String(1_000 + done + n));
    await received(store, trackerId, { employeeId: 7, texts: numbers.map((n) => deviceText(text + n, n)) });
    await Promise.all(numbers.map((n) => submitted(store, trackerId, { text: text + n, employeeId: 7 })));
    const claimed = await line.claim(BATCH);
    const traces = claimed.flatMap(({ id, text: sent }) => [
      { id, direction: "down", bytes: Buffer.from(`#M#${sent}\r\n`), ageMs: 5 } as const,
      { id, direction: "up", bytes: Buffer.from("#AM#1\r\n"), ageMs: 0 } as const,
    ]);
    const settlements = claimed.map(({ id }) => ({ type: "delivered", id, receipt: "device" }) as const);
    line.held = [];
    await line.drain({ settlements, traces, room: 0 });
  }
}

/** What was relayed waits no more; the account's stream is bounded whatever it holds. */
async function relayEvents(): Promise<void> {
  for (const key of (await redis.command("KEYS", "*}:ev")) as readonly string[]) await redis.command("DEL", key);
}

/** What time would do. */
async function forgetTimelines(): Promise<void> {
  for (const key of (await redis.command("KEYS", "*}:l*")) as readonly string[]) await redis.command("DEL", key);
}

async function usedMemory(): Promise<number> {
  const info = String(await redis.command("INFO", "memory"));
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}
