/** A crowd on one process: what idle lines take, what some of them and one alone can do, and all of them coming back at once. */
import type { Socket } from "node:net";
import { aedesBytesPerLine } from "./broker-lines.ts";
import { Canary, type Sung } from "./canary.ts";
import { bytesTaken, collecting } from "./collect.ts";
import { type Crowd, type CrowdDone, opening, startCrowd } from "./crowd.ts";
import { echoBytesPerLine } from "./echo-server.ts";
import { type Closed, closedLoop, lineExchange, openLine, POSITION, sleep } from "./load.ts";
import { pipelined } from "./pipelined.ts";
import { type Product, startProduct, wialonDevice } from "./product.ts";
import { cpuOf, metricsOf, quantileBetween, RedisFigures, untilNoLines } from "./product-figures.ts";
import type { Row } from "./rows.ts";
import { stormRows } from "./storm-rows.ts";
import type { SuitePlan } from "./suite.ts";
import type { Units } from "./units.ts";

export interface CrowdSizes {
  readonly lines: number;
  /** Of these, those that send positions. */
  readonly busy: number;
  /** Opened and closed before anything is measured, so that V8's young generation has grown. */
  readonly warmUp: number;
  /** Lines that come back at once. */
  readonly storm: number;
}

export interface Idleness {
  readonly bytesPerLine: number;
  /** Of a bare server. */
  readonly bareBytesPerLine: number;
  /** Of aedes; null: it is not installed here. */
  readonly aedesBytesPerLine: number | null;
  readonly commandsPerSecond: number;
  /** Of one core. */
  readonly node: number;
  readonly redis: number;
}

export interface StormRun {
  readonly idle: Idleness;
  readonly positions: Closed;
  /** Milliseconds that 99 of 100 beats of the event loop were late at most, while positions came. */
  readonly loopDelay: number;
  readonly pipelined: Closed;
  /** Before the storm, and during it. */
  readonly calm: Sung;
  readonly sung: Sung;
  readonly storm: CrowdDone;
}

const SIZES: CrowdSizes = { lines: 15_000, busy: 1_000, warmUp: 2_000, storm: 10_000 };
const OPENED_AT_ONCE = 20;
/** Each comes from this process: more of them would take it longer than all else. */
const AEDES_LINES = 5_000;
const IDLE_SECONDS = 10;
const CALM_MS = 3_000;
/** The event loop's delay is looked at ten times a second: one in a hundred is nothing in a few seconds. */
const LONGER = 4;

export async function storm(plan: SuitePlan, units: Units, sizes: CrowdSizes = SIZES): Promise<Row[]> {
  const runs: StormRun[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`a crowd of ${sizes.lines}, round ${round + 1} ...`);
    runs.push(await oneRun(plan, sizes));
  }
  for (const { idle } of runs) units.add("lineBytes", idle.bytesPerLine);
  return stormRows(runs, sizes);
}

/** With a product of its own: memory that lines of another round have left would hide what these take. */
async function oneRun(plan: SuitePlan, sizes: CrowdSizes): Promise<StormRun> {
  const product = await startProduct(plan.cli, { wialon: sizes.lines, jt808: 1, accounts: 0 }, {}, collecting(plan.folder));
  const crowd = startCrowd(plan.folder, product.gatewayPort);
  try {
    const still = await crowded({ plan, sizes, product, crowd });
    return { ...still, ...(await stormed({ plan, sizes, product, crowd })) };
  } finally {
    crowd.stop();
    await product.stop();
  }
}

interface Running {
  readonly plan: SuitePlan;
  readonly sizes: CrowdSizes;
  readonly product: Product;
  readonly crowd: Crowd;
}

async function crowded({
  plan,
  sizes,
  product,
  crowd,
}: Running): Promise<Pick<StormRun, "idle" | "positions" | "loopDelay" | "pipelined">> {
  plan.log(`${sizes.lines} lines of a bare server ...`);
  const bareBytesPerLine = await echoBytesPerLine(plan.folder, sizes);
  const brokerLines = { warmUp: sizes.warmUp, lines: Math.min(AEDES_LINES, sizes.lines) };
  const aedesBytes = await aedesBytesPerLine(plan.folder, product.dataDir, brokerLines);
  await crowd.tell(opening(0, sizes.warmUp));
  await crowd.tell({ do: "close" });
  await untilNoLines(product);
  const [bytes, busy] = await bytesTaken(product.pid, async () => {
    await crowd.tell(opening(sizes.busy, sizes.lines - sizes.busy));
    return await openBusy(product, sizes.busy);
  });
  plan.log(`${sizes.lines} lines are open; idle for ${IDLE_SECONDS} s ...`);
  const idle = { bytesPerLine: bytes / sizes.lines, bareBytesPerLine, aedesBytesPerLine: aedesBytes, ...(await idleness(product)) };
  plan.log(`positions over ${sizes.busy} of them, then over one ...`);
  const earlier = await metricsOf(product);
  const exchange = lineExchange(() => POSITION);
  const positions = await closedLoop(busy, exchange, { seconds: plan.seconds * LONGER, pids: [product.pid], perSecond: null });
  const delays = { name: "tracker_chat_event_loop_delay_seconds", share: 0.99 };
  const loopDelay = quantileBetween(earlier, await metricsOf(product), delays) * 1_000;
  const [one] = busy;
  if (one === undefined) throw new Error("no line to send over");
  const alone = await pipelined(one, { seconds: plan.seconds, pid: product.pid });
  for (const line of busy) line.destroy();
  await crowd.tell({ do: "close" });
  await untilNoLines(product);
  return { idle, positions, loopDelay, pipelined: alone };
}

async function openBusy(product: Product, count: number): Promise<Socket[]> {
  const lines: Socket[] = [];
  for (let index = 0; index < count; index += OPENED_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - index) }, (_, offset) => wialonDevice(index + offset));
    lines.push(...(await Promise.all(some.map((device) => openLine(product.gatewayPort, `#L#${device};NA\r\n`)))));
  }
  return lines;
}

async function idleness(product: Product): Promise<Pick<Idleness, "commandsPerSecond" | "node" | "redis">> {
  const redis = await RedisFigures.of(product);
  const before = { commands: await redis.commands(), cpu: cpuOf(product), at: performance.now() };
  await sleep(IDLE_SECONDS * 1_000);
  const [cpu, elapsed] = [cpuOf(product), (performance.now() - before.at) / 1_000];
  // Of the two calls that ask, the first is counted by the second.
  const commands = (await redis.commands()) - before.commands - 1;
  redis.close();
  return {
    commandsPerSecond: commands / elapsed,
    node: (cpu.node - before.cpu.node) / elapsed,
    redis: (cpu.redis - before.cpu.redis) / elapsed,
  };
}

async function stormed({ plan, sizes, product, crowd }: Running): Promise<Pick<StormRun, "calm" | "sung" | "storm">> {
  plan.log(`${sizes.storm} lines, and a storm of them ...`);
  await crowd.tell(opening(0, sizes.storm));
  const canary = await Canary.online(product, { protocol: plan.jt808, profile: plan.profile });
  try {
    const calm = await canary.during(sleep(CALM_MS));
    const storming = crowd.tell({ do: "storm" });
    const sung = await canary.during(storming);
    return { calm, sung, storm: await storming };
  } finally {
    canary.stop();
  }
}
