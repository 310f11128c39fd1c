/** A terminal behind a serial port: what a sub-protocol wants sent, as `~P`, one at a time, each with its `~M`. */
import type { CodecEnvironment, Encoded, Order, Part } from "../../src/core/index.ts";
import { connectInner } from "../carried/index.ts";
import type { Inner, InnerReading } from "../carried/inner.ts";
import { MAX_SERIAL_BYTES } from "./flex-length.ts";
import { serialData } from "./messages.ts";
import type { Settings } from "./profile.ts";

/** Messages that wait for their turn; what is dropped beyond that, the sub-protocol repeats. */
const MAX_WAITING = 64;

export class Carrier {
  readonly #inner: Inner;
  readonly #port: number;
  #waiting: Buffer[] = [];
  #at: number | null = null;

  private constructor(inner: Inner, port: number) {
    this.#inner = inner;
    this.#port = port;
  }

  /** Null: texts go to the tracker's own display. */
  static of(settings: Settings, environment: CodecEnvironment): Carrier | null {
    const inner = connectInner(settings, { ...environment, productId: true });
    return inner === null ? null : new Carrier(inner, settings.serialPort);
  }

  get ready(): boolean {
    return this.#inner.ready;
  }

  /** When `tick` has something to do. */
  get deadline(): number | null {
    return this.#at;
  }

  encode(order: Order): Encoded {
    const encoded = this.#inner.encode(order);
    if (encoded.type === "refused") return encoded;
    const [first, ...rest] = encoded.parts.map(({ payload, tag }): Part => ({ bytes: Buffer.concat(messages(payload, this.#port)), tag }));
    return first === undefined ? { type: "refused", reason: "nothing to send" } : { ...encoded, parts: [first, ...rest] };
  }

  send(part: Part): void {
    if (part.tag !== null) this.#inner.send(part.tag);
  }

  cancel(tag: string): void {
    this.#inner.cancel?.(tag);
  }

  /** Null: it came from another port. */
  receive(port: number, data: Buffer): InnerReading | null {
    return port === this.#port ? this.#inner.receive(data) : null;
  }

  tick(now: number): void {
    const { send, at } = this.#inner.tick(now);
    this.#waiting = [...this.#waiting, ...send.flatMap((payload) => messages(payload, this.#port))].slice(0, MAX_WAITING);
    this.#at = at;
  }

  /** The next message; it has left the queue then. */
  next(): Buffer | null {
    return this.#waiting.shift() ?? null;
  }
}

/** A port is a stream: a payload may come in pieces. */
function messages(payload: Buffer, port: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < payload.length; at += MAX_SERIAL_BYTES)
    pieces.push(serialData({ port, data: payload.subarray(at, at + MAX_SERIAL_BYTES) }));
  return pieces;
}
