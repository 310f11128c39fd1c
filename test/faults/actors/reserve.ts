/** Devices that a fault may take: connected, prompt, and not in the hands of another fault. */
import type { Random } from "../../simulation/random.ts";
import { type Handset, PROMPT } from "./handset.ts";

export class Reserve {
  /** Those that were left alone for longest come first. */
  readonly #order: Handset[];
  readonly #taken = new Set<Handset>();

  constructor(handsets: readonly Handset[]) {
    this.#order = [...handsets];
  }

  /** One of the half that was left alone for longest; null: none is free. */
  take(random: Random): Handset | null {
    const free = this.#order.filter((one) => one.online && one.habit === PROMPT && !this.#taken.has(one));
    if (free.length === 0) return null;
    const handset = random.pick(free.slice(0, Math.ceil(free.length / 2)));
    this.#taken.add(handset);
    this.#order.splice(this.#order.indexOf(handset), 1);
    this.#order.push(handset);
    return handset;
  }

  giveBack(handset: Handset): void {
    this.#taken.delete(handset);
  }
}
