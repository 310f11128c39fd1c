/** A Garmin navigator with a driver before it: enabled by the server, it stores, shows and acknowledges texts, and writes its own. */
import { type DeviceOptions, type DeviceOutput, decodeText, LayoutError } from "../../src/core/index.ts";
import type { Terminal } from "../carried/inner.ts";
import { fmiTime, namedBody, timedBody, u32, untilNul } from "./bodies.ts";
import { ATTACH, BUTTON_TEXT, FEATURES, ID, LONG_TEXT, NAMED, OPEN_TEXT, RESPONSE, TEXT, UNIQUE } from "./layout.ts";
import { Link } from "./link.ts";
import { idField } from "./message-id.ts";
import { Driver } from "./navigator-driver.ts";
import { type NavigatorSettings, navigatorSettings } from "./navigator-profile.ts";
import { NavigatorStore, type Stored } from "./navigator-store.ts";
import { ackFrame, fmiFrame, nakFrame, PACKET, PacketFramer, readPacket } from "./wire.ts";

const BIRTH = Date.UTC(2024, 0, 1);

export class Navigator implements Terminal {
  readonly #options: DeviceOptions;
  readonly #settings: NavigatorSettings;
  readonly #framer = new PacketFramer();
  readonly #link: Link<null>;
  readonly #store = new NavigatorStore();
  readonly #driver = new Driver((frame) => this.#put(frame));
  #on = true;
  #enabled = false;
  #unicode = false;
  #replies = false;
  /** It asked for Unicode and waits for the answer. */
  #asking = false;
  #late: { readonly at: number; readonly frame: Buffer }[] = [];
  #linkAt: number | null = null;
  #acks = 0;
  readonly #complained = new Set<string>();

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#settings = navigatorSettings(options.profile);
    this.#link = new Link(this.#settings.fmiResendSeconds * 1_000);
  }

  get deadline(): number | null {
    if (!this.#on) return null;
    const times = [this.#driver.deadline, this.#linkAt, ...this.#late.map(({ at }) => at)].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#link.hurry();
    return this.#pump(now);
  }

  received(payload: Buffer, now: number): readonly DeviceOutput[] {
    if (!this.#on) return [];
    this.#framer.push(payload);
    const out: DeviceOutput[] = [];
    for (let frame = this.#framer.next(); frame !== null; frame = this.#framer.next()) out.push(...this.#packet(frame, now));
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    this.#driver.write(text);
    return this.#pump(now);
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    const last = this.#store.last;
    const chosen = last?.choices[choice];
    if (last === null || chosen === undefined) return [{ type: "puzzled", reason: `no message with an answer ${choice}` }];
    this.#driver.press(last.id, chosen.response, now, this.#time(now));
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    for (const { frame } of due) this.#put(frame);
    this.#driver.tick(now, this.#enabled);
    return this.#pump(now);
  }

  /** Switched off it is deaf and dumb; it keeps its messages, and forgets that it was enabled. */
  power(on: boolean): void {
    this.#on = on;
    this.#enabled = false;
    this.#unicode = false;
    this.#asking = false;
    this.#replies = false;
    this.#link.drop(() => true);
  }

  #packet(frame: Buffer, now: number): readonly DeviceOutput[] {
    const read = readPacket(frame);
    if (read.type === "bad") return [write(nakFrame(read.id))];
    const { id, payload } = read;
    if (id === PACKET.ack) this.#link.acknowledged(payload[0] ?? 0);
    if (id === PACKET.nak) this.#link.complained(payload[0] ?? 0);
    if (id === PACKET.ack || id === PACKET.nak) return [];
    if (this.#garbled(payload)) return [write(nakFrame(id))];
    this.#acknowledgePacket(id);
    return id === PACKET.fmi && payload.length >= 2 ? this.#fmi(payload.readUInt16LE(0), payload.subarray(2), now) : [];
  }

  #acknowledgePacket(id: number): void {
    const loses = this.#settings.navigatorLosesAcks;
    this.#acks += 1;
    if (loses === 0 || this.#acks % loses !== 0) this.#link.reply(ackFrame(id));
  }

  #fmi(fmi: number, body: Buffer, now: number): readonly DeviceOutput[] {
    if (!this.#enabled && fmi !== ID.enable) return [];
    try {
      return this.#heard(fmi, body, now);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return [{ type: "puzzled", reason: error.message }];
    }
  }

  /** In mode `garbled` every text arrives damaged the first time. */
  #garbled(payload: Buffer): boolean {
    const key = payload.toString("hex");
    const text = payload.length >= 2 && payload.readUInt16LE(0) === ID.text;
    if (this.#options.receipts !== "garbled" || !text || this.#complained.has(key)) return false;
    this.#complained.add(key);
    return true;
  }

  #heard(fmi: number, body: Buffer, now: number): readonly DeviceOutput[] {
    switch (fmi) {
      case ID.enable:
        return this.#enable(body);
      case ID.productRequest:
        return this.#introduce();
      case ID.unicodeResponse:
        this.#unicode = true;
        this.#asking = false;
        return [];
      case ID.driverTextReceipt:
        return this.#driver.confirmed(`text ${UNIQUE.read(body).unique}`);
      case ID.pressedReceipt:
        return this.#driver.confirmed(`pressed ${nameOf(NAMED.read(body))}`);
      case ID.ping:
        this.#put(fmiFrame(ID.pingResponse, EMPTY));
        return [];
      default:
        return this.#message(fmi, body, now);
    }
  }

  #message(fmi: number, body: Buffer, now: number): readonly DeviceOutput[] {
    switch (fmi) {
      case ID.openText:
        return [{ type: "shown", text: this.#words(OPEN_TEXT.read(body).text), tag: null }];
      case ID.okText:
      case ID.yesNoText:
        return [{ type: "shown", text: this.#words(BUTTON_TEXT.read(body).text), tag: nameOf(BUTTON_TEXT.read(body)) }];
      case ID.text: {
        const read = TEXT.read(body);
        return this.#text(nameOf(read), read.text, now);
      }
      case ID.longText:
        return this.#segment(body, now);
      case ID.setResponse: {
        const { response, text } = RESPONSE.read(body);
        this.#put(fmiFrame(ID.responseSet, Buffer.concat([u32(response), u32(this.#store.setResponse(response, this.#words(text)))])));
        return [];
      }
      case ID.attach: {
        const { size, id, responses } = ATTACH.read(body);
        this.#put(fmiFrame(ID.attached, namedBody(size, id, this.#store.attach(nameOf({ size, id }), responses))));
        return [];
      }
      case ID.statusRequest:
        return this.#asked(nameOf(NAMED.read(body)));
      case ID.remove: {
        const { size, id } = NAMED.read(body);
        const text = this.#store.remove(nameOf({ size, id }));
        // "Deleted" also when it did not exist.
        this.#put(fmiFrame(ID.removed, namedBody(size, id, 1)));
        return text === null ? [] : [{ type: "removed", text }];
      }
      default:
        return [{ type: "puzzled", reason: `FMI ${fmi.toString(16)}` }];
    }
  }

  #enable(body: Buffer): readonly DeviceOutput[] {
    const features = body.length === 0 ? [] : FEATURES.read(body).features;
    this.#enabled = true;
    this.#replies = features.includes(0x8002) || this.#replies;
    this.#asking = this.#settings.navigatorUnicode && !features.includes(0x0001);
    if (this.#asking) this.#put(fmiFrame(ID.unicodeRequest, EMPTY));
    return [];
  }

  #introduce(): readonly DeviceOutput[] {
    const tags = this.#settings.navigatorProtocols.flatMap((number) => ["A", "D"].map((letter) => ({ letter, number })));
    const list = tags.map(({ letter, number }) => Buffer.of(letter.charCodeAt(0), number & 0xff, number >> 8));
    this.#put(fmiFrame(ID.product, Buffer.from("27043701", "hex")));
    this.#put(fmiFrame(ID.protocols, Buffer.concat(list)));
    return [];
  }

  #text(id: string, bytes: Buffer, now: number): readonly DeviceOutput[] {
    const { receipts } = this.#options;
    if (receipts === "reject" || this.#store.has(id)) {
      this.#put(this.#receipt(id, 0, now));
      return [];
    }
    const stored = this.#store.keep(id, this.#words(bytes));
    this.#report(id, now);
    return this.#shown(stored);
  }

  #segment(body: Buffer, now: number): readonly DeviceOutput[] {
    const { size, id: field, finished, sequence, text } = LONG_TEXT.read(body);
    const id = nameOf({ size, id: field });
    const error = this.#options.receipts === "reject" ? 15 : this.#store.segment(id, sequence, text);
    const head = Buffer.concat([u32(this.#time(now)), Buffer.of(size, error, finished, sequence), field]);
    if (this.#options.receipts !== "silent") this.#put(fmiFrame(ID.longTextReceipt, head));
    if (finished === 0 || error !== 0) return [];
    return this.#shown(this.#store.keep(id, this.#words(this.#store.joined(id))));
  }

  #shown({ id, text, choices }: Stored): readonly DeviceOutput[] {
    const { reply } = this.#options;
    if (reply !== null) this.#driver.write(reply, id);
    const shown: DeviceOutput = { type: "shown", text, tag: id };
    return [choices.length === 0 ? shown : { ...shown, choices: choices.map((choice) => choice.text) }];
  }

  /** 002B in whatever way this device is told to; the driver of an honest one opens the text at once. */
  #report(id: string, now: number): void {
    const { receipts, lateMs } = this.#options;
    if (receipts === "silent") return;
    if (receipts === "wrong-tag") return this.#put(this.#receipt(`${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`, 1, now));
    const receipt = this.#receipt(id, 1, now);
    if (receipts === "late") {
      this.#late.push({ at: now + lateMs, frame: receipt });
      return;
    }
    this.#put(receipt);
    if (receipts === "duplicate") this.#put(receipt);
    if (receipts !== "ok") return;
    this.#put(this.#status(id));
    this.#store.read(id);
    this.#put(this.#status(id));
  }

  #asked(id: string): readonly DeviceOutput[] {
    const { receipts } = this.#options;
    if (receipts !== "silent" && receipts !== "wrong-tag" && receipts !== "late") this.#put(this.#status(id));
    return [];
  }

  #receipt(id: string, result: number, now: number): Buffer {
    return fmiFrame(ID.textReceipt, timedBody(this.#time(now), id.length, idField(id), result));
  }

  #status(id: string): Buffer {
    return fmiFrame(ID.status, namedBody(id.length, idField(id), this.#store.status(id)));
  }

  #words(bytes: Buffer): string {
    return decodeText(untilNul(bytes), this.#unicode ? "utf8" : "latin1").text;
  }

  #put(bytes: Buffer): void {
    this.#link.add({ bytes, packet: PACKET.fmi, key: null });
  }

  #pump(now: number): readonly DeviceOutput[] {
    if (!this.#on) return [];
    if (this.#enabled && !this.#asking) this.#driver.speak({ unicode: this.#unicode, replies: this.#replies, time: this.#time(now) }, now);
    const { send, at } = this.#link.tick(now);
    this.#linkAt = at;
    return send.map(write);
  }

  #time(now: number): number {
    return fmiTime(BIRTH + now);
  }
}

const EMPTY = Buffer.alloc(0);

function nameOf({ size, id }: { readonly size: number; readonly id: Buffer }): string {
  return id.toString("latin1", 0, size);
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}
