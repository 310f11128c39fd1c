/** The checker's own test: each broken variant is found, by the invariant that it breaks, within so many seeds. */
import { describe, expect, it } from "vitest";
import type { Broken } from "./broken/broken.ts";
import { delivery } from "./broken/delivery.ts";
import { durability } from "./broken/durability.ts";
import { events } from "./broken/events.ts";
import { reception } from "./broken/reception.ts";
import { tenancy } from "./broken/tenancy.ts";
import { PRODUCT } from "./build.ts";
import { check } from "./checker/check.ts";
import type { Invariant } from "./checker/facts.ts";
import { run } from "./run.ts";

const ALL: readonly Broken[] = [...durability, ...delivery, ...reception, ...tenancy, ...events];
const SIMULATED: readonly Invariant[] = ["I1", "I1b", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I16", "I18"];
const TIMEOUT_MS = 60_000;

describe("broken variants", () => {
  it("there is one for every invariant that is simulated", () => {
    expect(new Set(ALL.map(({ breaks }) => breaks))).toEqual(new Set(SIMULATED));
  });

  it.each(ALL)(
    "$name: breaks $breaks within $within seeds",
    async (broken) => {
      expect(await firstSeed(broken)).toBeLessThanOrEqual(broken.within);
    },
    TIMEOUT_MS,
  );
});

/** The first seed whose run shows what the variant breaks; beyond its bound: none does. */
async function firstSeed({ breaks, within, change }: Broken): Promise<number> {
  for (let seed = 1; seed <= within; seed += 1) {
    const violations = check(await run(seed, { build: { ...PRODUCT, ...change } }));
    if (violations.some(({ invariant }) => invariant === breaks)) return seed;
  }
  return Number.POSITIVE_INFINITY;
}
