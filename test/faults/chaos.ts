/** Injects a schedule of faults: those of Redis beside those of nodes, some of both alone, and those of single lines beside all of them. */
import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { type Injection, Strike } from "./injections/strike.ts";
import type { Scene } from "./scene.ts";

/** So many lines are in the hands of faults at once. */
const LINES = 4;
const MOST_SEED = 0xff_ff_ff_ff;
/** Between two faults. */
const PAUSE_MS = { least: 50, most: 1_200 };

interface Planned {
  readonly f: number;
  readonly injection: Injection;
  /** Its own, so that what it draws does not depend on what else happens. */
  readonly random: Random;
}

export interface ChaosOptions {
  readonly seed: number;
  /** No fault begins after this (monotonic ms). */
  readonly deadline: number;
  /** The share of the faults of Redis and of nodes that come one by one, so that each can be measured: the others come at the same time. */
  readonly alone: number;
  /** Tells people what happens. */
  readonly tell: (line: string) => void;
}

/** Resolves when all faults are over, or the time is. */
export async function wreakHavoc(scene: Scene, faults: readonly Injection[], { seed, deadline, alone, tell }: ChaosOptions): Promise<void> {
  const seeds = new Random(seed + 7);
  const planned = faults.map((injection, place): Planned => ({ f: place + 1, injection, random: new Random(seeds.between(0, MOST_SEED)) }));
  const heavy = planned.filter(({ injection }) => injection.track !== "line");
  const light = planned.filter(({ injection }) => injection.track === "line");
  const next = (left: Planned[]): Planned | undefined => (performance.now() < deadline ? left.shift() : undefined);
  const inject = async ({ f, injection, random }: Planned): Promise<void> => {
    tell(`${String(f).padStart(4)} ${injection.kind}`);
    const strike = new Strike(scene, random, { f, kind: injection.kind });
    try {
      await injection.strike(strike);
    } finally {
      strike.ends();
    }
    await wait(random.between(PAUSE_MS.least, PAUSE_MS.most));
  };
  const work = async (left: Planned[]): Promise<void> => {
    for (let first = next(left); first !== undefined; first = next(left)) await inject(first);
  };
  const single = heavy.splice(0, Math.round(heavy.length * alone));
  const onTrack = (track: Injection["track"]): Planned[] => heavy.filter(({ injection }) => injection.track === track);
  const heavyWork = async (): Promise<void> => {
    await Promise.all([work(onTrack("store")), work(onTrack("node"))]);
    await work(single);
  };
  await Promise.all([heavyWork(), ...Array.from({ length: LINES }, () => work(light))]);
}
