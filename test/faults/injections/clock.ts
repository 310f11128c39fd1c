/** Wall clocks that jump: Redis', a node's, or all of them; and texts whose time runs out in a jump. */
import { setTimeout as wait } from "node:timers/promises";
import { JUMP_SEEN_MS } from "../primitives/clocks.ts";
import type { Injection, Strike } from "./strike.ts";

export const CLOCK_INJECTIONS: readonly Injection[] = [
  { kind: "clock-jumps", track: "store", needs: ["clock"], weight: 20, strike: jumps },
  { kind: "text-expires", track: "store", needs: ["clock"], weight: 12, strike: expires },
];

const HOUR_S = 3_600;
/** The shortest time to live that the API takes. */
const TTL_S = 60;

/**
 * Forward for good, or back for some seconds: stamps of a tracker never run back, so that an hour back would mean an hour of
 * messages with one stamp, which no list could page through.
 */
async function jumps(strike: Strike): Promise<void> {
  const clocks = strike.random.pick<readonly string[]>([["redis"], ["redis", ...NODES], NODES, [strike.random.pick(NODES)]]);
  const back = strike.random.chance(0.5);
  const by = back ? -HOUR_S : strike.random.pick([90, HOUR_S, 2 * HOUR_S]);
  strike.begins({ store: clocks.includes("redis") }, `${clocks.join(" ")} ${by} s`);
  turn(strike, clocks, by);
  await wait(strike.between(3, 10));
  if (back) turn(strike, clocks, -by);
  await wait(JUMP_SEEN_MS);
  strike.healed();
  await strike.flowsEverywhere();
}

/** A text for a device that is away; when it comes back the text's time is over. */
async function expires(strike: Strike): Promise<void> {
  const { scene } = strike;
  const { handset } = await strike.victim();
  strike.begins({ store: true }, handset.traits.kind);
  handset.stop();
  await wait(500);
  await scene.send(handset, { ttlS: TTL_S });
  turn(strike, ["redis", ...NODES], TTL_S + 30);
  await wait(JUMP_SEEN_MS);
  handset.start();
  strike.healed();
  await strike.flowsEverywhere();
}

function turn({ scene }: Strike, names: readonly string[], by: number): void {
  for (const name of names) scene.clocks.set(name, scene.clocks.offset(name) + by);
  if (names.includes("redis")) scene.history.add({ op: "clock", seconds: scene.clocks.offset("redis") });
}

const NODES = ["node-0", "node-1", "node-2"];
