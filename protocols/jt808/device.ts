/** A JT/T 808 terminal: registers, authenticates, keeps alive, repeats what is not answered, and receives texts. */
import { type DeviceOptions, type DeviceOutput, decodeText, FlagFramer, LayoutError, type SimulatedDevice } from "../../src/core/index.ts";
import { answerBody, authBody, fragmentsOf, positionBody, registerBody, textBody } from "./device-bodies.ts";
import { EventList } from "./device-events.ts";
import { type Heard, hear } from "./device-hearing.ts";
import { deviceSettings } from "./device-profile.ts";
import { type Own, Sender } from "./device-sender.ts";
import { Fragments } from "./fragments.ts";
import { type Address, type Header, type Packet, parseFrame, writeFrame } from "./header.ts";
import { phoneOf } from "./identity.ts";
import { ID, REGISTER_RESULT, RESULT, registerWords, resendBody, responseBody, resultWords } from "./messages.ts";
import { type Edition, type Settings, settings } from "./profile.ts";
import { FLAG, MAX_BODY_BYTES, MAX_FRAME_BYTES } from "./wire.ts";

/** Texts remembered to show a repeated one only once. */
const MAX_SHOWN = 64;

/** What a test may ask for beyond the options of every device. */
export interface Jt808DeviceExtras {
  /** Body bytes of one fragment of the device's own long texts. */
  readonly fragmentBytes?: number;
  /** Fragment (from 1) of each long text that is left out until it is asked for. */
  readonly loseFragment?: number;
}

