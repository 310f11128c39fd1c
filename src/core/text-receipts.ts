/** When a simulated device acknowledges a text that it shows: the mode of its options, late receipts kept until they are due. */
import type { DeviceOptions, DeviceOutput } from "./device.ts";

export class TextReceipts {
  readonly #options: Pick<DeviceOptions, "receipts" | "lateMs">;
  #late: { readonly at: number; readonly bytes: Buffer }[] = [];

  constructor(options: Pick<DeviceOptions, "receipts" | "lateMs">) {
    this.#options = options;
  }

  /** When the next late receipt is due. */
  get deadline(): number | null {
    return this.#late.length === 0 ? null : Math.min(...this.#late.map(({ at }) => at));
  }

  /** What goes out now of this receipt. */
  of(bytes: Buffer, now: number): readonly DeviceOutput[] {
    const receipt: DeviceOutput = { type: "write", bytes };
    switch (this.#options.receipts) {
      case "silent":
        return [];
      case "duplicate":
        return [receipt, receipt];
      case "late":
        this.#late.push({ at: now + this.#options.lateMs, bytes });
        return [];
      default:
        return [receipt];
    }
  }

  due(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    return due.map(({ bytes }) => ({ type: "write", bytes }));
  }

  /** The line is gone, and with it what was to be said on it. */
  forget(): void {
    this.#late = [];
  }
}
