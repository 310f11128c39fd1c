/** Lines of text behind a serial port that takes printable ASCII without commas: each in base64 in a GTDAT of its own. */
import { type CharsetName, decodeText, type Encoded, type Order, type Part } from "../../src/core/index.ts";
import { connectInner } from "../carried/index.ts";
import type { Inner, InnerReading } from "../carried/inner.ts";
import type { InnerSettings } from "../carried/profile.ts";
import type { PortData } from "./port-data.ts";
import { NO_SERIAL, serialOf } from "./wire.ts";

/** Parts whose `+ACK:GTDAT` is still recognised, and messages whose repetition is. */
const REMEMBERED = 256;

/** Makes the command that carries this data under this serial. */
type Command = (data: string, serial: string) => Buffer;

export class Carrier {
  readonly #inner: Inner;
  readonly #charset: CharsetName;
  readonly #command: Command;
  readonly #serials = new Map<Buffer, string>();
  readonly #tags = new Map<string, string>();
  /** What came of the last messages from the port, so that a repetition is not read as the port's next bytes. */
  readonly #heard = new Map<string, InnerReading>();

  /** A line has begun whose end has not come. */
  #begun = false;

  private constructor(inner: Inner, charset: CharsetName, command: Command) {
    this.#inner = inner;
    this.#charset = charset;
    this.#command = command;
  }

  /** Null: nothing runs inside. */
  static of(settings: InnerSettings, command: Command): Carrier | null {
    const inner = connectInner(settings, { productId: false });
    return inner === null ? null : new Carrier(inner, settings.charset === "ascii" ? "utf8" : settings.charset, command);
  }

  encode(order: Order): Encoded {
    const encoded = this.#inner.encode(order);
    if (encoded.type === "refused") return encoded;
    const [first, ...rest] = encoded.parts.map(({ payload, tag }, index): Part => {
      const serial = serialOf(order.tag + index);
      remember(this.#serials, payload, serial);
      remember(this.#tags, serial, tag);
      return { bytes: this.#wrap(payload), tag };
    });
    return first === undefined ? { type: "refused", reason: "nothing to send" } : { ...encoded, parts: [first, ...rest] };
  }

  send({ tag }: Part): void {
    if (tag !== null) this.#inner.send(tag);
  }

  /** Which part a command with this serial carried; null: none that is remembered. */
  tagOf(serial: string): string | null {
    return this.#tags.get(serial) ?? null;
  }

  /** `key` is the message's own: what has no number of its own gets one from it. */
  receive(data: PortData, key: string): InnerReading {
    const known = this.#heard.get(key);
    if (known !== undefined) return known;
    const { events, stored } = this.#inner.receive(this.#payloadOf(data));
    const reading: InnerReading = {
      events: events.map((event, index) =>
        event.type === "text" && event.serial === null ? { ...event, serial: `${key}:${index}` } : event,
      ),
      stored: () => {
        stored();
        remember(this.#heard, key, NOTHING_NEW);
      },
    };
    remember(this.#heard, key, reading);
    return reading;
  }

  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    const { send, at } = this.#inner.tick(now);
    return { send: send.map((payload) => this.#wrap(payload)), at };
  }

  /** What is not base64 of text is a line that somebody typed without it. */
  #payloadOf({ form, bytes }: PortData): Buffer {
    const decoded = form === "bytes" ? bytes : this.#decoded(bytes.toString("latin1"));
    this.#begun = decoded !== null && decoded.at(-1) !== LF;
    return decoded ?? Buffer.concat([bytes, CRLF]);
  }

  /** Typed words may be base64 too, but hardly of a whole line, of the next piece of one, or of how one begins; null: they are words. */
  #decoded(data: string): Buffer | null {
    const decoded = Buffer.from(data, "base64");
    if (!BASE64.test(data) || data.length % 4 !== 0 || !decoded.every((byte) => byte >= SPACE || LINE_BYTES.has(byte))) return null;
    if (CERTAIN.test(decoded.toString("latin1"))) return decoded;
    const likely = this.#begun || decoded.at(-1) === LF || data.endsWith("=") || data.length >= LONG_PIECE;
    return likely && isSound(decoded, this.#charset) ? decoded : null;
  }

  #wrap(payload: Buffer): Buffer {
    return this.#command(payload.toString("base64"), this.#serials.get(payload) ?? NO_SERIAL);
  }
}

/** A piece of text in this charset; characters of UTF-8 may be cut at both ends. */
function isSound(piece: Buffer, charset: CharsetName): boolean {
  const whole = piece
    .toString("latin1")
    .replace(/^[\x80-\xbf]{1,3}/, "")
    .replace(/[\xc0-\xff][\x80-\xbf]{0,2}$/, "");
  return !decodeText(Buffer.from(whole, "latin1"), charset).lossy;
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}

const NOTHING_NEW: InnerReading = { events: [], stored: () => undefined };
const BASE64 = /^[0-9A-Za-z+/]+={0,2}$/;
/** The end of a line, or the token at its beginning. */
const CERTAIN = /^#\d{1,10},|\r\n$/;
/** Characters of a piece that is as long as it is because its line is longer: nobody types so many without a space. */
const LONG_PIECE = 64;
const CRLF = Buffer.from("\r\n");
const LF = 0x0a;
const SPACE = 0x20;
/** Tab, LF and CR. */
const LINE_BYTES: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d]);
