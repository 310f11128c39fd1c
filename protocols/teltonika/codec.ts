/** The gateway's side of Teltonika on one line: answers logins and records, carries payloads, and holds its tongue in between. */
import type { Codec, CodecEnvironment, Encoded, Identity, Order, Part, Reading } from "../../src/core/index.ts";
import { connectInner } from "../carried/index.ts";
import type { Inner, InnerEncoded } from "../carried/inner.ts";
import { Console } from "./console.ts";
import { TeltonikaFramer } from "./framer.ts";
import { DEFAULTS, type Settings, settings } from "./profile.ts";
import { Quiet } from "./quiet.ts";
import { statusOf } from "./records.ts";
import { COUNT_BYTES } from "./upstream-framer.ts";
import { bodyOf, CODEC, countAnswer, type Message, messageFrame, readUnit, TYPE } from "./wire.ts";

const ACCEPTED = Buffer.of(0x01);
const REJECTED = Buffer.of(0x00);
/** The port ends a message without CR LF after 30 ms of silence (FMU126, "Binary" mode): typed letters of one line are so far apart, another text is further. */
const LINE_END_MS = 5_000;

export class TeltonikaCodec implements Codec {
  readonly framer = new TeltonikaFramer();
  readonly #environment: CodecEnvironment;
  #settings: Settings = DEFAULTS;
  #inner: Inner | null = null;
  #console: Console | null = null;
  readonly #quiet = new Quiet();
  /** An upstream server counts the records, not we. */
  #shared = false;
  /** Records that it has not counted: whatever we said now would be taken for the count. */
  #uncounted = false;
  /** Type of the device's last message from its port. */
  #upType: number | null = null;

  constructor(environment: CodecEnvironment) {
    this.#environment = environment;
  }

  /** A console is always ready to be spoken to; without anything to speak to, orders are refused, not held. */
  get ready(): boolean {
    return this.#quiet.over && !this.#uncounted && (this.#inner?.ready ?? true);
  }

  /** The upstream's count: the device is free for ours, once it has sent all it has. */
  overheard(frame: Buffer): void {
    if (frame.length !== COUNT_BYTES) return;
    this.#uncounted = false;
    this.#quiet.begin();
  }

  identified({ profile, deviceId }: Identity): void {
    this.#settings = settings(profile);
    this.#shared = typeof profile["tee"] === "string";
    this.#inner = connectInner(this.#settings, { ...this.#environment, productId: false, lineEndMs: LINE_END_MS });
    const console = this.#inner === null && this.#settings.console;
    this.#console = console ? new Console(this.#settings, this.#settings.commands === "codec14" ? deviceId : null) : null;
  }

  decode(frame: Buffer): Reading {
    const unit = readUnit(frame);
    this.framer.judged(unit.kind !== "bad" || bodyOf(frame) !== null);
    switch (unit.kind) {
      case "login":
        this.#quiet.begin();
        return {
          events: [{ type: "hello", scope: "login", key: unit.key, password: null }],
          reply: ({ type }) => (type === "accepted" ? ACCEPTED : REJECTED),
        };
      case "records":
        this.#recordsCame();
        return { events: [statusOf(unit.body) ?? { type: "alive" }], reply: countAnswer(unit.count) };
      case "message":
        return this.#message(unit.message);
      case "bad":
        this.#uncounted ||= this.#shared && unit.records;
        return { events: [{ type: "bad", reason: unit.reason }], ...(unit.records ? { reply: countAnswer(0) } : {}) };
    }
  }

  encode(order: Order): Encoded {
    const encoded: InnerEncoded = this.#inner?.encode(order) ??
      this.#console?.encode(order) ?? { type: "refused", reason: "the profile names nothing behind this tracker that shows texts (inner)" };
    if (encoded.type === "refused") return encoded;
    const [first, ...rest] = encoded.parts.map(({ payload, tag }): Part => ({ bytes: this.#wrap(payload), tag }));
    if (first === undefined) return { type: "refused", reason: "an empty text" };
    return { type: "parts", parts: [first, ...rest], altered: encoded.altered };
  }

  send({ tag }: Part): void {
    if (tag === null) return;
    this.#inner?.send(tag);
    this.#console?.send(tag);
  }

  cancel(tag: string): void {
    this.#inner?.cancel?.(tag);
  }

  /** Nothing is sent while a record packet is coming in, or may follow: the device would take it for the count it waits for. */
  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    const at = this.#quiet.tick(now, this.#settings.quietMs);
    if (this.#uncounted) return NOTHING;
    if (at !== null) return { send: [], at };
    if (this.framer.buffered > 0) return { send: [], at: null };
    if (this.#console !== null) return { send: this.#console.take(), at: null };
    const inner = this.#inner?.tick(now);
    return inner === undefined ? NOTHING : { send: inner.send.map((payload) => this.#wrap(payload)), at: inner.at };
  }

  /** Its count follows: at once, or when the upstream says it. */
  #recordsCame(): void {
    if (this.#shared) this.#uncounted = true;
    else this.#quiet.begin();
  }

  #message(message: Message): Reading {
    if (this.#console !== null) return { events: [{ type: "alive" }, ...this.#console.receive(message)] };
    const camera = this.#settings.camera && message.type === TYPE.camera;
    if (this.#inner === null || camera || message.codec === CODEC.addressed) return { events: [{ type: "alive" }] };
    this.#upType = message.type;
    const { events, stored } = this.#inner.receive(message.payload);
    const reply = (): null => {
      stored();
      return null;
    };
    return { events: [{ type: "alive" }, ...events], reply };
  }

  /** A console's payload is a whole frame already. */
  #wrap(payload: Buffer): Buffer {
    if (this.#console !== null) return payload;
    const own = this.#settings.inner === "garmin-fmi" ? this.#upType : null;
    const type = this.#settings.downType ?? own ?? TYPE.command;
    return messageFrame({ codec: CODEC.text, type, time: null, imei: null, payload });
  }
}

const NOTHING = { send: [], at: null };
