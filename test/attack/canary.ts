/** A device that does nothing wrong: how long its texts take, both ways. */
import type { Product, TestDevice } from "../support/product.ts";

/** Milliseconds, in the order of the texts. */
export interface Flow {
  /** From the call of `send` until the device shows the text. */
  readonly down: readonly number[];
  /** From the driver's key until the gateway has acknowledged, and so stored, the text. */
  readonly up: readonly number[];
  /** Texts that did not arrive within `LOST_MS`. */
  readonly lost: number;
  /** Calls that were told to come again; the text's time runs on meanwhile. */
  readonly refused: number;
}

/** Of several canaries, or of one after the other. */
export function together(flows: readonly Flow[]): Flow {
  const sum = (count: (flow: Flow) => number): number => flows.reduce((all, flow) => all + count(flow), 0);
  return {
    down: flows.flatMap(({ down }) => down),
    up: flows.flatMap(({ up }) => up),
    lost: sum(({ lost }) => lost),
    refused: sum(({ refused }) => refused),
  };
}

const BEAT_MS = 200;
const LOST_MS = 15_000;
const REFUSED_MS = 500;
const LOOK_MS = 2;

export class Canary {
  readonly #product: Product;
  readonly #device: TestDevice;
  readonly #trackerId: number;
  #texts = 0;

  constructor(product: Product, device: TestDevice, trackerId: number) {
    this.#product = product;
    this.#device = device;
    this.#trackerId = trackerId;
  }

  /** A text each way at a time. */
  async sing(seconds: number): Promise<Flow> {
    const [down, up]: [number[], number[]] = [[], []];
    let [lost, refused] = [0, 0];
    const note = (ms: number | null, list: number[]): void => {
      if (ms === null) lost += 1;
      else list.push(ms);
    };
    for (const until = performance.now() + seconds * 1_000; performance.now() < until; ) {
      this.#texts += 1;
      const [ours, theirs] = [`down ${this.#texts}`, `up ${this.#texts}`];
      const from = performance.now();
      while (!(await this.#sent(ours))) refused += 1;
      note(await this.#seen(() => this.#device.shown, ours, from), down);
      const said = performance.now();
      this.#device.runner.say(theirs);
      note(await this.#seen(() => this.#device.acknowledged, theirs, said), up);
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
    }
    return { down, up, lost, refused };
  }

  /** False: refused, and waited a moment. */
  async #sent(text: string): Promise<boolean> {
    const { body } = await this.#product.call("send", { tracker_id: this.#trackerId, message: text });
    if (!body.success) await new Promise((resolve) => setTimeout(resolve, REFUSED_MS));
    return body.success;
  }

  async #seen(texts: () => readonly string[], text: string, from: number): Promise<number | null> {
    while (!texts().includes(text)) {
      if (performance.now() > from + LOST_MS) return null;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return performance.now() - from;
  }
}
