/** Mixed load at a low rate, for hours: texts both ways, reading, and devices that come and go. */
import type { Protocol } from "../../core/index.ts";
import { DeviceRunner } from "../device-runner.ts";
import { sleep } from "./load.ts";
import { call } from "./outgoing.ts";
import { JT808_ID, jt808Device, type Product, WIALON_ID } from "./product.ts";
import { SoakLine } from "./soak-line.ts";

export interface SoakLoadPlan {
  readonly protocol: Protocol;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly lines: number;
  readonly devices: number;
}

export interface SoakCounts {
  incoming: number;
  outgoing: number;
  shown: number;
  reads: number;
  reconnects: number;
  /** Calls without success, lines that ended by themselves, logins that failed. */
  failed: number;
}

/** Of each a second. */
const RATES = { incoming: 50, outgoing: 10, lists: 5, counts: 5, reconnects: 2 };
/** As a page of a console asks: what the answer takes must not grow with the hours. */
const LIST_LIMIT = 50;

export class SoakLoad {
  readonly counts: SoakCounts = { incoming: 0, outgoing: 0, shown: 0, reads: 0, reconnects: 0, failed: 0 };
  readonly #product: Product;
  readonly #plan: SoakLoadPlan;
  readonly #runners: readonly DeviceRunner[];
  readonly #lines: SoakLine[];

  constructor(product: Product, plan: SoakLoadPlan) {
    this.#product = product;
    this.#plan = plan;
    this.#runners = Array.from({ length: plan.devices }, (_, index) => this.#device(index));
    this.#lines = Array.from({ length: plan.lines }, (_, index) => new SoakLine(product.gatewayPort, index, this.counts));
  }

  /** Devices connect. */
  async start(): Promise<void> {
    for (const runner of this.#runners) runner.start();
    for (const line of this.#lines) await line.open();
  }

  /** `times` the rates; ends when `until` has come (by performance.now) and what was under way then is over. */
  async run(times: number, until: number): Promise<void> {
    const { lines, devices } = this.#plan;
    const every = (perSecond: number, act: (n: number) => Promise<void>): Promise<void> => this.#every(times * perSecond, until, act);
    await Promise.all([
      every(RATES.incoming, async (n) => this.#lines[n % lines]?.say()),
      every(RATES.outgoing, (n) => this.#send(JT808_ID + (n % devices), `soak ${n}`)),
      every(RATES.lists, (n) => this.#read("list", { tracker_id: WIALON_ID + (n % lines), limit: LIST_LIMIT, ascending: false })),
      every(RATES.counts, () => this.#read("unread/count", {})),
      // A step that shares no factor with their number, so that it is another one each time.
      every(RATES.reconnects, (n) => this.#lines[(n * 7) % lines]?.reconnect() ?? Promise.resolve()),
    ]);
  }

  stop(): void {
    for (const runner of this.#runners) runner.stop();
    for (const line of this.#lines) line.close();
  }

  /** At a rate, whatever came of the last one; what fails is counted. */
  async #every(perSecond: number, until: number, act: (n: number) => Promise<void>): Promise<void> {
    const begin = performance.now();
    const pending = new Set<Promise<void>>();
    for (let n = 0, due = begin; due < until; n += 1, due = begin + (n * 1_000) / perSecond) {
      if (due > performance.now()) await sleep(due - performance.now());
      const one = act(n)
        .catch(() => {
          this.counts.failed += 1;
        })
        .finally(() => pending.delete(one));
      pending.add(one);
    }
    await Promise.all(pending);
  }

  async #send(trackerId: number, message: string): Promise<void> {
    await call(this.#product, "send", { tracker_id: trackerId, message });
    this.counts.outgoing += 1;
  }

  async #read(action: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    await call(this.#product, action, parameters);
    this.counts.reads += 1;
  }

  #device(index: number): DeviceRunner {
    const { protocol, profile } = this.#plan;
    const options = {
      deviceId: jt808Device(index),
      password: null,
      profile,
      receipts: "ok",
      lateMs: 0,
      reply: null,
      keepAliveMs: 0,
    } as const;
    return new DeviceRunner(
      protocol.device(options),
      { host: "127.0.0.1", port: this.#product.gatewayPort },
      {
        connected: () => {},
        disconnected: () => {},
        output: ({ type }) => {
          if (type === "shown") this.counts.shown += 1;
        },
      },
    );
  }
}
