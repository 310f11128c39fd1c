/** The delivery logic under faults: see test/simulation. A failing seed is replayed by `npm run simulate-faults -- --seed S --verbose`. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check } from "./simulation/checker/check.ts";
import { show } from "./simulation/history.ts";
import { type Run, type RunOptions, run } from "./simulation/run.ts";

const SEEDS = 300;
/** Virtual faults that a run has on average at least. */
const INJECTIONS = 10;
const TIMEOUT_MS = 120_000;

interface Regression {
  readonly seed: number;
  readonly found: string;
}
const REGRESSIONS: readonly Regression[] = JSON.parse(readFileSync(new URL("./simulation/regressions.json", import.meta.url), "utf8"));

describe("the simulation", () => {
  it("replays a seed exactly", async () => {
    const [one, other] = [await run(7), await run(7)];
    expect(log(one)).toEqual(log(other));
    expect(log(one)).not.toEqual(log(await run(8)));
  });

  it("finds nothing when nothing goes wrong: every text arrives once", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const calm = await run(seed, { calm: true });
      expect(calm.history.injections).toBe(0);
      expect(check(calm), `seed ${seed}`).toEqual([]);
    }
  });

  it(
    `${SEEDS} seeds keep every invariant`,
    async () => {
      let injections = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) injections += await holds(seed);
      expect(injections / SEEDS).toBeGreaterThan(INJECTIONS);
    },
    TIMEOUT_MS,
  );

  it.each(REGRESSIONS)("seed $seed, which once found $found", async ({ seed }) => {
    await holds(seed);
  });
});

async function holds(seed: number, options: RunOptions = {}): Promise<number> {
  const done = await run(seed, options);
  expect(check(done), `seed ${seed}`).toEqual([]);
  return done.history.injections;
}

function log({ history }: Run): readonly string[] {
  return history.entries.map(show);
}
