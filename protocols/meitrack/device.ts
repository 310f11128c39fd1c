/** A Meitrack tracker with an LCD or a navigator: events under rotating letters, replies in every mode, driver texts that are never lost. */
import type { DeviceOptions, DeviceOutput, Framed, SimulatedDevice } from "../../src/core/index.ts";
import { driverReport, positionReport, type Report, type Said } from "./device-frames.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { Screen } from "./device-screen.ts";
import { MeitrackFramer } from "./framer.ts";
import { letterOf, type Packet, readPacket, writePacket } from "./wire.ts";

/** A driver's text, or an event that has to be confirmed, goes out again after this long. */
export const RESEND_MS = 60_000;

/** A driver's text without its `D75,OK`. */
interface Pending {
  readonly said: Said;
  readonly letter: string;
  dueAt: number;
}

export class MeitrackDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #screen: Screen;
  #framer = new MeitrackFramer("down");
  #connected = false;
  #letters = 0;
  #unique = 1;
  #pending: Pending[] = [];
  /** Events in the order they happened; the first is out when it has a time to go out again. */
  #events: { readonly report: Report; dueAt: number | null }[] = [];
  #late: { readonly at: number; readonly packet: Packet }[] = [];
  #nextEvent: number | null = null;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#screen = new Screen(this.#settings);
  }

  get deadline(): number | null {
    if (!this.#connected) return null;
    const texts = this.#pending.map(({ dueAt }) => dueAt);
    const times = [this.#nextEvent, this.#events[0]?.dueAt ?? null, ...this.#late.map(({ at }) => at), ...texts];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Nobody answers a tracker that connects: it simply reports. */
  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new MeitrackFramer("down");
    this.#connected = true;
    this.#late = [];
    this.#nextEvent = this.#options.keepAliveMs > 0 ? now + this.#options.keepAliveMs : null;
    for (const event of this.#events) event.dueAt = null;
    const unheard = this.#pending.map((pending) => this.#tell(pending, now));
    return [...this.position(now), { type: "online" }, ...unheard];
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const outputs: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) outputs.push(...this.#framed(framed, now));
    return outputs;
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    return this.#say(text, "", now);
  }

  /** The driver types the number of the answer. */
  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.#say(String(choice + 1), this.#screen.last, now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#events.push({ report: positionReport(this.#settings, now), dueAt: null });
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const texts = this.#pending.filter(({ dueAt }) => dueAt <= now).map((pending) => this.#tell(pending, now));
    const out = [...due.map(({ packet }) => write(packet)), ...texts];
    const [unconfirmed] = this.#events;
    if (unconfirmed !== undefined && unconfirmed.dueAt !== null && unconfirmed.dueAt <= now) unconfirmed.dueAt = null;
    if (this.#nextEvent === null || this.#nextEvent > now) return [...out, ...this.#pump(now)];
    this.#nextEvent = now + this.#options.keepAliveMs;
    return [...out, ...this.position(now)];
  }

  #say(text: string, answers: string, now: number): readonly DeviceOutput[] {
    if (this.#settings.inner !== "garmin-fmi") return [puzzled("nobody can type on an LCD")];
    const said: Said = { text, unique: this.#unique, answers, at: now };
    this.#unique += 1;
    const pending: Pending = { said, letter: this.#letter(), dueAt: now };
    this.#pending.push(pending);
    return this.#connected ? [this.#tell(pending, now)] : [];
  }

  #tell(pending: Pending, now: number): DeviceOutput {
    pending.dueAt = now + RESEND_MS;
    return this.#write(driverReport(pending.said, this.#settings), pending.letter);
  }

  /** Events go out as they happen, or each when the last was confirmed. */
  #pump(now: number): readonly DeviceOutput[] {
    if (!this.#connected) return [];
    const { awaitsAff } = this.#settings;
    const ready = awaitsAff ? this.#events.slice(0, 1).filter(({ dueAt }) => dueAt === null) : this.#events.splice(0);
    return ready.map((event) => {
      event.dueAt = now + RESEND_MS;
      return this.#write(event.report, this.#letter());
    });
  }

  #framed(framed: Framed, now: number): readonly DeviceOutput[] {
    if (framed.kind !== "frame") return [puzzled(framed.reason)];
    const read = readPacket(framed.bytes);
    // Whatever is damaged is not answered.
    if (read.type === "bad") return [puzzled(read.reason)];
    const { packet, declared, actual } = read;
    if (declared !== actual) return [puzzled(`a ${packet.command} that is ${actual} long and says ${declared}`)];
    if (packet.direction !== "down" || packet.imei !== this.#options.deviceId) return [puzzled("a packet for another tracker")];
    return this.#packet(packet, now);
  }

  #packet(packet: Packet, now: number): readonly DeviceOutput[] {
    switch (packet.command) {
      case "C13":
      case "C10":
      case "C02":
      case "D76":
        return this.#command(packet, now);
      case "D75":
        return this.#heard(packet);
      case "AFF":
        return this.#confirmed(packet, now);
      case "CCC":
      case "AAC":
        return [{ type: "acknowledged-position" }];
      default:
        return [puzzled(`${packet.command} is no command of this tracker`)];
    }
  }

  #command(packet: Packet, now: number): readonly DeviceOutput[] {
    const { receipts, reply } = this.#options;
    const { command } = packet;
    // As if its checksum had been wrong.
    if (receipts === "garbled") return [puzzled(`a ${command} that was damaged`)];
    if (receipts === "reject") return [result(packet, "Error")];
    const taken = this.#screen.take(command, packet.data);
    if (taken.type === "fault") {
      const answer = this.#settings.faults === "Error" ? [result(packet, "Error")] : [];
      return [puzzled(taken.reason), ...answer];
    }
    if (taken.type === "known") return [result(packet, this.#settings.knownIdError)];
    const receipt = this.#receipts(packet, now);
    if (taken.type === "sent") return receipt;
    const answer = reply === null ? [] : this.#say(reply, this.#screen.last, now);
    return [{ type: "shown", text: taken.text, tag: taken.tag }, ...receipt, ...answer];
  }

  #receipts(packet: Packet, now: number): readonly DeviceOutput[] {
    const ok = result(packet, "OK");
    switch (this.#options.receipts) {
      case "silent":
        return [];
      case "duplicate":
        return [ok, ok];
      case "wrong-tag":
        return [result({ ...packet, letter: letterOf(packet.letter.charCodeAt(0) - letterOf(0).charCodeAt(0) + 1) }, "OK")];
      case "late":
        this.#late.push({ at: now + this.#options.lateMs, packet: resultPacket(packet, "OK") });
        return [];
      default:
        return [ok];
    }
  }

  #heard({ letter, data }: Packet): readonly DeviceOutput[] {
    const pending = this.#pending.find((one) => one.letter === letter);
    if (pending === undefined || data.toString("latin1") !== "OK") return [puzzled(`D75,${data.toString("latin1")} out of turn`)];
    this.#pending = this.#pending.filter((one) => one !== pending);
    return [{ type: "acknowledged", text: pending.said.text }];
  }

  #confirmed(packet: Packet, now: number): readonly DeviceOutput[] {
    if (this.#settings.awaitsAff) this.#events.shift();
    return [result(packet, "OK"), { type: "acknowledged-position" }, ...this.#pump(now)];
  }

  #letter(): string {
    const letter = letterOf(this.#letters);
    this.#letters += 1;
    return letter;
  }

  #write({ command, data }: Report, letter: string): DeviceOutput {
    return write({ direction: "up", letter, imei: this.#options.deviceId, command, data });
  }
}

function resultPacket({ letter, imei, command }: Packet, word: string): Packet {
  return { direction: "up", letter, imei, command, data: Buffer.from(word) };
}

function result(packet: Packet, word: string): DeviceOutput {
  return write(resultPacket(packet, word));
}

function write(packet: Packet): DeviceOutput {
  return { type: "write", bytes: writePacket(packet) };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
