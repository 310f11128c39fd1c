/** `npm run fuzz -- --protocol NAME|all --executions N --seed S [--only codec] [--floods N] [--save]`: exits 1 when something was found. */
import { parseArgs } from "node:util";
import { saveCase } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";
import { type Probe, run } from "./probe.ts";
import { shrink } from "./shrink.ts";
import { TARGETS, type Target, targetNamed } from "./target.ts";

const { values } = parseArgs({
  options: {
    protocol: { type: "string", default: "all" },
    executions: { type: "string", default: "200000" },
    seed: { type: "string", default: "1" },
    floods: { type: "string", default: "100" },
    only: { type: "string" },
    save: { type: "boolean", default: false },
  },
});

/** Heap that may be in use after a collection beyond what there was after the first, in MiB. */
const GROWTH_MIB = 64;

if (values.only !== undefined && values.only !== "codec")
  throw new Error(`--only: codec is all that can be asked alone, not "${values.only}"`);
const executions = number(values.executions, "executions");
const seed = number(values.seed, "seed");
for (const name of values.protocol === "all" ? TARGETS : [values.protocol]) await campaign(targetNamed(name));

async function campaign(target: Target): Promise<void> {
  const from = { at: performance.now(), cpu: process.cpuUsage() };
  let heap: number | null = null;
  const tally = await fuzz(target, {
    executions,
    seed,
    only: values.only === "codec" ? "codec" : null,
    floods: number(values.floods, "floods"),
    found: (probe, fault) => found(target, probe, fault),
    beat: () => {
      if (globalThis.gc === undefined) return;
      globalThis.gc();
      const used = process.memoryUsage().heapUsed / 2 ** 20;
      heap ??= used;
      if (used > heap + GROWTH_MIB) throw new Error(`${target.name}: the heap grew from ${Math.round(heap)} to ${Math.round(used)} MiB`);
    },
  });
  const { user, system } = process.cpuUsage(from.cpu);
  const seconds = (performance.now() - from.at) / 1_000;
  const line = {
    target: target.name,
    seed,
    ...tally,
    seconds: round(seconds),
    per_second: Math.round(tally.executions / seconds),
    per_cpu_second: Math.round(tally.executions / ((user + system) / 1e6)),
    rss_mib: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  if (tally.faults > 0) process.exitCode = 1;
}

function found(target: Target, probe: Probe, fault: string): void {
  const kind = (text: string): string =>
    text
      .split("\n")[0]
      ?.replaceAll(/[0-9]+/gu, "#")
      .slice(0, 40) ?? "";
  const smallest = shrink(probe, (candidate) => {
    const again = run(target, candidate).fault;
    return again !== null && kind(again) === kind(fault);
  });
  const { question, seed: answers, profile, chunks } = smallest;
  const shown = { target: target.name, question, seed: answers, profile, chunks: chunks.map((chunk) => chunk.toString("hex")) };
  process.stdout.write(`FOUND ${fault}\n${JSON.stringify(shown).slice(0, 3_000)}\n`);
  if (values.save) process.stdout.write(`${saveCase(target.name, fault, smallest)}\n`);
}

function number(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a positive whole number expected, not "${text}"`);
  return value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
