/** An EGTS terminal, or a link that carries several: introduces itself, sends positions, shows texts and confirms them, and repeats what is not answered. */
import { type DeviceOptions, type DeviceOutput, LayoutError, type SimulatedDevice } from "../../src/core/index.ts";
import { AUTH, FROM_DEVICE, PACKET, RECORD_RESPONSE, RESULT, resultWords } from "./codes.ts";
import { type Manner, mannerOf, type Step } from "./device-manner.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { checkDeviceId, credentials, damaged, driverText, introduction, position, type Said, unitNumber } from "./device-records.ts";
import { type Addressed, Screen, textOf } from "./device-screen.ts";
import { type Own, type OwnRecord, Sender } from "./device-sender.ts";
import { EgtsFramer } from "./framer.ts";
import { RECORD_RESULT } from "./layout.ts";
import { type Settings, settingsOf } from "./profile.ts";
import { recordResponse, type ServiceRecord, type Subrecord, writeRecord } from "./records.ts";
import { answerData, type Packet, parsePacket, writePacket } from "./wire.ts";

export class EgtsDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: Settings;
  readonly #ways: DeviceSettings;
  readonly #sender = new Sender();
  /** Driver's texts whose damaged copy went out. */
  readonly #damaged = new Set<Own>();
  readonly #screen: Screen;
  #framer = new EgtsFramer();
  #online = false;
  #number = 0;
  /** Of the last text of each unit. */
  readonly #cids = new Map<number | undefined, number>();
  #keepAliveAt: number | null = null;
  #late: { readonly at: number; readonly step: Step }[] = [];

  /** Throws RangeError when the device id does not fit the way it logs in. */
  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = settingsOf(options.profile);
    this.#screen = new Screen(this.#settings);
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
    this.#sender.add(this.#own("login", [introduction(this.#options.deviceId, this.#ways, now)]));
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
    const { unit, words } = this.#speaker(text);
    const cid = (this.#cids.get(unit) ?? 0) + 1;
    this.#cids.set(unit, cid);
    this.#sender.add(this.#own("text", [of(unit, driverText(cid, words, this.#settings))], words));
    return this.#pump(now);
  }

  /** Of all units, in one packet. */
  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#positions(now));
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
      this.#sender.add(this.#positions(now));
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
    const text = textOf(packet);
    if (text !== null) return this.#answerText(packet, text, now);
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
    const results = resultsOf(records);
    if (own.kind !== "login") return own.records.flatMap((record) => recordAnswered(own, record, results.get(record.number)));
    const [first] = own.records;
    return this.#ways.login === "object" ? this.#loggedIn(results.get(first?.number ?? 0) ?? RESULT.ok, now) : [];
  }

  #hear({ type, data }: Subrecord, now: number): readonly DeviceOutput[] {
    if (type === AUTH.result && data.length === 1) return this.#loggedIn(data[0] ?? 0, now);
    if (type !== AUTH.params) return [];
    const { deviceId, password } = this.#options;
    if (password === null) return [{ type: "refused", reason: "a password is wanted" }];
    this.#sender.add(this.#own("login", [credentials(deviceId, password)]));
    return [];
  }

  #loggedIn(result: number, now: number): readonly DeviceOutput[] {
    if (result !== RESULT.ok) return [{ type: "refused", reason: resultWords(result) }];
    if (this.#online) return [];
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    // Only what its units send shows that they are here.
    if (this.#ways.objects.length > 0) this.#sender.add(this.#positions(now));
    return [{ type: "online" }];
  }

  #answerText(packet: Packet, { command, object }: Addressed, now: number): readonly DeviceOutput[] {
    const { receipts, reply, lateMs } = this.#options;
    const unit = this.#isLink ? object : null;
    const manner: Manner = { ways: this.#ways, receipts, lateMs, object: unit };
    const out: DeviceOutput[] = [];
    for (const { afterMs, step } of mannerOf(packet, command, manner)) {
      if (afterMs === 0) out.push(...this.#perform(step, now));
      else this.#late.push({ at: now + afterMs, step });
    }
    if (receipts === "reject" || receipts === "garbled") return out;
    const shown = this.#screen.show(command, unit);
    if (shown.length === 0 || reply === null) return [...shown, ...out];
    return [...shown, ...out, ...this.say(unit === null ? reply : `@${unit} ${reply}`, now)];
  }

  #perform(step: Step, now: number): readonly DeviceOutput[] {
    if (step.type === "answer") return [this.#respond(step.packet, step.records, step.rider)];
    this.#sender.add(this.#own("confirmation", [step.said]));
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
    if (rider !== null) parts.push(this.#record(rider).bytes);
    return write(writePacket(PACKET.response, this.#sender.takePid(), answerData(answer.pid, answer.result, Buffer.concat(parts))));
  }

  /** "@6 hello": one of the drivers on a link that carries several; else the first of them. */
  #speaker(text: string): { readonly unit: number | undefined; readonly words: string } {
    if (!this.#isLink) return { unit: undefined, words: text };
    const [, number = "", words = text] = /^@(\d+) (.*)$/su.exec(text) ?? [];
    return { unit: unitNumber(number) ?? this.#ways.objects[0], words };
  }

  get #isLink(): boolean {
    return this.#ways.login === "dispatcher";
  }

  #positions(now: number): Own {
    const { objects } = this.#ways;
    return this.#own("position", objects.length === 0 ? [position(now)] : objects.map((object) => of(object, position(now))));
  }

  #own(kind: Own["kind"], said: readonly Said[], text = ""): Own {
    const records = said.map((one) => this.#record(one));
    return { kind, text, bytes: Buffer.concat(records.map(({ bytes }) => bytes)), records };
  }

  #record({ service, data, object: named }: Said): OwnRecord & { readonly bytes: Buffer } {
    const number = this.#takeNumber();
    const head = { number, flags: FROM_DEVICE, sender: service, recipient: service };
    const own = this.#ways.login === "imei" || this.#isLink ? null : unitNumber(this.#options.deviceId);
    const object = named ?? own;
    return { number, object: named ?? null, bytes: writeRecord(object === null ? head : { ...head, object }, data) };
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

/** What the platform says of records of ours, by their numbers. */
function resultsOf(records: readonly ServiceRecord[]): ReadonlyMap<number, number> {
  const answers = records.flatMap(({ subrecords }) => (subrecords ?? []).filter(({ type }) => type === RECORD_RESPONSE));
  return new Map(answers.map(({ data }) => RECORD_RESULT.read(data)).map(({ number, result }) => [number, result]));
}

function recordAnswered({ kind, text }: Own, { object }: OwnRecord, result: number | undefined): readonly DeviceOutput[] {
  const name = object === null ? kind : `${kind} of ${object}`;
  if (result === undefined) return [{ type: "puzzled", reason: `${name}: its record is not answered` }];
  if (result !== RESULT.ok) return [{ type: "puzzled", reason: `${name}: ${resultWords(result)}` }];
  if (kind === "text") return [object === null ? { type: "acknowledged", text } : { type: "acknowledged", text, unit: String(object) }];
  return kind === "position" ? [{ type: "acknowledged-position" }] : [];
}

function of(object: number | undefined, said: Said): Said {
  return object === undefined ? said : { ...said, object };
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
