/** The measurements: each runs the product and its yardstick in turn, so that the ratio holds when the machine drifts. */
import type { Socket } from "node:net";
import type { Protocol } from "../../core/index.ts";
import { bytesTaken, collecting } from "./collect.ts";
import { deliveries } from "./deliveries.ts";
import { growth } from "./growth.ts";
import { listeners } from "./listeners.ts";
import { openLine } from "./load.ts";
import { nodes } from "./nodes.ts";
import { type Outgoing, outgoing } from "./outgoing.ts";
import { type Product, startProduct, wialonDevice } from "./product.ts";
import { cpuOf, RedisFigures, untilNoLines } from "./product-figures.ts";
import { reads } from "./reads.ts";
import { alone, type Row, range } from "./rows.ts";
import type { Section } from "./sections.ts";
import { soak } from "./soak.ts";
import { figure, median, percentile } from "./statistics.ts";
import { storm } from "./storm.ts";
import { incoming, positions } from "./throughput.ts";
import { type UnitCosts, Units } from "./units.ts";
import { workers } from "./workers.ts";

export interface SuitePlan {
  /** The compiled command line and the compiled folder of this file. */
  readonly cli: string;
  readonly folder: URL;
  readonly jt808: Protocol;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly rounds: number;
  readonly seconds: number;
  /** Of the soak. */
  readonly minutes: number;
  readonly sections: ReadonlySet<Section>;
  log(line: string): void;
}

const IDLE_LINES = 2_000;
const WARM_UP_LINES = 500;
const OPENED_AT_ONCE = 20;
const LINES = 200;
const TEXTS_PER_SECOND = 300;
const MANY_PER_SECOND = 1_000;
/** Before latencies are looked at: until then most of the time goes into code that V8 has not compiled yet. */
const WARM_UP_SECONDS = 10;
const LISTENERS = { accounts: 5, each: 200, perSecond: 20 };

export interface Measured {
  readonly rows: readonly Row[];
  readonly units: Partial<UnitCosts>;
}

export async function runSuite(plan: SuitePlan): Promise<Measured> {
  const units = new Units();
  const rows = await shared(plan, units);
  if (plan.sections.has("reads")) rows.push(...(await reads(plan)));
  if (plan.sections.has("workers")) rows.push(...(await workers(plan)));
  if (plan.sections.has("nodes")) rows.push(...(await nodes(plan)));
  if (plan.sections.has("storm")) rows.push(...(await storm(plan, units)));
  if (plan.sections.has("growth")) rows.push(...(await growth(plan)));
  if (plan.sections.has("soak")) rows.push(await soak(plan));
  return { rows, units: units.costs() };
}

/** Sections that one product serves one after the other. */
async function shared(plan: SuitePlan, units: Units): Promise<Row[]> {
  const rows: Row[] = [];
  const has = (...some: readonly Section[]): boolean => some.some((section) => plan.sections.has(section));
  if (has("idle")) rows.push(await idleLines(plan, units, "plain"), await idleLines(plan, units, "over TLS"));
  if (!has("positions", "incoming", "outgoing", "listeners")) return rows;
  const product = await startProduct(plan.cli, { wialon: LINES, jt808: LINES, accounts: 0 });
  try {
    const lines = has("positions", "incoming") ? await openLines(product, LINES) : [];
    if (has("positions")) rows.push(await positions(plan, product, lines, units));
    if (has("incoming")) rows.push(...(await incoming(plan, product, lines, units)));
    for (const line of lines) line.destroy();
    if (has("outgoing")) rows.push(...(await downward(plan, product, units)), await deliveries(plan, product, units));
  } finally {
    await product.stop();
  }
  if (has("listeners")) rows.push(await listening(plan));
  return rows;
}

async function openLines(product: Product, count: number, tls = false): Promise<Socket[]> {
  const lines: Socket[] = [];
  const port = tls ? product.tlsPort : product.gatewayPort;
  for (let index = 0; index < count; index += OPENED_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - index) }, (_, offset) => wialonDevice(index + offset));
    lines.push(...(await Promise.all(some.map((device) => openLine(port, `#L#${device};NA\r\n`, tls)))));
  }
  return lines;
}

