/** What one of each thing costs, collected while the suite runs: docs/capacity.md is computed from it. */
import { median } from "./statistics.ts";

/** CPU in microseconds of one core, the median of the rounds; memory in bytes, the most of any round. */
export interface UnitCosts {
  readonly lineBytes: number;
  readonly tlsLineBytes: number;
  readonly loginNodeUs: number;
  readonly loginRedisUs: number;
  readonly positionNodeUs: number;
  readonly incomingNodeUs: number;
  readonly incomingRedisUs: number;
  readonly outgoingNodeUs: number;
  readonly outgoingRedisUs: number;
  readonly messageBytes: number;
}

export class Units {
  readonly #samples = new Map<keyof UnitCosts, number[]>();

  add(name: keyof UnitCosts, value: number): void {
    const known = this.#samples.get(name);
    if (known === undefined) this.#samples.set(name, [value]);
    else known.push(value);
  }

  /** Those that were measured. */
  costs(): Partial<UnitCosts> {
    const cost = (name: string, values: readonly number[]): number => (name.endsWith("Bytes") ? Math.max(...values) : median(values));
    return Object.fromEntries([...this.#samples].map(([name, values]) => [name, Number(cost(name, values).toPrecision(3))]));
  }
}
