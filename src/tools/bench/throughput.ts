/** How much of one thing the product does, beside what a bare server, a bare script, a bare write and two brokers do. */
import { fork } from "node:child_process";
import type { Socket } from "node:net";
import { type RunningBroker, startAedes, startMosquitto } from "./brokers.ts";
import { startEcho } from "./echo-server.ts";
import { type Closed, closedLoop, lineExchange, openLine, POSITION, textExchange, textOf } from "./load.ts";
import { leaveSubscriber, openPublisher, PUBACK_BYTES, publish } from "./mqtt.ts";
import type { Product } from "./product.ts";
import { type Compared, compared, missing, type Row } from "./rows.ts";
import type { SuitePlan } from "./suite.ts";
import type { Units } from "./units.ts";

/** Well below what either side can do: the load side must not be the bound. */
const POSITIONS_PER_SECOND = 40_000;
/** mosquitto takes more than the load side can say: at this rate its CPU is what counts. */
const MOSQUITTO_PER_SECOND = 40_000;

/** Positions at a rate that neither server nor load side is saturated by: what counts is the CPU that each takes. */
export async function positions(plan: SuitePlan, product: Product, lines: readonly Socket[], units: Units): Promise<Row> {
  const echo = await startEcho(plan.folder);
  const bare = await Promise.all(lines.map(() => openLine(echo.port, null)));
  const exchange = lineExchange(() => POSITION);
  const ours: Closed[] = [];
  const theirs: Closed[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`positions, round ${round + 1} ...`);
    const common = { seconds: plan.seconds, perSecond: POSITIONS_PER_SECOND };
    theirs.push(await closedLoop(bare, exchange, { ...common, pids: [echo.pid] }));
    const run = await closedLoop(lines, exchange, { ...common, pids: [product.pid] });
    ours.push(run);
    units.add("positionNodeUs", (run.cpu * 1e6) / run.answers);
  }
  for (const line of bare) line.destroy();
  echo.stop();
  const what = `positions acknowledged per CPU-second, at ${POSITIONS_PER_SECOND.toLocaleString("en")}/s (yardstick: bare node:net echo)`;
  return compared({ what, aim: ">= 0.60", ours, theirs, of: (run) => run.answers / run.cpu });
}

/** Texts from devices, each stored before it is acknowledged, beside four yardsticks in turn. */
export async function incoming(plan: SuitePlan, product: Product, lines: readonly Socket[], units: Units): Promise<Row[]> {
  const exchange = textExchange();
  const ours: Closed[] = [];
  const script: { rate: number }[] = [];
  const write: { rate: number }[] = [];
  const aedes = await Broker.over("aedes", await startAedes(plan.folder, product.dataDir), lines.length, null);
  const mosquitto = await Broker.over("mosquitto", await startMosquitto(), lines.length, MOSQUITTO_PER_SECOND);
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`incoming texts, round ${round + 1} ...`);
    script.push({ rate: await loopOf("lua-loop.js", plan, { product, lines }) });
    write.push({ rate: await loopOf("rpush-loop.js", plan, { product, lines }) });
    for (const broker of [aedes, mosquitto]) await broker?.run(plan.seconds);
    const run = await closedLoop(lines, exchange, { seconds: plan.seconds, pids: [product.pid, product.redisPid], perSecond: null });
    ours.push(run);
    units.add("incomingNodeUs", ((run.cpus[0] ?? 0) * 1e6) / run.answers);
    units.add("incomingRedisUs", ((run.cpus[1] ?? 0) * 1e6) / run.answers);
  }
  aedes?.stop();
  mosquitto?.stop();
  const what = "incoming texts stored, then acknowledged/s";
  const of = (run: { readonly rate: number }): number => run.rate;
  const same = "the same guarantee";
  return [
    compared({ what: `${what} (yardstick: bare loop of the same Lua call)`, aim: ">= 0.70", ours, theirs: script, of, note: same }),
    compared({
      what: `${what} (yardstick: RPUSH, appendfsync always)`,
      aim: "-",
      ours,
      theirs: write,
      of,
      note: "one durable write, no index, no order",
    }),
    brokerRow(`${what} (yardstick: aedes 1.2.0 on the same Redis, PUBACK/s at QoS 1)`, ours, aedes, {
      aim: ">= 1.4",
      of,
      note: "acknowledges before it stores",
    }),
    brokerRow(`incoming texts per CPU-second, Redis included (yardstick: mosquitto, persistence each second, QoS 1)`, ours, mosquitto, {
      aim: "-",
      of: (run) => run.answers / run.cpu,
      note: `mosquitto at ${MOSQUITTO_PER_SECOND.toLocaleString("en")}/s; it loses the last second when killed`,
    }),
  ];
}

/** A broker with as many publishers as there are lines, and one session that is away and wants everything. */
class Broker {
  readonly runs: Closed[] = [];
  readonly #broker: RunningBroker;
  readonly #publishers: readonly Socket[];
  readonly #perSecond: number | null;
  #serial = 0;

  private constructor(broker: RunningBroker, publishers: readonly Socket[], perSecond: number | null) {
    this.#broker = broker;
    this.#publishers = publishers;
    this.#perSecond = perSecond;
  }

  /** `perSecond` null: as fast as answers come. */
  static async over(name: string, broker: RunningBroker | null, publishers: number, perSecond: number | null): Promise<Broker | null> {
    if (broker === null) return null;
    await leaveSubscriber(broker.port, `${name}-sink`, "up/#");
    const sockets: Socket[] = [];
    for (let index = 0; index < publishers; index += 1) sockets.push(await openPublisher(broker.port, `${name}-${index}`));
    return new Broker(broker, sockets, perSecond);
  }

  async run(seconds: number): Promise<void> {
    const exchange = {
      next: (line: number): Buffer => {
        this.#serial += 1;
        return publish(`up/${line}`, 1 + (this.#serial % 65_535), textOf(this.#serial));
      },
      answers: (chunk: Buffer): number => chunk.length / PUBACK_BYTES,
    };
    this.runs.push(await closedLoop(this.#publishers, exchange, { seconds, pids: [this.#broker.pid], perSecond: this.#perSecond }));
  }

  stop(): void {
    for (const socket of this.#publishers) socket.destroy();
    this.#broker.stop();
  }
}

function brokerRow(what: string, ours: readonly Closed[], broker: Broker | null, said: Pick<Compared, "aim" | "of" | "note">): Row {
  if (broker === null) return missing(what, "not installed here");
  return compared({ what, ...said, ours, theirs: broker.runs });
}

async function loopOf(
  module: string,
  plan: SuitePlan,
  { product, lines }: { readonly product: Product; readonly lines: readonly Socket[] },
): Promise<number> {
  const child = fork(new URL(module, plan.folder), [product.dataDir, String(lines.length), String(plan.seconds)]);
  const rate = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { readonly rate: number }) => resolve(message.rate));
    child.once("exit", (code) => reject(new Error(`${module} ended with ${code}`)));
  });
  child.kill();
  return rate;
}
