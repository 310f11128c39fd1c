/** Every kind of fault, and a seed's choice among them. */
import type { Random } from "../../simulation/random.ts";
import type { Missing } from "../primitives/probe.ts";
import { CLOCK_INJECTIONS } from "./clock.ts";
import { LINE_INJECTIONS } from "./lines.ts";
import { NETWORK_INJECTIONS } from "./network.ts";
import { NODE_INJECTIONS } from "./nodes.ts";
import { STORE_INJECTIONS } from "./store.ts";
import type { Injection } from "./strike.ts";

export const INJECTIONS: readonly Injection[] = [
  ...STORE_INJECTIONS,
  ...NETWORK_INJECTIONS,
  ...NODE_INJECTIONS,
  ...CLOCK_INJECTIONS,
  ...LINE_INJECTIONS,
];

/** Throws for a name that is none. */
export function injectionsNamed(names: readonly string[], missing: Missing): readonly Injection[] {
  const unknown = names.find((name) => !INJECTIONS.some(({ kind }) => kind === name));
  if (unknown !== undefined) throw new Error(`--only: ${unknown} is none of ${INJECTIONS.map(({ kind }) => kind).join(", ")}`);
  const possible = INJECTIONS.filter(({ needs }) => needs.every((name) => !missing.has(name)));
  return names.length === 0 ? possible : possible.filter(({ kind }) => names.includes(kind));
}

/** So many faults in the order in which they come, each kind according to its weight and at least once where there is room. */
export function schedule(kinds: readonly Injection[], count: number, random: Random): readonly Injection[] {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const byShare = kinds.flatMap((kind) =>
    Array.from({ length: Math.floor((kind.weight * Math.max(0, count - kinds.length)) / total) }, () => kind),
  );
  const chosen = [...kinds, ...byShare].slice(0, count);
  while (chosen.length < count && kinds.length > 0) chosen.push(random.pick(kinds));
  return shuffled(chosen, random);
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(random.between(0, left.length - 1), 1));
  return out;
}
