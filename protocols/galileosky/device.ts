/** A Galileosky tracker: head pack, main packs until they are confirmed, an interpreter, and a Garmin behind the tunnel. */
import { type DeviceOptions, type DeviceOutput, decodeText, type SimulatedDevice } from "../../src/core/index.ts";
import { connectTerminal } from "../carried/index.ts";
import type { Terminal } from "../carried/inner.ts";
import { Replies } from "../console/device-replies.ts";
import { headPack, imeiOf, positionPack, replyPack } from "./device-packs.ts";
import { type DeviceSettings, deviceSettingsOf } from "./device-profile.ts";
import { type Own, Sender } from "./device-sender.ts";
import { Listener } from "./listener.ts";
import { type Reply, readOpening } from "./tags.ts";
import { unwrap, wrap } from "./tunnel.ts";
import { ACKNOWLEDGEMENT_BYTES, HEAD, type Packet, readPacket } from "./wire.ts";

export class GalileoskyDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #settings: DeviceSettings;
  readonly #imei: string;
  readonly #sender = new Sender();
  /** What is attached to it. */
  readonly #terminal: Terminal | null;
  readonly #replies: Replies;
  #listener = new Listener();
  #connected = false;
  #online = false;
  #index = 0;
  #keepAliveAt: number | null = null;

  /** Throws RangeError when the device id is no IMEI. */
  constructor(options: DeviceOptions) {
    this.#imei = imeiOf(options.deviceId);
    this.#options = options;
    this.#settings = deviceSettingsOf(options.profile);
    this.#terminal = connectTerminal({ ...options, profile: { ...this.#settings } });
    this.#replies = new Replies(options, this.#settings.replyMs);
  }

  get deadline(): number | null {
    const terminal = this.#online ? (this.#terminal?.deadline ?? null) : null;
    const times = [this.#sender.deadline, this.#keepAliveAt, terminal, this.#replies.deadline];
    const known = this.#connected ? times.filter((at) => at !== null) : [];
    return known.length === 0 ? null : Math.min(...known);
  }

  connected(now: number): readonly DeviceOutput[] {
    this.#disconnect();
    this.#connected = true;
    this.#listener = new Listener();
    this.#sender.restart({ kind: "head", bytes: headPack(this.#imei, this.#settings.deviceNumber) });
    return this.#pump(now);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#listener.push(chunk);
    const out: DeviceOutput[] = [];
    for (let unit = this.#listener.next(); unit !== null; unit = this.#listener.next()) {
      if (unit.kind !== "frame") return [...out, ...this.#hangUp(unit.reason)];
      out.push(...this.#frame(Buffer.from(unit.bytes), now));
    }
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    if (this.#terminal === null) return [puzzled("nobody can type on a tracker without a navigator")];
    return this.#carry(this.#terminal.say(text, now));
  }

  choose(choice: number, now: number): readonly DeviceOutput[] {
    return this.#carry(this.#terminal?.choose(choice, now) ?? []);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#index += 1;
    this.#sender.add({ kind: "position", bytes: positionPack(this.#settings, this.#index, now) });
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    if (!this.#connected) return [];
    const overdue = this.#sender.deadline !== null && now >= this.#sender.deadline;
    const out = overdue ? [...this.#again(now)] : [];
    if (!this.#connected) return out;
    this.#reply(this.#replies.tick(now));
    if (this.#online) out.push(...this.#carry(this.#terminal?.tick(now) ?? []));
    if (this.#keepAliveAt === null || now < this.#keepAliveAt) return [...out, ...this.#pump(now)];
    this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [...out, ...this.position(now)];
  }

  #frame(frame: Buffer, now: number): readonly DeviceOutput[] {
    if (frame.length === ACKNOWLEDGEMENT_BYTES) return this.#acknowledged(frame, now);
    const packet = readPacket(frame);
    if (packet?.sound !== true) return [puzzled("a packet with a wrong checksum")];
    if (packet.head === HEAD.pack) return this.#command(packet, now);
    if (packet.head !== this.#settings.tunnelHead) return [puzzled(`a packet with head ${packet.head}`)];
    if (this.#terminal === null || !this.#online) return [puzzled("data for a navigator that is not there")];
    return this.#carry(this.#terminal.received(unwrap(packet.body, this.#settings), now));
  }

  #acknowledged(frame: Buffer, now: number): readonly DeviceOutput[] {
    const own = this.#sender.confirmed(frame);
    if (own === null) return [puzzled(`an acknowledgement of ${frame.toString("hex", 1)}`), ...this.#again(now)];
    return own.kind === "head" ? this.#goOnline(now) : taken(own);
  }

  #goOnline(now: number): readonly DeviceOutput[] {
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#keepAliveAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }, ...this.#carry(this.#terminal?.connected(now) ?? [])];
  }

  /** For this device: its IMEI, and its number or 0. */
  #command({ body }: Packet, now: number): readonly DeviceOutput[] {
    const opening = readOpening(body);
    if (opening.type === "bad" || opening.reply === null) return [puzzled("a pack without a command")];
    const known = opening.imei === this.#imei && (opening.device === 0 || opening.device === this.#settings.deviceNumber);
    return known ? this.#run(opening.reply, now) : [puzzled("a command for another device")];
  }

  #run({ number, text }: Reply, now: number): readonly DeviceOutput[] {
    const words = text === null ? "" : decodeText(text, this.#settings.charset).text;
    const { receipts, reply } = this.#options;
    const own = receipts === "wrong-tag" ? (number ^ 1) >>> 0 : number;
    const said = receipts === "reject" ? "Unknown command" : (reply ?? `${words.split(" ")[0] ?? ""}: OK`);
    const back = this.#settings.replyNumber === "zero" ? 0 : own;
    this.#reply(this.#replies.add(replyPack(this.#imei, { number: back, text: said }, this.#settings), now));
    return [{ type: "shown", text: words, tag: String(number) }];
  }

  /** A reply is a pack like any other: it waits its turn, and is sent again until it is confirmed. */
  #reply(due: readonly DeviceOutput[]): void {
    for (const output of due) if (output.type === "write") this.#sender.add({ kind: "reply", bytes: output.bytes });
  }

  #again(now: number): readonly DeviceOutput[] {
    const { send, dead } = this.#sender.again(now);
    return dead ? this.#hangUp("no confirmation in three tries") : send.map(write);
  }

  /** What the navigator writes goes into the tunnel; without a link it is lost. */
  #carry(outputs: readonly DeviceOutput[]): readonly DeviceOutput[] {
    const up = { tunnelHead: HEAD.tunnel, tunnelFraming: this.#settings.tunnelFraming };
    return outputs.flatMap((output) => {
      if (output.type !== "write") return [output];
      return this.#online ? [write(wrap(output.bytes, up))] : [];
    });
  }

  #pump(now: number): readonly DeviceOutput[] {
    return this.#connected ? this.#sender.pump(now).map(write) : [];
  }

  #hangUp(reason: string): readonly DeviceOutput[] {
    this.#disconnect();
    return [{ type: "hangup", reason }];
  }

  #disconnect(): void {
    this.#connected = false;
    this.#online = false;
    this.#keepAliveAt = null;
    this.#replies.restart();
  }
}

function taken({ kind }: Own): readonly DeviceOutput[] {
  return kind === "position" ? [{ type: "acknowledged-position" }] : [];
}

function write(bytes: Buffer): DeviceOutput {
  return { type: "write", bytes };
}

function puzzled(reason: string): DeviceOutput {
  return { type: "puzzled", reason };
}
