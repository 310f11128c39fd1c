/** The frames of the specification's page, and what a codec makes of bytes. */
import { readFileSync } from "node:fs";
import { queclink } from "../../protocols/queclink/index.ts";
import type { Codec, Framed, Framer, Reading, Verdict } from "../../src/core/index.ts";

export interface PageFrame {
  readonly dir: "up" | "down";
  readonly ascii: string;
  readonly means: string;
}

export const FRAMES = JSON.parse(readFileSync(new URL("queclink.frames.json", import.meta.url), "utf8")) as readonly PageFrame[];
export const IDENTITY = { trackerId: 1, deviceId: "135790246811220", profile: {}, secret: null };
const ACCEPTED: Verdict = { type: "accepted", identity: IDENTITY };

export function loggedIn(profile: Readonly<Record<string, unknown>> = {}): Codec {
  const codec = queclink.connect();
  codec.identified({ ...IDENTITY, profile });
  return codec;
}

/** Every unit of these pieces, copied. */
export function unitsOf(framer: Framer, pieces: readonly Buffer[]): readonly Framed[] {
  const units: Framed[] = [];
  for (const piece of pieces) {
    framer.push(Buffer.from(piece));
    for (let unit = framer.next(); unit !== null; unit = framer.next())
      units.push(unit.kind === "broken" ? unit : { ...unit, bytes: Buffer.from(unit.bytes) });
  }
  return units;
}

/** The frames among them, as hex. */
export function framesOf(framer: Framer, pieces: readonly Buffer[]): readonly string[] {
  return unitsOf(framer, pieces).flatMap((unit) => (unit.kind === "frame" ? [unit.bytes.toString("hex")] : []));
}

export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

export function replyOf({ reply }: Reading): string | null {
  return (typeof reply === "function" ? reply(ACCEPTED) : reply)?.toString("latin1") ?? null;
}

export function textsOf({ events }: Reading): readonly string[] {
  return events.flatMap((event) => (event.type === "text" ? [event.text] : []));
}
