/** The measurements: each runs the product and its yardstick in turn, so that the ratio holds when the machine drifts. */
import { fork } from "node:child_process";
import type { Socket } from "node:net";
import type { Protocol } from "../../core/index.ts";
import { listeners } from "./listeners.ts";
import { type Closed, closedLoop, openLine, POSITION } from "./load.ts";
import { outgoing } from "./outgoing.ts";
import { settledBytes } from "./process-stats.ts";
import { type Product, startProduct, wialonDevice } from "./product.ts";
import { figure, median, percentile } from "./statistics.ts";

export interface Row {
  readonly what: string;
  readonly product: string;
  readonly yardstick: string;
  readonly ratio: string;
  readonly aim: string;
  readonly spread: string;
}

export interface SuitePlan {
  /** The compiled command line and the compiled folder of this file. */
  readonly cli: string;
  readonly folder: URL;
  readonly jt808: Protocol;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly rounds: number;
  readonly seconds: number;
  log(line: string): void;
}

const IDLE_LINES = 2_000;
const LINES = 200;
const TEXTS_PER_SECOND = 300;
const LISTENERS = { accounts: 5, each: 200, perSecond: 20 };

export async function runSuite(plan: SuitePlan): Promise<readonly Row[]> {
  const product = await startProduct(plan.cli, { wialon: IDLE_LINES + LINES, jt808: LINES, accounts: LISTENERS.accounts });
  try {
    const rows = [await idleLines(plan, product, "plain"), await secureLines(plan)];
    const lines = await openLines(product, IDLE_LINES, LINES);
    rows.push(await positions(plan, product, lines));
    rows.push(await incoming(plan, product, lines));
    for (const line of lines) line.destroy();
    rows.push(...(await downward(plan, product)));
    rows.push(await listening(plan, product));
    return rows;
  } finally {
    await product.stop();
  }
}

async function openLines(product: Product, from: number, count: number, tls = false): Promise<Socket[]> {
  const lines: Socket[] = [];
  const port = tls ? product.tlsPort : product.gatewayPort;
  for (let index = from; index < from + count; index += 1) lines.push(await openLine(port, `#L#${wialonDevice(index)};NA\r\n`, tls));
  return lines;
}

async function idleLines(plan: SuitePlan, product: Product, how: "plain" | "over TLS"): Promise<Row> {
  const perLine: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`memory of ${IDLE_LINES} idle lines ${how}, round ${round + 1} ...`);
    const before = await settledBytes(product.pid);
    const lines = await openLines(product, 0, IDLE_LINES, how === "over TLS");
    perLine.push(((await settledBytes(product.pid)) - before) / IDLE_LINES / 1_024);
    for (const line of lines) line.destroy();
  }
  const spread = `${figure(Math.min(...perLine))}-${figure(Math.max(...perLine))} in ${perLine.length} rounds; the first also grows V8's young generation`;
  return {
    what: `memory per idle line ${how} at ${IDLE_LINES} lines`,
    product: `${figure(median(perLine))} KB RSS`,
    yardstick: "-",
    ratio: "-",
    aim: how === "plain" ? "<= 12 KB" : "-",
    spread,
  };
}

/** In a process of its own: memory that other lines have left would hide what these take. */
async function secureLines(plan: SuitePlan): Promise<Row> {
  const product = await startProduct(plan.cli, { wialon: IDLE_LINES, jt808: 0, accounts: 0 });
  try {
    return await idleLines(plan, product, "over TLS");
  } finally {
    await product.stop();
  }
}

async function positions(plan: SuitePlan, product: Product, lines: readonly Socket[]): Promise<Row> {
  const echo = await startChild(new URL("echo.js", plan.folder), []);
  const bare = await Promise.all(Array.from({ length: LINES }, () => openLine(echo.port, null)));
  const ours: Closed[] = [];
  const theirs: Closed[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`positions, round ${round + 1} ...`);
    theirs.push(await closedLoop(bare, () => POSITION, plan.seconds, [echo.pid]));
    ours.push(await closedLoop(lines, () => POSITION, plan.seconds, [product.pid]));
  }
  for (const line of bare) line.destroy();
  echo.stop();
  const perCpu = (run: Closed): number => (run.rate * plan.seconds) / run.cpu;
  const names = { what: "positions acknowledged per CPU-second (yardstick: bare node:net echo)", aim: ">= 0.40" };
  return compared(names, ours.map(perCpu), theirs.map(perCpu), loadNote([...ours, ...theirs]));
}

