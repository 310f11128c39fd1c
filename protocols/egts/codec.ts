/** The gateway's side of EGTS on one line: one unit, its login, its texts, and ours to it. */
import {
  type Codec,
  type DeviceEvent,
  type Encoded,
  type Identity,
  type Order,
  type Part,
  partsOf,
  type Reading,
  type Ticked,
  type Verdict,
} from "../../src/core/index.ts";
import { RESULT } from "./codes.ts";
import { Confirmations } from "./confirmations.ts";
import { EgtsFramer } from "./framer.ts";
import { type Introduction, type RecordReading, readRecord, refused } from "./inbound.ts";
import { type Greeting, greetingOf, type Login, sameUnit } from "./login.ts";
import { loginAnswer } from "./login-answer.ts";
import { DEFAULTS, type Settings, settingsOf } from "./profile.ts";
import { isPureAnswer, type ServiceRecord } from "./records.ts";
import { type Answered, Speech } from "./speech.ts";
import { outgoingText } from "./text.ts";
import { type Packet, parsePacket } from "./wire.ts";

/** A packet of records, read. */
interface Heard {
  readonly packet: Packet;
  readonly answered: readonly Answered[];
  readonly introductions: readonly Introduction[];
  readonly texts: readonly number[];
  readonly events: readonly DeviceEvent[];
}

export class EgtsCodec implements Codec {
  readonly framer = new EgtsFramer();
  readonly #confirmations = new Confirmations();
  readonly #speech = new Speech();
  #settings: Settings = DEFAULTS;
  /** Who asked to log in last; whom the line belongs to once it is online. */
  #login: Login | null = null;
  #online = false;
  /** Parts for the next tick. */
  readonly #ready: Buffer[] = [];
  /** BS of TERM_IDENTITY. */
  #bufferBytes: number | null = null;

  identified(identity: Identity): void {
    this.#settings = settingsOf(identity.profile);
    this.#online = true;
  }

  decode(frame: Buffer): Reading {
    const parsed = parsePacket(frame);
    if (parsed.type === "bad") {
      const events: DeviceEvent[] = [{ type: "bad", reason: parsed.reason }];
      return parsed.answerable ? { events, reply: this.#speech.answer(parsed.pid, parsed.result, []) } : { events };
    }
    const { packet } = parsed;
    return packet.answer === null ? this.#data(packet, frame) : this.#answer(packet, packet.answer, frame);
  }

  encode(order: Order): Encoded {
    const outgoing = outgoingText(order.text, this.#settings, this.#bufferBytes);
    const { charset } = outgoing;
    return partsOf(outgoing, "no character of this text exists in CP-1251", (data, index) => {
      // The parts of one text share the low half of the CID, so that no number of them reaches another text's.
      const cid = (index * 0x1_0000 + (order.tag & 0xffff)) >>> 0;
      const { bytes, pid, number } = this.#speech.text({ cid, charset, data });
      const tag = String(cid);
      this.#confirmations.encoded({ tag, pid, number });
      return { bytes, tag };
    });
  }

  /** Parts go out at once; only those that did can be confirmed. */
  send({ bytes, tag }: Part): void {
    if (tag !== null) this.#confirmations.written(tag);
    this.#ready.push(bytes);
  }

  tick(now: number): Ticked {
    return { send: this.#ready.splice(0), ...this.#confirmations.tick(now) };
  }

  /** A RESPONSE may carry records of its own, confirmations above all (OMEGA). It is never answered. */
  #answer(packet: Packet, { pid, result }: NonNullable<Packet["answer"]>, frame: Buffer): Reading {
    const refusal = this.#confirmations.packetAnswered(pid, result);
    if (refusal.length > 0 || packet.records.length === 0) return { events: spoken(refusal) };
    const readings = packet.records.map((record) => this.#read(record, frame, pid));
    const events = spoken(readings.flatMap((reading) => reading.events));
    const texts = readings.flatMap((reading) => reading.texts);
    return texts.length === 0 || !this.#settings.confirmTexts ? { events } : { events, reply: () => this.#speech.textsHeard(texts) };
  }

  #data(packet: Packet, frame: Buffer): Reading {
    const readings = packet.records.map((record) => ({ record, reading: this.#read(record, frame, null) }));
    const heard: Heard = {
      packet,
      answered: readings.filter(({ record }) => !isPureAnswer(record)).map(({ record, reading }) => ({ record, result: reading.result })),
      introductions: readings.flatMap(({ reading }) => reading.introductions),
      texts: readings.flatMap(({ reading }) => reading.texts),
      events: readings.flatMap(({ reading }) => reading.events),
    };
    const greeting = greetingOf(heard, this.#online ? null : this.#login);
    this.#bufferBytes = greeting?.bufferBytes ?? this.#bufferBytes;
    if (greeting === null) return this.#online ? this.#heard(heard) : this.#tooEarly(heard, "data before a login");
    if (greeting.login === null) return this.#tooEarly(heard, "a terminal without IMEI and TID");
    if (this.#online && (greeting.login.type === "object" || sameUnit(greeting, this.#login))) return this.#heard(heard);
    return this.#greet(heard, greeting, greeting.login);
  }

  /** A device that is logged in: what it said is answered once it is stored. */
  #heard(heard: Heard): Reading {
    const { packet, answered, texts, introductions, events } = heard;
    const again = introductions.some(({ type }) => type === "terminal");
    const reply = (): Buffer => {
      const said = [this.#speech.answer(packet.pid, RESULT.ok, answered)];
      if (again) said.push(this.#speech.loginResult(RESULT.ok));
      if (texts.length > 0 && this.#settings.confirmTexts) said.push(this.#speech.textsHeard(texts));
      return Buffer.concat(said);
    };
    return { events: spoken(events), reply };
  }

  #greet(heard: Heard, greeting: Greeting, login: Login): Reading {
    const { packet, answered, events } = heard;
    if (!this.#online) this.#login = login;
    const { password } = greeting;
    // A hello hides what else its packet says: without an answer that comes again, over a line that is open then.
    const more = events.some(({ type }) => type !== "bad");
    const reply = (verdict: Verdict): Buffer | null => {
      if (verdict.type === "accepted" && more) return null;
      return loginAnswer(verdict, { pid: packet.pid, answered, login, password }, this.#speech);
    };
    return { events: [{ type: "hello", scope: "login", key: login.key, password }], reply };
  }

  #tooEarly({ packet, answered }: Heard, reason: string): Reading {
    const denied = answered.map(({ record }) => ({ record, result: RESULT.authDenied }));
    return { events: [{ type: "bad", reason }], reply: this.#speech.answer(packet.pid, RESULT.ok, denied) };
  }

  #read(record: ServiceRecord, frame: Buffer, pid: number | null): RecordReading {
    const login = this.#login;
    if (this.#online && login?.type === "object" && record.object !== null && String(record.object) !== login.key)
      return refused(`a record of object ${record.object} on the line of ${login.key}: one unit per line`, RESULT.objectNotFound);
    const { confirmation } = this.#settings;
    return readRecord(record, {
      settings: this.#settings,
      recordAnswered: (number, result) => this.#confirmations.recordAnswered({ pid, number, result }, confirmation, frame),
      confirmed: (command) => this.#confirmations.confirmed(command, frame),
    });
  }
}

function spoken(events: readonly DeviceEvent[]): readonly DeviceEvent[] {
  return events.length === 0 ? [{ type: "alive" }] : events;
}
