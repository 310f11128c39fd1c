import { describe, expect, it } from "vitest";
import {
  crc8Nrsc5,
  crc16Arc,
  crc16CcittFalse,
  crc16Kermit,
  crc16Modbus,
  crc16X25,
  LayoutError,
  layout,
  Parser,
  parseTranscript,
  sum8,
  TranscriptError,
  xor8,
} from "../../src/core/index.ts";

describe("checksums", () => {
  it("match their catalogue check values", () => {
    expect(crc16Arc(Buffer.from("123456789"))).toBe(0xbb3d);
    expect(crc16CcittFalse(Buffer.from("123456789"))).toBe(0x29b1);
    expect(crc16X25(Buffer.from("123456789"))).toBe(0x906e);
    expect(crc16Kermit(Buffer.from("123456789"))).toBe(0x2189);
    expect(crc16Modbus(Buffer.from("123456789"))).toBe(0x4b37);
    expect(crc8Nrsc5(Buffer.from("123456789"))).toBe(0xf7);
    expect(xor8(Buffer.from("123456789"))).toBe(0x31);
    expect(sum8(Buffer.from("123456789"))).toBe(0xdd);
  });
});

describe("layout", () => {
  const two = layout<{ a: number; body: Buffer }>("two", new Parser().uint8("a").uint8("size").buffer("body", { length: "size" }));

  it("reads what fits exactly", () => {
    expect(two.read(Buffer.from("0702aabb", "hex"))).toMatchObject({ a: 7, body: Buffer.from("aabb", "hex") });
  });

  it("gives what is left over to the field that takes the rest, and nothing that is missing", () => {
    const open = layout<{ head: Buffer; rest: Buffer }>("open", new Parser().buffer("head", { length: 2 }), "rest");
    expect(open.read(Buffer.from("0102aabb", "hex"))).toEqual({ head: Buffer.from("0102", "hex"), rest: Buffer.from("aabb", "hex") });
    expect(open.read(Buffer.from("0102", "hex")).rest).toHaveLength(0);
    expect(() => open.read(Buffer.from("01", "hex"))).toThrow(LayoutError);
  });

  it.each(["0702aa", "0702aabbcc", "07", ""])("refuses %j", (hex) => {
    expect(() => two.read(Buffer.from(hex, "hex"))).toThrow(LayoutError);
  });
});

describe("transcripts", () => {
  const HEAD = "title: t\nprotocol: p\n\n";

  it("are parsed step by step", () => {
    const { steps } = parseTranscript(
      `# why\n${HEAD}> "a\\r\\n"\n< 7e??7E\n# aside\nsend! "x"\nsend "q" ["a","b"]\nwait 15s\nsettled rejected no such\nstore down\n`,
    );
    expect(steps).toMatchObject([
      { type: "up", bytes: Buffer.from("a\r\n") },
      { type: "down", pattern: [0x7e, null, 0x7e] },
      { type: "send", text: "x", urgent: true, choices: null },
      { type: "send", text: "q", urgent: false, choices: ["a", "b"] },
      { type: "wait", ms: 15_000 },
      { type: "settled", outcome: "rejected", reason: "no such" },
      { type: "store", up: false },
    ]);
  });

  it.each(["> 7e?", "> 7g", "> ??", "walk", "send x", "wait long", "text 5"])("refuse %j and name the line", (step) => {
    expect(() => parseTranscript(`${HEAD}${step}\n`)).toThrow(TranscriptError);
    expect(() => parseTranscript(`${HEAD}${step}\n`)).toThrow(/line 4/);
  });

  it("refuse a missing header", () => {
    expect(() => parseTranscript("title: t\n\n")).toThrow(/protocol/);
  });
});
