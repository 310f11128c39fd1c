/** Does the heap grow with the hours? Mixed load at a low rate, and what a full collection leaves of the heap every few minutes. */
import { collect, collecting } from "./collect.ts";
import { sleep } from "./load.ts";
import { type Product, startProduct } from "./product.ts";
import { metricsOf, sample } from "./product-figures.ts";
import { alone, type Row } from "./rows.ts";
import { SoakLoad } from "./soak-load.ts";
import { figure } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";

const LINES = 200;
const DEVICES = 50;
/** Before the time that is measured, as a part of it, at so many times the rates: else code is compiled for hours, which takes memory as well. */
const WARM_UP = 1 / 6;
const WARM_UP_RATES = 10;
const WINDOWS = 12;
const MIB = 2 ** 20;
const MINUTE_MS = 60_000;

export async function soak(plan: SuitePlan): Promise<Row> {
  const product = await startProduct(plan.cli, { wialon: LINES, jt808: DEVICES, accounts: 0 }, {}, collecting(plan.folder));
  const load = new SoakLoad(product, { protocol: plan.jt808, profile: plan.profile, lines: LINES, devices: DEVICES });
  try {
    await load.start();
    await load.run(WARM_UP_RATES, performance.now() + plan.minutes * WARM_UP * MINUTE_MS);
    const begin = performance.now();
    const running = load.run(1, begin + plan.minutes * MINUTE_MS);
    const [kept] = await Promise.all([heaps(plan, product, begin), running]);
    return soakRow(plan.minutes, kept, load);
  } finally {
    load.stop();
    await product.stop();
  }
}

/** What is in use of the old generation, in bytes: at the beginning and after each window. The young one differs by 10 MiB from look to look. */
async function heaps(plan: SuitePlan, product: Product, begin: number): Promise<number[]> {
  const windowMs = (plan.minutes * MINUTE_MS) / WINDOWS;
  const kept: number[] = [];
  for (let window = 0; window <= WINDOWS; window += 1) {
    await sleep(Math.max(0, begin + window * windowMs - performance.now()));
    await collect(product.pid);
    const metrics = await metricsOf(product);
    const old = sample(metrics, "nodejs_heap_size_used_bytes") - sample(metrics, "nodejs_heap_space_size_used_bytes", 'space="new"');
    kept.push(old);
    plan.log(`soak, ${window} of ${WINDOWS} windows: ${figure(old / MIB)} MiB are in use`);
  }
  return kept;
}

function soakRow(minutes: number, kept: readonly number[], { counts }: SoakLoad): Row {
  const { slope, error } = lineThrough(kept.map((bytes) => bytes / MIB));
  const perHour = (60 * WINDOWS) / minutes;
  const shown = kept.map((bytes) => (bytes / MIB).toFixed(1)).join(", ");
  const done = `${counts.incoming} texts in, ${counts.outgoing} accepted to go out and ${counts.shown} shown, ${counts.reads} reads, ${counts.reconnects} reconnects, ${counts.failed} failed`;
  return alone({
    what: `growth of the heap in ${minutes} minutes of mixed load, after ${figure(minutes * WARM_UP)} at ${WARM_UP_RATES} times the rate: line through what full collections leave of the old generation`,
    product: `${(slope * perHour).toFixed(2)} +- ${(error * perHour).toFixed(2)} MiB/h`,
    aim: "< 1 MiB/h",
    spread: `+- is the standard error; every ${figure(minutes / WINDOWS)} minutes ${shown} MiB; ${done}`,
  });
}

/** By least squares, through values one step apart: its slope a step, and the standard error of that. */
function lineThrough(values: readonly number[]): { readonly slope: number; readonly error: number } {
  const meanAt = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, _, at) => sum + (at - meanAt) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - meanAt) * (value - mean), 0) / square;
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - meanAt)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (values.length - 2) / square) };
}
