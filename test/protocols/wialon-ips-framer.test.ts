/** The framer of Wialon IPS: the same frames however the stream is cut, and a bound for everything. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeContainer } from "../../protocols/wialon-ips/container.ts";
import { formatCrc } from "../../protocols/wialon-ips/crc.ts";
import { MAX_BATCH_BYTES, MAX_BODY_BYTES, MAX_LINE_BYTES, WialonFramer } from "../../protocols/wialon-ips/framer.ts";
import { readUnit } from "../../protocols/wialon-ips/packet.ts";
import { crc16Arc, type Framed } from "../../src/core/index.ts";
import { bytesOf, FRAMES, framesOf } from "./wialon-ips-frames.ts";

function up(...pieces: readonly (Buffer | string)[]): Framed[] {
  const framer = new WialonFramer("up");
  return pieces.flatMap((piece) => framesOf(framer, Buffer.from(piece)));
}

function shown(framed: readonly Framed[]): string[] {
  return framed.map((one) => (one.kind === "broken" ? one.reason : `${one.kind} ${one.bytes.toString("latin1")}`));
}

/** Noise runs of one stream may be cut differently; their bytes may not differ. */
function story(framed: readonly Framed[]): string {
  return shown(framed).join("\n");
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const BODY = Buffer.from("\xff#P#\r\n\0\n#L#x", "latin1");
const PHOTO = Buffer.concat([Buffer.from(`#I#${BODY.length};0;1;NA;NA;a.jpg;0000\r\n`), BODY]);

describe("any segmentation gives the same frames", () => {
  const pieces = fc.oneof(
    fc.constantFrom(...FRAMES.filter(({ dir }) => dir === "up").map((frame) => bytesOf(frame))),
    fc.constantFrom(
      PHOTO,
      makeContainer(Buffer.from("#P#")),
      Buffer.from("2.0;1#P#\n"),
      Buffer.from("\r\n"),
      Buffer.from("#T#1;2;0;0\nab"),
    ),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  );

  it("of any mixture of packets and noise", () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        (parts, sizes) => {
          const stream = Buffer.concat(parts);
          expect(story(up(...cut(stream, sizes)))).toBe(story(up(stream)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("of every frame of the specification, byte by byte and all at once", () => {
    const frames = FRAMES.filter(({ dir }) => dir === "up").map((frame) => bytesOf(frame));
    const wanted = frames.map((bytes) => `frame ${bytes.toString("latin1").replace(/\r\n$/, "")}`);
    const stream = Buffer.concat(frames);
    expect(shown(up(stream))).toEqual(wanted);
    expect(shown(up(...cut(stream, [1])))).toEqual(wanted);
  });
});

describe("lines", () => {
  it("end with LF or CR LF; empty ones are skipped", () => {
    expect(shown(up("#P#\n\r\n\n#P#\r\n\r\r\n#M#a\rb\r\n"))).toEqual(["frame #P#", "frame #P#", "frame #M#a\rb"]);
  });

  it("are bounded to the byte, and the line is silent behind the break", () => {
    const fits = `#M#${"a".repeat(MAX_LINE_BYTES - 3)}`;
    expect(up(`${fits}\r\n`, "#P#\n")).toHaveLength(2);
    for (const end of ["\n", "\r\n", ""]) {
      const framed = up(`${fits}a${end || "aa"}`, "#P#\n", "x".repeat(100));
      expect(framed).toEqual([{ kind: "broken", reason: `line longer than ${MAX_LINE_BYTES} bytes` }]);
    }
  });

  it("a batch may be longer once the device is logged in, and only then", () => {
    const batch = Buffer.from(`#B#${"NA;NA;NA;NA;NA;NA;NA;NA;NA;NA|".repeat(5000)}\n`);
    expect(up(batch)[0]?.kind).toBe("broken");
    const framer = new WialonFramer("up");
    framer.loggedIn("865905021234567");
    expect(framesOf(framer, batch)).toMatchObject([{ kind: "frame" }]);
    expect(framesOf(framer, Buffer.from(`#M#${"a".repeat(MAX_LINE_BYTES)}\n`))[0]?.kind).toBe("broken");
    const other = new WialonFramer("up");
    other.loggedIn("865905021234567");
    expect(framesOf(other, Buffer.from(`#B#${"|".repeat(MAX_BATCH_BYTES)}`))[0]?.kind).toBe("broken");
  });
});

describe("binary bodies", () => {
  it("are skipped to the byte, with their length and CRC", () => {
    const [photo, ping] = up(PHOTO, "#P#\n");
    if (photo?.kind !== "frame" || ping?.kind !== "frame") throw new Error("no frame");
    expect(readUnit(photo.bytes)).toMatchObject({ type: "I", tail: { size: BODY.length, crc: crc16Arc(BODY) } });
    expect(photo.bytes.toString("latin1").endsWith(`\n${BODY.length} ${formatCrc(crc16Arc(BODY))}`)).toBe(true);
    expect(ping.bytes.toString()).toBe("#P#");
  });

  it("of the largest size hold nothing in memory", () => {
    const framer = new WialonFramer("up");
    framesOf(framer, Buffer.from(`#T#1;${MAX_BODY_BYTES};0;0000\r\n`));
    const chunk = Buffer.alloc(16 * 1024, 0xff);
    for (let sent = chunk.length; sent < MAX_BODY_BYTES; sent += chunk.length) {
      expect(framesOf(framer, chunk)).toEqual([]);
      expect(framer.buffered).toBe(0);
    }
    expect(framesOf(framer, chunk)).toMatchObject([{ kind: "frame" }]);
  });

  it.each([MAX_BODY_BYTES + 1, 4294967295, "9".repeat(400)])("of %s bytes break the line", (size) => {
    expect(up(`#I#${size};0;1;NA;NA;a.jpg;0000\n`)[0]?.kind).toBe("broken");
  });

  it.each(["NA", "", "-1", "1e3", "0x10", "1.5"])("of the size %j are none", (size) => {
    expect(shown(up(`#I#${size};0;1;NA;NA;a.jpg;0000\n#P#\n`))).toEqual([`frame #I#${size};0;1;NA;NA;a.jpg;0000`, "frame #P#"]);
  });

  it("of size 0 are there at once", () =>
    expect(shown(up("#I#0;0;1;NA;NA;a.jpg;0000\n"))).toEqual(["frame #I#0;0;1;NA;NA;a.jpg;0000\n0 0000"]));

  it("downwards belong to US and UC", () => {
    const framer = new WialonFramer("down");
    const framed = shown(framesOf(framer, Buffer.from("#US#3;0000\r\n\n#P#UC#2\r\n\r\n#AP#\r\n#I#9\r\n")));
    expect(framed.map((one) => one.split("\n")[0])).toEqual(["frame #US#3;0000", "frame #UC#2", "frame #AP#", "frame #I#9"]);
  });
});

describe("containers", () => {
  const container = makeContainer(Buffer.from("#M#\xff", "latin1"));

  it("wait for their last byte", () => {
    expect(up(container.subarray(0, -1))).toEqual([]);
    expect(up(container.subarray(0, -1), container.subarray(-1))).toHaveLength(1);
  });

  it("with any length hold at most that many bytes and nothing else", () => {
    const framer = new WialonFramer("up");
    expect(framesOf(framer, Buffer.concat([Buffer.from("ffffff78da", "hex"), Buffer.alloc(65_532)]))).toEqual([]);
    expect(framer.buffered).toBe(65_537);
    expect(framesOf(framer, Buffer.from("\n#P#\n"))).toHaveLength(2);
  });

  it.each(["ff000078da", "ff070078da", "ffff0078db", "ffff0088da", "ffff00790000"])("%s is none", (hex) => {
    expect(shown(up(Buffer.from(hex, "hex"), "\n#P#\n")).at(0)).toBe("noise \xff");
  });
});

describe("the UDP form", () => {
  it("becomes an identity and a packet, until the device is logged in", () => {
    const framer = new WialonFramer("up");
    const line = Buffer.from("2.0;865905021234567#P#\r\n");
    expect(shown(framesOf(framer, line))).toEqual(["frame 2.0;865905021234567#\n", "frame #P#"]);
    framer.loggedIn("865905021234567");
    expect(shown(framesOf(framer, line))).toEqual(["frame #P#"]);
    expect(shown(framesOf(framer, Buffer.from("2.0;1#P#\r\n")))).toEqual(["frame 2.0;1#\n", "frame #P#"]);
  });

  it("a word before a packet is a prefix as an IMEI, behind a version, or as the id of the line", () => {
    const framer = new WialonFramer("up");
    const prefixed = (word: string) => shown(framesOf(framer, Buffer.from(`${word}#P#\r\n`)));
    expect(prefixed("truck-7")).toEqual(["frame truck-7#P#"]);
    framer.loggedIn("truck-7");
    expect(prefixed("truck-7")).toEqual(["frame truck-7#\n", "frame #P#"]);
    for (const word of ["OK", "truck-8", "1234"]) expect(prefixed(word)).toEqual([`frame ${word}#P#`]);
    expect(prefixed("865905021234567")).toEqual(["frame 865905021234567#\n", "frame #P#"]);
  });

  it.each(["hello world#P#", "2.0#P#", "a#b", "1#p#", "2.0;#P#", `${"1".repeat(90)}#P#`, "2.0;1#"])("%j has no such prefix", (line) => {
    const [first] = up(`${line}\n`);
    if (first?.kind !== "frame") throw new Error("no frame");
    expect(readUnit(first.bytes).kind).toBe("unknown");
  });
});
