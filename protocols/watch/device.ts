/** A child's watch: silent until LK is answered, texts on its screen, alarms and voice until they are acknowledged. */
import { type DeviceOptions, type DeviceOutput, decodeText, type Framed, type SimulatedDevice } from "../../src/core/index.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { DeviceSender, positionReport, voiceReport } from "./device-sender.ts";
import { WatchFramer } from "./framer.ts";
import { type Address, type Frame, hex4, readFrame, writeFrame } from "./wire.ts";

/** An LK that nobody answers goes out again after this long. */
export const LINK_MS = 60_000;
/** So many LKs without an answer, and the watch gives the line up. */
export const LINK_MISSES = 5;
/** LK comes more seldom after this long. */
export const LIVELY_MS = 30 * 60_000;
const SELDOM = 5;

export class WatchDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #sender = new DeviceSender();
  #framer = new WatchFramer();
  /** `asking`: LK is out, and nothing else may be said. */
  #link: "off" | "asking" | "on" = "off";
  #greeted = false;
  #misses = 0;
  #connectedAt = 0;
  #nextLink: number | null = null;
  #late: { readonly at: number; readonly content: string }[] = [];
  #index = 0;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
  }

  get deadline(): number | null {
    if (this.#link === "off") return null;
    const reports = this.#link === "on" ? this.#sender.deadline : null;
    const times = [this.#nextLink, reports, ...this.#late.map(({ at }) => at)].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#framer = new WatchFramer();
    this.#greeted = false;
    this.#misses = 0;
    this.#connectedAt = now;
    this.#late = [];
    this.#sender.restart();
    return [this.#ask(now)];
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) out.push(...this.#framed(framed, now));
    return [...out, ...this.#pump(now)];
  }

  /** A watch has no keyboard: its wearer speaks. */
  say(text: string, now: number): readonly DeviceOutput[] {
    this.#sender.add(voiceReport(text));
    return this.#pump(now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#sender.add(positionReport(this.#settings));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    const out = due.map(({ content }) => this.#write(content));
    return [...out, ...this.#keepLink(now), ...this.#pump(now)];
  }

  #keepLink(now: number): readonly DeviceOutput[] {
    if (this.#nextLink === null || this.#nextLink > now) return [];
    if (this.#link === "asking") this.#misses += 1;
    if (this.#misses < LINK_MISSES) return [this.#ask(now)];
    this.#link = "off";
    this.#nextLink = null;
    return [{ type: "hangup", reason: `${LINK_MISSES} LK without an answer` }];
  }

  #ask(now: number): DeviceOutput {
    this.#link = "asking";
    this.#nextLink = now + LINK_MS;
    return this.#write("LK,50,100,80");
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#link === "on" ? this.#sender.pump(now).map((content) => this.#write(content)) : [];
  }

  #framed(framed: Framed, now: number): readonly DeviceOutput[] {
    if (framed.kind !== "frame") return [puzzled(framed.reason)];
    const read = readFrame(framed.bytes);
    if (read.type === "bad") return [puzzled(read.reason)];
    const { frame } = read;
    if (frame.address.id !== this.#options.deviceId) return [puzzled("a frame for another watch")];
    if (frame.word === "MESSAGE") return this.#text(frame, now);
    if (frame.content.equals(LINK)) return this.#linked(now);
    const content = frame.content.toString("latin1");
    const report = this.#sender.answered(content);
    if (report === null) return [puzzled(`${JSON.stringify(content.slice(0, 40))} out of turn`)];
    return [report.text === null ? { type: "acknowledged-position" } : { type: "acknowledged", text: report.text }];
  }

  #linked(now: number): readonly DeviceOutput[] {
    const { keepAliveMs } = this.#options;
    const period = now - this.#connectedAt < LIVELY_MS ? keepAliveMs : keepAliveMs * SELDOM;
    this.#link = "on";
    this.#misses = 0;
    this.#nextLink = keepAliveMs > 0 ? now + period : null;
    if (this.#greeted) return [];
    this.#greeted = true;
    return [{ type: "online" }];
  }

  #text({ content, fields }: Frame, now: number): readonly DeviceOutput[] {
    const digits = fields.toString("latin1");
    if (!/^(?:[0-9a-f]{4})+$/i.test(digits)) return [puzzled("a MESSAGE that is not UTF-16 in hex digits")];
    const { receipts, reply } = this.#options;
    // It has no way to refuse: what it does not take it does not acknowledge.
    if (receipts === "reject" || receipts === "garbled") return [];
    const { text } = decodeText(Buffer.from(digits, "hex"), "utf16be");
    const receipt = this.#settings.receipt === "bare" ? "MESSAGE" : content.toString("latin1");
    const said = reply === null ? [] : this.say(reply, now);
    return [{ type: "shown", text, tag: null }, ...this.#receipts(receipt, now), ...said];
  }

  /** Receipts have no tags, so `wrong-tag` is `ok` here. */
  #receipts(content: string, now: number): readonly DeviceOutput[] {
    const { receipts, lateMs } = this.#options;
    if (receipts === "silent") return [];
    if (receipts === "duplicate") return [this.#write(content), this.#write(content)];
    if (receipts !== "late") return [this.#write(content)];
    this.#late.push({ at: now + lateMs, content });
    return [];
  }

  #write(content: Buffer | string): DeviceOutput {
    const { maker, lengthCase } = this.#settings;
    this.#index = (this.#index + 1) & 0xffff;
    const address: Address = { maker, id: this.#options.deviceId, index: maker === "ZJ" ? hex4(this.#index) : null };
    const bytes = writeFrame(address, content);
    return { type: "write", bytes: lengthCase === "upper" ? bytes : lowered(bytes) };
  }
}

const LINK = Buffer.from("LK");

/** The hex digits of the head in lower case. */
function lowered(frame: Buffer): Buffer {
  const text = frame.toString("latin1");
  return Buffer.from(
    text.replace(/^(\[..\*[^*]*)((?:\*[0-9A-F]{4}){1,2}\*)/, (_all, start: string, digits: string) => start + digits.toLowerCase()),
    "latin1",
  );
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
