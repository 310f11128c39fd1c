/** One line of one Navtelecom device: frames in, readings out, texts in their turn, and the little that must be remembered. */
import type { Codec, CodecEnvironment, DeviceEvent, Encoded, Identity, Order, Part, Reading } from "../../src/core/index.ts";
import { Carrier } from "./carrier.ts";
import { DriverState } from "./driver-state.ts";
import { type RecordLayout, recordLayout } from "./fields.ts";
import { NavtelecomFramer } from "./framer.ts";
import { HalfDuplex, soonest } from "./half-duplex.ts";
import { SERIAL_BUSY, SERIAL_DATA, SERIAL_OK, type SerialData, serialTaken } from "./messages.ts";
import { readNtcbMessage } from "./ntcb.ts";
import { countsAsRead, encodeOrder, type Sent, type Wire } from "./orders.ts";
import { DEFAULTS, type Settings, settingsOf, VERSIONS } from "./profile.ts";
import { type Result, resultEvent, SUCCESS } from "./results.ts";
import { serialTexts } from "./serial.ts";
import { readTelemetry, statusOf, type Telemetry } from "./telemetry.ts";
import { flexFits, type Parties, PING, readNtcb, TILDE, writeNtcb } from "./wire.ts";

/** A device offers FLEX right after its login; one that has not by then speaks plain NTCB. */
const NEGOTIATION_MS = 5_000;
/** Parts whose read report is still recognised on a line. */
const MAX_SENT = 256;
/** Letter of a FLEX message. */
const LETTER = 1;
/** Result or port behind letter and service code. */
const RESULT = 4;
const PORT = 3;

export class NavtelecomCodec implements Codec {
  readonly framer = new NavtelecomFramer("up");
  readonly #duplex = new HalfDuplex(DEFAULTS);
  readonly #driver = new DriverState();
  readonly #environment: CodecEnvironment;
  /** What shows the texts, when it is not the display. */
  #carrier: Carrier | null = null;
  readonly #sent = new Map<string, Sent>();
  #settings: Settings = DEFAULTS;
  #online = false;
  /** Who the device takes itself and us for; a text goes the way its answers do. */
  #parties: Parties = { receiver: 0, sender: 1 };
  /** The agreed version of FLEX; null: plain NTCB so far. */
  #version: number | null = null;
  #layout: RecordLayout | null = null;
  #negotiateBy: number | null = null;
  #settled = false;

