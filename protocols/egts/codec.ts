/** The gateway's side of EGTS on one line: the login, what its units say, and texts to them. */
import type { Codec, DeviceEvent, Encoded, Identity, Order, Part, Reading, Ticked, UnitSpeech, Verdict } from "../../src/core/index.ts";
import { RESULT } from "./codes.ts";
import { Confirmations } from "./confirmations.ts";
import { EgtsFramer } from "./framer.ts";
import { Hearing, readStranger } from "./hearing.ts";
import { introductionsOf } from "./inbound.ts";
import { belongs, type Greeting, greetingOf, type Login } from "./login.ts";
import { loginAnswer } from "./login-answer.ts";
import { isPureAnswer } from "./records.ts";
import { Speech } from "./speech.ts";
import type { Outgoing } from "./unit.ts";
import { Units } from "./units.ts";
import { type Packet, parsePacket } from "./wire.ts";

export class EgtsCodec implements Codec {
  readonly framer = new EgtsFramer();
  readonly #outgoing: Outgoing = { speech: new Speech(), confirmations: new Confirmations(), ready: [], bufferBytes: null };
  readonly #units = new Units(this.#outgoing);
  readonly #hearing = new Hearing(this.#units, this.#outgoing);
  /** Who asked to log in last; whom the line belongs to once it is online. */
  #login: Login | null = null;
  #online = false;

  identified(identity: Identity): void {
    this.#online = true;
    this.#units.open(this.#login, identity);
  }

  unit(key: string, identity: Identity): UnitSpeech {
    return this.#units.enter(key, identity);
  }

  left(key: string): void {
    this.#units.leave(key);
  }

  decode(frame: Buffer): Reading {
    const parsed = parsePacket(frame);
    if (parsed.type === "bad") {
      const events: DeviceEvent[] = [{ type: "bad", reason: parsed.reason }];
      return parsed.answerable ? { events, reply: this.#outgoing.speech.answer(parsed.pid, parsed.result, []) } : { events };
    }
    const { packet } = parsed;
    return packet.answer === null ? this.#data(packet, frame) : this.#hearing.answer(packet, packet.answer, frame);
  }

  encode(order: Order): Encoded {
    return this.#units.own?.encode(order) ?? { type: "refused", reason: "a link between platforms has no driver" };
  }

  send(part: Part): void {
    this.#units.own?.send(part);
  }

  tick(now: number): Ticked {
    return { send: this.#outgoing.ready.splice(0), ...this.#outgoing.confirmations.tick(now) };
  }

  #data(packet: Packet, frame: Buffer): Reading {
    const introductions = introductionsOf(packet.records);
    const greeting = greetingOf({ packet, introductions }, this.#online ? null : this.#login);
    const opener = this.#login?.type === "dispatcher" ? "dispatcher" : "terminal";
    if (!this.#online || opener === "terminal") this.#outgoing.bufferBytes = greeting?.bufferBytes ?? this.#outgoing.bufferBytes;
    if (this.#online && belongs(greeting, this.#login)) {
      const again = introductions.some(({ type }) => type === opener);
      return this.#hearing.data(packet, frame, again);
    }
    if (greeting === null) return this.#tooEarly(packet, "data before a login");
    if (greeting.login === null) return this.#tooEarly(packet, "a terminal without IMEI and TID");
    return this.#greet(packet, greeting, greeting.login);
  }

  #greet(packet: Packet, { password }: Greeting, login: Login): Reading {
    if (!this.#online) this.#login = login;
    const { answered, more } = readStranger(packet.records, login);
    const reply = (verdict: Verdict): Buffer | null => {
      // A hello hides what else its packet says: without an answer that comes again, over a line that is open then.
      if (verdict.type === "accepted" && more) return null;
      return loginAnswer(verdict, { pid: packet.pid, answered, login, password }, this.#outgoing.speech);
    };
    const scope = login.type === "dispatcher" ? "link" : "login";
    return { events: [{ type: "hello", scope, key: login.key, password }], reply };
  }

  #tooEarly({ pid, records }: Packet, reason: string): Reading {
    const denied = records.filter((record) => !isPureAnswer(record)).map((record) => ({ record, result: RESULT.authDenied }));
    return { events: [{ type: "bad", reason }], reply: this.#outgoing.speech.answer(pid, RESULT.ok, denied) };
  }
}