export class Jt808Device implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #extras: Jt808DeviceExtras;
  readonly #settings: Settings;
  readonly #edition: Edition;
  readonly #address: Address;
  readonly #sender = new Sender();
  #framer = new FlagFramer({ flag: FLAG, maxBytes: MAX_FRAME_BYTES });
  #fragments = new Fragments(() => null);
  #fragmentsAt: number | null = null;
  /** The auth code; null until the platform hands one out. */
  #code: string | null;
  #registered = false;
  #online = false;
  #serial = 0;
  #keepAliveAt: number | null = null;
  #beats = 0;
  #late: { readonly at: number; readonly bytes: Buffer }[] = [];
  #question: { readonly serial: number; readonly answers: readonly number[] } | null = null;
  readonly #events = new EventList();
  readonly #shown = new Set<string>();

  /** Throws RangeError when the device id does not fit the phone field. */
  constructor(options: DeviceOptions, extras: Jt808DeviceExtras = {}) {
    this.#options = options;
    this.#extras = extras;
    this.#settings = settings(options.profile);
    this.#edition = this.#settings.edition === "auto" ? "2013" : this.#settings.edition;
    const form = this.#edition === "2019" ? "long" : "short";
    this.#address = { form, version: form === "long" ? 1 : 0, phone: phoneOf(options.deviceId, form) };
    this.#code = options.password;
  }

  get deadline(): number | null {
    const times = [this.#sender.deadline, this.#keepAliveAt, this.#fragmentsAt, ...this.#late.map(({ at }) => at)];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new FlagFramer({ flag: FLAG, maxBytes: MAX_FRAME_BYTES });
    this.#fragments = new Fragments(() => null);
    this.#online = false;
    this.#registered = false;
    this.#keepAliveAt = null;
    this.#late = [];
    this.#sender.restart();
    return this.#code === null ? this.#register(now) : this.#authenticate(this.#code, now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    const out: DeviceOutput[] = [];
    this.#framer.push(chunk);
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) {
      if (framed.kind === "frame") out.push(...this.#frame(framed.bytes, now));
      else out.push({ type: "puzzled", reason: framed.reason });
    }
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#own("text", ID.vendorText, textBody(text, this.#settings), text));
    return this.#pump(now);
  }

  /** Without such an answer to a question it is an event of the list, whose ids count from 1. */
  choose(choice: number, now: number): readonly DeviceOutput[] {
    const answer = this.#question?.answers[choice];
    if (this.#question !== null && answer !== undefined) {
      this.#sender.add(this.#own("answer", ID.answer, answerBody(this.#question.serial, answer)));
      this.#question = null;
    } else if (this.#events.has(choice + 1)) this.#sender.add(this.#own("answer", ID.event, Buffer.from([choice + 1])));
    else return [{ type: "puzzled", reason: `no question with an answer ${choice}` }];
    return this.#pump(now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#own("keep-alive", ID.position, positionBody(now)));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const { send, dead } = this.#sender.tick(now);
    const out = [...due.map(({ bytes }) => bytes), ...send].map(write);
    if (dead !== null) {
      this.#online = false;
      this.#keepAliveAt = null;
      out.push({ type: "hangup", reason: `no answer to message ${dead.id.toString(16)}` });
    }
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) this.#keepAlive(now);
    return [...out, ...this.#askForFragments(now), ...this.#pump(now)];
  }

  #register(now: number): readonly DeviceOutput[] {
    this.#registered = true;
    this.#sender.add(this.#own("login", ID.register, registerBody(this.#edition)));
    return this.#pump(now);
  }

  #authenticate(code: string, now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#own("login", ID.auth, authBody(this.#edition, code)));
    return this.#pump(now);
  }

  #keepAlive(now: number): void {
    this.#keepAliveAt = now + this.#options.keepAliveMs;
    this.#beats += 1;
    const heartbeat = this.#beats % 2 === 0;
    this.#sender.add(
      heartbeat ? this.#own("keep-alive", ID.heartbeat, Buffer.alloc(0)) : this.#own("keep-alive", ID.position, positionBody(now)),
    );
  }

  #frame(bytes: Buffer, now: number): readonly DeviceOutput[] {
    const parsed = parseFrame(bytes);
    if (parsed.type === "bad") return [{ type: "puzzled", reason: parsed.reason }];
    const { header } = parsed.packet;
    if (!header.address.phone.equals(this.#address.phone)) return [{ type: "puzzled", reason: "a message for another phone" }];
    const assembled = this.#fragments.add(parsed.packet);
    if (assembled.type === "partial") return this.#askForFragments(now);
    if (assembled.type === "refused") return [this.#respond(header, RESULT.failed)];
    try {
      return this.#hear({ header: { ...header, serial: assembled.firstSerial }, body: assembled.body }, now);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return [{ type: "puzzled", reason: error.message }, this.#respond(header, RESULT.badMessage)];
    }
  }

  #hear(packet: Packet, now: number): readonly DeviceOutput[] {
    const heard = hear(packet, this.#edition);
    switch (heard.type) {
      case "registered":
        return this.#registration(heard, now);
      case "answered":
        return this.#answered(heard, now);
      case "again":
        return this.#sender.again(heard.serial, heard.indexes).map(write);
      case "text":
        return this.#screen(packet.header, heard, now);
      case "events":
        this.#events.take(heard.list);
        return [this.#respond(packet.header, RESULT.ok)];
      case "order":
        return [this.#respond(packet.header, heard.result)];
      case "silent":
        return [];
    }
  }

  #registration({ serial, result, code }: Extract<Heard, { type: "registered" }>, now: number): readonly DeviceOutput[] {
    if (this.#sender.answered(serial, ID.register) === null) return [{ type: "puzzled", reason: "a register response nobody asked for" }];
    if (result !== REGISTER_RESULT.ok) return [{ type: "refused", reason: registerWords(result) }];
    this.#code = code;
    return this.#authenticate(code, now);
  }

  #answered({ serial, id, result }: Extract<Heard, { type: "answered" }>, now: number): readonly DeviceOutput[] {
    const own = this.#sender.answered(serial, id);
    if (own === null) return [];
    if (own.id === ID.auth) return this.#authenticated(result, now);
    if (result !== RESULT.ok) return [{ type: "puzzled", reason: `${own.id.toString(16)}: ${resultWords(result)}` }];
    if (own.kind === "text") return [{ type: "acknowledged", text: own.text }];
    return own.id === ID.position ? [{ type: "acknowledged-position" }] : [];
  }

  /** A code that the platform handed out and no longer takes is asked for again, once a link. */
  #authenticated(result: number, now: number): readonly DeviceOutput[] {
    if (result === RESULT.ok) {
      this.#online = true;
      if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
      return [{ type: "online" }];
    }
    if (this.#options.password !== null || this.#registered) return [{ type: "refused", reason: resultWords(result) }];
    this.#code = null;
    return this.#register(now);
  }

  #screen(header: Header, heard: Extract<Heard, { type: "text" }>, now: number): readonly DeviceOutput[] {
    const { receipts, reply } = this.#options;
    const receipt = this.#receipt(header, now);
    const key = `${header.id}:${header.serial}`;
    if (receipts === "reject" || receipts === "garbled" || this.#shown.has(key)) return receipt;
    this.#shown.add(key);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const decoded = (bytes: Buffer): string => decodeText(bytes, this.#settings.charset).text;
    const { answers } = heard;
    if (answers !== null) this.#question = { serial: header.serial, answers: answers.map(({ answer }) => answer) };
    const said = { type: "shown", text: decoded(heard.text), tag: String(header.serial) } as const;
    const out: DeviceOutput[] = [answers === null ? said : { ...said, choices: answers.map(({ text }) => decoded(text)) }, ...receipt];
    return reply === null ? out : [...out, ...this.say(reply, now)];
  }

  /** 0x0001, in whatever way this device is told to treat texts. */
  #receipt(header: Header, now: number): readonly DeviceOutput[] {
    switch (this.#options.receipts) {
      case "ok":
        return [this.#respond(header, RESULT.ok)];
      case "silent":
        return [];
      case "reject":
        return [this.#respond(header, deviceSettings(this.#options.profile).rejectResult)];
      case "garbled":
        return [this.#respond(header, RESULT.badMessage)];
      case "duplicate":
        return [this.#respond(header, RESULT.ok), this.#respond(header, RESULT.ok)];
      case "wrong-tag":
        return [this.#respond({ ...header, serial: (header.serial + 1) & 0xffff }, RESULT.ok)];
      case "late":
        this.#late.push({ at: now + this.#options.lateMs, bytes: this.#response(header, RESULT.ok) });
        return [];
    }
  }

  #respond(header: Header, result: number): DeviceOutput {
    return write(this.#response(header, result));
  }

  #response(header: Header, result: number): Buffer {
    return this.#write(ID.deviceResponse, responseBody(header.serial, header.id, result));
  }

  /** 0x0005 exists since 2019 only. */
  #askForFragments(now: number): readonly DeviceOutput[] {
    const { missing, at } = this.#fragments.tick(now);
    this.#fragmentsAt = at;
    if (this.#edition !== "2019") return [];
    return missing.map(({ firstSerial, indexes }) => write(this.#write(ID.resendDown, resendBody(firstSerial, indexes, 2))));
  }

  #own(kind: Own["kind"], id: number, body: Buffer, text = ""): Own {
    const { fragmentBytes = MAX_BODY_BYTES, loseFragment } = this.#extras;
    const build: Own["build"] = () => {
      const bodies = fragmentsOf(body, kind === "text" ? fragmentBytes : MAX_BODY_BYTES);
      const total = bodies.length;
      const frames = bodies.map((piece, index) => {
        const serial = this.#takeSerial();
        const fragment = total === 1 ? null : { total, index: index + 1 };
        return { serial, bytes: writeFrame({ id, serial, address: this.#address, fragment }, piece) };
      });
      return { frames, held: new Set(loseFragment === undefined || total === 1 ? [] : [loseFragment - 1]) };
    };
    return { kind, id, text, build };
  }

  #write(id: number, body: Buffer): Buffer {
    return writeFrame({ id, serial: this.#takeSerial(), address: this.#address, fragment: null }, body);
  }

  #takeSerial(): number {
    const serial = this.#serial;
    this.#serial = (serial + 1) & 0xffff;
    return serial;
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#sender.next(now, this.#online).map(write);
  }
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
