/** The loop: mutates, runs, keeps what made something new happen, and stops at nothing. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { chunksOf, floodOf, mutateSeed } from "./mutate.ts";
import { type Probe, type Question, type Result, run } from "./probe.ts";
import type { Seed, Target } from "./target.ts";
import { Xorshift } from "./xorshift.ts";

export interface Campaign {
  readonly executions: number;
  readonly seed: number;
  /** Floods before all others; some are among these, too. */
  readonly floods?: number;
  /** Only this is asked, of what grew out of the seeds meanwhile; absent: everything, each in its share. */
  readonly only?: Question | null;
  /** Called for each fault that looks unlike those before it. */
  readonly found: (probe: Probe, fault: string) => void;
  /** Called now and then with the executions so far. */
  readonly beat?: (executions: number) => void;
}

export interface Tally {
  readonly executions: number;
  readonly faults: number;
  /** Kinds of behaviour seen. */
  readonly features: number;
  /** Inputs kept because they showed one of them first. */
  readonly kept: number;
}

/** Conversations that grow out of the seeds; one at random gives way to the next. */
const POOL = 1_000;
/** What gateways said, for the other direction. */
const DOWN_POOL = 200;
const BEAT = 100_000;
/** So often the loop lets go: what Node frees outside of the heap (zlib's state) is freed between the turns of its event loop only. */
const TURN = 1_000;
/** They take as long as hundreds of others. */
const ONE_FLOOD_IN = 4_000;
/** Where only one thing is asked. */
const ONE_LINE_IN = 64;
/** Kinds of faults that are told; there is enough to do then. */
const MOST_KINDS = 8;

export async function fuzz(target: Target, campaign: Campaign): Promise<Tally> {
  const loop = new Loop(target, campaign);
  for (let floods = campaign.floods ?? 0; floods > 0; floods -= 1) loop.flood();
  for (let execution = 1; execution <= campaign.executions; execution += 1) {
    loop.once(campaign.only ?? null);
    if (execution % TURN === 0) await nextTurn();
    if (execution % BEAT === 0) campaign.beat?.(execution);
  }
  return loop.tally(campaign.executions);
}

class Loop {
  readonly #target: Target;
  readonly #random: Xorshift;
  readonly #found: Campaign["found"];
  readonly #pool: Seed[];
  readonly #down: Seed[];
  readonly #features = new Set<string>();
  readonly #faults = new Map<string, number>();
  #kept = 0;

  constructor(target: Target, { seed, found }: Campaign) {
    this.#target = target;
    this.#random = new Xorshift(seed);
    this.#found = found;
    this.#pool = [...target.seeds];
    this.#down = target.seeds.slice(0, 1);
  }

  once(only: Question | null): void {
    const random = this.#random;
    if (only === null && random.once(ONE_FLOOD_IN)) return this.flood();
    // What a codec makes of its input shows on a line alone: a few go there, so that others may begin where they came to.
    const question = only === null || random.once(ONE_LINE_IN) ? questionOf(random.below(32)) : only;
    const down = question === "explain-down" || question === "device";
    const pool = down ? this.#down : this.#pool;
    const base = random.pick(pool);
    const mutated = mutateSeed(base, pool, this.#target, random);
    // What goes down is not wrapped: it was written by a gateway.
    const chunks = chunksOf(mutated, down ? { ...this.#target, wrap: asItIs } : this.#target, random);
    const probe = { question, profile: base.profile, chunks, seed: random.next() };
    const result = run(this.#target, probe);
    if (result.fault !== null) this.#fault(probe, result.fault);
    else this.#learn(mutated, result);
  }

  flood(): void {
    const { profile, ...said } = this.#random.pick(this.#pool);
    const probe: Probe = { question: "flood", profile, chunks: floodOf({ profile, ...said }, this.#target, this.#random), seed: 0 };
    const { fault } = run(this.#target, probe);
    if (fault !== null) this.#fault(probe, fault);
  }

  tally(executions: number): Tally {
    const faults = [...this.#faults.values()].reduce((sum, count) => sum + count, 0);
    return { executions, faults, features: this.#features.size, kept: this.#kept };
  }

  #fault(probe: Probe, fault: string): void {
    const kind = `${probe.question} ${kindOf(fault)}`;
    const known = this.#faults.get(kind) ?? 0;
    this.#faults.set(kind, known + 1);
    if (known === 0 && this.#faults.size <= MOST_KINDS) this.#found(probe, fault);
  }

  #learn(mutated: Seed, { features, written }: Result): void {
    let fresh = false;
    for (const feature of features) {
      if (this.#features.has(feature)) continue;
      this.#features.add(feature);
      fresh = true;
    }
    if (!fresh) return;
    this.#kept += 1;
    keep(this.#pool, mutated, POOL, this.#random);
    if (written.length > 0)
      keep(this.#down, { ...mutated, opening: [], units: written.map((bytes) => Buffer.from(bytes)) }, DOWN_POOL, this.#random);
  }
}

function questionOf(number: number): Question {
  if (number < 24) return "line";
  if (number < 28) return "cut";
  return (["explain-up", "explain-down", "explain-up", "device"] as const)[number - 28] ?? "line";
}

function keep(pool: Seed[], seed: Seed, most: number, random: Xorshift): void {
  if (pool.length < most) pool.push(seed);
  else pool[random.below(most)] = seed;
}

/** Where it was thrown, or what was found; without what the input put into it. */
function kindOf(fault: string): string {
  const place = /\n\s+at .*?([^/\s(]+:\d+):\d+/u.exec(fault)?.[1] ?? "";
  return `${place} ${(fault.split("\n")[0] ?? "").replaceAll(/[0-9]+/gu, "#").slice(0, 60)}`;
}

function asItIs(unit: Buffer): Buffer {
  return unit;
}
