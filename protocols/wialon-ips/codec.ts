/** The gateway's side of Wialon IPS on one line. */
import {
  badFrame,
  type Codec,
  type DeviceEvent,
  type Encoded,
  type Identity,
  type Order,
  partsOf,
  type Reading,
  type ReceiptOutcome,
} from "../../src/core/index.ts";
import { openContainer } from "./container.ts";
import { type Dialect, passed, takeCrc } from "./crc.ts";
import { readFileBlock, readFileInfo, readPhoto } from "./files.ts";
import { WialonFramer } from "./framer.ts";
import { dialectOf, readLogin } from "./login.ts";
import { packet, readUnit, type Unit } from "./packet.ts";
import { readingCharset, type Settings, settingsOf } from "./profile.ts";
import { type Context, readBatch, readRecord, textEvent } from "./records.ts";
import { outgoingText, textPacket } from "./text.ts";

type Packet = Extract<Unit, { kind: "packet" }>;

export class WialonCodec implements Codec {
  readonly framer = new WialonFramer("up");
  #dialect: Dialect = "unknown";
  #settings: Settings = settingsOf({});
  #key: string | null = null;
  #loggedIn = false;
  /** Blocks of the tachograph file that was announced last. */
  #blocks: number | null = null;

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#loggedIn = true;
    this.framer.loggedIn(this.#key);
  }

  decode(frame: Buffer): Reading {
    const unit = readUnit(frame);
    if (unit.kind === "container") return this.#container(unit.deflated);
    if (unit.kind === "prefix") return this.#prefix(unit);
    return unit.kind === "packet" ? this.#packet(unit) : badFrame("a line that is no packet");
  }

  encode(order: Order): Encoded {
    const refusal = `nothing of this text can be written in ${this.#settings.charset}`;
    const split = outgoingText(order.text, this.#settings);
    return partsOf(split, refusal, (bytes) => ({ bytes: textPacket(bytes, this.#dialect), tag: null }));
  }

  #container(deflated: Buffer): Reading {
    const line = openContainer(deflated);
    const unit = line === null ? null : readUnit(line);
    return unit?.kind === "packet" ? this.#packet(unit) : badFrame("a container that does not hold one packet");
  }

  /** The UDP form names the device before every packet; it logs in once, without an answer of its own. */
  #prefix({ version, key }: Extract<Unit, { kind: "prefix" }>): Reading {
    if (this.#loggedIn && key === this.#key) return { events: [{ type: "alive" }] };
    this.#meet(version, key);
    return { events: [{ type: "hello", scope: "login", key, password: null }] };
  }

  #packet({ type, body, tail }: Packet): Reading {
    switch (type) {
      case "L":
        return this.#login(body);
      case "P":
        return { events: [{ type: "alive" }], reply: packet("AP", "") };
      case "SD":
      case "D":
        return readRecord(type, body, this.#context);
      case "B":
        return readBatch(body, this.#context);
      case "M":
        return this.#text(body);
      case "AM":
        return receipt(body);
      case "I":
        return readPhoto(body, tail, this.#dialect);
      case "IT":
        return this.#fileInfo(body);
      case "T":
        return readFileBlock(body, tail, this.#dialect, this.#blocks);
      default:
        return badFrame(`a packet of type ${type.slice(0, 8)}, which no device sends`);
    }
  }

  get #context(): Context {
    return { dialect: this.#dialect, charset: readingCharset(this.#settings.charset) };
  }

  #login(body: Buffer): Reading {
    const read = readLogin(body);
    if (read.type === "structure") return badFrame(read.reason, packet("AL", "0"));
    if (read.type === "crc") return badFrame("a login with a wrong CRC", packet("AL", "10"));
    const { version, key, password } = read.login;
    this.#meet(version, key);
    return {
      events: [{ type: "hello", scope: "login", key, password }],
      reply: (verdict) => packet("AL", verdict.type === "accepted" ? "1" : verdict.reason === "wrong-password" ? "01" : "0"),
    };
  }

  /** The login's version rules all that follows, before its verdict: a refused line ends or logs in again. */
  #meet(version: string | null, key: string): void {
    this.#dialect = dialectOf(version);
    this.#key = key;
  }

  #text(body: Buffer): Reading {
    const { content, check } = takeCrc(body, ";", this.#dialect);
    if (!passed(check)) return badFrame(`a text with a ${check} CRC`, packet("AM", "01"));
    const event = textEvent(content, this.#context.charset);
    return { events: [event], reply: (verdict) => packet("AM", verdict.type === "accepted" ? "1" : "0") };
  }

  #fileInfo(body: Buffer): Reading {
    const { reading, count } = readFileInfo(body, this.#dialect);
    this.#blocks = count;
    return reading;
  }
}

/** `AM` from a device: not in the specification, seen from TRACS and expected by AUR. It is never answered. */
function receipt(body: Buffer): Reading {
  const code = body.toString("latin1").split(";", 1)[0]?.trim() ?? "";
  const outcome = OUTCOMES.get(code);
  if (outcome === undefined) return badFrame(`a receipt with the code "${code.slice(0, 8)}"`);
  const event: DeviceEvent = { type: "receipt", tag: null, outcome };
  return { events: [outcome === "accepted" ? event : { ...event, reason: `the device answered #AM#${code}` }] };
}

const OUTCOMES: ReadonlyMap<string, ReceiptOutcome> = new Map([
  ["1", "accepted"],
  ["0", "rejected"],
  ["01", "garbled"],
]);
