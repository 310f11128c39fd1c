/** The gateway's side of Meitrack on one line. */
import type { Codec, CodecEnvironment, DeviceEvent, Encoded, Identity, Order, Part, Reading } from "../../src/core/index.ts";
import { positionsOf, statusOfBatch, statusOfEvent, statusOfRecords } from "./events.ts";
import { MeitrackFramer } from "./framer.ts";
import { Letters } from "./letters.ts";
import { readDriverText } from "./navigator.ts";
import { encodeOrder } from "./orders.ts";
import { type Settings, settingsOf } from "./profile.ts";
import { type Packet, readPacket, writePacket } from "./wire.ts";

/** Texts of a navigator whose replies are still recognised. */
const MAX_NAMED = 256;
/** Traccar's own for AAC. */
const AAC_LETTER = "z";

export class MeitrackCodec implements Codec {
  readonly framer = new MeitrackFramer("up");
  readonly #environment: CodecEnvironment;
  readonly #letters = new Letters();
  /** Tags by the ids that a navigator knows their parts by. */
  readonly #named = new Map<string, string>();
  #settings: Settings = settingsOf({});
  /** As the tracker says it. */
  #imei: string | null = null;
  #identity: Identity | null = null;
  #out: Buffer[] = [];

  constructor(environment: CodecEnvironment) {
    this.#environment = environment;
  }

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#identity = identity;
  }

  decode(frame: Buffer): Reading {
    const read = readPacket(frame);
    if (read.type === "bad") return bad(read.reason);
    const { packet } = read;
    if (packet.direction === "down") return bad("a packet of a server");
    if (this.#identity === null || (this.#imei !== null && packet.imei !== this.#imei)) return this.#meet(packet);
    this.#imei = packet.imei;
    return this.#packet(packet);
  }

  encode(order: Order): Encoded {
    const clock = this.#environment.wallClock;
    return encodeOrder(order, {
      settings: this.#settings,
      imei: this.#imei ?? this.#identity?.deviceId ?? "",
      now: clock === undefined ? null : clock(),
      letter: (tag, command, number) => this.#letters.give(tag, command, number),
      named: (id, tag) => this.#name(id, tag),
    });
  }

  send({ bytes, tag }: Part): void {
    if (tag !== null) this.#letters.sent(tag);
    this.#out.push(bytes);
  }

  tick(): { readonly send: readonly Buffer[]; readonly at: null } {
    const send = this.#out;
    this.#out = [];
    return { send, at: null };
  }

  /** There is no login: whatever comes first names the tracker, and is read once more when that is known. */
  #meet({ imei }: Packet): Reading {
    if (this.#identity === null) this.#imei = imei;
    return { events: [{ type: "hello", scope: "login", key: imei, password: null }], again: true };
  }

  #packet(packet: Packet): Reading {
    const { command, data } = packet;
    switch (command) {
      case "C13":
      case "C10":
      case "D76":
        return this.#result(packet);
      case "D75":
        return this.#driverText(packet);
      case "AAA":
        return this.#event(packet, statusOfEvent(data, this.#settings.ignitionInput));
      case "CCE":
        return this.#event(packet, statusOfRecords(data, this.#settings.ignitionInput));
      case "CCC":
        return this.#batch(packet);
      case "AAC":
        return { events: [ALIVE], reply: this.#answer({ ...packet, letter: AAC_LETTER }, "AAC", "1") };
      default:
        return { events: [ALIVE] };
    }
  }

  #result({ letter, command, data }: Packet): Reading {
    const result = data.toString("latin1");
    if (result === "") return bad(`a ${command} without a result`);
    const inOrder = this.#settings.letters === "oldest";
    const tag = inOrder ? null : (this.#letters.take(letter, command) ?? `letter ${letter}`);
    const known = command === "D76" && result === this.#settings.knownIdError;
    if (result.toUpperCase() === "OK" || known) return { events: [{ type: "receipt", tag, outcome: "accepted" }] };
    const reason = `the tracker answered ${command},${result.slice(0, MAX_REASON).replaceAll(/[^ -~]/g, "?")}`;
    return { events: [{ type: "receipt", tag, outcome: "rejected", reason }] };
  }

  #driverText(packet: Packet): Reading {
    const read = readDriverText(packet.data);
    if (read === null) return bad("a D75 whose fields are not those of a text");
    const { text, lossy, time, id } = read;
    const answers = this.#named.get(read.answers);
    const event: DeviceEvent = { type: "text", text, lossy, serial: `D75:${id}:${time}`, ...(answers === undefined ? {} : { answers }) };
    return { events: [event], reply: this.#answer(packet, "D75", "OK") };
  }

  #event(packet: Packet, status: DeviceEvent | null): Reading {
    const events = [status ?? ALIVE];
    return this.#settings.confirm === "AFF" ? { events, reply: this.#answer(packet, "AFF", "1") } : { events };
  }

  #batch(packet: Packet): Reading {
    const count = positionsOf(packet.data);
    if (count === null) return bad("a CCC without positions of a known size");
    return { events: [statusOfBatch(packet.data) ?? ALIVE], reply: this.#answer(packet, "CCC", String(count)) };
  }

  #answer({ letter, imei }: Packet, command: string, data: string): Buffer {
    return writePacket({ direction: "down", letter, imei, command, data });
  }

  #name(id: string, tag: string): void {
    this.#named.delete(id);
    this.#named.set(id, tag);
    const [oldest] = this.#named.keys();
    if (this.#named.size > MAX_NAMED && oldest !== undefined) this.#named.delete(oldest);
  }
}

const ALIVE: DeviceEvent = { type: "alive" };
/** Characters of a refusal that are told. */
const MAX_REASON = 40;

function bad(reason: string): Reading {
  return { events: [{ type: "bad", reason }] };
}
