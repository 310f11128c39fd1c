/** What the tests of protocols without a login share: frames of a specification, a framer emptied, a reading's answer. */
import { readFileSync } from "node:fs";
import type { Codec, Framed, Framer, Protocol, Reading } from "../../src/core/index.ts";

export interface Frame {
  readonly dir: "up" | "down";
  readonly ascii: string;
  readonly charset?: "latin1";
  readonly means: string;
  readonly valid?: boolean;
}

export function framesOfPage(name: string): readonly Frame[] {
  return JSON.parse(readFileSync(new URL(`${name}.frames.json`, import.meta.url), "utf8")) as readonly Frame[];
}

export function bytesOf({ ascii, charset = "latin1" }: Frame): Buffer {
  return Buffer.from(ascii, charset);
}

/** What comes out of a framer when these pieces go in one after the other; views are copied. */
export function unitsOf(framer: Framer, pieces: readonly Buffer[]): readonly Framed[] {
  const all: Framed[] = [];
  for (const piece of pieces) {
    framer.push(Buffer.from(piece));
    for (let framed = framer.next(); framed !== null; framed = framer.next())
      all.push(framed.kind === "broken" ? framed : { ...framed, bytes: Buffer.from(framed.bytes) });
  }
  return all;
}

export function singles(bytes: Buffer): readonly Buffer[] {
  return [...bytes].map((byte) => Buffer.of(byte));
}

/** A codec whose tracker is known. */
export function online(protocol: Protocol, profile: Readonly<Record<string, unknown>> = {}, wallClock?: () => number): Codec {
  const codec = protocol.connect(wallClock === undefined ? {} : { wallClock });
  codec.identified({ ...IDENTITY, profile });
  return codec;
}

export function replyOf({ reply }: Reading): string | null {
  const bytes = typeof reply === "function" ? reply({ type: "accepted", identity: IDENTITY }) : (reply ?? null);
  return bytes === null ? null : bytes.toString("latin1");
}

export function textsOf({ events }: Reading): readonly string[] {
  return events.flatMap((event) => (event.type === "text" ? [event.text] : []));
}

const IDENTITY = { trackerId: 1, deviceId: "867000000000001", profile: {}, secret: null };
