/** A tracker: logs in, sends records one packet at a time, and passes bytes between the gateway and the terminal at its port. */
import { ByteQueue, type DeviceOptions, type DeviceOutput, type SimulatedDevice } from "../../src/core/index.ts";
import { connectTerminal } from "../carried/index.ts";
import type { Terminal } from "../carried/inner.ts";
import { CommandLine } from "./device-commands.ts";
import { loginFrame, portFrame, recordsFrame } from "./device-frames.ts";
import { type DeviceSettings, deviceSettings } from "./device-profile.ts";
import { unitLength } from "./framer.ts";
import { readUnit } from "./wire.ts";

/** "Server Response Timeout" as delivered: then the link is closed and the same packet goes out over the next. */
export const ANSWER_MS = 5_000;

interface Awaited {
  readonly frame: Buffer;
  readonly since: number;
}

export class TeltonikaDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  /** What is attached to its port. */
  readonly terminal: Terminal | null;
  readonly #commands: CommandLine;
  #queue = new ByteQueue();
  #state: "offline" | "login" | "online" = "offline";
  /** The record packet without its count. */
  #awaited: Awaited | null = null;
  #waiting: Buffer[] = [];
  #keepAliveAt: number | null = null;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = deviceSettings(options.profile);
    this.terminal = connectTerminal(options);
    this.#commands = new CommandLine(options);
  }

  get deadline(): number | null {
    const answer = this.#awaited !== null && this.#state === "online" ? this.#awaited.since + ANSWER_MS : null;
    const times = [answer, this.#keepAliveAt, this.#state === "online" ? (this.terminal?.deadline ?? null) : null, this.#commands.deadline];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(_now: number): readonly DeviceOutput[] {
    this.#queue = new ByteQueue();
    this.#state = "login";
    this.#keepAliveAt = null;
    if (this.#awaited !== null) this.#waiting.unshift(this.#awaited.frame);
    this.#awaited = null;
    const login = loginFrame(this.#options.deviceId);
    return [write(this.#settings.ping ? Buffer.concat([PING, login]) : login)];
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#queue.push(chunk);
    const out: DeviceOutput[] = [];
    while (this.#queue.length > 0) {
      const step = this.#state === "login" ? this.#loginAnswered(now) : this.#unit(now);
      if (step === null) break;
      out.push(...step);
    }
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    if (this.terminal === null) return [{ type: "puzzled", reason: "nobody can type on a tracker without a terminal" }];
    return this.#carry(this.terminal.say(text, now), now);
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.#carry(this.terminal?.choose(choice, now) ?? [], now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#waiting.push(recordsFrame(this.#settings, now));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    if (this.#awaited !== null && this.#state === "online" && now >= this.#awaited.since + ANSWER_MS)
      return this.#hangUp("no count in time");
    if (this.#keepAliveAt !== null && now >= this.#keepAliveAt) {
      this.#keepAliveAt = now + this.#options.keepAliveMs;
      if (this.#waiting.length === 0) this.#waiting.push(recordsFrame(this.#settings, now));
    }
    const port = this.#state === "online" ? (this.terminal?.tick(now) ?? []) : [];
    return [...this.#commands.tick(now), ...this.#carry(port, now), ...this.#pump(now)];
  }

  #loginAnswered(now: number): readonly DeviceOutput[] {
    const answer = this.#queue.take(1)[0];
    if (answer === 0x00) return [{ type: "refused", reason: "login answered 00" }];
    if (answer !== 0x01) return this.#hangUp(`login answered ${answer?.toString(16)}`);
    this.#state = "online";
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }, ...this.#carry(this.terminal?.connected(now) ?? [], now)];
  }

  /** A message, or the count of the records that wait for one; null: more bytes are needed. */
  #unit(now: number): readonly DeviceOutput[] | null {
    const bytes = this.#queue.view();
    if (bytes.length < 4) return null;
    if (bytes.readUInt32BE(0) === 0) return this.#frame(unitLength(bytes), now);
    if (this.#awaited === null) return this.#hangUp("CODEC12 ERROR in state 0, ZEROES MISSING");
    return this.#counted(this.#queue.take(4).readUInt32BE(0), now);
  }

  #counted(count: number, now: number): readonly DeviceOutput[] {
    const { frame } = this.#awaited ?? { frame: Buffer.alloc(0) };
    this.#awaited = null;
    const unit = readUnit(frame);
    if (unit.kind === "records" && unit.count === count) return [{ type: "acknowledged-position" }];
    this.#awaited = { frame, since: now };
    return [{ type: "puzzled", reason: `${count} records accepted` }, write(frame)];
  }

  #frame(length: ReturnType<typeof unitLength>, now: number): readonly DeviceOutput[] | null {
    if (typeof length === "object") return this.#hangUp(length.reason);
    if (length === "more" || this.#queue.length < length) return null;
    const unit = readUnit(Buffer.from(this.#queue.take(length)));
    if (unit.kind !== "message") return [{ type: "puzzled", reason: unit.kind === "bad" ? unit.reason : `a frame of ${unit.kind}` }];
    // The reader of counts would have stumbled over it; it is lost here.
    if (this.#awaited !== null) return [{ type: "puzzled", reason: "a message while records wait for their count" }];
    const { message } = unit;
    if (this.terminal === null) return this.#commands.received(message, now);
    return this.#carry(this.terminal.received(message.payload, now), now);
  }

  /** What the terminal writes goes into the device's own frames; without a link it is lost. */
  #carry(outputs: readonly DeviceOutput[], now: number): readonly DeviceOutput[] {
    const device = { imei: this.#options.deviceId, now };
    return outputs.flatMap((output) => {
      if (output.type !== "write") return [output];
      return this.#state === "online" ? [write(portFrame(output.bytes, this.#settings, device))] : [];
    });
  }

  #pump(now: number): readonly DeviceOutput[] {
    const frame = this.#state === "online" && this.#awaited === null ? this.#waiting.shift() : undefined;
    if (frame === undefined) return [];
    this.#awaited = { frame, since: now };
    return [write(frame)];
  }

  #hangUp(reason: string): readonly DeviceOutput[] {
    this.#state = "offline";
    this.#keepAliveAt = null;
    this.#queue = new ByteQueue();
    return [{ type: "hangup", reason }];
  }
}

const PING = Buffer.of(0xff);

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
