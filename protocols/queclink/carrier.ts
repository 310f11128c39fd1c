/** Lines of text behind a serial port that takes printable ASCII without commas: each in base64 in a GTDAT of its own. */
import type { Encoded, Order, Part } from "../../src/core/index.ts";
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
  readonly #command: Command;
  readonly #serials = new Map<Buffer, string>();
  readonly #tags = new Map<string, string>();
  /** What came of the last messages from the port, so that a repetition is not read as the port's next bytes. */
  readonly #heard = new Map<string, InnerReading>();

  private constructor(inner: Inner, command: Command) {
    this.#inner = inner;
    this.#command = command;
  }

  /** Null: nothing runs inside. */
  static of(settings: InnerSettings, command: Command): Carrier | null {
    const inner = connectInner(settings, { productId: false });
    return inner === null ? null : new Carrier(inner, command);
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
    const { events, stored } = this.#inner.receive(payloadOf(data));
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

  #wrap(payload: Buffer): Buffer {
    return this.#command(payload.toString("base64"), this.#serials.get(payload) ?? NO_SERIAL);
  }
}

/** What is not base64 of text is a line that somebody typed without it. */
function payloadOf({ form, bytes }: PortData): Buffer {
  if (form === "bytes") return bytes;
  const data = bytes.toString("latin1");
  const decoded = Buffer.from(data, "base64");
  const encoded = BASE64.test(data) && data.length % 4 === 0 && decoded.every((byte) => byte >= SPACE || LINE_BYTES.has(byte));
  return encoded ? decoded : Buffer.concat([bytes, CRLF]);
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}

const NOTHING_NEW: InnerReading = { events: [], stored: () => undefined };
const BASE64 = /^[0-9A-Za-z+/]+={0,2}$/;
const CRLF = Buffer.from("\r\n");
const SPACE = 0x20;
/** Tab, LF and CR. */
const LINE_BYTES: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d]);
