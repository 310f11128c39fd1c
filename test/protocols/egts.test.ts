/** EGTS on the wire: checks, headers, every frame of the specification, detection, and any bytes at all. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMMAND, FROM_DEVICE, FROM_PLATFORM, PACKET, SERVICE } from "../../protocols/egts/codes.ts";
import { writeCommand } from "../../protocols/egts/command.ts";
import { egts } from "../../protocols/egts/index.ts";
import { recordResponse, writeRecord } from "../../protocols/egts/records.ts";
import { answerData, headOf, parsePacket, writePacket } from "../../protocols/egts/wire.ts";
import type { Codec } from "../../src/core/index.ts";
import { answer, bytesOf, command, FRAMES, framesOf, loggedIn, packetOf, replyOf, said } from "./egts-frames.ts";

const frame = (means: string): Buffer => bytesOf(FRAMES.find((one) => one.means.startsWith(means))?.hex ?? "");

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ hex, dir }) => {
    const bytes = bytesOf(hex);
    expect(framesOf([bytes])).toEqual([hex.toLowerCase()]);
    const { title, fields } = egts.explain(bytes, dir);
    expect(title).toMatch(dir === "up" ? /^device: / : /^platform: /);
    expect(fields.map(({ name }) => name).slice(0, 7)).toEqual(["PRV", "SKID", "flags", "HL", "FDL", "PID", "PT"]);
    expect(fields.length).toBeGreaterThan(7);
  });

  const PRIVET = Buffer.from("cff0e8e2e5f2", "hex");
  const messageTo = (cid: number, charset: number | null, data: Buffer): Buffer =>
    writeCommand({ type: COMMAND.messageTo, result: 0, cid, sid: 7, charset, data });
  const record = (number: number, service: number, data: Buffer): Buffer =>
    writeRecord({ number, flags: FROM_PLATFORM, sender: service, recipient: service }, data);

  it.each([
    ['MSGTO "Привет", CP-1251', writePacket(1, 2, record(2, 4, messageTo(0x11223344, null, PRIVET)))],
    ['MSGTO "Привет", UCS2', writePacket(1, 3, record(3, 4, messageTo(0x11223345, 8, bytesOf("041f04400438043204350442"))))],
    ['MSGTO "Привет", framed', writePacket(1, 3, record(3, 4, messageTo(0x11223346, 0, Buffer.concat([Buffer.alloc(5), PRIVET]))))],
    ["RESPONSE + RECORD_RESPONSE to the first", writePacket(0, 30, answerData(42, 0, record(45, 1, recordResponse(73, 0))))],
    ["RESPONSE to the MSGFROM", writePacket(0, 4, answerData(7, 0, record(4, 4, recordResponse(7, 0))))],
  ])("are what this code writes: %s", (means, bytes) => {
    expect(bytes.toString("hex")).toBe(frame(means).toString("hex"));
  });

  it("texts leave the codec as the page has them, but for CID and SID", () => {
    const partOf = (profile: Readonly<Record<string, unknown>>, order: string): string => {
      const codec = loggedIn(profile);
      const encoded = codec.encode({ type: "text", text: order, urgent: false, tag: 1 });
      return encoded.type === "parts" ? dataOf(encoded.parts[0].bytes) : encoded.reason;
    };
    expect(partOf({}, "Привет")).toBe(dataOf(frame('MSGTO "Привет", CP-1251')));
    expect(partOf({ charset: "ucs2" }, "Привет")).toBe(dataOf(frame('MSGTO "Привет", UCS2')));
    expect(partOf({ body: "framed" }, "Привет")).toBe(dataOf(frame('MSGTO "Привет", framed')));
  });

  it("the MSGFROM is answered by the page's own MSGCONF", () => {
    const codec = loggedIn();
    codec.encode({ type: "text", text: "x", urgent: false, tag: 1 });
    codec.encode({ type: "text", text: "x", urgent: false, tag: 2 });
    const reply = replyOf(codec.decode(frame("MSGFROM"))) ?? Buffer.alloc(0);
    const [, confirmation] = framesOf([reply]);
    expect(dataOf(bytesOf(confirmation ?? ""))).toBe(dataOf(frame("MSGCONF OK to that")));
  });
});

/** CT, CHS and the data of the first subrecord, CID and SID left out. */
function dataOf(packet: Buffer): string {
  const data = packetOf(packet).records[0]?.subrecords?.[0]?.data ?? Buffer.alloc(0);
  return Buffer.concat([data.subarray(0, 1), data.subarray(9)]).toString("hex");
}

describe("explanations", () => {
  it("show neither passwords nor access codes, not even of broken packets", () => {
    const info = said(SERVICE.auth, Buffer.concat([Buffer.from([7, 12, 0]), Buffer.from("unit\0s3cret\0")]));
    const code = said(SERVICE.commands, command(0x50, 1, `0206${Buffer.from("s3cretx").toString("hex")}`));
    for (const bytes of [info, code, info.with(-1, 0) as Buffer, code.with(10, 0) as Buffer]) {
      const words = JSON.stringify(egts.explain(Buffer.from(bytes), "up"));
      expect(words).not.toContain("s3cret");
      expect(words).not.toContain(Buffer.from("s3cret").toString("hex"));
    }
    expect(egts.explain(info, "up").fields.slice(-2)).toEqual([
      { name: "user", value: "unit" },
      { name: "password", value: "***" },
    ]);
  });

  it("name what is wrong", () => {
    const words = (bytes: Buffer): string => JSON.stringify(egts.explain(bytes, "up").fields.slice(0, 2));
    expect(words(Buffer.from(frame("COMCONF ok").with(-1, 0)))).toContain("138 DATACRC");
    expect(words(Buffer.from(frame("COMCONF ok").with(10, 0)))).toContain("137 HEADERCRC");
    expect(words(bytesOf("0102"))).toContain("no packet of 2 bytes");
  });
});

