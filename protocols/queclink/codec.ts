/** The gateway's side of @Track on one line: acknowledgements, what the serial port says, and texts to it. */
import type { Codec, DeviceEvent, Encoded, Identity, Order, Part, Reading, Ticked } from "../../src/core/index.ts";
import { Carrier } from "./carrier.ts";
import { QueclinkFramer } from "./framer.ts";
import { knownHead } from "./heads.ts";
import { type Message, readMessage } from "./message.ts";
import { factoryPassword } from "./models.ts";
import { plainText } from "./plain-text.ts";
import { portDataOf, textOf } from "./port-data.ts";
import { DEFAULTS, lineSettings, type Settings, settingsOf } from "./profile.ts";
import { receiptOf } from "./receipt.ts";
import { statusOf } from "./status.ts";
import { heartbeatSack, NO_SERIAL, portCommand, sack, serialOf } from "./wire.ts";

/** Of a model that is not known; such a tracker needs the setting. */
const LAST_GUESS = "gv200";

export class QueclinkCodec implements Codec {
  readonly framer = new QueclinkFramer("up");
  #settings: Settings = DEFAULTS;
  #carrier: Carrier | null = null;
  #online = false;
  /** Whose line it is: there is no login, the first message says it. */
  #key: string | null = null;
  #version = "";
  #device = "";
  #ready: Buffer[] = [];

  identified({ profile }: Identity): void {
    this.#settings = settingsOf(profile);
    if (this.#settings.inner === "line")
      this.#carrier = Carrier.of(lineSettings(this.#settings), (data, serial) => this.#command(data, serial));
    this.#online = true;
  }

  decode(frame: Buffer): Reading {
    if (knownHead(frame).type === "hex") return this.#online ? ALIVE : bad("a frame of the HEX mode: the device has to be set to ASCII");
    const read = readMessage(frame);
    if (read.type === "bad") return bad(read.reason);
    const { message } = read;
    if (!this.#online) return this.#greet(message);
    this.#key ??= message.key;
    if (message.key !== this.#key) return { events: [hello(message)] };
    return this.#message(message);
  }

  encode(order: Order): Encoded {
    if (this.#carrier !== null) return this.#carrier.encode(order);
    const { parts, lost, empty } = plainText(order.text, this.#settings.maxBytes);
    const [first, ...rest] = parts.map((data, index): Part => {
      const serial = serialOf(order.tag + index);
      return { bytes: this.#command(data, serial), tag: serial };
    });
    if (empty || first === undefined) return { type: "refused", reason: "nothing of this text can be written in ASCII" };
    return { type: "parts", parts: [first, ...rest], altered: lost.length > 0 };
  }

  send(part: Part): void {
    if (this.#carrier === null) this.#ready.push(part.bytes);
    else this.#carrier.send(part);
  }

  tick(now: number): Ticked {
    const send = this.#ready;
    this.#ready = [];
    if (this.#carrier === null) return { send, at: null };
    return this.#carrier.tick(now);
  }

  /** Nothing but a sign of life is acknowledged at once, all else when it is read again. */
  #greet(message: Message): Reading {
    const { events } = this.#message(message);
    this.#key = message.key;
    const greeting = { events: [hello(message), ...events] };
    return events.some(({ type }) => type !== "alive")
      ? { ...greeting, again: true }
      : { ...greeting, reply: ({ type }) => (type === "accepted" ? this.#acknowledgement(message) : null) };
  }

  #message(message: Message): Reading {
    if (message.version !== "") this.#version = message.version;
    if (message.device !== "") this.#device = message.device;
    if (message.head === "ACK" || message.head === "NACK") {
      const receipt = this.#receipt(message);
      return { events: [receipt ?? ALIVE_EVENT], reply: () => this.#acknowledgement(message) };
    }
    return this.#report(message);
  }

  #report(message: Message): Reading {
    const data = portDataOf(message);
    const status = statusOf(message);
    const key = `${message.time}:${message.count}`;
    if (data === null) return { events: [status ?? ALIVE_EVENT], reply: () => this.#acknowledgement(message) };
    const { events, stored } = this.#carrier?.receive(data, key) ?? { events: this.#words(data.bytes, key), stored: () => undefined };
    return {
      events: [...events, status ?? ALIVE_EVENT],
      reply: () => {
        stored();
        return this.#acknowledgement(message);
      },
    };
  }

  /** A repetition, buffered or not, has the same send time and count. */
  #words(bytes: Buffer, key: string): readonly DeviceEvent[] {
    const said = this.#settings.fromPort === "text" ? textOf(bytes, this.#settings.charset) : null;
    return said === null ? [] : [{ type: "text", text: said.text, serial: key, lossy: said.lossy }];
  }

  #receipt(message: Message): DeviceEvent | null {
    const said = receiptOf(message);
    if (said === null || said.serial === NO_SERIAL) return null;
    const tag = this.#carrier === null ? said.serial : this.#carrier.tagOf(said.serial);
    if (tag === null) return null;
    if (said.outcome === "rejected") return { type: "receipt", tag, outcome: "rejected", reason: said.reason };
    // The port took it; the terminal itself says more.
    const counts = this.#carrier === null || this.#settings.delivered === "port";
    return counts ? { type: "receipt", tag, outcome: "accepted" } : null;
  }

  #acknowledgement({ head, name, classic, version, count }: Message): Buffer | null {
    if (head === "ACK" && name === "HBD" && classic) return heartbeatSack(version, count);
    return this.#settings.sack === "always" ? sack(count) : null;
  }

  #command(data: string, serial: string): Buffer {
    const { commandPassword, needAck } = this.#settings;
    const password = commandPassword ?? factoryPassword(this.#version, this.#device) ?? LAST_GUESS;
    return portCommand({ password, data, needAck: needAck === "ask" ? "1" : "", serial });
  }
}

function hello({ key }: Message): DeviceEvent {
  return { type: "hello", scope: "login", key, password: null };
}

function bad(reason: string): Reading {
  return { events: [{ type: "bad", reason }] };
}

const ALIVE_EVENT: DeviceEvent = { type: "alive" };
const ALIVE: Reading = { events: [ALIVE_EVENT] };
