/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { teltonika } from "../../protocols/teltonika/index.ts";
import { bodyOf } from "../../protocols/teltonika/wire.ts";
import type { Codec, Framed, Reading } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";

const { there, frames: corpus } = corpusOf("teltonika");
const IMEI = "123456789012345";

function loggedIn(profile: Readonly<Record<string, unknown>> = {}): Codec {
  const codec = teltonika.connect();
  codec.identified({ trackerId: 1, deviceId: IMEI, profile, secret: null });
  return codec;
}

function readAll(
  codec: Codec,
  pieces: readonly Buffer[],
): { readonly frames: readonly string[]; readonly readings: readonly Reading[]; noise: number } {
  const frames: string[] = [];
  const readings: Reading[] = [];
  let noise = 0;
  for (const piece of pieces) {
    codec.framer.push(Buffer.from(piece));
    for (let unit: Framed | null = codec.framer.next(); unit !== null; unit = codec.framer.next()) {
      if (unit.kind === "noise") noise += unit.bytes.length;
      if (unit.kind !== "frame") continue;
      frames.push(unit.bytes.toString("hex"));
      readings.push(codec.decode(unit.bytes));
    }
  }
  return { frames, readings, noise };
}

function replyOf({ reply }: Reading): string | null {
  const accepted = { type: "accepted", identity: { trackerId: 1, deviceId: IMEI, profile: {}, secret: null } } as const;
  return (typeof reply === "function" ? reply(accepted) : reply)?.toString("hex") ?? null;
}

/** Frames of the usual form; one has a length of zero, one is of UDP. */
const sound = corpus.filter(({ dir, hex }) => dir === "up" && hex.startsWith("00000000") && bodyOf(Buffer.from(hex, "hex")) !== null);
const others = corpus.filter((frame) => frame.dir === "up" && !sound.includes(frame));

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("real frames", () => {
    it.each(sound)("$source: framed, answered by its count, no invented text", ({ hex, carries }) => {
      const bytes = Buffer.from(hex, "hex");
      const { frames, readings, noise } = readAll(loggedIn(), [bytes]);
      expect(frames).toEqual([hex]);
      expect(noise).toBe(0);
      expect(
        readAll(
          loggedIn(),
          [...bytes].map((byte) => Buffer.of(byte)),
        ).frames,
      ).toEqual([hex]);
      const [reading = { events: [] }] = readings;
      expect(reading.events.map(({ type }) => type)).not.toContain("bad");
      const count = [0x07, 0x08, 0x8e, 0x10].includes(bytes[8] ?? 0) ? `000000${hex.slice(18, 20)}` : null;
      expect(replyOf(reading)).toBe(count);
      const texts = reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []));
      if (carries?.readable !== true) expect(texts).toEqual([]);
      const { title } = teltonika.explain(bytes, "up");
      expect(title).not.toContain("not a");
    });

    it("speed is read wherever the records are of the documented form", () => {
      const readable = sound.filter(({ hex }) => ["08", "8e", "10"].includes(hex.slice(16, 18)));
      const read = readable.filter(({ hex }) => readAll(loggedIn(), [Buffer.from(hex, "hex")]).readings[0]?.events[0]?.type === "status");
      // Two captures of one device have bytes more in each record.
      expect(read.length / readable.length).toBeGreaterThan(0.8);
    });

    it.each(others)("$source: nothing is acknowledged, no text, no error", ({ hex }) => {
      const { readings, noise } = readAll(loggedIn(), [Buffer.from(hex, "hex")]);
      const login = readings.find(({ events }) => events.some(({ type }) => type === "hello"));
      for (const reading of readings) {
        expect(reading.events.map(({ type }) => type)).not.toContain("text");
        if (reading !== login) expect(replyOf(reading)).toBeNull();
      }
      expect(login !== undefined || noise > 0 || readings.some(({ events }) => events.some(({ type }) => type === "bad"))).toBe(true);
    });

    it("all joined come out one by one, behind a login", () => {
      const login = corpus.find(({ hex }) => hex.startsWith("ff000f"));
      const hexes = sound.map(({ hex }) => hex);
      const { frames, readings } = readAll(loggedIn(), [Buffer.from([login?.hex, ...hexes].join(""), "hex")]);
      expect(frames).toEqual([login?.hex.slice(2), ...hexes]);
      expect(readings[0]?.events).toEqual([{ type: "hello", scope: "login", key: IMEI, password: null }]);
    });

    it("to devices: the command is the frame this codec writes", () => {
      const down = corpus.find(({ dir, carries }) => dir === "down" && carries !== undefined);
      const encoded = loggedIn({ inner: "none", console: true }).encode({
        type: "text",
        text: down?.carries?.text ?? "",
        urgent: false,
        tag: 1,
      });
      expect(encoded.type === "parts" && encoded.parts[0].bytes.toString("hex")).toBe(down?.hex);
    });
  });
