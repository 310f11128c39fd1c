/** One line of one JT/T 808 device: frames in, readings out, and the little that must be remembered in between. */
import {
  badFrame,
  type Codec,
  type CodecEnvironment,
  type Encoded,
  FlagFramer,
  type Identity,
  type Order,
  type Reading,
} from "../../src/core/index.ts";
import { Fragments, type Missing } from "./fragments.ts";
import { type Address, type Packet, parseFrame, writeFrame } from "./header.ts";
import { deviceKeyOf, phoneOf, sameDevice } from "./identity.ts";
import { type Inbound, readMessage, refuse } from "./inbound.ts";
import { REGISTER_2013_BYTES } from "./layout.ts";
import { ID, isQuestion, mediaReceivedBody, RESULT, resendBody, responseBody } from "./messages.ts";
import { encodeOrder, eventListBodies } from "./orders.ts";
import { DEFAULTS, type Edition, type Settings, settings } from "./profile.ts";
import { FLAG, MAX_FRAME_BYTES } from "./wire.ts";

/** Questions whose acceptance is remembered on one line. */
const MAX_HEARD = 64;
/** A picture's id stands in the first four bytes of its first fragment. */
const MEDIA_ID_BYTES = 4;

export class Jt808Codec implements Codec {
  readonly framer = new FlagFramer({ flag: FLAG, maxBytes: MAX_FRAME_BYTES, valid: (frame) => parseFrame(frame).type === "packet" });
  readonly #wallClock: (() => number) | null;
  readonly #fragments = new Fragments((id) => (id === ID.media ? MEDIA_ID_BYTES : null));
  /** Questions that the device acknowledged, oldest first. */
  readonly #heard = new Set<string>();
  #settings: Settings = DEFAULTS;
  /** Whose frames are read: the phone that logged in, and before that the last one that asked to. */
  #key = "";
  #online = false;
  /** Pictures go upstream, fragment by fragment, and are asked for from there. */
  #shared = false;
  #address: Address | null = null;
  /** A short 0x0100 told 2011 from 2013. */
  #old = false;
  #nextSerial = 0;
  /** The driver's quick replies are still to be set on the device. */
  #eventsDue = false;

  constructor(environment: CodecEnvironment) {
    this.#wallClock = environment.wallClock ?? null;
  }

  identified(identity: Identity): void {
    this.#settings = settings(identity.profile);
    this.#shared = typeof identity.profile["tee"] === "string";
    this.#online = true;
    this.#eventsDue = this.#settings.quickReplies.length > 0;
    this.#address ??= addressOf(identity.deviceId, this.#settings.edition);
  }

