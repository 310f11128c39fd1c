/** A Ruptela tracker: says who it is, sends records until they are taken, beats, and has an interpreter for commands. */
import { type DeviceOptions, type DeviceOutput, decodeText, type SimulatedDevice } from "../../src/core/index.ts";
import { Replies } from "../console/device-replies.ts";
import { IDENTIFICATION, recordsPayload } from "./device-packets.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { type Own, Sender } from "./device-sender.ts";
import { RuptelaFramer } from "./framer.ts";
import { DOWN, isRecords, UP } from "./messages.ts";
import { imeiOf, readDown, writeUp } from "./wire.ts";

export class RuptelaDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #sender = new Sender();
  readonly #replies: Replies;
  #framer = new RuptelaFramer("down");
  #online = false;
  #keepAliveAt: number | null = null;

  /** Throws RangeError when the device id is no number. */
  constructor(options: DeviceOptions) {
    imeiOf(options.deviceId);
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#replies = new Replies(options, this.#settings.replyMs);
  }

  get deadline(): number | null {
    const known = [this.#sender.deadline, this.#replies.deadline, this.#keepAliveAt].filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#disconnect();
    this.#framer = new RuptelaFramer("down");
    this.#sender.restart(({ command }) => isRecords(command));
    if (this.#settings.identification) this.#sender.first(this.#own(UP.identification, IDENTIFICATION));
    else if (this.#sender.idle) this.#sender.add(this.#records(now));
    return this.#pump(now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let unit = this.#framer.next(); unit !== null; unit = this.#framer.next()) {
      if (unit.kind === "broken") return [...out, ...this.#hangUp(unit.reason)];
      out.push(...(unit.kind === "frame" ? this.#frame(unit.bytes, now) : [puzzled(unit.reason)]));
    }
    return [...out, ...this.#pump(now)];
  }

  say(): readonly DeviceOutput[] {
    return [puzzled("nobody can type on a tracker")];
  }

  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(this.#records(now));
    return this.#online ? this.#pump(now) : [];
  }

  tick(now: number): readonly DeviceOutput[] {
    const { send, dead } = this.#sender.tick(now);
    if (dead) return this.#hangUp("no answer in three tries");
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) {
      this.#keepAliveAt = now + this.#options.keepAliveMs;
      this.#sender.add(this.#own(UP.heartbeat, NOTHING));
    }
    return [...send.map(write), ...this.#replies.tick(now), ...this.#pump(now)];
  }

  #frame(frame: Buffer, now: number): readonly DeviceOutput[] {
    const packet = readDown(frame);
    if (packet === null) return [puzzled("the length or the CRC is wrong")];
    const { command, payload } = packet;
    if (command === DOWN.command) return this.#command(payload, now);
    const own = this.#sender.answered(command);
    if (own === null) return [puzzled(`command ${command} out of turn`)];
    if (payload[0] !== TAKEN)
      return [puzzled(`${command} answered ${payload.toString("hex")}`), ...this.#sender.again(own, now).map(write)];
    const taken: readonly DeviceOutput[] = isRecords(own.command) ? [{ type: "acknowledged-position" }] : [];
    return this.#online ? taken : [...this.#goOnline(now), ...taken];
  }

  #goOnline(now: number): readonly DeviceOutput[] {
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }];
  }

  /** There are no tags, so `wrong-tag` is `ok` here. */
  #command(payload: Buffer, now: number): readonly DeviceOutput[] {
    const { text } = decodeText(payload, "ascii");
    const { receipts, reply } = this.#options;
    const name = text.trim().split(/[ ,]/u)[0] ?? "";
    const said = receipts === "reject" ? "unknown command" : (reply ?? `${name} ok`);
    const bytes = writeUp({ key: this.#options.deviceId, command: UP.reply, payload: Buffer.from(said) });
    return [{ type: "shown", text, tag: null }, ...this.#replies.add(bytes, now)];
  }

  #records(now: number): Own {
    const command = this.#settings.records === "extended" ? UP.extendedRecords : UP.records;
    return this.#own(command, recordsPayload(this.#settings, now));
  }

  #own(command: number, payload: Buffer): Own {
    const answer = isRecords(command) ? DOWN.recordsTaken : command + 100;
    return { command, answer, bytes: writeUp({ key: this.#options.deviceId, command, payload }) };
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#sender.pump(now).map(write);
  }

  #disconnect(): void {
    this.#online = false;
    this.#keepAliveAt = null;
    this.#replies.restart();
  }

  /** Records that had no answer come again over the next link. */
  #hangUp(reason: string): readonly DeviceOutput[] {
    this.#disconnect();
    this.#sender.restart(({ command }) => isRecords(command));
    return [{ type: "hangup", reason }];
  }
}

const NOTHING = Buffer.alloc(0);
const TAKEN = 1;

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
