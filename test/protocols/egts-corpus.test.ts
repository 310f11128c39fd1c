/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { egts } from "../../protocols/egts/index.ts";
import { crc8Nrsc5, crc16CcittFalse } from "../../src/core/index.ts";
import { corpusOf } from "./corpus.ts";
import { bytesOf, framesOf, loggedIn, packetOf, replyOf } from "./egts-frames.ts";

const { there, frames: real } = corpusOf("egts");
const corpus = real.filter(({ dir }) => dir !== "down");

/** The packet by the book, read here a second time. */
function byTheBook(hex: string): Book {
  const bytes = bytesOf(hex);
  const [head = 0, size] = [bytes[3], bytes.readUInt16LE(5)];
  const data = bytes.subarray(head, head + size);
  const sound =
    crc8Nrsc5(bytes.subarray(0, head - 1)) === bytes[head - 1] && (size === 0 || bytes.readUInt16LE(head + size) === crc16CcittFalse(data));
  const numbers: number[] = [];
  const response = bytes[9] === 0;
  let identity: string | null = null;
  for (let at = response ? 3 : 0; at < data.length; ) {
    const flags = data.readUInt8(at + 4);
    numbers.push(data.readUInt16LE(at + 2));
    const start = at + 7 + 4 * ((flags & 1) + ((flags >> 1) & 1) + ((flags >> 2) & 1));
    identity ??= imeiAt(data, start) ?? ((flags & 1) === 1 ? String(data.readUInt32LE(at + 5)) : null);
    at = start + data.readUInt16LE(at);
  }
  return { sound, pid: bytes.readUInt16LE(7), response, numbers, identity };
}

/** IMEI of the TERM_IDENTITY that begins here, or null. */
function imeiAt(data: Buffer, start: number): string | null {
  if (data[start - 2] !== 1 || data[start] !== 1) return null;
  const imei = start + 8 + 2 * ((data[start + 7] ?? 0) & 1);
  return data.toString("latin1", imei, imei + 15).replaceAll("\0", "");
}

interface Book {
  readonly sound: boolean;
  readonly pid: number;
  readonly response: boolean;
  /** Of its records. */
  readonly numbers: readonly number[];
  /** IMEI of TERM_IDENTITY, else the first object. */
  readonly identity: string | null;
}

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(real.length > 0);
});

if (corpus.length > 0)
  describe("frames of real devices", () => {
    it("are framed exactly, whole, byte by byte and joined", () => {
      const all = corpus.map(({ hex }) => hex);
      const bytes = bytesOf(all.join(""));
      expect(framesOf([bytes])).toEqual(all);
      expect(framesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(all);
    });

    it.each(corpus)("$source", ({ hex, carries }) => {
      const book = byTheBook(hex);
      const frame = bytesOf(hex);
      egts.explain(frame, "up");
      const fresh = egts.connect().decode(frame);
      const hellos = fresh.events.flatMap((event) => (event.type === "hello" ? [event.key] : []));
      expect(hellos).toEqual(book.sound && !book.response && book.identity !== null ? [book.identity] : []);

      const reading = loggedIn().decode(frame);
      const texts = reading.events.flatMap((event) => (event.type === "text" ? [event.text] : []));
      expect(texts).toEqual(carries === undefined ? [] : [carries.text]);
      expect(reading.events.some(({ type }) => type === "bad")).toBe(!book.sound);
      const reply = replyOf(reading);
      if (book.response) return void expect(reply).toBeNull();
      const [answer = ""] = framesOf([reply ?? Buffer.alloc(0)]);
      expect(packetOf(bytesOf(answer)).answer).toEqual({ pid: book.pid, result: book.sound ? 0 : 138 });
      if (book.sound) expect(byTheBookAnswers(answer)).toEqual(book.numbers);
    });
  });

/** Numbers of the records that this answer takes (RST 0), in order. */
function byTheBookAnswers(hex: string): readonly number[] {
  return packetOf(bytesOf(hex)).records.flatMap(({ subrecords }) =>
    (subrecords ?? []).filter(({ type, data }) => type === 0 && data[2] === 0).map(({ data }) => data.readUInt16LE(0)),
  );
}
