/** The gateway's side of GT06 on one line: answers what wants an answer, and talks to the interpreter where the profile opens it. */
import {
  type Codec,
  type CodecEnvironment,
  type DeviceEvent,
  type Encoded,
  type Identity,
  LayoutError,
  type Order,
  type Reading,
} from "../../src/core/index.ts";
import { answerTo, echo } from "./answers.ts";
import { encodeOrder, tagOf } from "./commands.ts";
import { Gt06Framer } from "./framer.ts";
import { keyOf } from "./identity.ts";
import { LOGIN } from "./layout.ts";
import { TYPE } from "./messages.ts";
import { DEFAULTS, type Settings, settingsOf } from "./profile.ts";
import { statusOf } from "./status.ts";
import { readReply } from "./strings.ts";
import { type Packet, readPacket } from "./wire.ts";

export class Gt06Codec implements Codec {
  readonly framer = new Gt06Framer();
  readonly #wallClock: (() => number) | null;
  #settings: Settings = DEFAULTS;
  /** Tag of the last command, for devices that bring no flag back. */
  #waiting: string | null = null;

  constructor({ wallClock }: CodecEnvironment) {
    this.#wallClock = wallClock ?? null;
  }

  identified({ profile }: Identity): void {
    this.#settings = settingsOf(profile);
  }

  decode(frame: Buffer): Reading {
    const parsed = readPacket(frame);
    if (parsed.type === "bad") return bad(parsed.reason);
    try {
      return this.#read(parsed.packet);
    } catch (error) {
      if (error instanceof LayoutError) return bad(error.message);
      throw error;
    }
  }

  encode(order: Order): Encoded {
    const encoded = encodeOrder(order, this.#settings);
    if (encoded.type === "parts") this.#waiting = encoded.parts[0].tag;
    return encoded;
  }

  #read(packet: Packet): Reading {
    if (packet.type === TYPE.login) {
      const key = keyOf(LOGIN.read(packet.content).imei);
      const reply = echo(packet);
      return {
        events: [{ type: "hello", scope: "login", key, password: null }],
        reply: ({ type }) => (type === "accepted" ? reply : null),
      };
    }
    const answer = answerTo(packet, this.#settings, this.#wallClock?.() ?? null);
    const events = packet.type === TYPE.stringNew || packet.type === TYPE.stringOld ? this.#string(packet) : [statusOf(packet) ?? ALIVE];
    return answer === null ? { events } : { events, reply: answer };
  }

  /** Nobody reads a closed console: what it says is no text then. */
  #string(packet: Packet): readonly DeviceEvent[] {
    const { flag, text, lossy } = readReply(packet, this.#settings.coding);
    if (!this.#settings.console) return [ALIVE];
    const tag = flag === 0 ? this.#unflagged() : tagOf(flag);
    // A reply that comes twice has the same flag; without one, the same serial.
    const serial = flag === 0 ? `0:${packet.serial}` : tagOf(flag);
    if (tag === null) return [{ type: "text", text, serial, lossy }];
    return [
      { type: "receipt", tag, outcome: "accepted" },
      { type: "text", text, serial, lossy, answers: tag },
    ];
  }

  /** One command waits at a time, and is answered once. */
  #unflagged(): string | null {
    if (this.#settings.zeroFlag === "unasked") return null;
    const tag = this.#waiting;
    this.#waiting = null;
    return tag;
  }
}

const ALIVE: DeviceEvent = { type: "alive" };

function bad(reason: string): Reading {
  return { events: [{ type: "bad", reason }] };
}
