/** Frames of watches out of a stream: lengths that lie, brackets where none should be, bounds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FRAME_BYTES, WatchFramer } from "../../protocols/watch/framer.ts";
import { watch } from "../../protocols/watch/index.ts";
import { escaped, writeFrame } from "../../protocols/watch/wire.ts";
import { bytesOf, framesOfPage, online, singles, unitsOf } from "./plain-frames.ts";

const ADDRESS = { maker: "3G", id: "8800000015", index: null };
const NEXT = frame("LK,0,0,53");

/** `length`: what it says instead of the truth. */
function frame(content: Buffer | string, length?: number): Buffer {
  const bytes = writeFrame(ADDRESS, content);
  if (length !== undefined) bytes.write(length.toString(16).toUpperCase().padStart(4, "0"), 15, "latin1");
  return bytes;
}

/** These frames come out, whole and byte by byte, and nothing else does. */
function expectFrames(...frames: readonly Buffer[]): void {
  const wanted = frames.map((bytes) => ({ kind: "frame", bytes }));
  const stream = Buffer.concat(frames);
  expect(unitsOf(new WatchFramer(), [stream])).toEqual(wanted);
  expect(unitsOf(new WatchFramer(), singles(stream))).toEqual(wanted);
}

describe("lengths", () => {
  it("that are right decide, whatever brackets there are", () => {
    for (const content of ["UD,[a]", "UD,a]b", "UD,[a", "UD,]]]", "UD,[[[", "UD,a][b", "XYZ,a]b,cdefgh", "AL,a]\r\n[", "LK,[a]"])
      expectFrames(frame(content), NEXT);
    expectFrames(frame(Buffer.from([0x54, 0x4b, 0x2c, ...Array.from({ length: 256 }, (_, byte) => byte)])), NEXT);
  });

  it("that count the bytes before escaping", () => {
    for (const payload of ["]", "[]}*,", "}}}}", "]]]]]]]]\xff", "plain"]) {
      const content = Buffer.concat([Buffer.from("TK,"), escaped(Buffer.from(payload, "latin1"))]);
      expectFrames(frame(content, 3 + payload.length), NEXT);
    }
  });

  it("that lie: of words without brackets in their content the first one ends the frame at once", () => {
    for (const content of ["LK", "LK,1,2,3", "MESSAGE", "TKQ", "heart,0", "POWEROFF", "SILENCETIME,21:10-7:30"])
      for (const length of [0, 1, content.length - 1, content.length + 1, 0xffff]) {
        expectFrames(frame(content, length));
        expectFrames(frame(content, length), NEXT);
      }
  });

  it("that lie: too short, and brackets that match", () => {
    for (const content of ["UD,[a]", "UD,[a],[b[c]],d", "AL", "FIND"])
      for (const length of [0, 1]) expectFrames(frame(content, length), NEXT);
  });

  it("that lie: the next frame of the same watch shows where this one ends", () => {
    for (const content of ["UD,[a", "UD,[a]", "FIND", "UD,a"]) expectFrames(frame(content, content.length + 7), NEXT, NEXT);
    expectFrames(frame("UD,[a", 2), NEXT);
    const index = writeFrame({ ...ADDRESS, maker: "ZJ", index: "0001" }, "FIND");
    index.write("0FFF", 20, "latin1");
    expectFrames(index, writeFrame({ ...ADDRESS, maker: "ZJ", index: "0002" }, "LK"));
  });

  it("that lie: with rubbish behind it a frame ends where its brackets matched first", () => {
    const stream = Buffer.concat([frame("FIND", 15), Buffer.from("xx[y]zzzzzz"), NEXT]);
    for (const pieces of [[stream], singles(stream)]) {
      const frames = unitsOf(new WatchFramer(), pieces).filter(({ kind }) => kind === "frame");
      expect(frames).toEqual([frame("FIND", 15), NEXT].map((bytes) => ({ kind: "frame", bytes })));
    }
  });

  it("a frame that looks complete is no half frame, one that does not is", () => {
    const buffered = (bytes: Buffer | string) => {
      const framer = new WatchFramer();
      framer.push(Buffer.from(bytes));
      expect(framer.next()).toBeNull();
      return framer.buffered;
    };
    expect(buffered(frame("FIND", 100))).toBe(0);
    expect(buffered(frame("UD,[a]", 100))).toBe(0);
    expect(buffered(frame("UD,[a", 100))).toBe(26);
    expect(buffered("[3G*8800000015*0002*L")).toBe(21);
    expect(buffered("[")).toBe(1);
  });
});

