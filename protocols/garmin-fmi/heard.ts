/** What an A1 packet from the navigator means, and what it is answered with once that is stored. */
import { type DeviceEvent, LayoutError } from "../../src/core/index.ts";
import { namedBody, uniqueBody, untilNul } from "./bodies.ts";
import { driverWords } from "./driver-words.ts";
import { DRIVER_REPLY, DRIVER_TEXT, ID, LONG_RECEIPT, PRESSED, PROTOCOLS, RESPONSE_SET, RESULT, STATUS, TEXT_RECEIPT } from "./layout.ts";
import { choiceOf, ownTag } from "./message-id.ts";
import { keyOf } from "./steps.ts";
import type { Texts } from "./texts.ts";
import { fmiFrame } from "./wire.ts";

/** `stored` is called when the events are dealt with. */
export interface Reaction {
  readonly events: readonly DeviceEvent[];
  readonly stored?: () => void;
}

interface Meaning {
  readonly events: readonly DeviceEvent[];
  /** The packet that the unit is owed. */
  readonly answer?: Buffer;
  /** Numbers of the application protocols it supports. */
  readonly protocols?: ReadonlySet<number>;
  /** The message that it has deleted, or never had. */
  readonly removed?: string;
  /** It asks for Unicode. */
  readonly unicode?: boolean;
}

export class Heard {
  readonly #texts: Texts;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  read(id: number, body: Buffer): Meaning {
    try {
      return this.#meaning(id, body);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return { events: [{ type: "bad", reason: error.message }] };
    }
  }

  #meaning(id: number, body: Buffer): Meaning {
    switch (id) {
      case ID.protocols:
        return {
          events: [],
          protocols: new Set(PROTOCOLS.read(body).tags.flatMap(({ tag, number }) => (tag === LETTER_A ? [number] : []))),
        };
      case ID.unicodeRequest:
        return { events: [], unicode: true, answer: fmiFrame(ID.unicodeResponse, EMPTY) };
      case ID.ping:
        return { events: [], answer: fmiFrame(ID.pingResponse, EMPTY) };
      case ID.driverText:
        return driverText(body);
      case ID.driverReply:
        return driverReply(body);
      case ID.pressed:
        return this.#pressed(body);
      case ID.removed: {
        const { size, id: field } = RESULT.read(body);
        const tag = ownTag(size, field);
        return tag === null ? NOTHING : { ...NOTHING, removed: tag };
      }
      case ID.status: {
        const { size, id: field, status } = STATUS.read(body);
        const tag = ownTag(size, field);
        return { events: tag === null ? [] : this.#texts.status(tag, status) };
      }
      default:
        return { events: this.#receipt(id, body) };
    }
  }

  /** Of 002B one means right; of 0029 and 0056 zero does. */
  #receipt(id: number, body: Buffer): readonly DeviceEvent[] {
    switch (id) {
      case ID.textReceipt:
        return this.#textReceipt(body);
      case ID.longTextReceipt: {
        const { size, id: field, result, sequence } = LONG_RECEIPT.read(body);
        const refusal = result === 0 ? null : `the navigator refused segment ${sequence} (0056, error ${result})`;
        return this.#texts.answered(keyOf(id, `${ownTag(size, field)}:${sequence}`), refusal);
      }
      case ID.attached: {
        const { size, id: field, result } = RESULT.read(body);
        const refusal = result === 0 ? null : `the navigator refused the list of answers (0029, error ${result})`;
        return this.#texts.answered(keyOf(id, `${ownTag(size, field)}`), refusal);
      }
      case ID.responseSet: {
        const { response, result } = RESPONSE_SET.read(body);
        return this.#texts.answered(keyOf(id, response), result === 1 ? null : "the navigator could not store an answer (0032)");
      }
      default:
        return [];
    }
  }

  #textReceipt(body: Buffer): readonly DeviceEvent[] {
    const { size, id, result } = TEXT_RECEIPT.read(body);
    const tag = ownTag(size, id);
    if (tag === null) return [];
    // Nothing of ours waits for it: the session takes note of a stray receipt.
    if (!this.#texts.awaits(tag) && result === 1) return [{ type: "receipt", tag, outcome: "accepted" }];
    return this.#texts.answered(keyOf(ID.textReceipt, tag), result === 1 ? null : "the navigator refused the text (002B)");
  }

  /** A button or a canned response; repeated until 002C comes. */
  #pressed(body: Buffer): Meaning {
    const { size, id: field, choice } = PRESSED.read(body);
    const answer = fmiFrame(ID.pressedReceipt, namedBody(size, field));
    const tag = ownTag(size, field);
    const chosen = tag === null ? null : choiceOf(tag, choice);
    if (tag === null || chosen === null) return { events: [], answer };
    return { events: [...this.#texts.pressed(tag), { type: "answer", tag, choice: chosen, serial: `0020:${tag}` }], answer };
  }
}

const NOTHING: Meaning = { events: [] };
const LETTER_A = 0x41;
const EMPTY = Buffer.alloc(0);

function driverText(body: Buffer): Meaning {
  const { time, unique, text } = DRIVER_TEXT.read(body);
  return said(unique, { type: "text", ...driverWords(untilNul(text)), serial: `0024:${unique}:${time}` });
}

function driverReply(body: Buffer): Meaning {
  const { time, unique, size, id, text } = DRIVER_REPLY.read(body);
  const tag = ownTag(size, id);
  const event = { type: "text", ...driverWords(untilNul(text)), serial: `0026:${unique}:${time}` } as const;
  return said(unique, tag === null ? event : { ...event, answers: tag });
}

function said(unique: number, event: DeviceEvent): Meaning {
  return { events: [event], answer: fmiFrame(ID.driverTextReceipt, uniqueBody(unique)) };
}
