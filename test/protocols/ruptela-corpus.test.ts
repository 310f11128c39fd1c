/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { RuptelaFramer } from "../../protocols/ruptela/framer.ts";
import { ruptela } from "../../protocols/ruptela/index.ts";
import { crc16Kermit } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { bytesOf, IMEI, replyOf, singly, unitsOf } from "./page-frames.ts";

const { there, frames: corpus } = corpusOf("ruptela");
const ups = corpus.filter(({ dir }) => dir !== "down");
const sound = ups.filter(({ hex }) => isSound(hex));

/** Length and CRC by the book. */
function isSound(hex: string): boolean {
  const bytes = bytesOf(hex);
  return bytes.readUInt16BE(0) === bytes.length - 4 && crc16Kermit(bytes.subarray(2, -2)) === bytes.readUInt16BE(bytes.length - 2);
}

/** The answer of the page by the command. */
const ANSWERS: ReadonlyMap<number, string | null> = new Map([
  [1, "0002640113bc"],
  [68, "0002640113bc"],
  [7, null],
  [9, "00026d01c4a4"],
  [15, "00027301cb25"],
  [16, "00027401862d"],
]);

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("real frames", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const whole = sound.map(({ hex }) => `frame ${hex}`);
      const stream = bytesOf(sound.map(({ hex }) => hex).join(""));
      expect(unitsOf(new RuptelaFramer("up"), [stream])).toEqual(whole);
      expect(unitsOf(new RuptelaFramer("up"), singly(stream))).toEqual(whole);
      for (const { hex } of corpus.filter(({ dir }) => dir === "down"))
        expect(unitsOf(new RuptelaFramer("down"), [bytesOf(hex)])).toEqual([`frame ${hex}`]);
    });

    it.each(sound)("$source: known by its IMEI, answered, no invented text", ({ hex, carries }) => {
      const key = String(bytesOf(hex).readBigUInt64BE(2)).padStart(15, "0");
      const command = bytesOf(hex)[10] ?? 0;
      const codec = ruptela.connect();
      const first = codec.decode(bytesOf(hex));
      expect(first.events).toEqual([{ type: "hello", scope: "login", key, password: null }]);
      expect(ruptela.detect(bytesOf(hex))).toBe(command === 7 ? "no" : "yes");
      codec.identified({ trackerId: 1, deviceId: key, profile: { console: true }, secret: null });
      const reading = codec.decode(bytesOf(hex));
      for (const { events } of [reading]) expect(events.some(({ type }) => type === "bad")).toBe(false);
      const texts = reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []));
      expect(texts).toEqual(carries === undefined ? [] : [carries.text]);
      expect([replyOf(first), replyOf(reading)]).toEqual([ANSWERS.get(command), ANSWERS.get(command)]);
      expect(ruptela.explain(bytesOf(hex), "up").title).not.toContain("not");
    });

    it.each(ups.filter((frame) => !sound.includes(frame)))("$source: a false length, no answer and no text", ({ hex }) => {
      const beat = `0009${hex.slice(4, 20)}10`;
      const whole = Buffer.concat([bytesOf(beat), Buffer.alloc(2)]);
      whole.writeUInt16BE(crc16Kermit(whole.subarray(2, -2)), whole.length - 2);
      const codec = ruptela.connect();
      codec.decode(whole);
      codec.identified({ trackerId: 1, deviceId: IMEI, profile: { console: true }, secret: null });
      const units = unitsOf(codec.framer, [whole, bytesOf(hex), whole]);
      expect(units.at(-1)).toBe(`frame ${whole.toString("hex")}`);
      for (const unit of units.slice(1, -1)) {
        if (!unit.startsWith("frame ")) continue;
        const reading = codec.decode(bytesOf(unit.slice(6)));
        expect(reading.events.map(({ type }) => type)).toEqual(["bad"]);
        expect(replyOf(reading)).toBeNull();
      }
    });
  });
