/** Texts down as fast as they are taken: stored, handed to the device, acknowledged by it; beside a broker that does the like on the same Redis. */
import type { Socket } from "node:net";
import { startAedes } from "./brokers.ts";
import { type Closed, sleep } from "./load.ts";
import { openPublisher, publish, Subscriber } from "./mqtt.ts";
import { call, devicesOnline } from "./outgoing.ts";
import { cpuSeconds } from "./process-stats.ts";
import { JT808_ID, type Product } from "./product.ts";
import { missing, type Row } from "./rows.ts";
import { figure, median } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";
import type { Units } from "./units.ts";

const DEVICES = 200;
/** Texts that are on their way at once: callers of the API, or publishes without their PUBACK. */
const CALLERS = 64;
const WARM_UP_MS = 5_000;
const WHAT = "texts stored, delivered and acknowledged/s (yardstick: aedes 1.2.0 on the same Redis, QoS 1 both ways)";

/** Counts what has arrived, and where the next may go. */
interface Way {
  arrived(): number;
  /** Sends one; resolves when the sender may send its next. */
  send(serial: number): Promise<unknown>;
  close(): void;
}

export async function deliveries(plan: SuitePlan, product: Product, units: Units): Promise<Row> {
  const aedes = await startAedes(plan.folder, product.dataDir);
  if (aedes === null) return missing(WHAT, "aedes could not be installed");
  const [ours, theirs]: [Closed[], Closed[]] = [[], []];
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.log(`texts down as fast as they go, round ${round + 1} ...`);
    theirs.push(await measured(await overBroker(aedes.port, round), plan.seconds, [aedes.pid, product.redisPid]));
    const run = await measured(await overProduct(plan, product), plan.seconds, [product.pid, product.redisPid]);
    ours.push(run);
    // What capacity is computed from: at a lower rate each text wakes the process by itself, and costs several times as much.
    units.add("outgoingNodeUs", ((run.cpus[0] ?? 0) * 1e6) / run.answers);
    units.add("outgoingRedisUs", ((run.cpus[1] ?? 0) * 1e6) / run.answers);
  }
  aedes.stop();
  const ratios = ours.map(({ rate }, round) => rate / (theirs[round]?.rate ?? Number.NaN));
  const busiest = Math.max(...[...ours, ...theirs].map(({ loadCpu }) => loadCpu));
  return {
    what: WHAT,
    product: shown(ours),
    yardstick: shown(theirs),
    ratio: figure(median(ratios)),
    aim: ">= 2",
    spread: `${figure(Math.min(...ratios))}-${figure(Math.max(...ratios))} in ${ratios.length} rounds; load side <= ${Math.round(busiest * 100)} % of a core; aedes acknowledges before it stores, over one connection a client; ours over HTTP, ${CALLERS} calls at once`,
  };
}

function shown(runs: readonly Closed[]): string {
  const us = (of: number): string => figure(median(runs.map(({ cpus, answers }) => ((cpus[of] ?? 0) * 1e6) / answers)));
  return `${figure(median(runs.map(({ rate }) => rate)))}/s at ${us(0)} + ${us(1)} us of server and Redis CPU`;
}

async function measured(way: Way, seconds: number, pids: readonly number[]): Promise<Closed> {
  let running = true;
  let serial = 0;
  const sender = async (): Promise<void> => {
    while (running) {
      serial += 1;
      await way.send(serial);
    }
  };
  const senders = Array.from({ length: CALLERS }, sender);
  await sleep(WARM_UP_MS);
  const before = { arrived: way.arrived(), cpus: pids.map(cpuSeconds), own: process.cpuUsage(), at: performance.now() };
  await sleep(seconds * 1_000);
  const took = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const answers = way.arrived() - before.arrived;
  const cpus = pids.map((pid, index) => cpuSeconds(pid) - (before.cpus[index] ?? 0));
  running = false;
  await Promise.all(senders);
  way.close();
  const cpu = cpus.reduce((sum, one) => sum + one, 0);
  return { answers, rate: answers / took, cpus, cpu, loadCpu: (own.user + own.system) / 1e6 / took };
}

async function overProduct(plan: SuitePlan, product: Product): Promise<Way> {
  let arrived = 0;
  const stop = await devicesOnline(product, { protocol: plan.jt808, profile: plan.profile, devices: DEVICES }, () => {
    arrived += 1;
  });
  return {
    arrived: () => arrived,
    send: (serial) =>
      call(product, "send", {
        tracker_id: JT808_ID + (serial % DEVICES),
        message: `text number ${serial}, of about sixty characters or so..`,
      }),
    close: stop,
  };
}

async function overBroker(port: number, round: number): Promise<Way> {
  let arrived = 0;
  const sockets: Socket[] = [];
  for (let index = 0; index < DEVICES; index += 1) {
    const subscriber = new Subscriber(await openPublisher(port, `device-${round}-${index}`), () => {
      arrived += 1;
    });
    await subscriber.subscribe(`down/${index}`);
    sockets.push(subscriber.socket);
  }
  const publishers: { socket: Socket; acknowledged: (() => void) | null }[] = [];
  for (let index = 0; index < CALLERS; index += 1) {
    const publisher = { socket: await openPublisher(port, `sender-${round}-${index}`), acknowledged: null as (() => void) | null };
    publisher.socket.on("data", () => publisher.acknowledged?.());
    publishers.push(publisher);
    sockets.push(publisher.socket);
  }
  const idle = [...publishers];
  return {
    arrived: () => arrived,
    send: (serial) =>
      new Promise<void>((resolve) => {
        const publisher = idle.pop();
        if (publisher === undefined) throw new Error("more senders than connections");
        publisher.acknowledged = (): void => {
          publisher.acknowledged = null;
          idle.push(publisher);
          resolve();
        };
        const message = `text number ${serial}, of about sixty characters or so..`;
        publisher.socket.write(publish(`down/${serial % DEVICES}`, 1 + (serial % 65_535), message));
      }),
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