describe("bounds", () => {
  it("the longest frame, and one that never ends", () => {
    const longest = frame(Buffer.concat([Buffer.from("img,"), Buffer.alloc(0xffff - 4, 0x41)]));
    expectFrames(longest, NEXT);
    const endless = Buffer.concat([frame("UD,", 0xffff).subarray(0, -1), Buffer.alloc(MAX_FRAME_BYTES, 0x41), NEXT]);
    const units = unitsOf(new WatchFramer(), [endless]);
    expect(units.map(({ kind }) => kind)).toEqual(["noise", "frame"]);
    expect(units[0]?.kind === "noise" && units[0].reason).toBe("a frame without an end");
    expect(unitsOf(new WatchFramer(), singles(endless)).at(-1)).toEqual({ kind: "frame", bytes: NEXT });
  });

  it("a stream of beginnings without an end is given up", () => {
    const beginning = Buffer.concat([frame("UD,", 0xffff).subarray(0, -1), Buffer.alloc(10, 0x41)]);
    const units = unitsOf(new WatchFramer(), [Buffer.alloc(MAX_FRAME_BYTES * 2, beginning)]);
    expect(units.map(({ kind }) => kind)).toEqual(["noise", "noise", "noise", "broken"]);
    // Frames between them show that it is a watch all the same.
    const lone = Buffer.concat([beginning, Buffer.alloc(MAX_FRAME_BYTES, 0x41), NEXT]);
    const mixed = unitsOf(
      new WatchFramer(),
      Array.from({ length: 8 }, () => lone),
    );
    expect(mixed.filter(({ kind }) => kind === "broken")).toEqual([]);
    expect(mixed.filter(({ kind }) => kind === "frame")).toHaveLength(8);
  });

  it("cheap, however a stream is cut", () => {
    const started = process.cpuUsage();
    for (const length of [0, 1, 0xffff]) {
      const stream = Buffer.concat([frame("UD,[[", length).subarray(0, -1), Buffer.alloc(60_000, "]")]);
      expect(unitsOf(new WatchFramer(), singles(stream))).toHaveLength(length === 0xffff ? 0 : 1 + 59_997);
    }
    expect(process.cpuUsage(started).user).toBeLessThan(4_000_000);
  });

  it("a frame that is cut off at any byte spoils at most the next one", () => {
    const whole = frame("AL,220414,134652,A,[a]");
    for (let length = 0; length < whole.length; length += 1) {
      const units = unitsOf(new WatchFramer(), [Buffer.concat([whole.subarray(0, length), NEXT, NEXT, NEXT])]);
      expect(units.at(-1)?.kind === "frame" && units.at(-1)).toEqual({ kind: "frame", bytes: NEXT });
    }
  });
});

describe("nothing throws", () => {
  const seeds = fc.constantFrom(...framesOfPage("watch").map(bytesOf), frame("JXTK,0,a,1,1,x"), frame("img,1"), frame("UD,1,2,A"));
  const mutated = fc.tuple(seeds, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat()).map(([seed, changes, cut]) => {
    const bytes = Buffer.from(seed);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.subarray(0, 1 + (cut % (bytes.length + 20)));
  });
  const any = fc.oneof(
    mutated,
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  );

  it("in decode, explain and detect, whatever comes", () => {
    fc.assert(
      fc.property(any, fc.constantFrom({}, { media: "note" }), (bytes, profile) => {
        online(watch, profile).decode(bytes);
        watch.connect().decode(bytes);
        watch.explain(bytes, "up");
        watch.explain(bytes, "down");
        watch.detect(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("frames come out alike however the bytes are cut", () => {
    const pieces = fc.array(
      fc.oneof(
        seeds,
        fc.constantFrom(
          frame("UD,[a", 2),
          frame("FIND", 9),
          frame("UD,a]b", 3),
          Buffer.from("]"),
          Buffer.from("[3G*"),
          Buffer.from("x\r\n"),
        ),
      ),
      { minLength: 1, maxLength: 6 },
    );
    const framed = (cut: readonly Buffer[]) =>
      unitsOf(new WatchFramer(), cut).flatMap((unit) => (unit.kind === "frame" ? [unit.bytes.toString("latin1")] : []));
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }), (parts, sizes) => {
        const stream = Buffer.concat(parts);
        const cut: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          cut.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(framed(cut)).toEqual(framed([stream]));
      }),
      { numRuns: 1000 },
    );
  });
});