/** Each round with a process of its own: memory that other lines have left would hide what these take. */
async function idleLines(plan: SuitePlan, units: Units, how: "plain" | "over TLS"): Promise<Row> {
  const perLine: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`memory of ${IDLE_LINES} idle lines ${how}, round ${round + 1} ...`);
    const product = await startProduct(plan.cli, { wialon: IDLE_LINES, jt808: 0, accounts: 0 }, {}, collecting(plan.folder));
    try {
      perLine.push((await idleBytes(product, units, how === "over TLS")) / 1_024);
    } finally {
      await product.stop();
    }
  }
  return alone({
    what: `memory per idle line ${how} at ${IDLE_LINES} lines`,
    product: `${figure(median(perLine))} KB RSS`,
    aim: "-",
    spread: `${range(perLine)}; each after a full collection, the first after ${WARM_UP_LINES} lines were opened and closed`,
  });
}

async function idleBytes(product: Product, units: Units, tls: boolean): Promise<number> {
  for (const line of await openLines(product, WARM_UP_LINES, tls)) line.destroy();
  await untilNoLines(product);
  const [taken, { lines, cpu, spent }] = await bytesTaken(product.pid, async () => {
    const before = cpuOf(product);
    return { lines: await openLines(product, IDLE_LINES, tls), cpu: before, spent: cpuOf(product) };
  });
  const bytes = taken / IDLE_LINES;
  units.add(tls ? "tlsLineBytes" : "lineBytes", bytes);
  if (!tls) {
    units.add("loginNodeUs", ((spent.node - cpu.node) * 1e6) / IDLE_LINES);
    units.add("loginRedisUs", ((spent.redis - cpu.redis) * 1e6) / IDLE_LINES);
  }
  for (const line of lines) line.destroy();
  return bytes;
}

async function downward(plan: SuitePlan, product: Product, units: Units): Promise<Row[]> {
  plan.log(`outgoing texts, ${TEXTS_PER_SECOND}/s and ${MANY_PER_SECOND}/s ...`);
  const common = { protocol: plan.jt808, profile: plan.profile, devices: LINES };
  const seconds = plan.seconds * plan.rounds;
  await outgoing(product, { ...common, perSecond: TEXTS_PER_SECOND, seconds: WARM_UP_SECONDS, follow: false });
  const redis = await RedisFigures.of(product);
  const bytes = await redis.usedBytes();
  const run = await outgoing(product, { ...common, perSecond: TEXTS_PER_SECOND, seconds, follow: false });
  units.add("messageBytes", ((await redis.usedBytes()) - bytes) / run.sent);
  redis.close();
  const followed = await outgoing(product, { ...common, perSecond: TEXTS_PER_SECOND, seconds: plan.seconds, follow: true });
  const many = await outgoing(product, { ...common, perSecond: MANY_PER_SECOND, seconds, follow: false });
  const milliseconds = (samples: readonly number[]): string =>
    `p50 ${figure(median(samples))} ms, p99 ${figure(percentile(samples, 0.99))} ms`;
  const toBytes = (perSecond: number, { shown, sent, toDevice }: Outgoing, aim: string): Row => ({
    what: `HTTP call to bytes at the device, ${perSecond.toLocaleString("en")}/s`,
    product: milliseconds(toDevice),
    yardstick: "-",
    ratio: "-",
    aim,
    spread: `${shown} of ${sent} arrived, after ${WARM_UP_SECONDS} s of warming up`,
  });
  return [
    toBytes(TEXTS_PER_SECOND, run, "p50 < 15, p99 < 200 ms"),
    toBytes(MANY_PER_SECOND, many, "p50 < 3, p99 < 25 ms"),
    {
      what: "HTTP call to DELIVERED in list",
      product: milliseconds(followed.toDelivered),
      yardstick: "-",
      ratio: "-",
      aim: "-",
      spread: `${followed.toDelivered.length} samples`,
    },
  ];
}

/** With a process of its own, as `idleLines`. */
async function listening(plan: SuitePlan): Promise<Row> {
  const { accounts, each, perSecond } = LISTENERS;
  plan.log(`live events to ${accounts * each} listeners ...`);
  const product = await startProduct(plan.cli, { wialon: 0, jt808: 0, accounts }, {}, collecting(plan.folder));
  const run = await listeners(product, { each, perSecond, seconds: plan.seconds * plan.rounds }).finally(() => product.stop());
  const perTelling = (run.msPerEvent * 1_000) / run.listenersPerEvent;
  return {
    what: `live events, ${run.listeners} listeners in ${accounts} accounts, ${perSecond} events/s`,
    product: `${figure(run.bytesPerListener / 1_024)} KB RSS a listener; ${figure(run.msPerEvent)} ms CPU an event (${figure(perTelling)} us a listener); heard p50 ${figure(median(run.toListener))} ms, p99 ${figure(percentile(run.toListener, 0.99))} ms`,
    yardstick: "-",
    ratio: "-",
    aim: "-",
    spread: `${run.heard} of ${run.wanted} heard; memory after a full collection`,
  };
}