describe("detection", () => {
  it("says yes when the header's check is here and right, and more before", () => {
    for (const { hex } of FRAMES) {
      const head = bytesOf(hex).subarray(0, 64);
      for (let length = 0; length < 11; length += 1) expect(egts.detect(head.subarray(0, length))).toBe("more");
      expect(egts.detect(head.subarray(0, 11))).toBe("yes");
      expect(egts.detect(head)).toBe("yes");
    }
  });

  it.each([
    ["JT/T 808", "7e010200"],
    ["Galileosky", "0117000301328654"],
    ["a login of Teltonika", "000f333536"],
    ["a wrong header check", "0100000b002e002a0001cd"],
    ["an unknown packet type", "0100000b0010000100052e"],
    ["a prefix", "010040"],
    ["HTTP", Buffer.from("GET / HTTP/1.1").toString("hex")],
  ])("no: %s", (_name, hex) => {
    expect(egts.detect(bytesOf(hex))).toBe("no");
  });
});

describe("the framer", () => {
  it("gives the same frames however the stream is cut, garbage and damage included", () => {
    const good = FRAMES.map(({ hex }) => bytesOf(hex));
    const spoiled = good.map((bytes) => Buffer.from(bytes.with(10, (bytes[10] ?? 0) ^ 1)));
    const stream = fc.array(fc.oneof(fc.constantFrom(...good, ...spoiled), fc.uint8Array({ maxLength: 30 })), { maxLength: 8 });
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 }), (units, sizes) => {
        const bytes = Buffer.concat(units.map((unit) => Buffer.from(unit)));
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; at += sizes[turn++ % sizes.length] ?? 1)
          pieces.push(Buffer.from(bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1))));
        expect(framesOf(pieces)).toEqual(framesOf([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it("finds the next packet behind any garbage", () => {
    const packet = FRAMES[0]?.hex.toLowerCase() ?? "";
    const byte = fc.oneof(fc.constantFrom(1, 0, 11, 16), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 100 }), (garbage) => {
        const bytes = Buffer.concat([Buffer.from(garbage), bytesOf(packet)]);
        // One header in 256 that garbage imitates has a right check.
        fc.pre(garbage.every((_, at) => headOf(bytes.subarray(at)).type !== "packet"));
        const found = framesOf([bytes]);
        expect(found).toContain(packet);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("any bytes", () => {
  it("in a right packet never throw, and an acknowledgement is never acknowledged", () => {
    const codecs = [egts.connect(), loggedIn(), loggedIn({ confirmation: "record", confirmTexts: false })];
    const records = fc.array(
      fc.record({
        service: fc.constantFrom(1, 2, 4, 9, 77),
        flags: fc.constantFrom(FROM_DEVICE, 0, 0x81, 0x87),
        data: fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc
            .tuple(fc.nat(0xff), fc.nat(9), fc.uint8Array({ maxLength: 20 }))
            .map(([kind, cid, rest]) => command(kind, cid, Buffer.from(rest).toString("hex"))),
        ),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.nat(12), records, (type, pid, written) => {
        const sdrs = written.map(({ service, flags, data }, index) =>
          writeRecord({ number: index, flags, sender: service, recipient: service }, Buffer.from(data)),
        );
        const body = Buffer.concat(sdrs);
        const bytes = writePacket(type, pid, type === 0 ? answerData(pid, pid === 3 ? 138 : 0, body) : body);
        for (const codec of codecs) feed(codec, bytes);
        egts.explain(bytes, "up");
        egts.explain(bytes, "down");
      }),
      { numRuns: 1_500 },
    );
  });

  it("alone never throw", () => {
    const codec = loggedIn();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const candidate of [Buffer.from(bytes), Buffer.from([1, 0, 0, 11, ...bytes]), Buffer.from([1, 0, 0, 16, ...bytes])]) {
          codec.decode(candidate);
          egts.explain(candidate, "up");
          egts.detect(candidate);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("as many records as a packet holds are answered in one packet", () => {
    const empty = (number: number): Buffer =>
      writeRecord({ number, flags: 0, sender: number % 90, recipient: number % 80 }, Buffer.alloc(0));
    const many = Buffer.concat(Array.from({ length: 4_096 }, (_, number) => empty(number)));
    const codec = loggedIn();
    const reply = replyOf(codec.decode(writePacket(1, 1, many))) ?? Buffer.alloc(0);
    expect(packetOf(reply).records.flatMap(({ subrecords }) => subrecords ?? [])).toHaveLength(4_096);
    const more = codec.decode(writePacket(1, 2, Buffer.concat([many, empty(1)])));
    expect(more.events).toMatchObject([{ type: "bad" }]);
    expect(packetOf(replyOf(more) ?? Buffer.alloc(0)).answer).toEqual({ pid: 2, result: 132 });
    expect(codec.decode(answer(1, 0, many, empty(1))).reply).toBeUndefined();
  });
});

function feed(codec: Codec, bytes: Buffer): void {
  const reading = codec.decode(bytes);
  const reply = replyOf(reading);
  const answered = bytes[9] !== PACKET.response || reading.events.some(({ type }) => type === "text");
  if (!answered) expect(reply).toBeNull();
  if (reply !== null) for (const hex of framesOf([reply])) expect(parsePacket(bytesOf(hex)).type).toBe("packet");
  codec.tick?.(bytes.length * 100);
}
