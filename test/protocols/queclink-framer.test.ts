/** Queclink on the wire: detection, and the same frames however a stream is cut. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FRAME_BYTES, QueclinkFramer } from "../../protocols/queclink/framer.ts";
import { queclink } from "../../protocols/queclink/index.ts";
import type { Direction } from "../../src/core/index.ts";
import { cut, FRAMES, framesOf, unitsOf } from "./queclink-frames.ts";

const REPORT = "+RESP:GTDAT,060228,135790246811220,,x,20090214093254,0007$";

describe("detection", () => {
  it.each([
    ["+RESP:GTFRI", "yes"],
    ["+BUFF:", "yes"],
    ["+ACK:", "yes"],
    ["+NACK:", "yes"],
    ["+ACK\u0001", "yes"],
    ["+RSP\u0007", "yes"],
    ["+HBD", "yes"],
    ["+ACK", "more"],
    ["+RES", "more"],
    ["+", "more"],
    ["", "more"],
    ["+SACK:", "no"],
    ["+RESP;", "no"],
    ["AT+GTDAT", "no"],
    ["$", "no"],
    ["#L#", "no"],
    ["GET / HTTP/1.1", "no"],
    ["SSH-2.0", "no"],
    ["\u0016\u0003\u0001", "no"],
  ] as const)("%j: %s", (head, answer) => {
    expect(queclink.detect(Buffer.from(head, "latin1"))).toBe(answer);
  });
});

describe("framing", () => {
  const hex = (head: string, at: number, size: 1 | 2): Buffer => {
    const frame = Buffer.concat([
      Buffer.from(head),
      Buffer.from("\u0001$+RESP:GT,\0\r\n", "latin1"),
      Buffer.alloc(20, 7),
      Buffer.from("\r\n"),
    ]);
    frame.writeUIntBE(frame.length, at, size);
    return frame;
  };
  const HEX = [hex("+RSP", 9, 2), hex("+BVT", 9, 2), hex("+INF", 7, 2), hex("+LGN", 6, 2), hex("+HBD", 5, 1), hex("+ACK", 6, 1)];

  it("takes frames of the HEX mode whole, whatever is in them", () => {
    const wanted = HEX.map((frame) => frame.toString("hex"));
    expect(framesOf(new QueclinkFramer("up"), [Buffer.concat(HEX)])).toEqual(wanted);
    expect(framesOf(new QueclinkFramer("up"), cut(Buffer.concat(HEX), [1]))).toEqual(wanted);
  });

  it("gives the same frames and noise however a stream is cut", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...FRAMES.map(({ ascii }) => Buffer.from(ascii)),
        ...FRAMES.map(({ ascii }) => Buffer.from(ascii.slice(0, -1))),
        ...HEX,
      ),
      fc
        .constantFrom("$", "\0", "\r\n", "+", "+RES", "+ACK", "+RSP", "+RESP:", "+RESP:GTDAT,", ",20240426115205,2683", "AT+", "+0800")
        .map((words) => Buffer.from(words)),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: MAX_FRAME_BYTES - 8, max: MAX_FRAME_BYTES + 8 }).map((size) => Buffer.alloc(size, "x")),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), sizes, fc.constantFrom<Direction>("up", "down"), (pieces, turns, direction) => {
        const stream = Buffer.concat(pieces);
        expect(story(direction, cut(stream, turns))).toEqual(story(direction, [stream]));
      }),
      { numRuns: 500 },
    );
  });

  it("every frame of fifty in one write, and half of one at every byte", () => {
    const one = Buffer.from(REPORT);
    expect(framesOf(new QueclinkFramer("up"), [Buffer.concat(Array<Buffer>(50).fill(one))])).toHaveLength(50);
    for (let end = 1; end < one.length; end += 1) {
      const framer = new QueclinkFramer("up");
      expect(unitsOf(framer, [one.subarray(0, end)])).toEqual([]);
      expect(framer.buffered).toBe(end);
      expect(framesOf(framer, [one.subarray(end)])).toHaveLength(1);
    }
  });

  it("the longest frame is taken, a longer one is noise, and little is held back", () => {
    const longest = `${"+RESP:GTDAT,".padEnd(MAX_FRAME_BYTES - 1, "x")}$`;
    expect(framesOf(new QueclinkFramer("up"), [Buffer.from(longest)])).toHaveLength(1);
    const framer = new QueclinkFramer("up");
    expect(framesOf(framer, [Buffer.from(`+RESP:GTDAT,x${longest.slice(12)}`)])).toEqual([]);
    expect(framer.buffered).toBe(0);
    for (let turn = 0; turn < 10; turn += 1) {
      unitsOf(framer, [Buffer.from("+RESP:GTDAT,"), Buffer.alloc(1000, "y")]);
      expect(framer.buffered).toBeLessThan(MAX_FRAME_BYTES);
    }
  });
});

function story(direction: Direction, pieces: readonly Buffer[]): readonly string[] {
  const told: string[] = [];
  let noise = "";
  for (const unit of unitsOf(new QueclinkFramer(direction), pieces)) {
    if (unit.kind === "noise") noise += unit.bytes.toString("hex");
    else told.push(unit.kind === "broken" ? unit.reason : unit.bytes.toString("hex"));
  }
  return [...told, noise];
}
