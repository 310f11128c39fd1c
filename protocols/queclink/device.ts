/** A tracker of Queclink with something at its serial port: says who it is, runs AT+GTDAT, hands on what the port says. */
import type { DeviceOptions, DeviceOutput, SimulatedDevice } from "../../src/core/index.ts";
import { connectTerminal } from "../carried/index.ts";
import type { Terminal } from "../carried/inner.ts";
import { type PortWrite, readCommand } from "./device-commands.ts";
import { type Content, HEARTBEAT, message, portBytes, position, type Sender, type Stamp, spokenText, timeAt } from "./device-messages.ts";
import { deviceSettingsOf } from "./device-profile.ts";
import { DeviceSender, type Report } from "./device-sender.ts";
import { QueclinkFramer } from "./framer.ts";
import { lineSettings } from "./profile.ts";
import { hex4 } from "./wire.ts";

export class QueclinkDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #own: Sender;
  readonly #sender: DeviceSender;
  /** What is attached to the port and keeps the convention of lines; null: plain ASCII. */
  readonly terminal: Terminal | null;
  #framer = new QueclinkFramer("down");
  #link: "none" | "greeting" | "online" = "none";
  #count: number;
  #keepAliveAt: number | null = null;
  #late: { readonly at: number; readonly serial: string }[] = [];

  constructor(options: DeviceOptions) {
    const settings = deviceSettingsOf(options.profile);
    this.#options = options;
    this.#own = { settings, deviceId: options.deviceId };
    this.#sender = new DeviceSender(settings.sack === "always");
    const line = settings.inner === "line";
    this.terminal = line ? connectTerminal({ ...options, profile: { ...lineSettings(settings) } }) : null;
    this.#count = settings.count;
  }

  get deadline(): number | null {
    const times = [
      this.#sender.deadline,
      this.#keepAliveAt,
      this.#online ? (this.terminal?.deadline ?? null) : null,
      ...this.#late.map(({ at }) => at),
    ];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new QueclinkFramer("down");
    this.#link = "greeting";
    this.#keepAliveAt = null;
    this.#late = [];
    this.#sender.restart(this.#report("heartbeat", HEARTBEAT, now));
    return this.#pump(now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next())
      out.push(...(framed.kind === "frame" ? this.#heard(framed.bytes.toString("latin1"), now) : [puzzled(framed.reason)]));
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    if (this.terminal !== null) return [...this.#carry(this.terminal.say(text, now), now), ...this.#pump(now)];
    const contents = spokenText(text, this.#own.settings);
    for (const [index, content] of contents.entries())
      this.#sender.add(this.#report("text", content, now, index === contents.length - 1 ? text : null));
    return this.#pump(now);
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.say(String(choice + 1), now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#report("position", position(now), now));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const out: DeviceOutput[] = due.map(({ serial }) => this.#answer("ACK", [serial], now));
    const again = this.#sender.tick(now);
    if (again === "dead") return [...out, ...this.#hangUp("no +SACK")];
    if (again !== null) out.push(this.#write(again));
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) {
      this.#keepAliveAt = now + this.#options.keepAliveMs;
      this.#sender.add(this.#report("heartbeat", HEARTBEAT, now));
    }
    const said = this.#online ? (this.terminal?.tick(now) ?? []) : [];
    return [...out, ...this.#carry(said, now), ...this.#pump(now)];
  }

  #heard(frame: string, now: number): readonly DeviceOutput[] {
    const [, heartbeat, count] = SACK.exec(frame) ?? [];
    if (count !== undefined)
      return this.#acknowledged(this.#sender.acknowledged(count, heartbeat === undefined ? "other" : "heartbeat"), now);
    const command = readCommand(frame, this.#own.settings);
    switch (command.type) {
      case "write":
        return this.#command(command, now);
      case "wrong":
        return [puzzled(command.reason), ...this.#refuse("0", command.serial, now)];
      case "other":
        return [puzzled(`not for the port: ${frame.slice(0, SHOWN_LETTERS)}`)];
    }
  }

  #acknowledged(report: Report | null, now: number): readonly DeviceOutput[] {
    switch (report?.kind) {
      case "heartbeat":
        return this.#online ? [] : this.#loggedIn(now);
      case "position":
        return [{ type: "acknowledged-position" }];
      case "text":
        return report.text === null ? [] : [{ type: "acknowledged", text: report.text }];
      default:
        return [];
    }
  }

  #loggedIn(now: number): readonly DeviceOutput[] {
    this.#link = "online";
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }, ...this.#carry(this.terminal?.connected(now) ?? [], now)];
  }

  #command({ data, serial, acknowledge }: PortWrite, now: number): readonly DeviceOutput[] {
    const { settings } = this.#own;
    const mode = this.terminal === null || settings.delivered === "port" ? this.#options.receipts : "ok";
    if (mode === "reject" || mode === "garbled") return this.#refuse(mode === "reject" ? "1" : "0", serial, now);
    const receipts = acknowledge ? this.#receipts(serial, mode, now) : [];
    if (this.terminal !== null) return [...receipts, ...this.#carry(this.terminal.received(Buffer.from(data, "base64"), now), now)];
    const out: readonly DeviceOutput[] = [{ type: "shown", text: data, tag: serial }, ...receipts];
    return this.#options.reply === null ? out : [...out, ...this.say(this.#options.reply, now)];
  }

  /** Nothing but silence where no `+NACK` is known. */
  #refuse(cause: string, serial: string, now: number): readonly DeviceOutput[] {
    return this.#own.settings.nack ? [this.#answer("NACK", [cause, serial], now)] : [];
  }

  #receipts(serial: string, mode: DeviceOptions["receipts"], now: number): readonly DeviceOutput[] {
    const acknowledge = (named = serial): DeviceOutput => this.#answer("ACK", [named], now);
    switch (mode) {
      case "silent":
        return [];
      case "late":
        this.#late.push({ at: now + this.#options.lateMs, serial });
        return [];
      case "duplicate":
        return [acknowledge(), acknowledge()];
      case "wrong-tag":
        return [acknowledge(hex4((Number.parseInt(serial, 16) + 1) & 0xffff))];
      default:
        return [acknowledge()];
    }
  }

  /** What the terminal writes goes into reports; without a connection it is lost, and the terminal says it again. */
  #carry(outputs: readonly DeviceOutput[], now: number): readonly DeviceOutput[] {
    return outputs.filter((output) => {
      if (output.type !== "write") return true;
      if (this.#online)
        for (const content of portBytes(output.bytes, this.#own.settings)) this.#sender.add(this.#report("port", content, now));
      return false;
    });
  }

  #report(kind: Report["kind"], content: Content, now: number, text: string | null = null): Report {
    return { kind, ...content, ...this.#stamp(now), text, buffered: !this.#online };
  }

  #answer(head: "ACK" | "NACK", body: readonly string[], now: number): DeviceOutput {
    return { type: "write", bytes: message(head, { name: "DAT", body }, this.#stamp(now), this.#own) };
  }

  #stamp(now: number): Stamp {
    const count = hex4(this.#count);
    this.#count = (this.#count + 1) & 0xffff;
    return { time: timeAt(now), count };
  }

  #write(report: Report): DeviceOutput {
    const head = report.kind === "heartbeat" ? "ACK" : report.buffered ? "BUFF" : "RESP";
    return { type: "write", bytes: message(head, report, report, this.#own) };
  }

  get #online(): boolean {
    return this.#link === "online";
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#link === "none" ? [] : this.#sender.pump(now, this.#online).map((report) => this.#write(report));
  }

  #hangUp(reason: string): readonly DeviceOutput[] {
    this.#link = "none";
    this.#sender.stop();
    this.#keepAliveAt = null;
    this.#late = [];
    return [{ type: "hangup", reason }];
  }
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}

const SACK = /^\+SACK:(?:(GTHBD),[0-9A-Z]*,)?([0-9A-F]{4})\$$/;
const SHOWN_LETTERS = 40;