  decode(frame: Buffer): Reading {
    const parsed = parseFrame(frame);
    if (parsed.type === "bad") return badFrame(parsed.reason);
    const { packet } = parsed;
    const key = deviceKeyOf(packet.header.address.phone);
    if (this.#online && !sameDevice(key, this.#key)) return badFrame(`frames of ${this.#key} expected, came one of ${key}`);
    if (!this.#online && !HELLOS.has(packet.header.id)) return { events: [{ type: "alive" }] };
    if (!this.#online) this.#key = key;
    this.#address = packet.header.address;
    const inbound = this.#inbound(packet, key);
    if (packet.header.encryption !== 0)
      return refuse(inbound, `encryption ${packet.header.encryption} is not supported`, RESULT.unsupported);
    const reading = packet.header.fragment === null ? readMessage(this.#noticeEdition(inbound)) : this.#fragment(packet, inbound);
    this.#remember(reading);
    return reading;
  }

  encode(order: Order): Encoded {
    const address = this.#address;
    if (address === null) return { type: "refused", reason: "the device id fits no phone field" };
    return encodeOrder(order, this.#settings, { address, edition: this.#edition(address.form) });
  }

  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    const { missing, at } = this.#fragments.tick(now);
    return { send: [...this.#events(), ...missing.map((message) => this.#ask(message))], at };
  }

  #events(): readonly Buffer[] {
    const address = this.#address;
    if (!this.#eventsDue || address === null) return [];
    this.#eventsDue = false;
    const { quickReplies, charset } = this.#settings;
    const bodies = eventListBodies(quickReplies, charset, this.#edition(address.form));
    return bodies.map((body) => this.#say(address, ID.events, body));
  }

  /** A fragment is answered at once; the last one is answered as the whole message is. */
  #fragment(packet: Packet, inbound: Inbound): Reading {
    const { id } = packet.header;
    if (NEVER_FRAGMENTED.has(id)) return refuse(inbound, "a message in fragments that always fits one frame", RESULT.badMessage);
    if (!this.#assembles(id)) return { events: [{ type: "alive" }], reply: inbound.ack(RESULT.ok) };
    const assembled = this.#fragments.add(packet);
    if (assembled.type === "refused") return refuse(inbound, assembled.reason, RESULT.failed);
    if (assembled.type === "partial") return { events: [{ type: "alive" }], reply: inbound.ack(RESULT.ok) };
    return readMessage({ ...inbound, body: assembled.body, serial: assembled.firstSerial });
  }

  /** Long positions and unknown data are answered fragment by fragment and not kept. */
  #assembles(id: number): boolean {
    if (id === ID.transparentUp) return this.#settings.transparentTypes.length > 0;
    if (id === ID.waybill) return this.#settings.waybillText;
    return ASSEMBLED.has(id) && !(this.#shared && id === ID.media);
  }

  #ask({ header, firstSerial, indexes, first }: Missing): Buffer {
    const { address } = header;
    if (header.id === ID.media && first?.length === MEDIA_ID_BYTES)
      return this.#say(address, ID.mediaReceived, mediaReceivedBody(first, indexes));
    return this.#say(address, ID.resendUp, resendBody(firstSerial, indexes, address.form === "long" ? 2 : 1));
  }

  #inbound({ header, body }: Packet, key: string): Inbound {
    let serial: number | null = null;
    const say = (id: number, content: Buffer): Buffer => {
      serial ??= this.#takeSerial();
      return writeFrame({ id, serial, address: header.address, fragment: null }, content);
    };
    return {
      header,
      body,
      serial: header.serial,
      key,
      edition: this.#edition(header.address.form),
      settings: this.#settings,
      now: this.#wallClock?.() ?? null,
      say,
      ack: (result) => say(ID.platformResponse, responseBody(header.serial, header.id, result)),
      unheard: (tag) => !this.#heard.has(tag),
    };
  }

  #say(address: Address, id: number, body: Buffer): Buffer {
    return writeFrame({ id, serial: this.#takeSerial(), address, fragment: null }, body);
  }

  #takeSerial(): number {
    const serial = this.#nextSerial;
    this.#nextSerial = (serial + 1) & 0xffff;
    return serial;
  }

  #edition(form: Address["form"]): Edition {
    if (this.#settings.edition !== "auto") return this.#settings.edition;
    if (form === "long") return "2019";
    return this.#old ? "2011" : "2013";
  }

  #noticeEdition(inbound: Inbound): Inbound {
    if (inbound.header.id === ID.register) this.#old = inbound.body.length < REGISTER_2013_BYTES;
    return inbound;
  }

  #remember(reading: Reading): void {
    for (const event of reading.events) {
      if (event.type !== "receipt" || event.tag === null || !isQuestion(event.tag)) continue;
      this.#heard.add(event.tag);
      const [oldest] = this.#heard;
      if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest);
    }
  }
}

/** Before the login nothing else matters, and nothing else is answered. */
const HELLOS: ReadonlySet<number> = new Set([ID.register, ID.auth]);
const NEVER_FRAGMENTED: ReadonlySet<number> = new Set([...HELLOS, ID.deviceResponse]);
const ASSEMBLED: ReadonlySet<number> = new Set([ID.event, ID.answer, ID.media, ID.textResult, ID.vendorText]);

/** Where a device that has not said a word yet would be reached; null when its id fits no phone field. */
function addressOf(deviceId: string, edition: Settings["edition"]): Address | null {
  const form = edition === "2019" ? "long" : "short";
  try {
    return { form, version: form === "long" ? 1 : 0, phone: phoneOf(deviceId, form) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
