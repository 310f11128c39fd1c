/** The gateway's side of Ruptela on one line: every packet names the device and is answered, commands go out one at a time. */
import {
  type Codec,
  type DeviceEvent,
  decodeText,
  type Encoded,
  type Identity,
  type Order,
  type Part,
  type Reading,
  type Ticked,
  withoutTail,
} from "../../src/core/index.ts";
import { encodeOrder } from "./commands.ts";
import { RuptelaFramer } from "./framer.ts";
import { answerTo, isRecords, RECORDS_HEAD_BYTES, UP } from "./messages.ts";
import { DEFAULTS, type Settings, settingsOf } from "./profile.ts";
import { statusOf } from "./records.ts";
import { readUp, type UpPacket } from "./wire.ts";

/** Commands whose reply may still come. */
const MAX_OPEN = 8;

interface Sent {
  readonly bytes: Buffer;
  /** The same on every line. */
  readonly tag: number;
}

export class RuptelaCodec implements Codec {
  readonly framer = new RuptelaFramer("up");
  #settings: Settings = DEFAULTS;
  /** Whose packets are read; before the login, who asked to log in last. */
  #key = "";
  #online = false;
  #encoded: readonly Sent[] = [];
  /** Commands that went out and have no reply yet, oldest first. */
  #open: readonly Sent[] = [];
  #out: readonly Buffer[] = [];
  #lastReply: string | null = null;

  identified({ profile }: Identity): void {
    this.#settings = settingsOf(profile);
    this.#online = true;
  }

  decode(frame: Buffer): Reading {
    const parsed = readUp(frame);
    if (parsed.type === "bad") return { events: [{ type: "bad", reason: parsed.reason }] };
    const { packet } = parsed;
    const answer = answerTo(packet, this.#settings.unknown);
    if (this.#online && packet.key === this.#key) return { events: this.#events(packet), ...(answer === null ? {} : { reply: answer }) };
    if (!this.#online) this.#key = packet.key;
    return {
      events: [{ type: "hello", scope: "login", key: packet.key, password: null }],
      reply: ({ type }) => (type === "accepted" ? answer : null),
      ...(packet.command === UP.reply ? { again: true } : {}),
    };
  }

  encode(order: Order): Encoded {
    const encoded = encodeOrder(order, this.#settings);
    if (encoded.type === "parts") this.#encoded = [...this.#encoded, { bytes: encoded.parts[0].bytes, tag: order.tag }].slice(-MAX_OPEN);
    return encoded;
  }

  send({ bytes }: Part): void {
    const sent = this.#encoded.find((other) => other.bytes === bytes) ?? { bytes, tag: 0 };
    this.#open = [...this.#open, sent].slice(-MAX_OPEN);
    this.#out = [...this.#out, bytes];
  }

  tick(): Ticked {
    const send = this.#out;
    this.#out = [];
    return { send, at: null };
  }

  #events(packet: UpPacket): readonly DeviceEvent[] {
    const { command, payload } = packet;
    if (command === UP.reply && this.#settings.console) return this.#reply(payload);
    if (isRecords(command) && payload.length < RECORDS_HEAD_BYTES) return [{ type: "bad", reason: "records without their count" }];
    return [statusOf(packet) ?? { type: "alive" }];
  }

  /** Nothing names the command: the first reply after it is its own, the same words once more are that reply again. */
  #reply(payload: Buffer): readonly DeviceEvent[] {
    const decoded = decodeText(payload, "ascii");
    const text = withoutTail(decoded.text, "\r\n\0");
    const { lossy } = decoded;
    const [answered, ...rest] = this.#open;
    const again = answered === undefined && text === this.#lastReply;
    this.#open = rest;
    this.#lastReply = text;
    return again ? [RECEIPT] : [RECEIPT, { type: "text", text, serial: answered === undefined ? null : String(answered.tag), lossy }];
  }
}

const RECEIPT: DeviceEvent = { type: "receipt", tag: null, outcome: "accepted" };
