/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { GalileoskyFramer } from "../../protocols/galileosky/framer.ts";
import { galileosky } from "../../protocols/galileosky/index.ts";
import { recordsIn } from "../../protocols/galileosky/status.ts";
import { crc16Modbus, type Reading } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { bytesOf, IMEI, replyOf, singly, unitsOf } from "./page-frames.ts";

const { there, frames: corpus } = corpusOf("galileosky");
const ups = corpus.filter(({ dir }) => dir !== "down");

function isSound(hex: string): boolean {
  const bytes = bytesOf(hex);
  return crc16Modbus(bytes.subarray(0, -2)) === bytes.readUInt16LE(bytes.length - 2);
}

const isIridium = (hex: string): boolean => hex.startsWith("01") && hex.slice(6, 12) === "01001c";

/** What the page asks for: `read` unless the checksum is wrong; an Iridium message has none, and no acknowledgement. */
function byTheBook(hex: string): { readonly read: boolean; readonly keys: readonly string[]; readonly acknowledgement: string | null } {
  if (isIridium(hex)) return { read: true, keys: [], acknowledgement: null };
  if (!isSound(hex)) return { read: false, keys: [], acknowledgement: null };
  const imei = /03((?:3[0-9]){15})/.exec(hex)?.[1];
  const keys = imei === undefined ? [] : [bytesOf(imei).toString("latin1")];
  return { read: true, keys, acknowledgement: `${hex.startsWith("07") ? "07" : "02"}${hex.slice(-4)}` };
}

/** Before the login, and on the line of whoever it is. */
function readTwice(hex: string): { readonly first: Reading; readonly reading: Reading } {
  const codec = galileosky.connect();
  const first = codec.decode(bytesOf(hex));
  codec.identified({ trackerId: 1, deviceId: IMEI, profile: { console: true }, secret: null });
  return { first, reading: codec.decode(bytesOf(hex)) };
}

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("real frames", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const whole = ups.map(({ hex }) => `frame ${hex}`);
      const stream = bytesOf(ups.map(({ hex }) => hex).join(""));
      expect(unitsOf(new GalileoskyFramer(), [stream])).toEqual(whole);
      expect(unitsOf(new GalileoskyFramer(), singly(stream))).toEqual(whole);
    });

    it.each(ups)("$source: known by its IMEI, acknowledged by its checksum, no invented text", ({ hex, carries }) => {
      const expected = byTheBook(hex);
      const { first, reading } = readTwice(hex);
      expect(first.events.flatMap((event) => (event.type === "hello" ? [event.key] : []))).toEqual(expected.keys);
      if (expected.keys.length > 0) {
        expect(galileosky.detect(bytesOf(hex).subarray(0, 64))).toBe("yes");
        expect(replyOf(first)).toBe(expected.acknowledgement);
      }
      const said = expected.read && carries !== undefined ? [carries.text] : [];
      expect(reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []))).toEqual(said);
      expect(reading.events.some(({ type }) => type === "bad")).toBe(!expected.read);
      expect(replyOf(reading)).toBe(expected.acknowledgement);
      expect(galileosky.explain(bytesOf(hex), "up").title.startsWith("not a")).toBe(!expected.read);
    });

    it("have tags of known sizes throughout", () => {
      const packs = ups.filter(({ hex }) => hex.startsWith("01") && !isIridium(hex));
      for (const { hex } of packs) expect(recordsIn(bytesOf(hex).subarray(3, -2)), hex.slice(0, 40)).not.toBeNull();
    });
  });
