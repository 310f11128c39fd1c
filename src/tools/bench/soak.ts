/** Does the heap grow with the hours? Mixed load at a low rate, and the least heap of each window: what V8 could not collect. */
import { sleep } from "./load.ts";
import { type Product, startProduct } from "./product.ts";
import { metricsOf, sample } from "./product-figures.ts";
import { alone, type Row } from "./rows.ts";
import { SoakLoad } from "./soak-load.ts";
import { figure } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";

const LINES = 200;
const DEVICES = 50;
/** Of an hour these are 5 and 10 minutes; of another time the same parts, so that a short run shows whether it works. */
const WINDOWS = 12;
const SKIPPED_WINDOWS = 2;
/** Looks at the heap in each: more of them come closer to the least. */
const LOOKS = 30;
const MIB = 2 ** 20;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export async function soak(plan: SuitePlan): Promise<Row> {
  const product = await startProduct(plan.cli, { wialon: LINES, jt808: DEVICES, accounts: 0 });
  const load = new SoakLoad(product, { protocol: plan.jt808, profile: plan.profile, lines: LINES, devices: DEVICES });
  try {
    const begin = performance.now();
    const running = load.run(begin + plan.minutes * MINUTE_MS);
    const [least] = await Promise.all([heaps(plan, product, begin), running]);
    return soakRow(plan.minutes, least, load);
  } finally {
    load.stop();
    await product.stop();
  }
}

/** The least heap of each window, in bytes. */
async function heaps(plan: SuitePlan, product: Product, begin: number): Promise<number[]> {
  const lookMs = (plan.minutes * MINUTE_MS) / (WINDOWS * LOOKS);
  const least: number[] = [];
  for (let window = 0; window < WINDOWS; window += 1) {
    let bytes = Number.POSITIVE_INFINITY;
    for (let look = 1; look <= LOOKS; look += 1) {
      await sleep(Math.max(0, begin + (window * LOOKS + look) * lookMs - performance.now()));
      bytes = Math.min(bytes, sample(await metricsOf(product), "nodejs_heap_size_used_bytes"));
    }
    least.push(bytes);
    plan.log(`soak, ${window + 1} of ${WINDOWS} windows: least heap ${figure(bytes / MIB)} MiB`);
  }
  return least;
}

function soakRow(minutes: number, least: readonly number[], { counts }: SoakLoad): Row {
  const windowMs = (minutes * MINUTE_MS) / WINDOWS;
  const slope = slopeOf(least.slice(SKIPPED_WINDOWS)) * (HOUR_MS / windowMs);
  const shown = least.map((bytes) => figure(bytes / MIB)).join(", ");
  return alone({
    what: `growth of the heap in ${minutes} minutes of mixed load, by the least of each ${figure(windowMs / MINUTE_MS)} minutes after the first ${SKIPPED_WINDOWS}`,
    product: `${slope < 0 ? "-" : ""}${figure(Math.abs(slope) / MIB)} MiB/h`,
    aim: "< 1 MiB/h",
    spread: `least heaps ${shown} MiB; ${counts.incoming} texts in, ${counts.shown} of ${counts.outgoing} out, ${counts.reads} reads, ${counts.reconnects} reconnects, ${counts.failed} failed`,
  });
}

/** Of a straight line through values one step apart, by least squares. */
function slopeOf(values: readonly number[]): number {
  const meanAt = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, at) => sum + (at - meanAt) * (value - mean), 0);
  const below = values.reduce((sum, _, at) => sum + (at - meanAt) ** 2, 0);
  return above / below;
}
