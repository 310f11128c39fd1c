/** A tracker with a driver's terminal: stop-and-wait, receipts in every mode, driver texts that are never lost. */
import {
  type DeviceOptions,
  type DeviceOutput,
  decodeText,
  type Framed,
  type SimulatedDevice,
  TextReceipts,
} from "../../src/core/index.ts";
import { meaningOf } from "./answers.ts";
import { passed, takeCrc } from "./crc.ts";
import { loginPacket, type Outgoing, pingPacket, positionPacket, textOutgoing } from "./device-packets.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { WialonFramer } from "./framer.ts";
import { dialectOf } from "./login.ts";
import { packet, readUnit } from "./packet.ts";

/** A packet without an answer for this long goes out again (texts, the login) or is given up (all others). */
export const RESEND_MS = 60_000;

interface Awaited {
  readonly sent: Outgoing;
  readonly since: number;
}

export class WialonDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  #framer = new WialonFramer("down");
  #online = false;
  #queue: Outgoing[] = [];
  #awaited: Awaited | null = null;
  readonly #receipts: TextReceipts;
  #nextPing: number | null = null;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#receipts = new TextReceipts(options);
  }

  get deadline(): number | null {
    const resend = this.#awaited === null ? null : this.#awaited.since + RESEND_MS;
    const times = [this.#receipts.deadline, resend, this.#nextPing].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    const unanswered = this.#awaited === null ? [] : [this.#awaited.sent];
    this.#queue = [...unanswered, ...this.#queue].filter(({ text }) => text !== null).map((sent) => ({ ...sent, repeated: false }));
    this.#framer = new WialonFramer("down");
    this.#online = false;
    this.#receipts.forget();
    this.#nextPing = null;
    const { deviceId, password } = this.#options;
    return this.#send(loginPacket(deviceId, password, this.#settings), now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const outputs: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) outputs.push(...this.#framed(framed, now));
    return [...outputs, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    this.#queue.push(textOutgoing(text, this.#settings));
    return this.#pump(now);
  }

  position(now: number): readonly DeviceOutput[] {
    if (!this.#online) return [];
    this.#queue.push(positionPacket(this.#settings));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const outputs = [...this.#receipts.due(now), ...this.#resend(now)];
    if (this.#nextPing !== null && this.#nextPing <= now) {
      this.#nextPing = now + this.#options.keepAliveMs;
      if (!this.#queue.some(({ type }) => type === "P")) this.#queue.push(pingPacket(this.#settings));
    }
    return [...outputs, ...this.#pump(now)];
  }

  #resend(now: number): readonly DeviceOutput[] {
    if (this.#awaited === null || this.#awaited.since + RESEND_MS > now) return [];
    const { sent } = this.#awaited;
    this.#awaited = null;
    return sent.text !== null || sent.type === "L" ? this.#send(sent, now) : [];
  }

  /** Stop-and-wait: the next packet goes out once the last one is answered. */
  #pump(now: number): readonly DeviceOutput[] {
    if (!this.#online || this.#awaited !== null) return [];
    const next = this.#queue.shift();
    return next === undefined ? [] : this.#send(next, now);
  }

  #send(sent: Outgoing, now: number): readonly DeviceOutput[] {
    this.#awaited = { sent, since: now };
    return [write(sent.bytes)];
  }

  #framed(framed: Framed, now: number): readonly DeviceOutput[] {
    if (framed.kind !== "frame") return [puzzled(framed.reason)];
    const unit = readUnit(framed.bytes);
    if (unit.kind !== "packet") return [puzzled(`no packet: ${framed.bytes.toString("latin1").slice(0, 40)}`)];
    if (unit.type === "M") return this.#text(unit.body, now);
    if (IGNORED.has(unit.type)) return [];
    if (unit.type === `A${this.#awaited?.sent.type}`) return this.#answered(unit.type, unit.body.toString("latin1"), now);
    return [puzzled(`${unit.type} out of turn`)];
  }

  #answered(type: string, code: string, now: number): readonly DeviceOutput[] {
    const sent = this.#awaited?.sent;
    this.#awaited = null;
    if (sent === undefined) return [];
    if (sent.type === "L") return this.#loginAnswered(code, now);
    if (taken(type, code))
      return sent.text !== null ? [{ type: "acknowledged", text: sent.text }] : sent.type === "P" ? [] : [POSITION_TAKEN];
    if (meaningOf(type, code) === "CRC error" && !sent.repeated) return this.#send({ ...sent, repeated: true }, now);
    return [puzzled(`${sent.type} answered ${code}: ${meaningOf(type, code) ?? "unknown code"}`)];
  }

  #loginAnswered(code: string, now: number): readonly DeviceOutput[] {
    if (code !== "1") return [{ type: "refused", reason: meaningOf("AL", code) ?? `code ${code}` }];
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#nextPing = now + this.#options.keepAliveMs;
    return [{ type: "online" }];
  }

  #text(body: Buffer, now: number): readonly DeviceOutput[] {
    const { content, check } = takeCrc(body, ";", dialectOf(this.#settings.version));
    if (!passed(check)) return [puzzled(`a text with a ${check} CRC`), write(packet("AM", "01"))];
    const { receipts, reply } = this.#options;
    if (receipts === "reject") return [write(packet("AM", "0"))];
    if (receipts === "garbled") return [write(packet("AM", "01"))];
    const { text } = decodeText(content, this.#settings.charset);
    if (reply !== null) this.#queue.push(textOutgoing(reply, this.#settings));
    // The protocol has no tags, so `wrong-tag` is `ok` here.
    return [{ type: "shown", text, tag: null }, ...this.#receipts.of(packet("AM", "1"), now)];
  }
}

/** `AB` answers with the number of records it took. */
function taken(type: string, code: string): boolean {
  return type === "AP" || code === "1" || (type === "AB" && Number(code) > 0);
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}

const POSITION_TAKEN: DeviceOutput = { type: "acknowledged-position" };
/** Firmware and configuration are skipped with their bodies; this device has neither camera nor tachograph. */
const IGNORED: ReadonlySet<string> = new Set(["US", "UC", "QI", "QT"]);
