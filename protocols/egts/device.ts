/** An EGTS terminal: introduces itself, sends positions, shows texts and confirms them, and repeats what is not answered. */
import { type DeviceOptions, type DeviceOutput, LayoutError, type SimulatedDevice } from "../../src/core/index.ts";
import { AUTH, COMMAND, COMMAND_DATA, FROM_DEVICE, PACKET, RECORD_RESPONSE, RESULT, resultWords, SERVICE } from "./codes.ts";
import { type Command, readCommand } from "./command.ts";
import { type Manner, mannerOf, type Step } from "./device-manner.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { checkDeviceId, credentials, damaged, driverText, introduction, position, type Said, unitNumber } from "./device-records.ts";
import { type Own, Sender } from "./device-sender.ts";
import { EgtsFramer } from "./framer.ts";
import { RECORD_RESULT } from "./layout.ts";
import { type Settings, settingsOf } from "./profile.ts";
import { recordResponse, type ServiceRecord, type Subrecord, writeRecord } from "./records.ts";
import { readText } from "./text.ts";
import { answerData, type Packet, parsePacket, writePacket } from "./wire.ts";

/** Texts remembered to show a repeated one only once. */
const MAX_SHOWN = 64;

export class EgtsDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: Settings;
  readonly #ways: DeviceSettings;
  readonly #sender = new Sender();
  /** Driver's texts whose damaged copy went out. */
  readonly #damaged = new Set<Own>();
  readonly #shown = new Set<number>();
  #framer = new EgtsFramer();
  #online = false;
  #number = 0;
  #cid = 0;
  #keepAliveAt: number | null = null;
  #late: { readonly at: number; readonly step: Step }[] = [];

  /** Throws RangeError when the device id does not fit the way it logs in. */
  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = settingsOf(options.profile);
    this.#ways = deviceSettingsOf(options.profile);
    checkDeviceId(options.deviceId, this.#ways);
  }

  get deadline(): number | null {
    const times = [this.#sender.deadline, this.#keepAliveAt, ...this.#late.map(({ at }) => at)].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new EgtsFramer();
    this.#online = false;
    this.#keepAliveAt = null;
    this.#late = [];
    this.#sender.restart();
    this.#sender.add(this.#own("login", introduction(this.#options.deviceId, this.#ways, now)));
    return this.#pump(now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    const out: DeviceOutput[] = [];
    this.#framer.push(chunk);
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) {
      if (framed.kind === "frame") out.push(...this.#understand(framed.bytes, now));
      else out.push({ type: "puzzled", reason: framed.reason });
    }
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    this.#cid += 1;
    this.#sender.add(this.#own("text", driverText(this.#cid, text, this.#settings), text));
    return this.#pump(now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#own("position", position(now)));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const out = due.flatMap(({ step }) => this.#perform(step, now));
    const { send, dead } = this.#sender.tick(now);
    out.push(...send.map(write));
    if (dead !== null) {
      this.#online = false;
      this.#keepAliveAt = null;
      out.push({ type: "hangup", reason: `no answer to a ${dead.kind}` });
    }
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) {
      this.#keepAliveAt = now + this.#options.keepAliveMs;
      this.#sender.add(this.#own("position", position(now)));
    }
    return [...out, ...this.#pump(now)];
  }

  #understand(bytes: Buffer, now: number): readonly DeviceOutput[] {
    try {
      return this.#frame(bytes, now);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return [{ type: "puzzled", reason: error.message }];
    }
  }

  #frame(bytes: Buffer, now: number): readonly DeviceOutput[] {
    const parsed = parsePacket(bytes);
    if (parsed.type === "bad") {
      const puzzled: DeviceOutput = { type: "puzzled", reason: parsed.reason };
      return parsed.answerable ? [this.#respond({ pid: parsed.pid, result: parsed.result }, []), puzzled] : [puzzled];
    }
    const { packet } = parsed;
    if (packet.answer !== null) return this.#answered(packet, packet.answer, now);
    const text = this.#textOf(packet);
    if (text !== null) return this.#screen(packet, text, now);
    const answer = this.#respond({ pid: packet.pid, result: RESULT.ok }, packet.records.map(accepted));
    return [answer, ...packet.records.flatMap(({ subrecords }) => (subrecords ?? []).flatMap((subrecord) => this.#hear(subrecord, now)))];
  }

  #answered({ records }: Packet, { pid, result }: NonNullable<Packet["answer"]>, now: number): readonly DeviceOutput[] {
    const own = this.#sender.answered(pid);
    if (own === null) return [];
    const garbled = result === RESULT.headerCrc || result === RESULT.dataCrc;
    // Damaged on its way: the same again when it is due.
    if (garbled) return [];
    this.#sender.done(pid);
    if (result !== RESULT.ok) return [{ type: "puzzled", reason: `${own.kind}: ${resultWords(result)}` }];
    return this.#recordAnswered(own, resultOf(own, records), now);
  }

  #recordAnswered(own: Own, result: number | null, now: number): readonly DeviceOutput[] {
    if (own.kind === "login") return this.#ways.login === "object" ? this.#loggedIn(result ?? RESULT.ok, now) : [];
    if (result === null) return [{ type: "puzzled", reason: `${own.kind}: its record is not answered` }];
    if (result !== RESULT.ok) return [{ type: "puzzled", reason: `${own.kind}: ${resultWords(result)}` }];
    if (own.kind === "text") return [{ type: "acknowledged", text: own.text }];
    return own.kind === "position" ? [{ type: "acknowledged-position" }] : [];
  }

  #hear({ type, data }: Subrecord, now: number): readonly DeviceOutput[] {
    if (type === AUTH.result && data.length === 1) return this.#loggedIn(data[0] ?? 0, now);
    if (type !== AUTH.params) return [];
    const { deviceId, password } = this.#options;
    if (password === null) return [{ type: "refused", reason: "a password is wanted" }];
    this.#sender.add(this.#own("login", credentials(deviceId, password)));
    return [];
  }

  #loggedIn(result: number, now: number): readonly DeviceOutput[] {
    if (result !== RESULT.ok) return [{ type: "refused", reason: resultWords(result) }];
    if (this.#online) return [];
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }];
  }

  #textOf({ records }: Packet): Command | null {
    for (const { sender, subrecords } of records)
      for (const { type, data } of subrecords ?? []) {
        if (sender !== SERVICE.commands || type !== COMMAND_DATA) continue;
        const command = readCommand(data);
        if (command.type === COMMAND.messageTo) return command;
      }
    return null;
  }

  #screen(packet: Packet, command: Command, now: number): readonly DeviceOutput[] {
    const { receipts, reply, lateMs } = this.#options;
    const manner: Manner = { ways: this.#ways, receipts, lateMs };
    const out: DeviceOutput[] = [];
    for (const { afterMs, step } of mannerOf(packet, command, manner)) {
      if (afterMs === 0) out.push(...this.#perform(step, now));
      else this.#late.push({ at: now + afterMs, step });
    }
    if (receipts === "reject" || receipts === "garbled" || this.#shown.has(command.cid)) return out;
    this.#shown.add(command.cid);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const text = readText(command.data, command.charset, this.#settings)?.text ?? "";
    out.unshift({ type: "shown", text, tag: String(command.cid) });
    return reply === null ? out : [...out, ...this.say(reply, now)];
  }

  #perform(step: Step, now: number): readonly DeviceOutput[] {
    if (step.type === "answer") return [this.#respond(step.packet, step.records, step.rider)];
    this.#sender.add(this.#own("confirmation", step.said));
    return this.#pump(now);
  }

  /** RESPONSE, perhaps with a confirmation inside it. */
  #respond(answer: { readonly pid: number; readonly result: number }, records: readonly Answer[], rider: Said | null = null): DeviceOutput {
    const [first] = records;
    const parts: Buffer[] = [];
    if (first !== undefined) {
      const data = Buffer.concat(records.map(({ record, result }) => recordResponse(record, result)));
      parts.push(writeRecord({ number: this.#takeNumber(), flags: FROM_DEVICE, sender: first.service, recipient: first.service }, data));
    }
    if (rider !== null) parts.push(this.#record(rider).record);
    return write(writePacket(PACKET.response, this.#sender.takePid(), answerData(answer.pid, answer.result, Buffer.concat(parts))));
  }

  #own(kind: Own["kind"], said: Said, text = ""): Own {
    return { kind, text, ...this.#record(said) };
  }

  #record({ service, data }: Said): { readonly record: Buffer; readonly number: number } {
    const number = this.#takeNumber();
    const head = { number, flags: FROM_DEVICE, sender: service, recipient: service };
    const object = this.#ways.login === "imei" ? null : unitNumber(this.#options.deviceId);
    return { number, record: writeRecord(object === null ? head : { ...head, object }, data) };
  }

  #takeNumber(): number {
    this.#number = (this.#number + 1) & 0xffff;
    return this.#number;
  }

  #pump(now: number): readonly DeviceOutput[] {
    const { damage, repeat } = this.#ways;
    return this.#sender.next(now, this.#online).flatMap(({ own, bytes }) => {
      const spoil = damage !== "none" && own.kind === "text" && !this.#damaged.has(own);
      if (spoil) this.#damaged.add(own);
      const sent = write(spoil ? damaged(bytes, damage) : bytes);
      return repeat ? [sent, sent] : [sent];
    });
  }
}

interface Answer {
  readonly service: number;
  /** Number of the record. */
  readonly record: number;
  readonly result: number;
}

function accepted({ sender, number }: ServiceRecord): Answer {
  return { service: sender, record: number, result: RESULT.ok };
}

/** What the platform says of this record; null: nothing. */
function resultOf(own: Own, records: readonly ServiceRecord[]): number | null {
  for (const { subrecords } of records)
    for (const { type, data } of subrecords ?? []) {
      if (type !== RECORD_RESPONSE) continue;
      const { number, result } = RECORD_RESULT.read(data);
      if (number === own.number) return result;
    }
  return null;
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
