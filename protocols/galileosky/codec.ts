/** The gateway's side of Galileosky on one line: acknowledges packs, carries a Garmin's payloads, and talks to the interpreter. */
import {
  type Codec,
  type CodecEnvironment,
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
import { connectInner } from "../carried/index.ts";
import type { Inner } from "../carried/inner.ts";
import { encodeCommand, tagOf } from "./commands.ts";
import { GalileoskyFramer } from "./framer.ts";
import { DEFAULTS, type Settings, settingsOf } from "./profile.ts";
import { statusOf } from "./status.ts";
import { IMEI_BYTES, type Opening, type Reply, readOpening } from "./tags.ts";
import { unwrap, wrap } from "./tunnel.ts";
import { acknowledgement, HEAD, isIridium, type Packet, readPacket } from "./wire.ts";

export class GalileoskyCodec implements Codec {
  readonly framer = new GalileoskyFramer();
  readonly #environment: CodecEnvironment;
  #settings: Settings = DEFAULTS;
  #inner: Inner | null = null;
  /** Whose packs are read; before the login, who asked to log in last. */
  #imei = "";
  #device = 0;
  #online = false;
  #out: readonly Buffer[] = [];

  constructor(environment: CodecEnvironment) {
    this.#environment = environment;
  }

  get ready(): boolean {
    return this.#inner?.ready ?? true;
  }

  identified({ profile, deviceId }: Identity): void {
    this.#settings = settingsOf(profile);
    // Nobody knows whether the tracker lets the navigator's product id through.
    this.#inner = connectInner(this.#settings, { ...this.#environment, productId: false });
    if (this.#imei === "") this.#imei = deviceId.padStart(IMEI_BYTES, "0");
    this.#online = true;
  }

  decode(frame: Buffer): Reading {
    if (isIridium(frame)) return ALIVE;
    const packet = readPacket(frame);
    if (packet === null) return bad("the length is not the packet's");
    if (!packet.sound) return this.#unsound(packet);
    if (packet.head === HEAD.pack) return this.#pack(packet);
    if (!this.#online) return ALIVE;
    if (packet.head === HEAD.tunnel) return this.#tunnelled(packet);
    return { events: [ALIVE_EVENT], reply: acknowledgement(packet) };
  }

  encode(order: Order): Encoded {
    const encoded = this.#inner?.encode(order) ?? encodeCommand(order, this.#settings, { imei: this.#imei, device: this.#device });
    if (encoded.type === "refused") return encoded;
    const [first, ...rest] = encoded.parts.map(({ payload, tag }): Part => ({ bytes: this.#wrap(payload), tag }));
    if (first === undefined) return { type: "refused", reason: "an empty text" };
    return { type: "parts", parts: [first, ...rest], altered: encoded.altered };
  }

  send({ bytes, tag }: Part): void {
    if (this.#inner === null) this.#out = [...this.#out, bytes];
    else if (tag !== null) this.#inner.send(tag);
  }

  cancel(tag: string): void {
    this.#inner?.cancel?.(tag);
  }

  tick(now: number): Ticked {
    const commands = this.#out;
    this.#out = [];
    if (this.#inner === null) return { send: commands, at: null };
    const { send, at } = this.#inner.tick(now);
    return { send: send.map((payload) => this.#wrap(payload)), at };
  }

  #pack(packet: Packet): Reading {
    const opening = readOpening(packet.body);
    // What comes with a right checksum would come the same again.
    if (opening.type === "bad") return { ...bad(opening.reason), ...(this.#online ? { reply: acknowledgement(packet) } : {}) };
    const { imei } = opening;
    if (imei !== null && (!this.#online || imei !== this.#imei)) return this.#hello(packet, imei, opening);
    if (!this.#online) return ALIVE;
    this.#device = opening.device ?? this.#device;
    const said = opening.reply === null ? [] : this.#said(opening.reply, packet);
    return { events: said.length > 0 ? said : [statusOf(packet) ?? ALIVE_EVENT], reply: acknowledgement(packet) };
  }

  #hello(packet: Packet, imei: string, { device, reply }: Extract<Opening, { type: "opening" }>): Reading {
    if (!this.#online) {
      this.#imei = imei;
      this.#device = device ?? 0;
    }
    return {
      events: [{ type: "hello", scope: "login", key: imei, password: null }],
      reply: ({ type }) => (type === "accepted" ? acknowledgement(packet) : null),
      ...(reply === null ? {} : { again: true }),
    };
  }

  /** What the interpreter says is for nobody but the reader of an open console. */
  #said({ number, text }: Reply, packet: Packet): readonly DeviceEvent[] {
    const { console, binaryReplies, charset } = this.#settings;
    if (this.#inner !== null || !console) return [];
    const tag = tagOf(number);
    const receipt: readonly DeviceEvent[] = number === 0 ? [] : [{ type: "receipt", tag, outcome: "accepted" }];
    if (text === null) return binaryReplies === "receipt" ? receipt : [];
    const decoded = decodeText(text, charset);
    // Number 0 is everybody's: only the same pack once more is the same reply.
    const serial = number === 0 ? `0:${packet.crc.toString("hex")}` : tag;
    const words: DeviceEvent = { type: "text", text: withoutTail(decoded.text, "\r\n\0"), serial, lossy: decoded.lossy };
    return [...receipt, number === 0 ? words : { ...words, answers: tag }];
  }

  /** Never acknowledged. */
  #tunnelled({ body }: Packet): Reading {
    if (this.#inner === null) return ALIVE;
    const { events, stored } = this.#inner.receive(unwrap(body, this.#settings));
    const reply = (): null => {
      stored();
      return null;
    };
    return { events: [ALIVE_EVENT, ...events], reply };
  }

  #unsound(packet: Packet): Reading {
    const acknowledged = this.#online && this.#settings.crc === "lenient" && packet.head !== HEAD.tunnel;
    return { ...bad("the checksum is wrong"), ...(acknowledged ? { reply: acknowledgement(packet) } : {}) };
  }

  /** A command is a whole packet already. */
  #wrap(payload: Buffer): Buffer {
    return this.#inner === null ? payload : wrap(payload, this.#settings);
  }
}

const ALIVE_EVENT: DeviceEvent = { type: "alive" };
const ALIVE: Reading = { events: [ALIVE_EVENT] };

function bad(reason: string): Reading {
  return { events: [{ type: "bad", reason }] };
}
