/** The gateway's side on one line: what the device's messages mean, how they are answered, and how texts go out. */
import {
  badFrame,
  type Codec,
  decodeText,
  type Encoded,
  type Identity,
  type Order,
  type Reading,
  type ReceiptOutcome,
  taggedParts,
} from "../../src/core/index.ts";
import { BinaryTemplateFramer } from "./framer.ts";
import { PROFILE } from "./profile.ts";
import { type Message, RESULT, readMessage, TYPE, writeMessage } from "./wire.ts";

export class BinaryTemplateCodec implements Codec {
  readonly framer = new BinaryTemplateFramer();
  #settings = PROFILE.settings({});

  identified({ profile }: Identity): void {
    this.#settings = PROFILE.settings(profile);
  }

  decode(frame: Buffer): Reading {
    const message = readMessage(frame);
    if (typeof message === "string") return badFrame(message);
    const { type, number, body } = message;
    switch (type) {
      case TYPE.login:
        return login(message);
      case TYPE.here:
        return { events: [{ type: "alive" }], reply: writeMessage(TYPE.taken, number, NOTHING) };
      case TYPE.text: {
        // The reply goes out once the text is stored, never before.
        const reply = writeMessage(TYPE.taken, number, NOTHING);
        return { events: [{ type: "text", serial: String(number), ...decodeText(body, this.#settings.charset) }], reply };
      }
      case TYPE.receipt:
        return receipt(message);
      default:
        return badFrame(`a message of type ${type}`);
    }
  }

  encode(order: Order): Encoded {
    return taggedParts(order, this.#settings, (text, tag) => writeMessage(TYPE.order, Number(tag), text));
  }
}

const NOTHING = Buffer.alloc(0);
const OUTCOMES: ReadonlyMap<number, ReceiptOutcome> = new Map([
  [RESULT.ok, "accepted"],
  [RESULT.refused, "rejected"],
  [RESULT.checkByte, "garbled"],
]);

function login({ number, body }: Message): Reading {
  const [key = "", password = ""] = body.toString("utf8").split("\0");
  if (key === "") return badFrame("a login without an identity");
  return {
    events: [{ type: "hello", scope: "login", key, password: password || null }],
    reply: ({ type }) => writeMessage(TYPE.loginAnswer, number, Buffer.of(type === "accepted" ? RESULT.ok : RESULT.refused)),
  };
}

function receipt({ number, body }: Message): Reading {
  const outcome = OUTCOMES.get(body[0] ?? -1);
  if (outcome === undefined || body.length !== 1) return badFrame(`a receipt of ${body.toString("hex")}`);
  return { events: [{ type: "receipt", tag: String(number), outcome }] };
}
