/** Frames of a specification's page, and the means to talk to a codec. */
import { readFileSync } from "node:fs";
import type { Codec, Framed, Framer, Protocol, Reading, Verdict } from "../../src/core/index.ts";

export interface PageFrame {
  readonly dir: "up" | "down";
  /** Lower case. */
  readonly hex: string;
  readonly means: string;
}

export const IMEI = "123456789012345";

export function pageFrames(protocol: Protocol): readonly PageFrame[] {
  const frames = JSON.parse(readFileSync(new URL(`${protocol.name}.frames.json`, import.meta.url), "utf8")) as readonly PageFrame[];
  return frames.map((frame) => ({ ...frame, hex: frame.hex.toLowerCase() }));
}

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

/** A codec whose tracker is known. */
export function knownTo(protocol: Protocol, profile: Readonly<Record<string, unknown>> = {}, wallClock?: () => number): Codec {
  const codec = protocol.connect(wallClock === undefined ? {} : { wallClock });
  codec.identified({ trackerId: 1, deviceId: IMEI, profile, secret: null });
  return codec;
}

const ACCEPTED: Verdict = { type: "accepted", identity: { trackerId: 1, deviceId: IMEI, profile: {}, secret: null } };

export function replyOf({ reply }: Reading, verdict: Verdict = ACCEPTED): string | null {
  return (typeof reply === "function" ? reply(verdict) : reply)?.toString("hex") ?? null;
}

/** Every unit that comes out of a framer when these pieces go in, as its kind and hex. */
export function unitsOf(framer: Framer, pieces: readonly Buffer[]): readonly string[] {
  const units: string[] = [];
  for (const piece of pieces) {
    framer.push(Buffer.from(piece));
    for (let unit: Framed | null = framer.next(); unit !== null; unit = framer.next()) {
      units.push(unit.kind === "broken" ? "broken" : `${unit.kind} ${unit.bytes.toString("hex")}`);
      if (unit.kind === "broken") return units;
    }
  }
  return units;
}

export function singly(bytes: Buffer): readonly Buffer[] {
  return [...bytes].map((byte) => Buffer.of(byte));
}
