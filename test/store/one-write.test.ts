import { setImmediate as turnEnds } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connected, connectRedis } from "../../src/store/connection.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let connection: Redis;

beforeAll(async () => {
  server = await startRedis();
  const opened = connectRedis(server.place, "requests");
  if (!(opened instanceof Redis)) throw new Error("one server is expected");
  connection = opened;
  await connected(connection, 10_000);
});
afterAll(async () => {
  connection.disconnect();
  await server.stop();
});

describe("what is asked of Redis in one turn of the event loop", () => {
  it("waits for the end of the turn, and goes out then", async () => {
    await turnEnds();
    const { stream } = connection;
    const first = connection.set("one-write", "1");
    const held = stream.writableLength;
    const second = connection.incr("one-write");
    expect(held).toBeGreaterThan(0);
    expect(stream.writableLength).toBeGreaterThan(held);
    await turnEnds();
    expect([stream.writableCorked, stream.writableLength]).toEqual([0, 0]);
    expect(await Promise.all([first, second])).toEqual(["OK", 2]);
  });

  it("is answered by the next connection when this one breaks before the end of the turn", async () => {
    const { stream } = connection;
    const asked = connection.set("one-write", "5");
    stream.destroy();
    expect(await asked).toBe("OK");
    expect(connection.stream).not.toBe(stream);
    expect(await connection.get("one-write")).toBe("5");
    await turnEnds();
    expect(connection.stream.writableCorked).toBe(0);
  });
});
