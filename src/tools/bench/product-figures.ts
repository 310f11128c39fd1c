/** What a product and its Redis tell of themselves. */
import type { Redis } from "ioredis";
import { placeFor } from "../../redis/place.ts";
import { filesIn, urlOf } from "../../redis/redis-conf.ts";
import { connected, connectRedis } from "../../store/connection.ts";
import { sleep } from "./load.ts";
import { cpuSeconds } from "./process-stats.ts";
import type { Product } from "./product.ts";

const CONNECT_MS = 5_000;
const LOOK_MS = 100;
const GONE_MS = 60_000;

/** A connection that is kept: opening one costs commands, which would be counted. */
export class RedisFigures {
  readonly #connection: Redis;

  private constructor(connection: Redis) {
    this.#connection = connection;
  }

  static async of({ dataDir }: Product): Promise<RedisFigures> {
    const connection = connectRedis(urlOf(await placeFor(filesIn(dataDir))), "requests");
    await connected(connection, CONNECT_MS);
    return new RedisFigures(connection as Redis);
  }

  /** Commands so far, those within scripts too; the call that asks is counted by the next one. */
  commands(): Promise<number> {
    return this.#info("stats", "total_commands_processed");
  }

  usedBytes(): Promise<number> {
    return this.#info("memory", "used_memory");
  }

  /** From now on the log is not rewritten: pages that the child shares are copied when they change, which each text pays for meanwhile. */
  async stopRewriting(): Promise<void> {
    await this.#connection.config("SET", "auto-aof-rewrite-percentage", "0");
    while ((await this.#info("persistence", "aof_rewrite_in_progress")) > 0) await sleep(LOOK_MS);
  }

  close(): void {
    this.#connection.disconnect();
  }

  async #info(section: string, field: string): Promise<number> {
    const lines = (await this.#connection.info(section)).split("\r\n");
    return Number(lines.find((line) => line.startsWith(`${field}:`))?.slice(field.length + 1));
  }
}

export async function metricsOf({ http }: Product): Promise<string> {
  return await (await fetch(`${http}/metrics`)).text();
}

/** The sample of a metric that has one, or all of its samples together; `label`: of those that have it. */
export function sample(metrics: string, name: string, label = ""): number {
  return samplesOf(metrics, name)
    .filter(({ labels }) => labels.includes(label))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Lines of the text format: the name, labels in braces where it has any, a space, the value. */
function samplesOf(metrics: string, name: string): readonly { readonly labels: string; readonly value: number }[] {
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => ({ labels: line.slice(name.length, line.lastIndexOf(" ")), value: Number(line.slice(line.lastIndexOf(" ") + 1)) }));
}

/** The least upper bound that so many of the observations between two readings of a histogram kept, on a straight line within its bucket. */
export function quantileBetween(before: string, after: string, of: { readonly name: string; readonly share: number }): number {
  const [from, to] = [bucketsOf(before, of.name), bucketsOf(after, of.name)];
  const counts = [...to].map(([bound, count]) => ({ bound, count: count - (from.get(bound) ?? 0) }));
  const wanted = (counts.at(-1)?.count ?? 0) * of.share;
  let lower = { bound: 0, count: 0 };
  for (const bucket of counts) {
    if (bucket.count >= wanted && bucket.count > lower.count) {
      const part = (wanted - lower.count) / (bucket.count - lower.count);
      return lower.bound + (bucket.bound - lower.bound) * part;
    }
    lower = bucket;
  }
  return Number.NaN;
}

function bucketsOf(metrics: string, name: string): ReadonlyMap<number, number> {
  const bounds = samplesOf(metrics, `${name}_bucket`).map(({ labels, value }) => [/\ble="([^"]+)"/.exec(labels)?.[1], value] as const);
  return new Map(bounds.map(([bound, count]) => [bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), count]));
}

/** Until the product has let go of every line: what a closed one leaves would count as the next one's. */
export async function untilNoLines(product: Product): Promise<void> {
  const by = performance.now() + GONE_MS;
  while (sample(await metricsOf(product), "tracker_chat_open_connections") > 0) {
    if (performance.now() > by) throw new Error(`lines were still open ${GONE_MS / 1_000} s after the last one was closed`);
    await sleep(LOOK_MS);
  }
}

/** CPU seconds so far. */
export function cpuOf({ pid, redisPid }: Product): { readonly node: number; readonly redis: number } {
  return { node: cpuSeconds(pid), redis: cpuSeconds(redisPid) };
}
