/**
 * A simulated device for protocols in which a device says one thing at a time and waits for its answer: all it must be
 * told is what its messages look like. Receipts come in every mode; what the driver typed is said again until it is taken.
 */
import type { DeviceOptions, DeviceOutput, SimulatedDevice } from "./device.ts";
import type { Framed, Framer } from "./framing.ts";
import type { ReceiptOutcome } from "./protocol.ts";
import { TextReceipts } from "./text-receipts.ts";

/** The messages of a device, written and read. */
export interface DeviceManner {
  framer(): Framer;
  login(): Buffer;
  /** What the driver typed; `number` counts from 1 and is the same when the text is sent again. */
  text(text: string, number: number): Buffer;
  /** A position or a heartbeat. */
  position(now: number): Buffer;
  /** The receipt of the text with this tag; null: the protocol has no words for that outcome. */
  receipt(tag: string | null, outcome: ReceiptOutcome): Buffer | null;
  hear(frame: Buffer): HeardFrame;
}

/** What the gateway said. */
export type HeardFrame =
  | { readonly type: "welcome" }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "text"; readonly text: string; readonly tag: string | null }
  /** The last text or position was taken. */
  | { readonly type: "taken" }
  | { readonly type: "puzzled"; readonly reason: string };

/** Wait for an answer before a message goes out again, and how often it does before the link counts as dead. */
const ANSWER_MS = 20_000;
const MAX_REPETITIONS = 3;
/** Texts remembered to show a repeated one only once. */
const MAX_SHOWN = 64;

export function simulatedDevice(options: DeviceOptions, manner: DeviceManner): SimulatedDevice {
  return new MannerlyDevice(options, manner);
}

interface Message {
  readonly kind: "login" | "position" | "text";
  readonly bytes: Buffer;
  /** Of kind `text`. */
  readonly text: string;
}

class MannerlyDevice implements SimulatedDevice {
  readonly #options: DeviceOptions;
  readonly #manner: DeviceManner;
  readonly #receipts: TextReceipts;
  #framer: Framer;
  #online = false;
  #queue: Message[] = [];
  #awaited: { readonly message: Message; readonly repetitions: number; readonly dueAt: number } | null = null;
  #spoken = 0;
  #positionAt: number | null = null;
  readonly #shown = new Set<string>();

  constructor(options: DeviceOptions, manner: DeviceManner) {
    this.#options = options;
    this.#manner = manner;
    this.#receipts = new TextReceipts(options);
    this.#framer = manner.framer();
  }

  get deadline(): number | null {
    const times = [this.#awaited?.dueAt ?? null, this.#positionAt, this.#receipts.deadline].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  connected(now: number): readonly DeviceOutput[] {
    const unanswered = this.#awaited === null ? [] : [this.#awaited.message];
    this.#queue = [...unanswered, ...this.#queue].filter(({ kind }) => kind === "text");
    this.#awaited = null;
    this.#framer = this.#manner.framer();
    this.#online = false;
    this.#positionAt = null;
    this.#receipts.forget();
    return this.#send({ kind: "login", bytes: this.#manner.login(), text: "" }, now, 0);
  }

  received(chunk: Buffer, now: number): readonly DeviceOutput[] {
    this.#framer.push(chunk);
    const out: DeviceOutput[] = [];
    for (let framed = this.#framer.next(); framed !== null; framed = this.#framer.next()) out.push(...this.#framed(framed, now));
    return [...out, ...this.#pump(now)];
  }

  say(text: string, now: number): readonly DeviceOutput[] {
    this.#spoken += 1;
    this.#queue.push({ kind: "text", bytes: this.#manner.text(text, this.#spoken), text });
    return this.#pump(now);
  }

  position(now: number): readonly DeviceOutput[] {
    this.#queue.push({ kind: "position", bytes: this.#manner.position(now), text: "" });
    return this.#pump(now);
  }

  tick(now: number): readonly DeviceOutput[] {
    const out = [...this.#receipts.due(now), ...this.#repeat(now)];
    if (this.#positionAt === null || now < this.#positionAt) return [...out, ...this.#pump(now)];
    this.#positionAt = now + this.#options.keepAliveMs;
    return [...out, ...this.position(now)];
  }

  #repeat(now: number): readonly DeviceOutput[] {
    if (this.#awaited === null || now < this.#awaited.dueAt) return [];
    const { message, repetitions } = this.#awaited;
    if (repetitions < MAX_REPETITIONS) return this.#send(message, now, repetitions + 1);
    this.#awaited = null;
    if (message.kind === "text") this.#queue.unshift(message);
    this.#online = false;
    this.#positionAt = null;
    return [{ type: "hangup", reason: `no answer to a ${message.kind}` }];
  }

  #pump(now: number): readonly DeviceOutput[] {
    const next = this.#online && this.#awaited === null ? this.#queue.shift() : undefined;
    return next === undefined ? [] : this.#send(next, now, 0);
  }

  #send(message: Message, now: number, repetitions: number): readonly DeviceOutput[] {
    this.#awaited = { message, repetitions, dueAt: now + ANSWER_MS };
    return [{ type: "write", bytes: message.bytes }];
  }

  #framed(framed: Framed, now: number): readonly DeviceOutput[] {
    if (framed.kind !== "frame") return [{ type: "puzzled", reason: framed.reason }];
    const heard = this.#manner.hear(Buffer.from(framed.bytes));
    switch (heard.type) {
      case "welcome":
        return this.#welcome(now);
      case "refused":
        this.#awaited = null;
        return [heard];
      case "text":
        return this.#text(heard, now);
      case "taken":
        return this.#taken();
      case "puzzled":
        return [heard];
    }
  }

  #welcome(now: number): readonly DeviceOutput[] {
    this.#awaited = null;
    this.#online = true;
    if (this.#options.keepAliveMs > 0) this.#positionAt = now + this.#options.keepAliveMs;
    return [{ type: "online" }];
  }

  #taken(): readonly DeviceOutput[] {
    const message = this.#awaited?.message;
    this.#awaited = null;
    if (message?.kind === "text") return [{ type: "acknowledged", text: message.text }];
    return message?.kind === "position" ? [{ type: "acknowledged-position" }] : [{ type: "puzzled", reason: "an answer out of turn" }];
  }

  #text({ text, tag }: Extract<HeardFrame, { type: "text" }>, now: number): readonly DeviceOutput[] {
    const { receipts, reply } = this.#options;
    const receipt = this.#receipt(tag, now);
    const key = `${tag} ${text}`;
    if (receipts === "reject" || receipts === "garbled" || (tag !== null && this.#shown.has(key))) return receipt;
    this.#shown.add(key);
    const [oldest] = this.#shown;
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    const out: readonly DeviceOutput[] = [{ type: "shown", text, tag }, ...receipt];
    return reply === null ? out : [...out, ...this.say(reply, now)];
  }

  #receipt(tag: string | null, now: number): readonly DeviceOutput[] {
    const { receipts } = this.#options;
    const refusal = receipts === "reject" || receipts === "garbled";
    const named = receipts === "wrong-tag" && tag !== null ? String(Number(tag) + 1) : tag;
    const bytes = this.#manner.receipt(named, receipts === "garbled" ? "garbled" : refusal ? "rejected" : "accepted");
    return bytes === null ? [] : refusal ? [{ type: "write", bytes }] : this.#receipts.of(bytes, now);
  }
}
