/** A Navtelecom tracker with a DV-01 display: handshake, FLEX, telemetry that is repeated, texts in every receipt mode. */
import { type DeviceOptions, type DeviceOutput, decodeText, type Framed, LayoutError, type SimulatedDevice } from "../../src/core/index.ts";
import { DeviceSender, type Outgoing } from "./device-sender.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-settings.ts";
import { ntcbReport, offerOf, type Report, reportMessage, typed } from "./device-telemetry.ts";
import { DeviceTerminal } from "./device-terminal.ts";
import { NavtelecomFramer } from "./framer.ts";
import * as messages from "./messages.ts";
import { VERSIONS, type VersionName } from "./profile.ts";
import { SUCCESS } from "./results.ts";
import { flexFits, PING, readNtcb, sealFlex, writeNtcb } from "./wire.ts";

/** A login that nobody answers. */
const LOGIN_MS = 60_000;
/** What a display cuts a text to in `display: "truncated"`. */
const SHORT_TEXT = 10;
const TO_SERVER = { receiver: 1, sender: 0 };

type Form = "flex" | "ntcb";

export class NavtelecomDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #sender = new DeviceSender();
  /** Attached to the serial port instead of a display. */
  readonly #terminal: DeviceTerminal | null;
  #framer = new NavtelecomFramer("down");
  #loginBy: number | null = null;
  #keepAliveAt: number | null = null;
  #online = false;
  #offered: VersionName | null = null;
  #mismatches = 0;
  #version: VersionName | null = null;
  #index = 0;
  #status = 0;
  #read = 0;
  #beats = 0;
  #commands = 0;
  #busy = 0;
  #later: { readonly at: number; readonly act: (now: number) => readonly DeviceOutput[] }[] = [];

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#terminal = DeviceTerminal.of(options, this.#settings, this.#sender);
  }

  get deadline(): number | null {
    const terminal = this.#online ? (this.#terminal?.deadline ?? null) : null;
    const times = [terminal, this.#sender.deadline, this.#loginBy, this.#keepAliveAt, ...this.#later.map(({ at }) => at)];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new NavtelecomFramer("down");
    this.#online = false;
    this.#version = null;
    this.#offered = null;
    this.#mismatches = 0;
    this.#keepAliveAt = null;
    this.#later = [];
    this.#sender.restart();
    this.#loginBy = now + LOGIN_MS;
    return [toServer(Buffer.from(`*>S:${this.#options.deviceId}`))];
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) out.push(...this.#framed(framed, now));
    return [...out, ...this.#pump(now)];
  }

  /** A keyboard at the serial port, or one of the display's statuses by its number or text. */
  say(text: string, now: number): readonly DeviceOutput[] {
    if (this.#terminal !== null) return [...this.#terminal.say(text, now), ...this.#pump(now)];
    if (this.#settings.serial === "text") {
      for (const [index, bytes] of typed(text).entries())
        this.#sender.add(() => ({ kind: "text", bytes, answer: messages.serialTaken(1), text: index === 0 ? text : null }));
      return this.#pump(now);
    }
    const status = this.#statusOf(text);
    if (status === -1) return [puzzled(`the display has no status ${JSON.stringify(text)}`)];
    this.#status = status;
    this.#report("T", text);
    return this.#pump(now);
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    if (this.#terminal !== null) return [...this.#terminal.choose(choice, now), ...this.#pump(now)];
    return this.#settings.serial === "text" ? this.say(String(choice + 1), now) : [puzzled("the display has no answers to choose from")];
  }

  position(now: number): readonly DeviceOutput[] {
    this.#report("A", null);
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    if (this.#loginBy !== null && now >= this.#loginBy) {
      this.#loginBy = null;
      return [{ type: "hangup", reason: "no answer to the login" }];
    }
    const due = this.#later.filter(({ at }) => at <= now);
    this.#later = this.#later.filter(({ at }) => at > now);
    const fromPort = this.#online ? (this.#terminal?.tick(now) ?? []) : [];
    const out = [...fromPort, ...due.flatMap(({ act }) => act(now)), ...this.#sender.resend(now)];
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) out.push(...this.#keepAlive(now));
    return [...out, ...this.#pump(now)];
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#online ? this.#sender.pump(now) : [];
  }

  /** Pings between reports of both kinds. */
  #keepAlive(now: number): readonly DeviceOutput[] {
    this.#keepAliveAt = now + this.#options.keepAliveMs;
    this.#beats += 1;
    if (this.#beats % 2 === 0) return [{ type: "write", bytes: Buffer.of(PING) }];
    this.#report(this.#beats % 4 === 1 ? "A" : "C", null);
    return [];
  }

  #report(letter: Report["letter"], text: string | null): void {
    this.#index += 1;
    const report: Report = { letter, index: this.#index, status: this.#status, read: this.#read };
    this.#sender.add(() => this.#outgoing(report, text));
  }

  #outgoing(report: Report, text: string | null): Outgoing {
    const kind = text === null ? "telemetry" : "text";
    if (this.#version !== null) return { kind, text, bytes: reportMessage(report, this.#version), answer: answerTo(report) };
    const data = Buffer.from("*<T\0\0\0\0");
    data.writeUInt32LE(report.index, 3);
    return { kind, text, bytes: writeNtcb(TO_SERVER, ntcbReport(report)), answer: writeNtcb({ receiver: 0, sender: 1 }, data) };
  }

  #framed(framed: Framed, now: number): readonly DeviceOutput[] {
    if (framed.kind !== "frame") return [puzzled(framed.reason)];
    const frame = Buffer.from(framed.bytes);
    const taken = this.#sender.answered(frame);
    if (taken?.kind === "serial") return [];
    if (taken !== null) return [taken.text === null ? { type: "acknowledged-position" } : { type: "acknowledged", text: taken.text }];
    try {
      return frame[0] === 0x40 ? this.#ntcb(frame, now) : this.#flex(frame, now);
    } catch (error) {
      if (error instanceof LayoutError) return [puzzled(error.message)];
      throw error;
    }
  }

  #ntcb(frame: Buffer, now: number): readonly DeviceOutput[] {
    const ntcb = readNtcb(frame);
    if (ntcb.type === "bad") return [puzzled(ntcb.reason)];
    const command = ntcb.data.toString("latin1");
    if (command === "*<S") return this.#settings.offer === "none" ? this.#goOnline(now) : this.#offer(this.#settings.offer);
    if (command.startsWith("*<FLEX")) return this.#agreed(messages.AGREED.read(ntcb.data.subarray(6)), now);
    if (command.startsWith("*!DV")) return this.#display(messages.NTCB_DISPLAY.read(ntcb.data.subarray(4)), "ntcb", now);
    return [puzzled(`NTCB ${JSON.stringify(command)}`), toServer(Buffer.from(`*Z:${command.slice(0, 4)}`))];
  }

  #flex(frame: Buffer, now: number): readonly DeviceOutput[] {
    if (!flexFits(frame)) return [puzzled("FLEX with a wrong CRC")];
    const letter = String.fromCharCode(frame[1] ?? 0);
    if (letter === "O") return this.#display(messages.DISPLAY.read(frame.subarray(0, -1)), "flex", now);
    if (letter !== "P") return [puzzled(`~${letter} out of turn`)];
    const { port, data } = messages.SERIAL_DATA.read(frame.subarray(0, -1));
    const took = write(messages.serialTaken(port));
    if (this.#terminal !== null) return [took, ...this.#terminal.received(data, now)];
    return [{ type: "shown", text: decodeText(data, "cp1251").text, tag: null }, took];
  }

  #offer(version: VersionName): readonly DeviceOutput[] {
    this.#offered = version;
    return [toServer(offerOf(version))];
  }

  /** A lower version is offered once more; a second difference ends the connection. */
  #agreed({ protocol, structure }: { readonly protocol: number; readonly structure: number }, now: number): readonly DeviceOutput[] {
    if (this.#offered === null) return [puzzled("*<FLEX that was not asked for")];
    const offered = VERSIONS[this.#offered];
    if (protocol === offered && structure === offered) {
      this.#version = this.#offered;
      return this.#goOnline(now);
    }
    const lower = VERSION_NAMES.find((name) => VERSIONS[name] === protocol);
    this.#mismatches += 1;
    return this.#mismatches > 1 || lower === undefined ? [{ type: "hangup", reason: "no version of FLEX in common" }] : this.#offer(lower);
  }

  #goOnline(now: number): readonly DeviceOutput[] {
    this.#online = true;
    this.#loginBy = null;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }, ...(this.#terminal?.connected(now) ?? [])];
  }

  #display({ index, confirm, text }: messages.DisplayText, form: Form, now: number): readonly DeviceOutput[] {
    if (this.#sender.waiting && this.#settings.loseCommands) {
      this.#commands += 1;
      if (this.#commands % 2 === 1) return [puzzled("a command came while telemetry was unanswered, and was lost")];
    }
    const { receipts, reply } = this.#options;
    if (receipts === "reject") return [result(form, messages.DISPLAY_RESULT.notConnected)];
    if (receipts === "garbled") return [unknown(form)];
    const failure = this.#failure();
    if (failure !== null) return [result(form, failure)];
    const truncated = this.#settings.display === "truncated";
    const words = decodeText(text, "cp1251").text;
    const tag = index === messages.NO_INDEX ? null : String(index);
    this.#readLater(index, confirm, now);
    const shown: DeviceOutput = { type: "shown", text: truncated ? words.slice(0, SHORT_TEXT) : words, tag };
    // In FLEX "taken" is a message of its own; only NTCB has a code for it.
    const taken = form === "ntcb" ? this.#settings.dvSuccess : SUCCESS;
    const receipt = result(form, truncated ? messages.DISPLAY_RESULT.truncated : taken);
    return [shown, ...this.#receipts(receipt, now), ...(reply === null ? [] : this.say(reply, now))];
  }

  #failure(): number | null {
    const { display, busyTimes } = this.#settings;
    if (display === "none") return messages.DISPLAY_RESULT.notConnected;
    if (display === "unconfigured") return messages.DISPLAY_RESULT.notConfigured;
    if (display !== "busy" || this.#busy >= busyTimes) {
      this.#busy = 0;
      return null;
    }
    this.#busy += 1;
    return messages.DISPLAY_RESULT.busy;
  }

  #receipts(receipt: DeviceOutput, now: number): readonly DeviceOutput[] {
    const { receipts, lateMs } = this.#options;
    if (receipts === "silent") return [];
    if (receipts === "duplicate") return [receipt, receipt];
    if (receipts === "late") this.#later.push({ at: now + lateMs, act: () => [receipt] });
    return receipts === "late" ? [] : [receipt];
  }

  /** Field 105 names the last text read; in mode `wrong-tag` one that nobody sent. */
  #readLater(index: number, confirm: number, now: number): void {
    const read = this.#options.receipts === "wrong-tag" ? index + 1 : index;
    if (confirm !== messages.CONFIRM) {
      this.#read = read;
      return;
    }
    if (this.#settings.readMs === null) return;
    const act = (): readonly DeviceOutput[] => {
      this.#read = read;
      this.#report("T", null);
      return [];
    };
    this.#later.push({ at: now + this.#settings.readMs, act });
  }

  #statusOf(text: string): number {
    if (/^\d{1,2}$/.test(text)) return Number(text) < messages.STATUS_TEXTS.length ? Number(text) : -1;
    const own = Object.entries(this.#settings.statusTexts).find(([, words]) => words === text);
    return own === undefined ? messages.STATUS_TEXTS.indexOf(text) : Number(own[0]);
  }
}

const VERSION_NAMES = Object.keys(VERSIONS) as readonly VersionName[];

function answerTo({ letter, index }: Report): Buffer {
  if (letter === "A") return messages.countAck("A", 1);
  return letter === "T" ? messages.indexAck("T", index) : messages.currentAck().subarray(0, 2);
}

function result(form: Form, code: number): DeviceOutput {
  if (form === "ntcb") return toServer(Buffer.from([...Buffer.from("*@DV"), code]));
  return write(code === SUCCESS ? messages.displayTook() : messages.displayFailed(code));
}

function unknown(form: Form): DeviceOutput {
  return form === "ntcb" ? toServer(Buffer.from("*Z:*!DV")) : write(sealFlex(Buffer.from("~Z:~O")));
}

function toServer(data: Buffer): DeviceOutput {
  return write(writeNtcb(TO_SERVER, data));
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
