/** Broken variants of the product and its settings: each breaks a promise on purpose, and a campaign has to find it. */
import { join } from "node:path";
import type { Invariant } from "../checker/facts.ts";

export interface Negative {
  readonly name: string;
  /** The checker finds one of these. */
  readonly breaks: readonly Invariant[];
  readonly fsync: "always" | "everysec";
  /** Loaded into each node before the product; null: the product is as it is. */
  readonly module: string | null;
  /** Faults that bring it to light, and how many of them at most. */
  readonly only: readonly string[];
  readonly injections: number;
}

export const NEGATIVES: readonly Negative[] = [
  { name: "everysec", breaks: ["I1", "I6", "I11"], fsync: "everysec", module: null, only: ["power-cut"], injections: 8 },
  variant("acknowledge-first", ["I6"], ["power-cut"], 8),
  variant("delivered-on-write", ["I2"], ["receipts"], 12),
  variant("no-epochs", ["I8"], ["line-second"], 8),
  variant("no-nonce", ["I1b"], ["calls-cut"], 8),
  variant("node-clocks", ["I5"], ["clock-jumps"], 6),
  variant("end-at-once", ["I17"], ["node-drained"], 4),
  variant("no-repeats-known", ["I7"], ["calls-cut", "line-dropped"], 16),
  variant("same-words-same-text", ["I7"], ["line-dropped"], 2),
  variant("no-sweeps", ["I1"], ["mail-lost"], 1),
  variant("backwards", ["I3"], ["line-dropped"], 8),
  variant("forgetful-claims", ["I4"], ["line-dropped"], 2),
  variant("no-expiry", ["I16"], ["text-expires"], 3),
  variant("counted-apart", ["I10"], ["node-killed"], 1),
];

/** Throws for a name that is none. */
export function negativeNamed(name: string): Negative {
  const found = NEGATIVES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`--negative: ${name} is none of ${NEGATIVES.map((one) => one.name).join(", ")}, all`);
  return found;
}

function variant(name: string, breaks: readonly Invariant[], only: readonly string[], injections: number): Negative {
  return { name, breaks, fsync: "always", module: join(import.meta.dirname, `${name}.ts`), only, injections };
}
