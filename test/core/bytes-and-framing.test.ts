import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteQueue, FlagFramer, type Framed, type Framer, LineFramer } from "../../src/core/index.ts";

function all(framer: Framer): Framed[] {
  const out: Framed[] = [];
  for (let unit = framer.next(); unit !== null; unit = framer.next())
    out.push(unit.kind === "broken" ? unit : { ...unit, bytes: Buffer.from(unit.bytes) });
  return out;
}

function show(units: readonly Framed[]): string[] {
  return units.map((unit) => (unit.kind === "broken" ? "broken" : `${unit.kind} ${unit.bytes.toString("latin1")}`));
}

const flags = (): Framer => new FlagFramer({ flag: 0x7e, maxBytes: 12 });
const lines = (): Framer => new LineFramer({ maxBytes: 10 });

describe("ByteQueue", () => {
  it("gives back what went in, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.array(fc.nat(15)), (chunks, takes) => {
        const queue = new ByteQueue();
        let expected = Buffer.alloc(0);
        for (const [index, chunk] of chunks.entries()) {
          queue.push(Buffer.from(chunk));
          expected = Buffer.concat([expected, Buffer.from(chunk)]);
          const count = takes[index] ?? 0;
          expect(queue.take(count)).toEqual(expected.subarray(0, count));
          expected = expected.subarray(count);
          if (index % 2 === 0) queue.detach();
          expect(queue.view()).toEqual(expected);
        }
      }),
    );
  });

  it("does not keep the socket's chunk for a few bytes", () => {
    const queue = new ByteQueue();
    const chunk = Buffer.alloc(65_536);
    queue.push(chunk);
    queue.take(65_530);
    queue.detach();
    expect(queue.view().buffer.byteLength).toBeLessThan(100);
  });
});

describe("FlagFramer", () => {
  it.each([
    ["~ab~", ["frame ~ab~"]],
    ["~ab~~cd~", ["frame ~ab~", "frame ~cd~"]],
    ["xx~ab~", ["noise xx", "frame ~ab~"]],
    ["~~~~ab~", ["frame ~ab~"]],
    ["~ab", []],
    ["~0123456789~", ["frame ~0123456789~"]],
    ["~0123456789a~b~", ["noise ~0123456789a", "frame ~b~"]],
    ["~0123456789abcdef", ["noise ~0123456789abcdef"]],
  ])("%s", (bytes, units) => {
    const framer = flags();
    framer.push(Buffer.from(bytes));
    expect(show(all(framer))).toEqual(units);
  });

  describe.each(["whole", "byte by byte"])("with a flag that two frames may share, %s", (how) => {
    it.each([
      ["~ab~cd~", ["frame ~ab~", "frame ~cd~"]],
      ["~ab~cd~ab~~cd~", ["frame ~ab~", "frame ~cd~", "frame ~ab~", "frame ~cd~"]],
      ["~ab~x\r\n~cd~", ["frame ~ab~", "noise x\r\n", "frame ~cd~"]],
      ["~ab~0123456789~cd~", ["frame ~ab~", "noise 0123456789", "frame ~cd~"]],
      ["~ab~\r\n", ["frame ~ab~"]],
    ])("%j", (bytes, units) => {
      const framer = new FlagFramer({ flag: 0x7e, maxBytes: 12, valid: (frame) => frame.length === 4 });
      const seen: string[] = [];
      for (const piece of how === "whole" ? [bytes] : bytes) {
        framer.push(Buffer.from(piece));
        seen.push(...show(all(framer)));
      }
      expect(seen).toEqual(units);
      expect(framer.buffered).toBe(0);
    });
  });

  it("skips repeated flags that come one by one", () => {
    const framer = flags();
    const seen: string[] = [];
    for (const piece of "~~~ab~~") {
      framer.push(Buffer.from(piece));
      seen.push(...show(all(framer)));
    }
    expect(seen).toEqual(["frame ~ab~"]);
  });

  it("survives 64 KiB of flags", () => {
    const framer = flags();
    framer.push(Buffer.alloc(65_536, 0x7e));
    expect(all(framer)).toEqual([]);
    framer.push(Buffer.from("ab~"));
    expect(show(all(framer))).toEqual(["frame ~ab~"]);
  });
});

describe("LineFramer", () => {
  it.each([
    ["ab\r\ncd\n", ["frame ab", "frame cd"]],
    ["\n\r\n", ["frame ", "frame "]],
    ["ab\r", []],
    ["0123456789\r\n", ["frame 0123456789"]],
    ["0123456789a\r\nb\n", ["noise 0123456789a\r\n", "frame b"]],
    ["0123456789abc", ["broken"]],
  ])("%j", (bytes, units) => {
    const framer = lines();
    framer.push(Buffer.from(bytes));
    const seen: string[] = [];
    for (let unit = framer.next(); unit !== null && !seen.includes("broken"); unit = framer.next()) seen.push(...show([unit]));
    expect(seen).toEqual(units);
  });
});

describe.each([
  ["FlagFramer", flags, "~"],
  ["LineFramer", lines, "\n"],
])("%s", (_name, make, end) => {
  it("yields the same frames however valid input is cut", () => {
    const frame = fc.stringMatching(/^[a-d]{1,5}$/).map((body) => (end === "~" ? `~${body}~` : `${body}\n`));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (frames, sizes) => {
        const bytes = Buffer.from(frames.join(""));
        const whole = make();
        whole.push(bytes);
        const cut = make();
        const pieces: Framed[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          cut.push(bytes.subarray(at, at + size));
          pieces.push(...all(cut));
          at += size;
        }
        expect(show(pieces)).toEqual(show(all(whole)));
        expect(pieces).toHaveLength(frames.length);
      }),
    );
  });
});
