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
/**
 * Looks at the heap in each, a second apart in an hour: between two collections of the old generation (15 to 40 s on two cores) it grows by about
 * 2 MiB a second, and the least is what a look finds right after one.
 */
const LOOKS = 300;
const MIB = 2 ** 20;
const MINUTE_MS = 60_000;

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

interface Heap {
  readonly all: number;
  /** Without the young generation, which is mostly garbage and differs by 10 MiB from look to look. */
  readonly old: number;
}

/** The least heap of each window, in bytes. */
async function heaps(plan: SuitePlan, product: Product, begin: number): Promise<Heap[]> {
  const lookMs = (plan.minutes * MINUTE_MS) / (WINDOWS * LOOKS);
  const least: Heap[] = [];
  for (let window = 0; window < WINDOWS; window += 1) {
    let [all, old] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let look = 1; look <= LOOKS; look += 1) {
      await sleep(Math.max(0, begin + (window * LOOKS + look) * lookMs - performance.now()));
      const metrics = await metricsOf(product);
      const used = sample(metrics, "nodejs_heap_size_used_bytes");
      all = Math.min(all, used);
      old = Math.min(old, used - sample(metrics, "nodejs_heap_space_size_used_bytes", 'space="new"'));
    }
    least.push({ all, old });
    plan.log(
      `soak, ${window + 1} of ${WINDOWS} windows: least heap ${figure(all / MIB)} MiB, ${figure(old / MIB)} without the young generation`,
    );
  }
  return least;
}

function soakRow(minutes: number, least: readonly Heap[], { counts }: SoakLoad): Row {
  const windowMinutes = minutes / WINDOWS;
  const growth = (of: (heap: Heap) => number): string => {
    const { slope, error } = lineThrough(least.slice(SKIPPED_WINDOWS).map((heap) => of(heap) / MIB));
    const perHour = 60 / windowMinutes;
    return `${(slope * perHour).toFixed(2)} +- ${(error * perHour).toFixed(2)} MiB/h`;
  };
  const shown = least.map(({ old }) => figure(old / MIB)).join(", ");
  const done = `${counts.incoming} texts in, ${counts.outgoing} accepted to go out and ${counts.shown} shown, ${counts.reads} reads, ${counts.reconnects} reconnects, ${counts.failed} failed`;
  return alone({
    what: `growth of the old generation in ${minutes} minutes of mixed load: line through the least of each ${figure(windowMinutes)} minutes after the first ${SKIPPED_WINDOWS} such`,
    product: growth(({ old }) => old),
    aim: "< 1 MiB/h",
    spread: `+- is the standard error; the whole heap ${growth(({ all }) => all)}; least of each ${shown} MiB; ${done}`,
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
