/** Two workers beside one, on what is bound by decoding: batches of positions, so that the load side has next to nothing to do. */
import { type Closed, closedLoop, lineExchange, openLine, POSITION } from "./load.ts";
import { startProduct, wialonDevice } from "./product.ts";
import { compared, type Row } from "./rows.ts";
import type { SuitePlan } from "./suite.ts";

const LINES = 60;
const POSITIONS_PER_BATCH = 100;
const BATCH = `#B#${Array.from({ length: POSITIONS_PER_BATCH }, () => POSITION.slice("#SD#".length, -2)).join("|")}|\r\n`;

export async function workers(plan: SuitePlan): Promise<Row> {
  const runs = { one: [] as Closed[], two: [] as Closed[] };
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`one worker and two, round ${round + 1} ...`);
    runs.one.push(await decoding(plan, 1));
    runs.two.push(await decoding(plan, 2));
  }
  const perCpu = ({ answers, cpu }: Closed): number => (answers * POSITIONS_PER_BATCH) / cpu;
  const efficiency = runs.two.map((run, round) => perCpu(run) / perCpu(runs.one[round] ?? run));
  return compared({
    what: `positions decoded/s by two workers, batches of ${POSITIONS_PER_BATCH} (yardstick: one worker)`,
    aim: ">= 1.7",
    ours: runs.two,
    theirs: runs.one,
    of: ({ rate }) => rate * POSITIONS_PER_BATCH,
    note: `a position takes ${efficiency.map((value) => `${(1 / value).toFixed(2)}x`).join(", ")} the CPU of one worker; Redis and the load side share the cores`,
  });
}

async function decoding(plan: SuitePlan, count: 1 | 2): Promise<Closed> {
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
