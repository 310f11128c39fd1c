/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { type Address, parseFrame } from "../../protocols/jt808/header.ts";
import { jt808 } from "../../protocols/jt808/index.ts";
import { type Framed, xor8 } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { loggedIn, replyOf } from "./jt808-frames.ts";

const { there, frames: corpus } = corpusOf("jt808");
/** Up-going frames; those of a decoder's test come unescaped, as its framer hands them over. */
const ups = corpus
  .filter(({ dir, hex }) => dir === "up" && hex.startsWith("7e"))
  .map((frame) => ({ ...frame, wire: frame.kind === "protocol-decoder" ? escaped(frame.hex) : frame.hex }));

function escaped(hex: string): string {
  const content = (hex.slice(2, -2).match(/../g) ?? []).map((byte) => (byte === "7d" ? "7d01" : byte === "7e" ? "7d02" : byte));
  return `7e${content.join("")}7e`;
}

function framesOf(pieces: readonly Buffer[]): readonly string[] {
  const { framer } = jt808.connect();
  const frames: string[] = [];
  for (const piece of pieces) {
    framer.push(piece);
    for (let unit: Framed | null = framer.next(); unit !== null; unit = framer.next())
      if (unit.kind === "frame") frames.push(unit.bytes.toString("hex"));
  }
  return frames;
}

/** Header, body and check by the book, read here a second time. */
function byTheBook(hex: string): { readonly sound: boolean; readonly key: string; readonly address: Address; readonly encrypted: boolean } {
  const plain = Buffer.from(hex.slice(2, -2), "hex");
  const props = plain.readUInt16BE(2);
  const long = (props & 0x4000) !== 0;
  const phone = plain.subarray(long ? 5 : 4, long ? 15 : 10);
  const size = (long ? 17 : 12) + ((props & 0x2000) === 0 ? 0 : 4) + (props & 0x3ff) + 1;
  const sound = xor8(plain) === 0 && plain.length === size;
  return {
    sound,
    key: phone.toString("hex"),
    address: { form: long ? "long" : "short", version: plain[4] ?? 0, phone },
    encrypted: (props & 0x1c00) !== 0,
  };
}

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("frames of real devices", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const all = ups.map(({ wire }) => wire);
      const bytes = Buffer.from(all.join(""), "hex");
      expect(framesOf([bytes])).toEqual(all);
      expect(framesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(all);
      expect(framesOf([Buffer.from("24247e307d02087d01557e", "hex")])).toEqual(["7e307d02087d01557e"]);
    });

    it.each(ups.filter(({ hex }) => hex.length > 40))("$source", ({ hex, wire, carries }) => {
      const { sound, key, address, encrypted } = byTheBook(hex);
      const codec = loggedIn({}, address);
      const reading = codec.decode(Buffer.from(wire, "hex"));
      const texts = reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []));
      expect(texts).toEqual(carries?.what === "0x6006" ? [carries.text.slice(1)] : []);
      expect(reading.events.some(({ type }) => type === "bad")).toBe(!sound || encrypted);
      jt808.explain(Buffer.from(wire, "hex"), "up");
      if (!sound) return void expect(reading.reply).toBeUndefined();
      const parsed = parseFrame(Buffer.from(wire, "hex"));
      if (parsed.type === "bad") throw new Error(parsed.reason);
      const reply = replyOf(reading);
      expect(parseFrame(reply ?? Buffer.alloc(0))).toMatchObject({ packet: { header: { address: { phone: address.phone } } } });
      const note = jt808.explain(Buffer.from(wire, "hex"), "up").fields.find(({ name }) => name === "phone")?.note;
      expect(note).toMatch(/^\d+$/.test(key) ? new RegExp(`^device id ${key}$`) : /^device id \d{15}$/);
    });

    it("to devices: the text carrier is the frame this codec writes", () => {
      const down = corpus.find(({ dir, carries }) => dir === "down" && carries?.what === "0x8300");
      const codec = jt808.connect();
      codec.identified({ trackerId: 1, deviceId: "123456789012347", profile: { flags: { normal: 1 } }, secret: null });
      const encoded = codec.encode({ type: "text", text: down?.carries?.text.slice(1) ?? "", urgent: false, tag: 0 });
      expect(encoded.type === "parts" && encoded.parts[0].bytes.toString("hex")).toBe(down?.hex);
    });
  });
