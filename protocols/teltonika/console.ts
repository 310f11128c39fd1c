/** Commands to the tracker itself (profile: inner none, console true): one at a time, answered by a message of type 06. */
import { type DeviceEvent, decodeText, encodeText, type Order, type Preview } from "../../src/core/index.ts";
import type { InnerEncoded } from "../carried/inner.ts";
import { CODEC, type Message, messageFrame, TYPE } from "./wire.ts";

/** Of one command; the sources name no limit. */
const MAX_COMMAND_BYTES = 450;
/** Frames kept for a repetition. */
const MAX_COMMANDS = 64;
/** Commands whose response may still come. */
const MAX_OPEN = 8;

export class Console {
  readonly #imei: string | null;
  readonly #commands = new Map<string, Buffer>();
  /** Sent and not answered, oldest first: nothing but the order tells responses apart. */
  #open: string[] = [];
  #out: Buffer[] = [];

  /** With an IMEI commands go out as codec 14. */
  constructor(imei: string | null) {
    this.#imei = imei;
  }

  encode(order: Order): InnerEncoded {
    const { bytes, empty, lost } = command(order.text);
    if (empty) return { type: "refused", reason: `a command is 1 to ${MAX_COMMAND_BYTES} ASCII characters on one line` };
    const tag = String(order.tag);
    const codec = this.#imei === null ? CODEC.text : CODEC.addressed;
    const payload = messageFrame({ codec, type: TYPE.command, time: null, imei: this.#imei, payload: bytes });
    this.#commands.set(tag, payload);
    const [oldest] = this.#commands.keys();
    if (this.#commands.size > MAX_COMMANDS && oldest !== undefined) this.#commands.delete(oldest);
    return { type: "parts", parts: [{ payload, tag }], altered: lost.length > 0 };
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

  receive({ codec, type, payload }: Message): readonly DeviceEvent[] {
    const refused = codec === CODEC.addressed && type === TYPE.nack;
    if (type !== TYPE.response && !refused) return [];
    const tag = this.#open.shift();
    if (tag === undefined) return [];
    if (refused) return [{ type: "receipt", tag, outcome: "rejected", reason: "the device has another IMEI (codec 14 NACK)" }];
    const { text, lossy } = decodeText(payload, "utf8");
    return [
      { type: "receipt", tag, outcome: "accepted" },
      { type: "text", text: text.replace(/[\r\n\0]+$/u, ""), serial: null, lossy, answers: tag },
    ];
  }
}

export function previewCommand(text: string): Preview {
  const { lost, empty } = command(text);
  return { charset: "ascii", bytesPerPart: MAX_COMMAND_BYTES, parts: 1, lost, empty };
}

/** A line break would be a second command, and half a command a different one. */
function command(text: string): { readonly bytes: Buffer; readonly lost: readonly string[]; readonly empty: boolean } {
  const { bytes, lost } = encodeText(text.trim(), "ascii");
  const possible = bytes.length > 0 && bytes.length <= MAX_COMMAND_BYTES && lost.length === 0 && !/\p{Cc}/u.test(text.trim());
  return { bytes, lost, empty: !possible };
}
