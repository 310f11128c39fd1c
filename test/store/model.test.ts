import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectAlike, Pair } from "./model.ts";
import { operations } from "./model-operations.ts";
import type { World } from "./world.ts";
import { freshTracker } from "./world.ts";
import { memoryWorld, redisWorld } from "./worlds.ts";

/** Histories per run; a failing one is printed with its seed, shrunk. */
const HISTORIES = 300;
const LONGEST = 60;

describe("random histories", () => {
  let memory: World;
  let redis: World;

  beforeAll(async () => {
    memory = await memoryWorld();
    redis = await redisWorld(true);
  });
  afterAll(async () => {
    await memory.close();
    await redis.close();
  });

  it("look the same on the reference store and on Redis", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { maxLength: LONGEST, size: "max" }), async (history) => {
        const pair = new Pair(memory, redis, [freshTracker(), freshTracker()]);
        for (const operation of history) await expectAlike(pair, operation);
        await pair.expectSameEnd();
      }),
      { numRuns: HISTORIES },
    );
  }, 180_000);
});
