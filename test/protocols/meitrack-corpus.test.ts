/** Frames of real Meitrack trackers, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { meitrack } from "../../protocols/meitrack/index.ts";
import { sum8 } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { online, replyOf, singles, textsOf, unitsOf } from "./plain-frames.ts";

const { there, frames } = corpusOf("meitrack");
/** A decoder's test leaves out the line end. */
const ups = frames
  .filter(({ dir }) => dir !== "down")
  .map((frame) => ({ ...frame, wire: frame.hex.endsWith("0d0a") ? frame.hex : `${frame.hex}0d0a` }));

/** Header and check by the book, read here a second time. */
function byTheBook(hex: string): { readonly sound: boolean; readonly letter: string; readonly imei: string; readonly command: string } {
  const bytes = Buffer.from(hex, "hex");
  const [, imei = "", command = ""] = bytes.toString("latin1").split(",");
  const star = bytes.lastIndexOf("*");
  const check = Number.parseInt(bytes.toString("latin1", star + 1, star + 3), 16);
  return { sound: check === sum8(bytes.subarray(0, star + 1)), letter: bytes.toString("latin1", 2, 3), imei, command: command.slice(0, 3) };
}

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(frames.length > 0);
});

if (there)
  describe("frames of real trackers", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const all = ups.map(({ wire }) => wire);
      const wanted = all.map((hex) => ({ kind: "frame", bytes: Buffer.from(hex, "hex") }));
      const bytes = Buffer.from(all.join(""), "hex");
      expect(unitsOf(meitrack.connect().framer, [bytes])).toEqual(wanted);
      expect(unitsOf(meitrack.connect().framer, singles(bytes))).toEqual(wanted);
      for (const [index, hex] of all.entries())
        expect(unitsOf(meitrack.connect().framer, [Buffer.from(hex, "hex")])).toEqual([wanted[index]]);
    });

    it.each(ups)("$source", ({ hex, wire, carries }) => {
      const { sound, letter, imei, command } = byTheBook(hex);
      const frame = Buffer.from(wire, "hex");
      expect(meitrack.detect(frame.subarray(0, 64))).toBe("yes");
      const hello = { type: "hello", scope: "login", key: imei, password: null };
      expect(meitrack.connect().decode(frame).events).toEqual(sound ? [hello] : [expect.objectContaining({ type: "bad" })]);

      const reading = online(meitrack).decode(frame);
      expect(textsOf(reading)).toEqual(carries === undefined ? [] : [carries.text]);
      expect(reading.events.some(({ type }) => type === "bad")).toBe(!sound);
      const answered = sound && (command === "CCC" || command === "AAC");
      const answer = replyOf(reading);
      if (!answered) return void expect(answer).toBeNull();
      expect(answer).toMatch(new RegExp(`^@@${command === "AAC" ? "z" : `\\${letter}`}\\d+,${imei},${command},\\d+\\*[0-9A-F]{2}\r\n$`));
    });

    it("speed is read from every event with a fix", () => {
      const fixed = ups.filter(({ hex }) => byTheBook(hex).sound && /,AAA,.*,A,/.test(Buffer.from(hex, "hex").toString("latin1")));
      expect(fixed.length).toBeGreaterThan(0);
      for (const { wire } of fixed)
        expect(online(meitrack).decode(Buffer.from(wire, "hex")).events).toEqual([{ type: "status", speedKmh: expect.any(Number) }]);
    });
  });
