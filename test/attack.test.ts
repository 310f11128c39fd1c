/** A small crowd for some seconds: `npm run attack` is the large one. */
import { expect, it } from "vitest";
import { attack } from "./attack/attack.ts";
import { quantile } from "./attack/quantile.ts";

const PLAN = {
  halfFrames: 300,
  slowRequests: 50,
  floods: 2,
  floodBytesPerSecond: 2 * 1024 * 1024,
  strangers: 5,
  mutes: 2,
  seconds: 6,
  gatherSeconds: 3,
  seed: 1,
};

it("texts go on both ways while strangers do their worst", { timeout: 90_000 }, async () => {
  const { before, during, crowd, residentMiB, errors } = await attack(PLAN);
  expect(errors).toEqual([]);
  expect([before.lost, during.lost]).toEqual([0, 0]);
  expect(before.refused).toBe(0);
  expect(Math.min(during.down.length, during.up.length)).toBeGreaterThan(5);
  expect(quantile(during.down, 0.5)).toBeLessThan(1_000);
  expect(quantile(during.up, 0.5)).toBeLessThan(1_000);
  expect(residentMiB.most).toBeLessThan(512);
  expect(crowd["mostOpen"]).toBeGreaterThan(PLAN.halfFrames);
  for (const kind of ["halfFrames", "slowRequests", "garbageBytes", "strangers", "unread", "duels"])
    expect([kind, crowd[kind]]).not.toEqual([kind, 0]);
});
