/** Live events to many listeners: memory of each, CPU of telling one event to all of its account, and how soon it is heard. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { bytesTaken } from "./collect.ts";
import { sleep } from "./load.ts";
import { call } from "./outgoing.ts";
import { cpuSeconds } from "./process-stats.ts";
import type { BenchAccount, Product } from "./product.ts";

export interface Heard {
  readonly listeners: number;
  readonly bytesPerListener: number;
  /** CPU milliseconds of one event beyond those of a text that nobody hears of. */
  readonly msPerEvent: number;
  readonly listenersPerEvent: number;
  /** Milliseconds from the start of the HTTP call to the event at a listener; sampled. */
  readonly toListener: readonly number[];
  readonly heard: number;
  readonly wanted: number;
}

export interface ListenersPlan {
  /** Of each account. */
  readonly each: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** One listener in so many looks at what it hears; the others only count. */
const SAMPLE = 50;
/** What is under way when the last text was sent. */
const SETTLE_MS = 2_500;

export async function listeners(product: Product, { each, perSecond, seconds }: ListenersPlan): Promise<Heard> {
  const { accounts } = product;
  const started = new Map<string, number>();
  const toListener: number[] = [];
  let heard = 0;
  const speak = async (name: string): Promise<number> => {
    const before = cpuSeconds(product.pid);
    for (let n = 0; n < perSecond * seconds; n += 1) {
      const account = accounts[n % accounts.length];
      if (account === undefined) break;
      const text = `${name} ${n}`;
      started.set(text, performance.now());
      await Promise.all([
        call({ ...product, hash: account.hash }, "send", { tracker_id: account.trackerId, message: text }),
        sleep(1_000 / perSecond),
      ]);
    }
    await sleep(SETTLE_MS);
    return (cpuSeconds(product.pid) - before) * 1_000;
  };
  await speak("warm up");
  const alone = await speak("alone");
  const open: ClientRequest[] = [];
  const join = async (account: BenchAccount, n: number): Promise<void> => {
    const { sent, response } = await listen(product, account);
    open.push(sent);
    response.on("data", (chunk: Buffer) => {
      heard += occurrences(chunk, MESSAGE);
      const text = n % SAMPLE === 0 ? /"text":"([^"]+)"/.exec(chunk.toString())?.[1] : undefined;
      const from = text === undefined ? undefined : started.get(text);
      if (from !== undefined) toListener.push(performance.now() - from);
    });
  };
  const [bytes] = await bytesTaken(product.pid, async () => {
    for (const account of accounts) for (let n = 0; n < each; n += 1) await join(account, n);
  });
  const bytesPerListener = bytes / open.length;
  const listened = await speak("listened");
  for (const one of open) one.destroy();
  const events = perSecond * seconds;
  return {
    listeners: open.length,
    bytesPerListener,
    msPerEvent: (listened - alone) / events,
    listenersPerEvent: each,
    toListener,
    heard,
    wanted: events * each,
  };
}

const MESSAGE = Buffer.from("event: message\n");

function occurrences(chunk: Buffer, wanted: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(wanted); at >= 0; at = chunk.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}

function listen(product: Product, { hash }: BenchAccount): Promise<{ readonly sent: ClientRequest; readonly response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `NVX ${hash}` };
    const sent = request(`${product.http}/tracker/chat/events`, { agent: false, headers }, (response) => {
      if (response.statusCode === 200) resolve({ sent, response });
      else reject(new Error(`a listener was answered ${response.statusCode}`));
    });
    sent.on("error", (error) => reject(error));
    sent.end();
  });
}