async function incoming(plan: SuitePlan, product: Product, lines: readonly Socket[]): Promise<Row> {
  let serial = 0;
  const next = (): string => {
    serial += 1;
    return `#M#driver text number ${serial}, about sixty characters long..\r\n`;
  };
  const ours: number[] = [];
  const bare: number[] = [];
  const runs: Closed[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`incoming texts, round ${round + 1} ...`);
    bare.push(await luaLoop(plan, product));
    const run = await closedLoop(lines, next, plan.seconds, [product.pid]);
    runs.push(run);
    ours.push(run.rate);
  }
  return compared(
    { what: "incoming texts stored, then acknowledged/s (yardstick: bare loop of the same Lua call)", aim: ">= 0.50" },
    ours,
    bare,
    loadNote(runs),
  );
}

async function downward(plan: SuitePlan, product: Product): Promise<Row[]> {
  plan.log(`outgoing texts, ${TEXTS_PER_SECOND}/s ...`);
  const seconds = plan.seconds * plan.rounds;
  const run = await outgoing(product, {
    protocol: plan.jt808,
    profile: plan.profile,
    devices: LINES,
    perSecond: TEXTS_PER_SECOND,
    seconds,
  });
  const milliseconds = (samples: readonly number[]): string =>
    `p50 ${figure(median(samples))} ms, p99 ${figure(percentile(samples, 0.99))} ms`;
  const spread = `${run.shown} of ${run.sent} arrived`;
  return [
    {
      what: `HTTP call to bytes at the device, ${TEXTS_PER_SECOND}/s`,
      product: milliseconds(run.toDevice),
      yardstick: "-",
      ratio: "-",
      aim: "p50 < 15, p99 < 200 ms",
      spread,
    },
    {
      what: "HTTP call to DELIVERED in list",
      product: milliseconds(run.toDelivered),
      yardstick: "-",
      ratio: "-",
      aim: "-",
      spread: `${run.toDelivered.length} samples`,
    },
  ];
}

async function listening(plan: SuitePlan, product: Product): Promise<Row> {
  const { accounts, each, perSecond } = LISTENERS;
  plan.log(`live events to ${accounts * each} listeners ...`);
  const run = await listeners(product, { each, perSecond, seconds: plan.seconds * plan.rounds });
  const perTelling = (run.msPerEvent * 1_000) / run.listenersPerEvent;
  return {
    what: `live events, ${run.listeners} listeners in ${accounts} accounts, ${perSecond} events/s`,
    product: `${figure(run.bytesPerListener / 1_024)} KB RSS a listener; ${figure(run.msPerEvent)} ms CPU an event (${figure(perTelling)} us a listener); heard p50 ${figure(median(run.toListener))} ms, p99 ${figure(percentile(run.toListener, 0.99))} ms`,
    yardstick: "-",
    ratio: "-",
    aim: "-",
    spread: `${run.heard} of ${run.wanted} heard`,
  };
}

function compared(names: Pick<Row, "what" | "aim">, ours: readonly number[], theirs: readonly number[], note: string): Row {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const spread = `${figure(Math.min(...ratios))}-${figure(Math.max(...ratios))} in ${ratios.length} rounds${note}`;
  return { ...names, product: figure(median(ours)), yardstick: figure(median(theirs)), ratio: figure(median(ratios)), spread };
}

/** The run says more about the client when that is the busy side. */
function loadNote(runs: readonly Closed[]): string {
  const busiest = Math.max(...runs.map((run) => run.loadCpu));
  return `; load side <= ${Math.round(busiest * 100)} % of a core`;
}

async function luaLoop(plan: SuitePlan, product: Product): Promise<number> {
  const child = fork(new URL("lua-loop.js", plan.folder), [product.dataDir, String(LINES), String(plan.seconds)]);
  const rate = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { readonly rate: number }) => resolve(message.rate));
    child.once("exit", (code) => reject(new Error(`the Lua loop ended with ${code}`)));
  });
  child.kill();
  return rate;
}

interface Child {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

async function startChild(module: URL, parameters: readonly string[]): Promise<Child> {
  const child = fork(module, [...parameters]);
  const port = await new Promise<number>((resolve) => child.once("message", (message: { readonly port: number }) => resolve(message.port)));
  return { pid: child.pid ?? 0, port, stop: () => void child.kill() };
}
