/** From a seed to a finished run. */
import { type Build, PRODUCT } from "./build.ts";
import type { FinalState } from "./final-state.ts";
import type { History } from "./history.ts";
import { calmPlan, drawPlan, type Plan } from "./plan.ts";
import { Random } from "./random.ts";
import type { SentText } from "./texts.ts";
import { World } from "./world.ts";

export interface Run {
  readonly seed: number;
  readonly plan: Plan;
  readonly history: History;
  readonly texts: ReadonlyMap<number, SentText>;
  readonly final: FinalState;
  /** Every text that had to arrive did, before the run was given up. */
  readonly quiet: boolean;
}

export interface RunOptions {
  readonly build?: Build;
  /** Leaves every fault out. */
  readonly calm?: boolean;
}

export async function run(seed: number, { build = PRODUCT, calm = false }: RunOptions = {}): Promise<Run> {
  const random = new Random(seed);
  const drawn = drawPlan(random);
  const plan = calm ? calmPlan(drawn) : drawn;
  const world = new World(plan, random, build);
  const final = await world.run();
  return { seed, plan, history: world.history, texts: world.texts, final, quiet: world.quiet };
}
