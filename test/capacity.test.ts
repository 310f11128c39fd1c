/** The page of capacities: what is written is what is computed, and what is computed holds when the million is played device by device. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BOUNDS, HABITS, needOf } from "../src/tools/capacity/model.ts";
import { capacityPage, type Measured } from "../src/tools/capacity/page.ts";
import { play } from "../src/tools/capacity/simulate.ts";
import { Random } from "./simulation/random.ts";

const read = (path: string): string => readFileSync(new URL(`../docs/${path}`, import.meta.url), "utf8");
const MEASURED = JSON.parse(read("units.json")) as Measured;
const MILLION = 1_000_000;
const SECONDS = 240;
const RETURN_SECONDS = 60;

function random(): () => number {
  const numbers = new Random(1);
  return () => numbers.next();
}

describe("the capacity page", () => {
  it("is what npm run capacity computes from docs/units.json", () => {
    expect(read("capacity.md")).toBe(capacityPage(MEASURED));
  });

  it("grows with the devices, and a cluster has three masters at least", () => {
    const needs = [10_000, 100_000, MILLION, 10 * MILLION].map((devices) => needOf(devices, MEASURED.units));
    for (const [index, need] of needs.entries()) {
      const before = needs[index - 1];
      if (before !== undefined) expect(need.nodeCores / before.nodeCores).toBeCloseTo(10, 6);
      expect(need.masters === 1 || need.masters >= 3).toBe(true);
      expect(need.nodes).toBeGreaterThan(need.devices / BOUNDS.linesPerNode);
    }
  });
});

describe("a million devices, played", () => {
  const need = needOf(MILLION, MEASURED.units);
  const { nodes } = need;
  const played = play({
    devices: MILLION,
    nodes,
    units: MEASURED.units,
    habits: HABITS,
    seconds: SECONDS,
    returnSeconds: RETURN_SECONDS,
    random: random(),
  });
  const half = SECONDS / 2;

  it("do on average what the model says", () => {
    const near = (value: number, wanted: number): void => expect(Math.abs(value / wanted - 1)).toBeLessThan(0.02);
    near(played.positions / half, need.positionsPerSecond);
    near(played.texts / half, need.textsPerSecond);
    const logins = need.loginsPerSecond * MEASURED.units.loginNodeUs;
    near(played.nodeSeconds / half, need.nodeCores - logins / 1e6);
    near(played.redisSeconds / half, need.redisCores - (need.loginsPerSecond * MEASURED.units.loginRedisUs) / 1e6);
  });

  it("keep no node waiting, also when one dies and its devices come back within a minute", () => {
    expect(played.linesBefore).toBe(Math.ceil(MILLION / nodes));
    expect(played.linesAfter).toBeLessThanOrEqual(Math.ceil(MILLION / (nodes - 1)) + 1);
    expect(played.linesAfter).toBeLessThanOrEqual(BOUNDS.linesPerNode + 1);
    // Tenths of a second: as long as anything lasted.
    expect(played.backlogBefore).toBeLessThan(100);
    expect(played.backlogAfter).toBeLessThan(100);
  });

  it("would not fit on half the cores: the play notices", () => {
    const slow = Object.fromEntries(
      Object.entries(MEASURED.units).map(([name, value]) => [name, value * 60]),
    ) as unknown as Measured["units"];
    const common = { devices: MILLION / 10, habits: HABITS, seconds: 60, returnSeconds: 30, random: random() };
    expect(play({ ...common, nodes: 3, units: slow }).backlogAfter).toBeGreaterThan(100);
  });
});
