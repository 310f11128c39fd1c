/** What people look at: a long list, what is unread over a whole account, and a broadcast to all of it. */
import { placeFor } from "../../redis/place.ts";
import { filesIn, urlOf } from "../../redis/redis-conf.ts";
import { connected, connectRedis } from "../../store/connection.ts";
import { RedisStore } from "../../store/redis.ts";
import { sleep } from "./load.ts";
import { call } from "./outgoing.ts";
import { cpuSeconds } from "./process-stats.ts";
import { JT808_ID, type Product, startProduct, WIALON_ID } from "./product.ts";
import type { Row } from "./rows.ts";
import { figure, median, percentile } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";

const TRACKERS = { wialon: 100, jt808: 200 };
const ALL = [
  ...Array.from({ length: TRACKERS.wialon }, (_, index) => WIALON_ID + index),
  ...Array.from({ length: TRACKERS.jt808 }, (_, index) => JT808_ID + index),
];
const LONGEST_LIST = 1_024;
const STORED_AT_ONCE = 64;
const CALLERS = 8;
const WARM_UP_MS = 2_000;
const BROADCASTS = 10;

export async function reads(plan: SuitePlan): Promise<Row[]> {
  const product = await startProduct(plan.cli, { ...TRACKERS, accounts: 0 }, { BROADCAST_RATE: "1000000/s" });
  try {
    await fill(product.dataDir);
    plan.log("list, unread/count, broadcast ...");
    const seconds = plan.seconds * plan.rounds;
    const list = await repeated(product, CALLERS, seconds, () =>
      call(product, "list", { tracker_id: WIALON_ID, limit: LONGEST_LIST, ascending: false }),
    );
    const unread = await repeated(product, 1, seconds, () => call(product, "unread/count", {}));
    return [listRow(list), unreadRow(unread), await broadcastRow(product)];
  } finally {
    await product.stop();
  }
}

/** One conversation that fills a list, and something unread at every tracker. */
async function fill(dataDir: string): Promise<void> {
  const connection = connectRedis(urlOf(await placeFor(filesIn(dataDir))), "requests");
  await connected(connection, 5_000);
  const store = new RedisStore(connection);
  const say = async (trackerId: number, count: number): Promise<void> => {
    const { epoch } = await store.login({ trackerId, node: "bench", protocol: "bench" });
    for (let said = 0; said < count; said += STORED_AT_ONCE) {
      const texts = Array.from({ length: Math.min(STORED_AT_ONCE, count - said) }, (_, index) => ({
        text: `driver text number ${said + index}, about sixty characters long..`,
        serial: null,
        lossy: false,
        answers: null,
      }));
      await store.receive({ trackerId, epoch, employeeId: null, early: false, texts });
    }
  };
  for (const trackerId of ALL) await say(trackerId, trackerId === WIALON_ID ? LONGEST_LIST : 3);
  connection.disconnect();
}

interface Repeated {
  readonly calls: number;
  readonly seconds: number;
  readonly node: number;
  readonly redis: number;
  /** Share of one core that the caller used. */
  readonly load: number;
  readonly ms: readonly number[];
}

/** `work` by so many callers, each as soon as its last call was answered. */
async function repeated(product: Product, callers: number, seconds: number, work: () => Promise<unknown>): Promise<Repeated> {
  const ms: number[] = [];
  let running = true;
  const caller = async (): Promise<void> => {
    while (running) {
      const at = performance.now();
      await work();
      ms.push(performance.now() - at);
    }
  };
  const all = Array.from({ length: callers }, caller);
  await sleep(WARM_UP_MS);
  ms.length = 0;
  const before = { at: performance.now(), node: cpuSeconds(product.pid), redis: cpuSeconds(product.redisPid), own: process.cpuUsage() };
  await sleep(seconds * 1_000);
  const took = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const samples = [...ms];
  const used = { node: cpuSeconds(product.pid) - before.node, redis: cpuSeconds(product.redisPid) - before.redis };
  running = false;
  await Promise.all(all);
  return { calls: samples.length, seconds: took, ...used, load: (own.user + own.system) / 1e6 / took, ms: samples };
}

function listRow({ calls, seconds, node, redis, load, ms }: Repeated): Row {
  return {
    what: `list of ${LONGEST_LIST.toLocaleString("en")} messages, ${CALLERS} callers`,
    product: `${figure(calls / seconds)}/s, ${figure(calls / node)} per CPU-second of Node; ${figure((redis * 1_000) / calls)} ms of Redis CPU each`,
    yardstick: "-",
    ratio: "-",
    aim: ">= 400 per CPU-second, <= 1.5 ms",
    spread: `p50 ${figure(median(ms))} ms, p99 ${figure(percentile(ms, 0.99))} ms; load side ${Math.round(load * 100)} % of a core`,
  };
}

function unreadRow({ calls, redis, ms }: Repeated): Row {
  return {
    what: `unread/count over ${ALL.length} trackers`,
    product: `p50 ${figure(median(ms))} ms, p99 ${figure(percentile(ms, 0.99))} ms`,
    yardstick: "-",
    ratio: "-",
    aim: "p99 < 10 ms",
    spread: `${calls} calls one after the other; ${figure((redis * 1_000) / calls)} ms of Redis CPU each`,
  };
}

async function broadcastRow(product: Product): Promise<Row> {
  const ms: number[] = [];
  for (let round = 0; round < BROADCASTS; round += 1) {
    const at = performance.now();
    await call(product, "broadcast", { trackers: ALL, message: `to everybody, for the ${round}. time` });
    ms.push(performance.now() - at);
  }
  const [first = 0, ...others] = ms;
  return {
    what: `broadcast to ${ALL.length} trackers`,
    product: `p50 ${figure(median(others))} ms`,
    yardstick: "-",
    ratio: "-",
    aim: "< 60 ms",
    spread: `${figure(Math.min(...others))}-${figure(Math.max(...others))} ms in ${others.length}; the first, before the code is warm, ${figure(first)} ms; BROADCAST_RATE raised`,
  };
}
