/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { Gt06Framer } from "../../protocols/gt06/framer.ts";
import { gt06 } from "../../protocols/gt06/index.ts";
import { crc16X25 } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { bytesOf, knownTo, replyOf, singly, unitsOf } from "./page-frames.ts";

const { there, frames: corpus } = corpusOf("gt06");
/** One was cut before its last byte. */
const ups = corpus.filter(({ dir, hex }) => dir !== "down" && hex.endsWith("0d0a"));

/** The CRC by the book, whatever the length says. */
function isSound(hex: string): boolean {
  const bytes = bytesOf(hex);
  return crc16X25(bytes.subarray(2, -4)) === bytes.readUInt16BE(bytes.length - 4);
}

function typeOf(hex: string): number {
  return Number.parseInt(hex.slice(hex.startsWith("7979") ? 8 : 6).slice(0, 2), 16);
}

/** By the page: replies, commands and 0x94 want nothing; serial data and inquiries nobody is known to answer. */
const UNANSWERED = [0x15, 0x21, 0x80, 0x81, 0x82, 0x94, 0x9b];

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("real frames", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const whole = ups.map(({ hex }) => `frame ${hex}`);
      const stream = bytesOf(ups.map(({ hex }) => hex).join(""));
      expect(unitsOf(new Gt06Framer(), [stream])).toEqual(whole);
      expect(unitsOf(new Gt06Framer(), singly(stream))).toEqual(whole);
    });

    it("one that lost its end does not hide the next", () => {
      const cut = corpus.find(({ dir, hex }) => dir === "up" && !hex.endsWith("0d0a"));
      const next = ups.at(-1)?.hex ?? "";
      const stream = `${cut?.hex}${next}`;
      expect(unitsOf(new Gt06Framer(), [bytesOf(stream)])).toEqual([`noise ${cut?.hex}`, `frame ${next}`]);
    });

    it.each(ups)("$source: no invented text, answered if its CRC is right", ({ hex, carries }) => {
      const codec = knownTo(gt06, { console: true });
      const reading = codec.decode(bytesOf(hex));
      const sound = isSound(hex);
      const texts = reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []));
      const said = sound && ["0x15", "0x21"].includes(carries?.what ?? "");
      expect(texts).toHaveLength(said ? 1 : 0);
      for (const text of texts) expect(carries?.text).toContain(text);
      expect(reading.events.some(({ type }) => type === "bad")).toBe(!sound);
      const { title } = gt06.explain(bytesOf(hex), "up");
      expect(title.startsWith("not a")).toBe(!sound);
      const reply = replyOf(reading);
      if (!sound || UNANSWERED.includes(typeOf(hex))) return void expect(reply).toBeNull();
      expect(typeOf(reply ?? "")).toBe(typeOf(hex));
      expect(reply?.slice(-12, -8)).toBe(hex.slice(-12, -8));
      expect(isSound(reply ?? "")).toBe(true);
    });

    it("of a closed console are no texts at all", () => {
      const events = ups.flatMap(({ hex }) => knownTo(gt06).decode(bytesOf(hex)).events);
      expect(events.map(({ type }) => type)).not.toContain("text");
      expect(events.map(({ type }) => type)).not.toContain("receipt");
    });

    it("logins are recognised and give their IMEI", () => {
      const logins = ups.filter(({ hex }) => hex.startsWith("7878") && typeOf(hex) === 0x01 && isSound(hex));
      expect(logins.length).toBeGreaterThan(3);
      for (const { hex } of logins) {
        expect(gt06.detect(bytesOf(hex))).toBe("yes");
        const key = hex.slice(9, 24);
        expect(knownTo(gt06).decode(bytesOf(hex)).events).toEqual([{ type: "hello", scope: "login", key, password: null }]);
      }
    });
  });
