/** What a simulated tracker says to a command, and when, in every mode of receipts. */
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";

export class Replies {
  readonly #options: Pick<DeviceOptions, "receipts" | "lateMs">;
  /** How long the tracker takes for a command. */
  readonly #ms: number;
  #due: readonly { readonly at: number; readonly bytes: Buffer }[] = [];

  constructor(options: Pick<DeviceOptions, "receipts" | "lateMs">, ms: number) {
    this.#options = options;
    this.#ms = ms;
  }

  get deadline(): number | null {
    return this.#due.length === 0 ? null : Math.min(...this.#due.map(({ at }) => at));
  }

  /** The link is gone, and with it what was not said yet. */
  restart(): void {
    this.#due = [];
  }

  /** A command was executed, this is its reply. A checksum error makes a tracker silent, so `garbled` is `silent` here. */
  add(bytes: Buffer, now: number): readonly DeviceOutput[] {
    const { receipts, lateMs } = this.#options;
    if (receipts === "silent" || receipts === "garbled") return [];
    const at = now + (receipts === "late" ? lateMs : this.#ms);
    const copies = receipts === "duplicate" ? [bytes, bytes] : [bytes];
    this.#due = [...this.#due, ...copies.map((copy) => ({ at, bytes: copy }))];
    return this.tick(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#due.filter(({ at }) => at <= now);
    this.#due = this.#due.filter(({ at }) => at > now);
    return due.map(({ bytes }) => ({ type: "write", bytes }));
  }
}
