/** The gateway's side of line text: texts with a token down, receipts, reads and texts up. */
import {
  type CharsetName,
  crc16Arc,
  type DeviceEvent,
  encodeText,
  numberedText,
  type Order,
  oneLine,
  type Preview,
  previewOf,
  type SplitText,
  splitText,
} from "../../src/core/index.ts";
import type { Inner, InnerEncoded, InnerPart, InnerReading, InnerTick } from "../carried/inner.ts";
import type { InnerSettings } from "../carried/profile.ts";
import { readLine, writeLine } from "./grammar.ts";
import { Lines, type ReadText } from "./lines.ts";

/** Parts whose bytes are kept for a repetition. */
const MAX_PARTS = 256;

export class LineInner implements Inner {
  readonly ready = true;
  readonly #settings: InnerSettings;
  readonly #lines: Lines;
  readonly #parts = new Map<string, Buffer>();
  /** How long a line waits for its end; null: for good. */
  readonly #endMs: number | null;
  /** A payload came, and `tick` has not said when. */
  #fresh = false;
  #endBy: number | null = null;
  #out: Buffer[] = [];

  constructor(settings: InnerSettings, endMs: number | null = null) {
    this.#settings = settings;
    this.#endMs = endMs;
    this.#lines = new Lines(settings.charset);
  }

  encode(order: Order): InnerEncoded {
    const { parts, lost, empty } = split(wordsOf(order), this.#settings);
    const [first, ...rest] = parts.map((bytes, index) => this.#part(bytes, order.tag + index));
    if (empty || first === undefined)
      return { type: "refused", reason: `nothing of this text can be written in ${this.#settings.charset}` };
    return { type: "parts", parts: [first, ...rest], altered: lost.length > 0 };
  }

  send(tag: string): void {
    const payload = this.#parts.get(tag);
    if (payload !== undefined && !this.#out.includes(payload)) this.#out.push(payload);
  }

  /** What is on the screen stays there; what has not gone out does not. */
  cancel(tag: string): void {
    const payload = this.#parts.get(tag);
    this.#out = this.#out.filter((waiting) => waiting !== payload);
  }

  receive(payload: Buffer): InnerReading {
    const acks: string[] = [];
    this.#fresh = true;
    const events = this.#lines.read(payload).map((line) => eventOf(line, acks));
    return { events, stored: () => this.#out.push(...acks.map((token) => lineBytes(writeLine({ type: "ack", token }), "ascii"))) };
  }

  tick(now: number): InnerTick {
    const send = this.#out;
    this.#out = [];
    if (this.#fresh) this.#endBy = this.#endMs !== null && this.#lines.begun ? now + this.#endMs : null;
    this.#fresh = false;
    if (this.#endBy !== null && now >= this.#endBy) {
      this.#lines.forget();
      this.#endBy = null;
    }
    return { send, at: this.#endBy };
  }

  #part(text: Buffer, number: number): InnerPart {
    const tag = String(number);
    const payload = Buffer.concat([Buffer.from(writeLine({ type: "text", token: tag, text: "" }), "ascii"), text, CRLF]);
    this.#parts.delete(tag);
    this.#parts.set(tag, payload);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > MAX_PARTS && oldest !== undefined) this.#parts.delete(oldest);
    return { payload, tag };
  }
}

export function previewLine(text: string, settings: InnerSettings): Preview {
  return previewOf(split(text, settings), settings);
}

/** A line with its end. */
export function lineBytes(line: string, charset: CharsetName): Buffer {
  return Buffer.concat([encodeText(line, charset).bytes, CRLF]);
}

const CRLF = Buffer.from("\r\n");

function wordsOf(order: Order): string {
  return order.type === "question" ? numberedText(order.text, order.choices) : order.text;
}

function split(text: string, settings: InnerSettings): SplitText {
  return splitText(oneLine(text), settings.charset, settings.maxBytes);
}

function eventOf({ text: words, lossy }: ReadText, acks: string[]): DeviceEvent {
  const line = readLine(words);
  switch (line.type) {
    case "ack":
      return { type: "receipt", tag: tagOf(line.token), outcome: "accepted" };
    case "nak":
      return { type: "receipt", tag: tagOf(line.token), outcome: "rejected", reason: line.reason || "the terminal refused it" };
    case "read":
      return { type: "read", tag: tagOf(line.token) };
    case "plain":
      return { type: "text", text: line.text, serial: null, lossy };
    case "text":
      acks.push(line.token);
      return { type: "text", text: line.text, serial: `${line.token}:${crc16Arc(Buffer.from(line.text)).toString(16)}`, lossy };
  }
}

/** Leading zeros do not count. */
function tagOf(token: string): string {
  return String(Number(token));
}
