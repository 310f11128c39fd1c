/** Frames of the specification, and the means to talk to a codec. */
import { readFileSync } from "node:fs";
import { type Address, type Header, parseFrame, writeFrame } from "../../protocols/jt808/header.ts";
import { jt808 } from "../../protocols/jt808/index.ts";
import type { Codec, Order, Reading, Verdict } from "../../src/core/index.ts";

export interface PageFrame {
  readonly dir: "up" | "down";
  readonly hex: string;
  readonly means: string;
}

export const FRAMES = JSON.parse(readFileSync(new URL("jt808.frames.json", import.meta.url), "utf8")) as readonly PageFrame[];
export const SHORT: Address = { form: "short", version: 0, phone: Buffer.from("013912345678", "hex") };
export const LONG: Address = { form: "long", version: 1, phone: Buffer.from("00000000013912345678", "hex") };
export const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");

export function headerOf(frame: Buffer): Header & { readonly body: Buffer } {
  const parsed = parseFrame(frame);
  if (parsed.type === "bad") throw new Error(parsed.reason);
  return { ...parsed.packet.header, body: parsed.packet.body };
}

export function message(
  id: number,
  body: Buffer | string,
  serial = 0,
  options: { address?: Address; fragment?: Header["fragment"] } = {},
): Buffer {
  const { address = SHORT, fragment = null } = options;
  return writeFrame({ id, serial, address, fragment }, typeof body === "string" ? Buffer.from(body) : body);
}

/** A codec whose device has authenticated. */
export function loggedIn(profile: Readonly<Record<string, unknown>> = {}, address: Address = SHORT, wallClock?: () => number): Codec {
  const codec = jt808.connect(wallClock === undefined ? {} : { wallClock });
  const code = address.form === "long" ? Buffer.concat([Buffer.from([1]), Buffer.alloc(36, "x")]) : Buffer.from("x");
  const [event] = codec.decode(message(0x0102, code, 0, { address })).events;
  if (event?.type !== "hello") throw new Error(`hello expected, came ${event?.type}`);
  codec.identified({ trackerId: 1, deviceId: event.key, profile, secret: null });
  return codec;
}

export const ACCEPTED = {
  type: "accepted",
  identity: { trackerId: 1, deviceId: "13912345678", profile: {}, secret: "code" },
} as const satisfies Verdict;

export function replyOf(reading: Reading, verdict: Verdict = ACCEPTED): Buffer | null {
  return typeof reading.reply === "function" ? reading.reply(verdict) : (reading.reply ?? null);
}

export function partsOf(codec: Codec, order: Order): readonly { readonly hex: string; readonly tag: string | null }[] {
  const encoded = codec.encode(order);
  if (encoded.type === "refused") throw new Error(encoded.reason);
  return encoded.parts.map(({ bytes, tag }) => ({ hex: bytes.toString("hex"), tag }));
}
