/** Does the cost of one thing grow with what lies beside it: with the lines that are open, and with the messages that are stored? */
import type { Socket } from "node:net";
import { opening, startCrowd } from "./crowd.ts";
import { type CostAt, costRows, type StoredAt, storedRows, weightRow } from "./growth-rows.ts";
import { openLine, sleep } from "./load.ts";
import { call } from "./outgoing.ts";
import { clearChats, type Product, startProduct, WIALON_ID, wialonDevice } from "./product.ts";
import { cpuOf, RedisFigures } from "./product-figures.ts";
import type { Row } from "./rows.ts";
import { median } from "./statistics.ts";
import type { SuitePlan } from "./suite.ts";
import { type Alphabet, fillTexts, sendTexts, Texts } from "./texts.ts";

export interface GrowthSizes {
  /** Lines that are open. */
  readonly lines: readonly number[];
  /** Messages that are stored. */
  readonly messages: readonly number[];
  /** Messages of each alphabet that are weighed. */
  readonly weighed: number;
}

const SIZES: GrowthSizes = { lines: [1_000, 5_000, 15_000], messages: [10_000, 100_000, 1_000_000], weighed: 100_000 };
const SENDERS = 200;
/** Of one measurement: CPU is counted in ticks of 10 ms. */
const MEASURED_TEXTS = 10_000;
/** Before the first measurement: V8 compiles what has run often enough. */
const WARM_UP_TEXTS = 60_000;
/** What `list` gives at most; the tracker that is asked has more than that at every size. */
const LIST_LIMIT = 1_024;
const CALLS = 200;
const QUIET_MS = 10_000;

export async function growth(plan: SuitePlan, sizes: GrowthSizes = SIZES): Promise<Row[]> {
  const rows = costRows("lines open", await withLines(plan, sizes));
  const stored = await withMessages(plan, sizes);
  return [
    ...rows,
    ...costRows("messages stored", stored),
    ...storedRows(stored),
    weightRow("ASCII", await weighed(plan, "ASCII", sizes.weighed)),
    weightRow("Cyrillic", await weighed(plan, "Cyrillic", sizes.weighed)),
  ];
}

async function withLines(plan: SuitePlan, { lines }: GrowthSizes): Promise<CostAt[]> {
  const product = await startProduct(plan.cli, { wialon: Math.max(...lines), jt808: 0, accounts: 0 });
  const crowd = startCrowd(plan.folder, product.gatewayPort);
  try {
    const senders = await openSenders(product);
    const texts = new Texts("ASCII");
    await sendTexts(senders, texts, WARM_UP_TEXTS);
    const costs: CostAt[] = [];
    let open = SENDERS;
    for (const size of lines) {
      plan.log(`incoming texts while ${size} lines are open ...`);
      await crowd.tell(opening(open, size - open));
      open = size;
      costs.push({ size, ...(await costOf(product, plan.rounds, () => sendTexts(senders, texts, MEASURED_TEXTS))) });
    }
    for (const line of senders) line.destroy();
    return costs;
  } finally {
    crowd.stop();
    await product.stop();
  }
}

/** Filled once, whatever the rounds: a million messages take minutes. */
async function withMessages(plan: SuitePlan, { messages }: GrowthSizes): Promise<StoredAt[]> {
  const product = await startProduct(plan.cli, { wialon: SENDERS, jt808: 0, accounts: 0 });
  const redis = await RedisFigures.of(product);
  try {
    const senders = await openSenders(product);
    const texts = new Texts("ASCII");
    await warmUp(product, senders, texts);
    const empty = await redis.usedBytes();
    let stored = await fillTexts(senders.slice(0, 1), texts, LIST_LIMIT);
    const found: StoredAt[] = [];
    for (const size of messages) {
      plan.log(`${size} messages stored ...`);
      stored += await fillTexts(senders, texts, size - stored);
      // What was just written is still being relayed to its account.
      await sleep(QUIET_MS);
      const bytesPerMessage = ((await redis.usedBytes()) - empty) / stored;
      const calls = { listMs: await callMs(product, "list"), unreadMs: await callMs(product, "unread/count") };
      const cost = await costOf(product, plan.rounds, () => sendTexts(senders, texts, MEASURED_TEXTS));
      found.push({ size, ...cost, ...calls, bytesPerMessage });
      stored += MEASURED_TEXTS * plan.rounds;
    }
    for (const line of senders) line.destroy();
    return found;
  } finally {
    redis.close();
    await product.stop();
  }
}

/** All that is measured later, with messages that are removed again: the smallest size must not be the coldest as well. */
async function warmUp(product: Product, senders: readonly Socket[], texts: Texts): Promise<void> {
  await sendTexts(senders, texts, WARM_UP_TEXTS);
  for (const action of ["list", "unread/count"] as const) await callMs(product, action);
  await clearChats(
    product.http,
    senders.map((_, index) => WIALON_ID + index),
  );
  await sleep(QUIET_MS);
}

/** Bytes of Redis for each message of 60 characters, in a store that has nothing else. */
async function weighed(plan: SuitePlan, alphabet: Alphabet, count: number): Promise<number> {
  plan.log(`${count} messages of 60 characters, ${alphabet} ...`);
  const product = await startProduct(plan.cli, { wialon: SENDERS, jt808: 0, accounts: 0 });
  const redis = await RedisFigures.of(product);
  try {
    const senders = await openSenders(product);
    const empty = await redis.usedBytes();
    const stored = await fillTexts(senders, new Texts(alphabet), count);
    const bytes = (await redis.usedBytes()) - empty;
    for (const line of senders) line.destroy();
    return bytes / stored;
  } finally {
    redis.close();
    await product.stop();
  }
}

function openSenders(product: Product): Promise<Socket[]> {
  return Promise.all(Array.from({ length: SENDERS }, (_, index) => openLine(product.gatewayPort, `#L#${wialonDevice(index)};NA\r\n`)));
}

/** CPU microseconds of each of the texts that `send` sends, the median of the rounds. */
async function costOf(product: Product, rounds: number, send: () => Promise<void>): Promise<Pick<CostAt, "nodeUs" | "redisUs">> {
  const costs: { readonly nodeUs: number; readonly redisUs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuOf(product);
    await send();
    const after = cpuOf(product);
    const each = (seconds: number): number => (seconds * 1e6) / MEASURED_TEXTS;
    costs.push({ nodeUs: each(after.node - before.node), redisUs: each(after.redis - before.redis) });
  }
  return { nodeUs: median(costs.map(({ nodeUs }) => nodeUs)), redisUs: median(costs.map(({ redisUs }) => redisUs)) };
}

/** Median milliseconds of a call of the API, one after the other. */
async function callMs(product: Product, action: "list" | "unread/count"): Promise<number> {
  const parameters = action === "list" ? { tracker_id: WIALON_ID, limit: LIST_LIMIT, ascending: false } : {};
  const times: number[] = [];
  for (let n = 0; n < CALLS; n += 1) {
    const begin = performance.now();
    await call(product, action, parameters);
    times.push(performance.now() - begin);
  }
  return median(times);
}
