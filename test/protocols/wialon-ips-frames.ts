/** The specification's frames and a codec to read them with, shared by the tests of Wialon IPS. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { formatCrc } from "../../protocols/wialon-ips/crc.ts";
import { wialonIps } from "../../protocols/wialon-ips/index.ts";
import { type Codec, crc16Arc, type Framed, type Framer, type Reading } from "../../src/core/index.ts";

export interface Frame {
  readonly dir: "up" | "down";
  readonly hex?: string;
  readonly ascii?: string;
  readonly means: string;
  readonly valid?: boolean;
}

export const FRAMES = JSON.parse(readFileSync(new URL("wialon-ips.frames.json", import.meta.url), "utf8")) as readonly Frame[];

export function bytesOf(frame: Frame): Buffer {
  return frame.hex === undefined ? Buffer.from(frame.ascii ?? "") : Buffer.from(frame.hex, "hex");
}

/** What comes out of a framer when these bytes go in, in one piece; views are copied. */
export function framesOf(framer: Framer, bytes: Buffer): Framed[] {
  framer.push(Buffer.from(bytes));
  const all: Framed[] = [];
  for (let framed = framer.next(); framed !== null; framed = framer.next())
    all.push(framed.kind === "broken" ? framed : { ...framed, bytes: Buffer.from(framed.bytes) });
  return all;
}

/** Frames the bytes, expects one frame, decodes it. */
export function read(codec: Codec, bytes: Buffer | string): Reading {
  const [framed, ...more] = framesOf(codec.framer, Buffer.from(bytes));
  expect(more).toEqual([]);
  if (framed?.kind !== "frame") throw new Error(`expected a frame, got ${framed?.kind}`);
  return codec.decode(framed.bytes);
}

export function replyOf(reading: Reading): string | null {
  const { reply } = reading;
  const bytes = typeof reply === "function" ? reply({ type: "accepted", identity: IDENTITY }) : (reply ?? null);
  return bytes === null ? null : bytes.toString("utf8");
}

const IDENTITY = { trackerId: 1, deviceId: "1", profile: {}, secret: null };

export function loggedIn(version: string, profile: Record<string, unknown> = {}): Codec {
  const codec = wialonIps.connect();
  const body = `${version};1;NA;`;
  const login = version === "1.1" ? "#L#1;NA\r\n" : `#L#${body}${formatCrc(crc16Arc(Buffer.from(body)))}\r\n`;
  expect(replyOf(read(codec, login))).toBe("#AL#1\r\n");
  codec.identified({ ...IDENTITY, profile });
  return codec;
}

export function withCrc(type: string, body: string): string {
  return `#${type}#${body}${formatCrc(crc16Arc(Buffer.from(body)))}\r\n`;
}
