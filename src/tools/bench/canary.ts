/** One device beside a crowd: how long texts to it take while something else keeps the product busy. */
import type { Protocol } from "../../core/index.ts";
import { DeviceRunner } from "../device-runner.ts";
import { sleep } from "./load.ts";
import { call } from "./outgoing.ts";
import { JT808_ID, jt808Device, type Product } from "./product.ts";

export interface Sung {
  readonly sent: number;
  /** Calls that were not answered with success: such a text may come all the same, and is not waited for. */
  readonly refused: number;
  /** Of those accepted, which came: milliseconds from the start of the HTTP call to the text at the device. */
  readonly toDevice: readonly number[];
}

interface Accepted {
  readonly text: string;
  /** When its call began, by performance.now. */
  readonly at: number;
}

export interface CanaryPlan {
  readonly protocol: Protocol;
  readonly profile: Readonly<Record<string, unknown>>;
}

const EVERY_MS = 100;
/** How long a text may take until it counts as lost. */
const ARRIVED_MS = 30_000;

export class Canary {
  readonly #product: Product;
  readonly #runner: DeviceRunner;
  /** When a text came, by performance.now. */
  readonly #shown = new Map<string, number>();
  #serial = 0;
  /** Called with each output of the device. */
  #heard: () => void = () => {};
  #online = false;

  private constructor(product: Product, { protocol, profile }: CanaryPlan) {
    this.#product = product;
    const options = { deviceId: jt808Device(0), password: null, profile, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
    this.#runner = new DeviceRunner(
      protocol.device(options),
      { host: "127.0.0.1", port: product.gatewayPort },
      {
        connected: () => {},
        disconnected: () => {},
        output: (output) => {
          if (output.type === "online") this.#online = true;
          if (output.type === "shown") this.#shown.set(output.text, performance.now());
          this.#heard();
        },
      },
    );
  }

  static async online(product: Product, plan: CanaryPlan): Promise<Canary> {
    const canary = new Canary(product, plan);
    canary.#runner.start();
    await canary.#until(() => canary.#online);
    return canary;
  }

  /** A text every 100 ms until `end` does. */
  async during(end: Promise<unknown>): Promise<Sung> {
    let [sent, running] = [0, true];
    const ended = end.finally(() => {
      running = false;
    });
    const calls: Promise<Accepted | null>[] = [];
    for (const begin = performance.now(); running; await sleep(Math.max(0, begin + sent * EVERY_MS - performance.now()))) {
      calls.push(this.#send());
      sent += 1;
    }
    await ended;
    const accepted = (await Promise.all(calls)).filter((one) => one !== null);
    await this.#until(() => accepted.every(({ text }) => this.#shown.has(text)));
    const toDevice = accepted.flatMap(({ text, at }) => {
      const shown = this.#shown.get(text);
      return shown === undefined ? [] : [shown - at];
    });
    return { sent, refused: sent - accepted.length, toDevice };
  }

  stop(): void {
    this.#runner.stop();
  }

  /** Null: the call did not succeed. */
  #send(): Promise<Accepted | null> {
    this.#serial += 1;
    const text = `canary ${this.#serial}`;
    const at = performance.now();
    return call(this.#product, "send", { tracker_id: JT808_ID, message: text }).then(
      () => ({ text, at }),
      () => null,
    );
  }

  async #until(reached: () => boolean): Promise<void> {
    if (reached()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ARRIVED_MS);
      this.#heard = () => {
        if (!reached()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
