/** Meitrack's packets out of a stream: bounds, lengths that lie, packets that are cut off, the first packet of a line. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FRAME_BYTES, MeitrackFramer } from "../../protocols/meitrack/framer.ts";
import { meitrack } from "../../protocols/meitrack/index.ts";
import { writePacket } from "../../protocols/meitrack/wire.ts";
import { bytesOf, framesOfPage, online, replyOf, singles, unitsOf } from "./plain-frames.ts";

const FRAMES = framesOfPage("meitrack");
const IMEI = "867000000000001";

function up(command: string, data: Buffer | string, letter = "A", imei = IMEI): Buffer {
  return writePacket({ direction: "up", letter, imei, command, data });
}

describe("framing", () => {
  it("bounds: four digits, and no packet without an end is waited for beyond them", () => {
    const framer = new MeitrackFramer("up");
    const endless = Buffer.concat([Buffer.from("$$A9999,"), Buffer.alloc(MAX_FRAME_BYTES, "x")]);
    expect(unitsOf(framer, [endless]).map(({ kind }) => kind)).toEqual(["noise"]);
    expect(unitsOf(new MeitrackFramer("up"), singles(endless)).every(({ kind }) => kind === "noise")).toBe(true);
    expect(unitsOf(new MeitrackFramer("up"), [Buffer.from("$$A99999,")])[0]?.kind).toBe("noise");
    const largest = up("CCE", Buffer.alloc(9_999 - 26, 0xff));
    expect(unitsOf(new MeitrackFramer("up"), [largest])).toEqual([{ kind: "frame", bytes: largest }]);
    expect(largest.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  it("lengths that lie, of binary packets", () => {
    const sound = up("CCC", Buffer.from([2, 1, 0x34, 0, 1, 0, 0, 0, ...Buffer.alloc(0x34)]));
    for (const length of ["0", "1", "26", "60", "300"]) {
      const lying = Buffer.from(sound.toString("latin1").replace(/\d+/, length), "latin1");
      const all = unitsOf(new MeitrackFramer("up"), [Buffer.concat([lying, sound, Buffer.alloc(300, 0x20)])]);
      expect(all.some((unit) => unit.kind === "frame" && unit.bytes.equals(sound))).toBe(true);
    }
  });

  it("what looks like an end inside a packet is none", () => {
    const photo = up("D00", Buffer.from("a.jpg,2,1,plain as text*FF\r\n\xff\xd9", "latin1"));
    for (const bytes of [photo, up("AAC", "a*41$$b"), up("AAC", "a*41"), up("CCE", Buffer.from("ab*41\r\n$$B"))]) {
      expect(unitsOf(new MeitrackFramer("up"), [bytes])).toEqual([{ kind: "frame", bytes }]);
      expect(unitsOf(new MeitrackFramer("up"), singles(bytes))).toEqual([{ kind: "frame", bytes }]);
    }
  });

  it("a packet that is cut off at any byte spoils nothing but itself", () => {
    const sound = up("AAA", "35,22.513574,114.057147");
    const cut = up("AAC", "35,22.513574,114.057147*41,$$");
    for (let length = 0; length < cut.length - 2; length += 1) {
      const units = unitsOf(new MeitrackFramer("up"), [Buffer.concat([cut.subarray(0, length), sound])]);
      expect(units.at(-1)).toEqual({ kind: "frame", bytes: sound });
    }
  });

  it("cheap, however a stream is cut", () => {
    const stream = Buffer.concat(Array.from({ length: 40 }, () => up("CCE", Buffer.alloc(1_000, 0x41))));
    const started = process.cpuUsage();
    expect(unitsOf(new MeitrackFramer("up"), singles(stream))).toHaveLength(40);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});

describe("detection", () => {
  it("by the head of the first packet, as soon as it can be told", () => {
    const head = Buffer.from("$$m28,013777001338688,C13,OK*1C\r\n");
    for (let length = 0; length < 11; length += 1) expect(meitrack.detect(head.subarray(0, length))).toBe("more");
    for (let length = 11; length < head.length; length += 1) expect(meitrack.detect(head.subarray(0, length))).toBe("yes");
    for (const letter of ["{", "[", "\\", "]", "^", "_", "`", "A", "z"])
      expect(meitrack.detect(Buffer.from(`$$${letter}128,01377`))).toBe("yes");
  });

  it.each([
    "@@m42,013777001338688",
    "$",
    "$$m28,0137",
    "$$$m28,01377",
    "$$128,01377",
    "$$m,013777",
    "$$m12345,0",
    "$$m28,x",
    "GET / HTTP",
    "[3G*",
  ])("not %s", (head) => expect(meitrack.detect(Buffer.from(head))).toBe("$$m28,01377".startsWith(head) ? "more" : "no"));
});

describe("a line without a login", () => {
  it("the first packet names the tracker and is read once it is known", () => {
    const codec = meitrack.connect();
    const first = up("AAC", "1");
    const [unit] = unitsOf(codec.framer, [first]);
    const reading = codec.decode(unit?.kind === "frame" ? unit.bytes : Buffer.alloc(0));
    expect(reading).toEqual({ events: [{ type: "hello", scope: "login", key: IMEI, password: null }], again: true });
    codec.identified({ trackerId: 1, deviceId: IMEI, profile: {}, secret: null });
    expect(replyOf(codec.decode(first))).toContain(",AAC,1*");
    expect(codec.decode(up("AAA", "1", "A", "867000000000002")).events[0]).toMatchObject({ type: "hello", key: "867000000000002" });
  });

  it("no identity is too odd to be refused, and none reaches the session unchecked", () => {
    for (const imei of ["", "1234", "9".repeat(21), "..", "{}", "86700000000000a", "1".repeat(4_000)])
      expect(meitrack.connect().decode(up("AAA", "1", "A", imei)).events[0]?.type).toBe("bad");
  });
});

describe("nothing throws", () => {
  const seeds = fc.constantFrom(...FRAMES.map(bytesOf), up("CCC", Buffer.from("02013400", "hex")), up("CCE", Buffer.alloc(12)));
  const mutated = fc.tuple(seeds, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat()).map(([seed, changes, cut]) => {
    const bytes = Buffer.from(seed);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.subarray(0, 1 + (cut % (bytes.length + 20)));
  });
  const content = fc
    .tuple(fc.constantFrom("AAA", "CCE", "CCC", "D75", "D76", "C13", "D00"), fc.uint8Array({ maxLength: 80 }))
    .map(([command, data]) => up(command, Buffer.from(data)));
  const any = fc.oneof(
    mutated,
    content,
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  );

  it("in decode, explain and detect, whatever comes", () => {
    fc.assert(
      fc.property(any, (bytes) => {
        online(meitrack).decode(bytes);
        meitrack.connect().decode(bytes);
        meitrack.explain(bytes, "up");
        meitrack.explain(bytes, "down");
        meitrack.detect(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
