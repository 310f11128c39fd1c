/**
 * What runs inside a carrier, seen from the gateway and from the device. A carrier (Teltonika codec 12, Navtelecom ~P, ...)
 * moves payloads; it wraps what `tick` gives and hands over what it unwrapped, and knows nothing else of the inner side.
 */
import type { DeviceEvent, DeviceOutput, Order } from "../../src/core/index.ts";

/** The gateway's side of a sub-protocol on one line. */
export interface Inner {
  /** False while the terminal cannot take a text: see `Codec.ready`. */
  readonly ready: boolean;
  encode(order: Order): InnerEncoded;
  /** The part with this tag is due: it goes out through `tick`, in its turn. Said again when its receipt is overdue. */
  send(tag: string): void;
  /** Takes a text back from the terminal, where it has the means for it. */
  cancel?(tag: string): void;
  /** A payload that came up; packets may be cut over several, or share one. Never throws. */
  receive(payload: Buffer): InnerReading;
  /** Payloads to send now, one carrier frame each; `at` is when to ask again. */
  tick(now: number): InnerTick;
}

export interface InnerTick {
  readonly send: readonly Buffer[];
  readonly at: number | null;
}

export interface InnerReading {
  readonly events: readonly DeviceEvent[];
  /** To be called once, when the events are dealt with: queues acknowledgements for `tick`. */
  readonly stored: () => void;
}

export interface InnerPart {
  readonly payload: Buffer;
  readonly tag: string;
}

export type InnerEncoded =
  | { readonly type: "parts"; readonly parts: readonly [InnerPart, ...InnerPart[]]; readonly altered: boolean }
  | { readonly type: "refused"; readonly reason: string };

/** The driver's terminal behind a simulated carrier: a `write` among its outputs is a payload for the carrier to wrap. */
export interface Terminal {
  /** The carrier is connected and logged in (again). */
  connected(now: number): readonly DeviceOutput[];
  received(payload: Buffer, now: number): readonly DeviceOutput[];
  say(text: string, now: number): readonly DeviceOutput[];
  choose(choice: number, now: number): readonly DeviceOutput[];
  tick(now: number): readonly DeviceOutput[];
  readonly deadline: number | null;
}
