/** Commands to the tracker itself (profile: inner none, console true): one at a time, answered by a message of type 06. */
import { type DeviceEvent, decodeText, type Order, withoutTail } from "../../src/core/index.ts";
import type { InnerEncoded } from "../carried/inner.ts";
import { type CommandForm, commandOf } from "../console/command.ts";
import type { ConsoleSettings } from "../console/profile.ts";
import { CODEC, type Message, messageFrame, TYPE } from "./wire.ts";

/** The sources name no limit. */
export const COMMAND_FORM: CommandForm = { charset: "ascii", maxBytes: 450 };
/** Frames kept for a repetition. */
const MAX_COMMANDS = 64;
/** Commands whose response may still come. */
const MAX_OPEN = 8;

export class Console {
  readonly #settings: ConsoleSettings;
  readonly #imei: string | null;
  readonly #commands = new Map<string, Buffer>();
  /** Sent and not answered, oldest first: nothing but the order tells responses apart. */
  #open: string[] = [];
  #out: Buffer[] = [];

  /** With an IMEI commands go out as codec 14. */
  constructor(settings: ConsoleSettings, imei: string | null) {
    this.#settings = settings;
    this.#imei = imei;
  }

  encode(order: Order): InnerEncoded {
    const command = commandOf(order.text, this.#settings, COMMAND_FORM);
    if (command.type === "refused") return command;
    const tag = String(order.tag);
    const codec = this.#imei === null ? CODEC.text : CODEC.addressed;
    const payload = messageFrame({ codec, type: TYPE.command, time: null, imei: this.#imei, payload: command.bytes });
    this.#commands.set(tag, payload);
    const [oldest] = this.#commands.keys();
    if (this.#commands.size > MAX_COMMANDS && oldest !== undefined) this.#commands.delete(oldest);
    return { type: "parts", parts: [{ payload, tag }], altered: false };
  }

  send(tag: string): void {
    const frame = this.#commands.get(tag);
    if (frame === undefined) return;
    this.#open = [...this.#open.filter((other) => other !== tag), tag].slice(-MAX_OPEN);
    this.#out.push(frame);
  }

  /** Whole frames, to be written as they are. */
  take(): readonly Buffer[] {
    const frames = this.#out;
    this.#out = [];
    return frames;
  }

  /** Lines of the serial port come as type 06 too, in codec 12, 13 or 15: a response has the codec of its command. */
  receive({ codec, type, imei, payload }: Message): readonly DeviceEvent[] {
    const addressed = this.#imei !== null;
    if (codec !== (addressed ? CODEC.addressed : CODEC.text)) return [];
    const refused = addressed && type === TYPE.nack;
    if (type !== TYPE.response && !refused) return [];
    // Whose IMEI a NACK names is not known for certain.
    if (!refused && bcd(imei) !== bcd(this.#imei)) return [];
    const tag = this.#open.shift();
    if (tag === undefined) return [];
    if (refused) return [{ type: "receipt", tag, outcome: "rejected", reason: "the device has another IMEI (codec 14 NACK)" }];
    const { text, lossy } = decodeText(payload, "utf8");
    return [
      { type: "receipt", tag, outcome: "accepted" },
      { type: "text", text: withoutTail(text, "\r\n\0"), serial: null, lossy, answers: tag },
    ];
  }
}

/** As it stands on the wire, where zeros in front do not count. */
function bcd(imei: string | null): string | null {
  return imei === null ? null : imei.padStart(16, "0");
}
