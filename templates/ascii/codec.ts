/** The gateway's side on one line: what the device's lines mean, how they are answered, and how texts go out. */
import {
  badFrame,
  type Codec,
  decodeText,
  type Encoded,
  type Identity,
  LineFramer,
  type Order,
  type Reading,
  taggedParts,
} from "../../src/core/index.ts";
import { LOGIN, MAX_LINE_BYTES, readLine, writeLine } from "./lines.ts";
import { PROFILE } from "./profile.ts";

export class AsciiTemplateCodec implements Codec {
  readonly framer = new LineFramer({ maxBytes: MAX_LINE_BYTES });
  #settings = PROFILE.settings({});

  identified({ profile }: Identity): void {
    this.#settings = PROFILE.settings(profile);
  }

  decode(frame: Buffer): Reading {
    const { word, number, rest } = readLine(frame);
    switch (word) {
      case LOGIN:
        return login(number, rest);
      case "HERE":
        return { events: [{ type: "alive" }], reply: writeLine("GOT", number, "") };
      case "TEXT":
        // The reply goes out once the text is stored, never before.
        return {
          events: [{ type: "text", serial: number, ...decodeText(rest, this.#settings.charset) }],
          reply: writeLine("GOT", number, ""),
        };
      case "ACK":
        return { events: [{ type: "receipt", tag: number, outcome: "accepted" }] };
      case "NAK":
        return { events: [{ type: "receipt", tag: number, outcome: "rejected", reason: "the device answered NAK" }] };
      default:
        return badFrame(`a line that begins with "${word.slice(0, 16)}"`);
    }
  }

  encode(order: Order): Encoded {
    return taggedParts(order, this.#settings, (text, tag) => writeLine("SAY", tag, text));
  }
}

function login(key: string, password: Buffer): Reading {
  if (key === "") return badFrame("a login without an identity", writeLine("NO", "", ""));
  return {
    events: [{ type: "hello", scope: "login", key, password: password.toString("utf8") || null }],
    reply: ({ type }) => writeLine(type === "accepted" ? "OK" : "NO", "", ""),
  };
}
