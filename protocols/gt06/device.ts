/** A GT06 tracker: logs in, beats, sends positions without waiting and alarms with, and has an interpreter for commands. */
import { type DeviceOptions, type DeviceOutput, decodeText, LayoutError, type SimulatedDevice } from "../../src/core/index.ts";
import { Replies } from "../console/device-replies.ts";
import { addressPacket, alarmPacket, heartbeatPacket, loginPacket, positionPacket, replyPacket, timePacket } from "./device-packets.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { Requests } from "./device-requests.ts";
import { Gt06Framer } from "./framer.ts";
import { imeiOf } from "./identity.ts";
import { STRING_OLD } from "./layout.ts";
import { nameOf, TYPE } from "./messages.ts";
import { type Packet, readPacket } from "./wire.ts";

/** Positions whose answer is still told from nonsense. */
const MAX_POSITIONS = 64;
const FLAG_BYTES = 4;

export class Gt06Device implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #requests = new Requests();
  readonly #replies: Replies;
  #framer = new Gt06Framer();
  #online = false;
  #serial = 0;
  #keepAliveAt: number | null = null;
  /** Serials of positions, which nobody waits for. */
  #positions: readonly number[] = [];

  /** Throws RangeError when the device id is no IMEI. */
  constructor(options: DeviceOptions) {
    imeiOf(options.deviceId);
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#replies = new Replies(options, this.#settings.replyMs);
  }

  get deadline(): number | null {
    const known = [this.#requests.deadline, this.#replies.deadline, this.#keepAliveAt].filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#forget();
    this.#framer = new Gt06Framer();
    return [this.#ask(TYPE.login, (serial) => loginPacket(this.#options.deviceId, serial, this.#settings.login), now)];
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let unit = this.#framer.next(); unit !== null; unit = this.#framer.next())
      out.push(...(unit.kind === "frame" ? this.#frame(unit.bytes, now) : [puzzled(unit.reason)]));
    return out;
  }

  /** There is one button. */
  say(text: string, now: number): readonly DeviceOutput[] {
    if (text !== "SOS") return [puzzled('nobody can type on a tracker; "SOS" presses its button')];
    return this.#online ? [this.#ask(TYPE.alarmNew, (serial) => alarmPacket(serial, now), now)] : [];
  }

  position(now: number): readonly DeviceOutput[] {
    if (!this.#online) return [];
    const serial = this.#nextSerial();
    this.#positions = [...this.#positions, serial].slice(-MAX_POSITIONS);
    return [write(positionPacket(serial, now))];
  }

  tick(now: number): readonly DeviceOutput[] {
    const { send, dead } = this.#requests.tick(now);
    if (dead) {
      this.#forget();
      return [{ type: "hangup", reason: "no answer in three tries" }];
    }
    const beats = this.#keepAliveAt !== null && now >= this.#keepAliveAt ? this.#beat(now) : [];
    return [...send.map(write), ...this.#replies.tick(now), ...beats];
  }

  #beat(now: number): readonly DeviceOutput[] {
    this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [this.#ask(TYPE.heartbeat, heartbeatPacket, now)];
  }

  /** A packet with a wrong CRC does not exist for a device. */
  #frame(frame: Buffer, now: number): readonly DeviceOutput[] {
    const parsed = readPacket(frame);
    if (parsed.type === "bad") return [puzzled(parsed.reason)];
    try {
      return this.#packet(parsed.packet, now);
    } catch (error) {
      if (error instanceof LayoutError) return [puzzled(error.message)];
      throw error;
    }
  }

  #packet(packet: Packet, now: number): readonly DeviceOutput[] {
    const { type, serial, content } = packet;
    if (type === TYPE.command) return this.#online ? this.#command(content, now) : [puzzled("a command before the login's answer")];
    if (this.#requests.answered(type, serial)) return type === TYPE.login ? this.#loggedIn(now) : answered(type);
    if (type === TYPE.positionNew && this.#positions.includes(serial)) {
      this.#positions = this.#positions.filter((other) => other !== serial);
      return [{ type: "acknowledged-position" }];
    }
    return ASKED.has(type) ? [] : [puzzled(`${nameOf(type)} with serial ${serial}`)];
  }

  #loggedIn(now: number): readonly DeviceOutput[] {
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    const out: DeviceOutput[] = [{ type: "online" }];
    if (this.#settings.asks === "time") out.push(this.#ask(TYPE.time, timePacket, now));
    if (this.#settings.asks === "address") out.push(write(addressPacket(this.#nextSerial(), now)));
    return out;
  }

  #command(content: Buffer, now: number): readonly DeviceOutput[] {
    const { size, flag, rest } = STRING_OLD.read(content);
    const text = decodeText(rest.subarray(0, Math.max(0, size - FLAG_BYTES)), "ascii").text;
    const { receipts, reply } = this.#options;
    const said = receipts === "reject" ? UNKNOWN_COMMAND : (reply ?? interpret(text));
    const { replies, replyFlag, joined } = this.#settings;
    const own = receipts === "wrong-tag" ? (flag ^ 1) >>> 0 : flag;
    const bytes = replyPacket(this.#nextSerial(), { flag: replyFlag === "zero" ? 0 : own, text: said }, replies);
    const segment = joined ? Buffer.concat([bytes, heartbeatPacket(this.#nextSerial())]) : bytes;
    return [{ type: "shown", text, tag: String(flag) }, ...this.#replies.add(segment, now)];
  }

  #ask(type: number, build: (serial: number) => Buffer, now: number): DeviceOutput {
    const serial = this.#nextSerial();
    return write(this.#requests.add({ type, serial, bytes: build(serial) }, now));
  }

  #nextSerial(): number {
    this.#serial = (this.#serial + 1) & 0xffff;
    return this.#serial;
  }

  #forget(): void {
    this.#online = false;
    this.#keepAliveAt = null;
    this.#positions = [];
    this.#requests.restart();
    this.#replies.restart();
  }
}

/** Answers that bring something nobody waits for: addresses, and the heartbeats that travelled with a reply. */
const ASKED: ReadonlySet<number> = new Set([TYPE.addressChinese, TYPE.addressEnglish, TYPE.heartbeat]);
const UNKNOWN_COMMAND = "Command Error!";
const COMMANDS: ReadonlySet<string> = new Set(["STATUS", "VERSION", "WHERE", "PARAM", "TIMER", "RELAY", "SOS", "DYD", "HFYD", "RESET"]);

/** "RELAY,1#" is known, "Hello driver" is not. */
function interpret(text: string): string {
  const name = /^([A-Z]+)(?:,[^#]*)?#$/iu.exec(text)?.[1]?.toUpperCase() ?? "";
  return COMMANDS.has(name) ? `${name}=Success!` : UNKNOWN_COMMAND;
}

function answered(type: number): readonly DeviceOutput[] {
  return type === TYPE.alarmNew ? [{ type: "acknowledged", text: "SOS" }] : [];
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