  constructor(environment: CodecEnvironment) {
    this.#environment = environment;
  }

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#duplex.configure(this.#settings);
    this.framer.agree({ extraLengths: this.#settings.extraLengths });
    this.#carrier = Carrier.of(this.#settings, this.#environment);
    this.#online = true;
  }

  /** Not before it is known how this device takes texts, nor while a result could be taken for the wrong text's. */
  get ready(): boolean {
    return this.#settled && (this.#carrier === null ? this.#duplex.clear : this.#carrier.ready);
  }

  decode(frame: Buffer): Reading {
    if (frame[0] === PING) return ALIVE;
    if (frame[0] !== TILDE) return this.#ntcb(frame);
    const letter = String.fromCharCode(frame[LETTER] ?? 0);
    if (!flexFits(frame)) return bad(`FLEX ~${letter} of ${frame.length} bytes: wrong CRC, or fields of other sizes than the table's`);
    return this.#online ? this.#flex(letter, frame) : ALIVE;
  }

  encode(order: Order): Encoded {
    if (this.#carrier !== null) return this.#carrier.encode(order);
    const { encoded, sent } = encodeOrder(order, this.#settings, this.#wire);
    for (const [tag, part] of sent) this.#remember(tag, part);
    return encoded;
  }

  send(part: Part): void {
    if (this.#carrier === null) this.#duplex.take(part.bytes, part.tag);
    else this.#carrier.send(part);
  }

  /** A display cannot be told to forget a text; one that is held back or was refused does not go out again. */
  cancel(tag: string): void {
    if (this.#carrier === null) this.#duplex.cancel(tag);
    else this.#carrier.cancel(tag);
  }

  /** A terminal's receipts name their text, so that nothing waits for them. */
  expects(tag: string): boolean {
    return this.#carrier === null && this.#duplex.awaited === tag;
  }

  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    this.#negotiateBy ??= now + NEGOTIATION_MS;
    if (now >= this.#negotiateBy) this.#settled = true;
    const free = this.framer.buffered === 0;
    this.#pumpCarrier(now);
    const { send } = this.#duplex.tick(now, free);
    // A message whose repeats have just been used up makes room for the next.
    this.#pumpCarrier(now);
    const { send: more, at } = this.#duplex.tick(now, free);
    return { send: [...send, ...more], at: soonest([at, this.#settled ? null : this.#negotiateBy, this.#carrier?.deadline ?? null]) };
  }

  #ntcb(frame: Buffer): Reading {
    const ntcb = readNtcb(frame);
    if (ntcb.type === "bad") return bad(ntcb.reason);
    const { receiver, sender } = ntcb.parties;
    const back: Parties = { receiver: sender, sender: receiver };
    const message = readNtcbMessage(ntcb.data);
    switch (message.type) {
      case "hello":
        this.#parties = back;
        return {
          events: [{ type: "hello", scope: "login", key: message.imei, password: null }],
          reply: (verdict) => (verdict.type === "accepted" ? writeNtcb(back, Buffer.from("*<S")) : null),
        };
      case "offer":
        return this.#online ? { events: [ALIVE_EVENT], reply: writeNtcb(back, this.#negotiate(message)) } : ALIVE;
      case "result":
        return this.#result({ type: "code", code: message.code === this.#settings.dvSuccess ? SUCCESS : message.code });
      case "unknown-command":
        return this.#unknown(message.command);
      case "telemetry":
        return this.#withAck(writeNtcb(back, message.ack), [ALIVE_EVENT]);
      case "other":
        return ALIVE;
      case "bad":
        return bad(message.reason);
    }
  }

  /** The same versions accept the offer; a lower one asks for another offer. */
  #negotiate({ protocol, structure, mask, count }: Offer): Buffer {
    const highest = VERSIONS[this.#settings.flex];
    const known = (version: number): boolean => version <= highest && KNOWN_VERSIONS.has(version);
    const accepted = known(protocol) && known(structure);
    if (accepted) {
      this.#layout = recordLayout(mask, count, this.#settings.fieldSizes);
      this.#version = protocol;
      this.#settled = true;
      this.framer.agree({ recordBytes: this.#layout.size });
    }
    return Buffer.from([...Buffer.from("*<FLEX"), 0xb0, ...(accepted ? [protocol, structure] : [highest, highest])]);
  }

  #flex(letter: string, frame: Buffer): Reading {
    switch (letter) {
      case "R":
        return this.#result({ type: "code", code: SUCCESS });
      case "F":
        return this.#result({ type: "code", code: frame[RESULT] ?? 0 });
      case "P":
        return this.#serial(SERIAL_DATA.read(frame.subarray(0, -1)));
      case "Z":
        return this.#unknown(frame.toString("latin1", PORT, PORT + 2));
      case "M":
        return this.#carried(SERIAL_OK);
      case "S":
        return this.#carried(frame[RESULT] ?? 0);
      default: {
        const telemetry = readTelemetry(letter, frame, this.#layout, this.#settings);
        return telemetry === null ? bad(`FLEX ~${letter}, which no device sends`) : this.#telemetry(telemetry);
      }
    }
  }

  #telemetry({ records, live, ack }: Telemetry): Reading {
    const status = live ? statusOf(records.at(-1), this.#layout) : ALIVE_EVENT;
    if (this.#layout === null || records.length === 0) return this.#withAck(ack, [status]);
    const heard = this.#driver.hear(records, this.#layout, this.#settings);
    const read = heard.read.flatMap((index) => this.#read(String(index)));
    return this.#withAck(ack, [...read, ...heard.events, status], heard.commit);
  }

  #withAck(ack: Buffer, events: readonly DeviceEvent[], commit?: () => void): Reading {
    if (!this.#online) return ALIVE;
    return {
      events,
      reply: () => {
        commit?.();
        return this.#duplex.acknowledge(ack);
      },
    };
  }

  /** A text that was read was received, even if its result got lost. */
  #read(tag: string): readonly DeviceEvent[] {
    const sent = this.#sent.get(tag);
    // A text of an earlier line was confirmed, or its read would not be known by this number.
    if (!countsAsRead(sent?.confirm ?? true, this.#settings) || this.#carrier !== null) return [];
    if (sent === undefined) return [{ type: "read", tag }];
    const events: DeviceEvent[] = [];
    if (this.#duplex.awaited === tag) {
      this.#duplex.settle();
      events.push({ type: "receipt", tag: null, outcome: "accepted" });
    }
    return sent.last ? [...events, { type: "read", tag }] : events;
  }

  #result(result: Result): Reading {
    return this.#online && this.#carrier === null ? { events: [resultEvent(result, this.#duplex)] } : ALIVE;
  }

  /** Only our texts can be unknown to a device: of all else it is told nothing it did not ask for. */
  #unknown(command: string): Reading {
    const ours = this.#duplex.awaited !== null && OUR_COMMANDS.some((one) => command.startsWith(one));
    return ours ? this.#result({ type: "unknown-command", command }) : bad(`the device does not know ${JSON.stringify(command)}`);
  }

  #serial({ port, data }: SerialData): Reading {
    const inner = this.#carrier?.receive(port, data) ?? null;
    const texts = inner?.events ?? (this.#settings.serial === "text" && this.#carrier === null ? serialTexts(data) : []);
    const reply = (): Buffer => {
      inner?.stored();
      return serialTaken(port);
    };
    return { events: texts.length > 0 ? texts : [ALIVE_EVENT], reply };
  }

  /** The port took our data, or not; what it means to the terminal, the terminal says itself. */
  #carried(code: number): Reading {
    if (this.#carrier === null || !this.#duplex.result()) return ALIVE;
    if (code === SERIAL_BUSY) this.#duplex.postpone();
    else this.#duplex.settle();
    return ALIVE;
  }

  #pumpCarrier(now: number): void {
    if (this.#carrier === null || !this.#settled) return;
    this.#carrier.tick(now);
    const next = this.#duplex.idle ? this.#carrier.next() : null;
    if (next !== null) this.#duplex.take(next, null);
  }

  get #wire(): Wire {
    const { command } = this.#settings;
    const flex = command === "flex" || (command === "auto" && this.#version !== null && this.#version >= VERSIONS["2.0"]);
    return flex ? { form: "flex" } : { form: "ntcb", parties: this.#parties };
  }

  #remember(tag: string, sent: Sent): void {
    this.#sent.delete(tag);
    this.#sent.set(tag, sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MAX_SENT && oldest !== undefined) this.#sent.delete(oldest);
  }
}

type Offer = Extract<ReturnType<typeof readNtcbMessage>, { type: "offer" }>;

const KNOWN_VERSIONS: ReadonlySet<number> = new Set(Object.values(VERSIONS));
const OUR_COMMANDS: readonly string[] = ["~O", "*!DV"];
const ALIVE_EVENT: DeviceEvent = { type: "alive" };
const ALIVE: Reading = { events: [ALIVE_EVENT] };

function bad(reason: string): Reading {
  return { events: [{ type: "bad", reason }] };
}
