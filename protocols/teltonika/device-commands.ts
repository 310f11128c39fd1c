/** A tracker without a terminal: it runs commands and answers them, in every mode of receipts. */
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CODEC, type Message, messageFrame, TYPE } from "./wire.ts";

export class CommandLine {
  readonly #options: DeviceOptions;
  #late: { readonly at: number; readonly bytes: Buffer }[] = [];

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  get deadline(): number | null {
    return this.#late.length === 0 ? null : Math.min(...this.#late.map(({ at }) => at));
  }

  received(message: Message, now: number): readonly DeviceOutput[] {
    if (message.type !== TYPE.command) return [{ type: "puzzled", reason: `a message of type ${message.type}` }];
    const { receipts, lateMs, deviceId } = this.#options;
    const foreign = message.imei !== null && message.imei !== deviceId;
    const refused = receipts === "reject" || receipts === "garbled" || receipts === "wrong-tag";
    // Codec 12 has no way to refuse: the device stays silent.
    if (message.codec === CODEC.text && refused) return [];
    if (foreign || refused) return [write(messageFrame({ ...message, imei: deviceId, type: TYPE.nack, payload: Buffer.alloc(0) }))];
    const text = message.payload.toString("latin1");
    const bytes = messageFrame({ ...message, type: TYPE.response, payload: Buffer.from(this.#options.reply ?? `${text}: done`) });
    const shown: DeviceOutput = { type: "shown", text, tag: null };
    if (receipts === "late") this.#late.push({ at: now + lateMs, bytes });
    if (receipts === "late" || receipts === "silent") return [shown];
    return receipts === "duplicate" ? [shown, write(bytes), write(bytes)] : [shown, write(bytes)];
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    return due.map(({ bytes }) => write(bytes));
  }
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
