/** `npm run simulate-faults -- --seeds N [--from S] [--verbose]`, or `--seed S --verbose` to see one again. */
import { parseArgs } from "node:util";
import { check } from "./checker/check.ts";
import type { Violation } from "./checker/facts.ts";
import { show } from "./history.ts";
import { type Run, run } from "./run.ts";

/** Entries of the history that are shown before a violation. */
const TAIL = 40;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

const totals = { runs: 0, texts: 0, injections: 0, violations: 0 };
const first = number(values.seed ?? values.from, "seed");
const last = values.seed === undefined ? first + number(values.seeds, "seeds") - 1 : first;
const began = performance.now();
for (let seed = first; seed <= last; seed += 1) await simulate(seed);
const perSecond = totals.runs / ((performance.now() - began) / 1_000);
const counts = Object.entries(totals).map(([name, count]) => `${name} ${count}`);
process.stdout.write(`${counts.join(", ")}, seeds/s ${perSecond.toFixed(1)}\n`);
process.exitCode = totals.violations > 0 ? 1 : 0;

async function simulate(seed: number): Promise<void> {
  const done = await run(seed);
  const violations = check(done);
  totals.runs += 1;
  totals.texts += done.history.of("sent").length + done.final.trackers.reduce((sum, { spoken }) => sum + spoken, 0);
  totals.injections += done.history.injections;
  totals.violations += violations.length;
  if (values.verbose) for (const entry of done.history.entries) process.stdout.write(`${show(entry)}\n`);
  if (violations.length > 0) report(done, violations);
}

function report({ seed, history }: Run, violations: readonly Violation[]): void {
  const at = violations[0]?.t ?? 0;
  const tail = history.entries.filter(({ t }) => t <= at).slice(-TAIL);
  if (!values.verbose) process.stdout.write(`${tail.map(show).join("\n")}\n`);
  for (const { invariant, t, what } of violations) process.stdout.write(`seed ${seed} breaks ${invariant} at ${t} ms: ${what}\n`);
}

function number(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a positive whole number, not "${text}"`);
  return value;
}
