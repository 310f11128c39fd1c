/** Several workers beside one, on what is bound by decoding: batches of positions, so that the load side has next to nothing to do. */
import { type Closed, closedLoop, lineExchange, openLine, POSITION } from "./load.ts";
import { startProduct, wialonDevice } from "./product.ts";
import { compared, type Row } from "./rows.ts";
import type { SuitePlan } from "./suite.ts";

const LINES = 60;
const POSITIONS_PER_BATCH = 100;
const BATCH = `#B#${Array.from({ length: POSITIONS_PER_BATCH }, () => POSITION.slice("#SD#".length, -2)).join("|")}|\r\n`;

/** Beside one worker. More than there are cores show what too many cost. */
const COUNTS = [2, 4];

export async function workers(plan: SuitePlan): Promise<Row[]> {
  const one: Closed[] = [];
  const more = COUNTS.map((count) => ({ count, runs: [] as Closed[] }));
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`one worker and several, round ${round + 1} ...`);
    one.push(await decoding(plan, 1));
    for (const { count, runs } of more) runs.push(await decoding(plan, count));
  }
  return more.map(({ count, runs }) => rowOf(count, runs, one));
}

function rowOf(count: number, runs: readonly Closed[], one: readonly Closed[]): Row {
  const perCpu = ({ answers, cpu }: Closed): number => (answers * POSITIONS_PER_BATCH) / cpu;
  const cost = runs.map((run, round) => perCpu(one[round] ?? run) / perCpu(run));
  return compared({
    what: `positions decoded/s by ${count} workers, batches of ${POSITIONS_PER_BATCH} (yardstick: one worker)`,
    aim: count === 2 ? ">= 1.7" : "-",
    ours: runs,
    theirs: one,
    of: ({ rate }) => rate * POSITIONS_PER_BATCH,
    note: `a position takes ${cost.map((value) => `${value.toFixed(2)}x`).join(", ")} the CPU of one worker; Redis and the load side share the cores`,
  });
}

async function decoding(plan: SuitePlan, count: number): Promise<Closed> {
  const product = await startProduct(plan.cli, { wialon: LINES, jt808: 0, accounts: 0 }, { WORKERS: String(count) });
  try {
    const lines = await Promise.all(
      Array.from({ length: LINES }, (_, index) => openLine(product.gatewayPort, `#L#${wialonDevice(index)};NA\r\n`)),
    );
    const run = await closedLoop(
      lines,
      lineExchange(() => BATCH),
      { seconds: plan.seconds, pids: product.nodePids, perSecond: null },
    );
    for (const line of lines) line.destroy();
    return run;
  } finally {
    await product.stop();
  }
}
