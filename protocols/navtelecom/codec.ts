/** One line of one Navtelecom device: frames in, readings out, texts in their turn, and the little that must be remembered. */
import type { Codec, DeviceEvent, Encoded, Identity, Order, Part, Reading } from "../../src/core/index.ts";
import { DriverState } from "./driver-state.ts";
import { type RecordLayout, recordLayout } from "./fields.ts";
import { NavtelecomFramer } from "./framer.ts";
import { HalfDuplex } from "./half-duplex.ts";
import { SERIAL_DATA, serialTaken } from "./messages.ts";
import { readNtcbMessage } from "./ntcb.ts";
import { encodeOrder, type Sent, type Wire } from "./orders.ts";
import { DEFAULTS, type Settings, settingsOf, VERSIONS } from "./profile.ts";
import { type Result, resultEvent, SUCCESS } from "./results.ts";
import { serialTexts } from "./serial.ts";
import { readTelemetry, statusOf, type Telemetry } from "./telemetry.ts";
import { flexFits, type Parties, PING, readNtcb, TILDE, writeNtcb } from "./wire.ts";

/** A device offers FLEX right after its login; one that has not by then speaks plain NTCB. */
export const NEGOTIATION_MS = 5_000;
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

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#duplex.configure(this.#settings);
    this.framer.agree({ extraLengths: this.#settings.extraLengths });
    this.#online = true;
  }

  /** Not before it is known how this device takes texts, nor while a result could be taken for the wrong text's. */
  get ready(): boolean {
    return this.#settled && this.#duplex.clear;
  }

  decode(frame: Buffer): Reading {
    if (frame[0] === PING) return ALIVE;
    if (frame[0] !== TILDE) return this.#ntcb(frame);
    const letter = String.fromCharCode(frame[LETTER] ?? 0);
    if (!flexFits(frame)) return bad(`FLEX ~${letter} of ${frame.length} bytes: wrong CRC, or fields of other sizes than the table's`);
    return this.#online ? this.#flex(letter, frame) : ALIVE;
  }

  encode(order: Order): Encoded {
    const { encoded, sent } = encodeOrder(order, this.#settings, this.#wire);
    for (const [tag, part] of sent) this.#remember(tag, part);
    return encoded;
  }

  send(part: Part): void {
    this.#duplex.take(part.bytes, part.tag);
  }

  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    this.#negotiateBy ??= now + NEGOTIATION_MS;
    if (now >= this.#negotiateBy) this.#settled = true;
    const { send, at } = this.#duplex.tick(now, this.framer.buffered === 0);
    return { send, at: this.#settled || (at !== null && at < this.#negotiateBy) ? at : this.#negotiateBy };
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
      case "P": {
        const { port, data } = SERIAL_DATA.read(frame.subarray(0, -1));
        const texts = this.#settings.serial === "text" ? serialTexts(data) : [];
        return { events: texts.length > 0 ? texts : [ALIVE_EVENT], reply: serialTaken(port) };
      }
      case "Z":
        return this.#unknown(frame.toString("latin1", PORT, PORT + 2));
      case "M":
      case "S":
        return ALIVE;
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
    const { index, readState } = this.#settings;
    const sent = this.#sent.get(tag);
    if (sent === undefined || index === "unused" || readState === "off" || (readState === "confirmed" && !sent.confirm)) return [];
    const events: DeviceEvent[] = [];
    if (this.#duplex.awaited === tag) {
      this.#duplex.settle();
      events.push({ type: "receipt", tag: null, outcome: "accepted" });
    }
    return sent.last ? [...events, { type: "read", tag }] : events;
  }

  #result(result: Result): Reading {
    return this.#online ? { events: [resultEvent(result, this.#duplex)] } : ALIVE;
  }

  /** Only our texts can be unknown to a device: of all else it is told nothing it did not ask for. */
  #unknown(command: string): Reading {
    const ours = this.#duplex.awaited !== null && OUR_COMMANDS.some((one) => command.startsWith(one));
    return ours ? this.#result({ type: "unknown-command", command }) : bad(`the device does not know ${JSON.stringify(command)}`);
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
