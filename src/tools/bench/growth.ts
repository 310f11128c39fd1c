/** Does the cost of one thing grow with what lies beside it: with the lines that are open, and with the messages that are stored? */
import type { Socket } from "node:net";
import { opening, startCrowd } from "./crowd.ts";
import { type Cost, type CostAt, costRows, type InTurn, type StoredAt, storedRows, weightRow } from "./growth-rows.ts";
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
const MEASURED_TEXTS = 5_000;
/** Of either side at each size, and from it on where texts are what grows: one with a full collection in it takes more, and the machine changes within seconds. */
const MEASUREMENTS = 11;
/** Before the first measurement: V8 compiles what has run often enough. */
const WARM_UP_TEXTS = 60_000;
/** What `list` gives at most; the tracker that is asked has more than that at every size. */
const LIST_LIMIT = 1_024;
const CALLS = 50;
const READS = ["list", "unread/count"] as const;
type Read = (typeof READS)[number];
const QUIET_MS = 20_000;

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

/** A product with its senders, measured in turn with another: what this machine does beside changes both alike. */
class Side {
  readonly product: Product;
  readonly #senders: readonly Socket[];
  readonly #texts = new Texts("ASCII");

  private constructor(product: Product, senders: readonly Socket[]) {
    this.product = product;
    this.#senders = senders;
  }

  /** Warm, and without a message. */
  static async open(plan: SuitePlan, devices: number): Promise<Side> {
    const product = await startProduct(plan.cli, { wialon: devices, jt808: 0, accounts: 0 });
    const side = new Side(product, await openSenders(product));
    await sendTexts(side.#senders, side.#texts, WARM_UP_TEXTS);
    for (const action of READS) await callMs(product, action);
    await side.clear();
    return side;
  }

  async clear(): Promise<void> {
    await clearChats(
      this.product.http,
      this.#senders.map((_, index) => WIALON_ID + index),
    );
  }

  /** Of one tracker what `list` can give, the rest of all. Returns how many there are. */
  async fill(count: number, stored = 0): Promise<number> {
    const first = stored === 0 ? await fillTexts(this.#senders.slice(0, 1), this.#texts, LIST_LIMIT) : stored;
    return first + (await fillTexts(this.#senders, this.#texts, count - first));
  }

  /** CPU microseconds of a text. */
  async cost(): Promise<Cost> {
    const before = cpuOf(this.product);
    await sendTexts(this.#senders, this.#texts, MEASURED_TEXTS);
    const after = cpuOf(this.product);
    const each = (seconds: number): number => (seconds * 1e6) / MEASURED_TEXTS;
    return { nodeUs: each(after.node - before.node), redisUs: each(after.redis - before.redis) };
  }

  async stop(): Promise<void> {
    for (const line of this.#senders) line.destroy();
    await this.product.stop();
  }
}

/** The side that grows, each time right after the one that does not. */
async function costsInTurn(small: Side, grown: Side): Promise<Pick<CostAt, "grown" | "small">> {
  const costs: { small: Cost[]; grown: Cost[] } = { small: [], grown: [] };
  for (let n = 0; n < MEASUREMENTS; n += 1) {
    costs.small.push(await small.cost());
    costs.grown.push(await grown.cost());
  }
  return costs;
}

async function withLines(plan: SuitePlan, { lines }: GrowthSizes): Promise<CostAt[]> {
  const [small, grown] = [await Side.open(plan, lines[0] ?? 0), await Side.open(plan, Math.max(...lines))];
  const [few, many] = [startCrowd(plan.folder, small.product.gatewayPort), startCrowd(plan.folder, grown.product.gatewayPort)];
  try {
    await few.tell(opening(SENDERS, (lines[0] ?? 0) - SENDERS));
    const costs: CostAt[] = [];
    let open = SENDERS;
    for (const size of lines) {
      plan.log(`incoming texts while ${size} lines are open ...`);
      await many.tell(opening(open, size - open));
      open = size;
      costs.push({ size, ...(await costsInTurn(small, grown)) });
    }
    return costs;
  } finally {
    few.stop();
    many.stop();
    await small.stop();
    await grown.stop();
  }
}

/** Filled once, whatever the rounds: a million messages take minutes. */
async function withMessages(plan: SuitePlan, { messages }: GrowthSizes): Promise<StoredAt[]> {
  const [small, grown] = [await Side.open(plan, SENDERS), await Side.open(plan, SENDERS)];
  const redis = await RedisFigures.of(grown.product);
  try {
    await redis.stopRewriting();
    // What was removed is freed by and by.
    await sleep(QUIET_MS);
    const empty = await redis.usedBytes();
    const found: StoredAt[] = [];
    let stored = 0;
    for (const size of messages) {
      plan.log(`${size} messages stored ...`);
      stored = await grown.fill(size, stored);
      await small.clear();
      await small.fill(messages[0] ?? 0);
      // What was just written is still being relayed to its account.
      await sleep(QUIET_MS);
      const bytesPerMessage = ((await redis.usedBytes()) - empty) / stored;
      const [listMs, unreadMs] = [await readInTurn(small, grown, "list"), await readInTurn(small, grown, "unread/count")];
      found.push({ size, ...(await costsInTurn(small, grown)), listMs, unreadMs, bytesPerMessage });
      stored += MEASURED_TEXTS * MEASUREMENTS;
    }
    return found;
  } finally {
    redis.close();
    await small.stop();
    await grown.stop();
  }
}

async function readInTurn(small: Side, grown: Side, action: Read): Promise<InTurn> {
  const times: { small: number[]; grown: number[] } = { small: [], grown: [] };
  for (let n = 0; n < MEASUREMENTS; n += 1) {
    times.small.push(await callMs(small.product, action));
    times.grown.push(await callMs(grown.product, action));
  }
  return times;
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

/** Median milliseconds of a call of the API, one after the other. */
async function callMs(product: Product, action: Read): Promise<number> {
  const parameters = action === "list" ? { tracker_id: WIALON_ID, limit: LIST_LIMIT, ascending: false } : {};
  const times: number[] = [];
  for (let n = 0; n < CALLS; n += 1) {
    const begin = performance.now();
    await call(product, action, parameters);
    times.push(performance.now() - begin);
  }
  return median(times);
}
