/** JT/T 808 on the wire: escapes, headers, every frame of the specification, detection, and any bytes at all. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFrame, writeFrame } from "../../protocols/jt808/header.ts";
import { jt808 } from "../../protocols/jt808/index.ts";
import { responseBody } from "../../protocols/jt808/messages.ts";
import { MAX_FRAME_BYTES, seal, unescaped, unseal } from "../../protocols/jt808/wire.ts";
import type { Codec, Order } from "../../src/core/index.ts";
import { bytesOf, FRAMES, headerOf, LONG, loggedIn, message, partsOf, replyOf, SHORT } from "./jt808-frames.ts";

describe("the wire", () => {
  it("escapes as the standard's own example does", () => {
    expect(unescaped(bytesOf("307d02087d0155"))?.toString("hex")).toBe("307e087d55");
    expect(seal(bytesOf("307e087d")).toString("hex")).toBe("7e307d02087d013b7e");
  });

  it.each(["7e307d7e", "7e7d03007e", "7e017e", "7e01027e", "0102", "7e"])("refuses %s", (hex) => {
    expect(unseal(bytesOf(hex)).type).toBe("bad");
  });

  it("carries any content both ways, within the largest frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1044 }), (content) => {
        const frame = seal(Buffer.from(content));
        expect(frame.subarray(1, -1).includes(0x7e)).toBe(false);
        expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
        expect(unseal(frame)).toEqual({ type: "ok", bytes: Buffer.from(content) });
      }),
    );
    expect(MAX_FRAME_BYTES).toBe(2092);
    expect(seal(Buffer.alloc(1044, 0x7e)).length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });
});

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ hex, dir }) => {
    const frame = bytesOf(hex);
    const { body, ...header } = headerOf(frame);
    expect(writeFrame(header, body).toString("hex")).toBe(hex.toLowerCase());
    const { title, fields } = jt808.explain(frame, dir);
    expect(title).not.toContain("unknown");
    expect(fields.length).toBeGreaterThan(4);
  });

  it("never show an auth code", () => {
    const words = FRAMES.map(({ hex, dir }) => JSON.stringify(jt808.explain(bytesOf(hex), dir))).join();
    for (const code of ["authentication", "abc@123&456", "pmYGzGukO8K4Z5lpIOTg8dqb3eprYaHBbXSPLtdbyG8=", '"123456"']) {
      expect(words.replaceAll("authenticate", "")).not.toContain(`"${code.replaceAll('"', "")}"`);
      expect(words).not.toContain(Buffer.from(code.replaceAll('"', "")).toString("hex"));
    }
  });

  const text = (value: string, tag: number, urgent = false): Order => ({ type: "text", text: value, urgent, tag });
  const own: readonly (readonly [string, string, Readonly<Record<string, unknown>>, Order])[] = [
    ["text 2013", "12345678900", {}, text("smallchi 518", 1, true)],
    ["text 2019", "12345678900", { edition: "2019", flags: { urgent: 5 } }, text("smallchi 518", 1, true)],
    ["text flag 01", "013912344323", { flags: { normal: 1 } }, text("HelloWorld 汉字 GBK 编码", 0)],
    ["text flag 01, 2019", "013912344329", { edition: "2019", flags: { normal: 1 } }, text("HelloWorld 汉字 GBK 编码", 0)],
    ["text flag 09", "012345678901", { flags: { normal: 9 } }, text("测试123@456#abc!...结束", 0x7fff)],
    ["text flag 3f, 2019", "17299841738", { edition: "2019", flags: { normal: 0x3f } }, text("测试123@456#abc!...结束", 0xffff)],
    ["binary IMEI", "123456789012347", { flags: { normal: 1 } }, text("Test, Command, 123#", 0)],
    ["Hello", "13912345678", {}, text("Hello", 5)],
    ["read aloud", "13912345678", { tts: true }, text("测试", 6)],
    ["escapes", "13912345678", {}, text("}~", 10)],
    [
      "question",
      "13912345678",
      { questionFlags: 0x18 },
      { type: "question", text: "到达了吗", urgent: false, tag: 7, choices: ["是", "否"] },
    ],
    [
      "question of XTR",
      "013912344323",
      { questionFlags: 1 },
      { type: "question", text: "你是谁?", urgent: false, tag: 0, choices: ["张三", "李四"] },
    ],
    [
      "question of GOJ",
      "1256256927",
      { questionFlags: 0xff },
      { type: "question", text: "123", urgent: false, tag: 0x1c, choices: ["AA", "B"] },
    ],
  ];

  it.each(own)("are what this codec writes: %s", (_name, deviceId, profile, order) => {
    const codec = jt808.connect();
    codec.identified({ trackerId: 1, deviceId, profile, secret: null });
    const [part, ...more] = partsOf(codec, order);
    expect(more).toEqual([]);
    expect(FRAMES.filter(({ dir }) => dir === "down").map(({ hex }) => hex.toLowerCase())).toContain(part?.hex);
  });
});

describe("the header", () => {
  it.each([
    ["2013", SHORT, "013912345678"],
    ["2019", LONG, "00000000013912345678"],
    ["a binary IMEI", { ...SHORT, phone: bytesOf("0b3a73ce2ff2") }, "123456789012347"],
    ["bytes that are no identity", { ...SHORT, phone: bytesOf("ffffff000001") }, "ffffff000001"],
  ])("names the device: %s", (_name, address, key) => {
    const codec = jt808.connect();
    const body = address.form === "long" ? Buffer.concat([Buffer.from([1]), Buffer.alloc(36, "x")]) : Buffer.from("x");
    const reading = codec.decode(message(0x0102, body, 9, { address }));
    expect(reading.events).toEqual([{ type: "hello", scope: "login", key, password: "x" }]);
    const reply = replyOf(reading);
    expect(reply === null ? null : headerOf(reply)).toMatchObject({ id: 0x8001, address, body: responseBody(9, 0x0102, 0) });
  });

  it("reads bit 14 of a 12-byte header as 2013", () => {
    const content = bytesOf("00024000013912345678000a");
    expect(headerOf(seal(content))).toMatchObject({ serial: 10, address: SHORT });
  });

  it("refuses a body that is too long, to write as to read", () => {
    expect(() => message(0x8300, Buffer.alloc(1024))).toThrow(RangeError);
    expect(parseFrame(seal(Buffer.concat([bytesOf("000203ff013912345678000a"), Buffer.alloc(1022)]))).type).toBe("bad");
  });

  it("of a fragment round-trips", () => {
    for (const address of [SHORT, LONG]) {
      const frame = message(0x6006, "ab", 7, { address, fragment: { total: 3, index: 2 } });
      expect(headerOf(frame)).toMatchObject({ serial: 7, fragment: { total: 3, index: 2 }, address, body: Buffer.from("ab") });
    }
  });
});

describe("detection", () => {
  const ups = FRAMES.filter(({ dir }) => dir === "up").map(({ hex }) => bytesOf(hex));

  it("says yes to every frame of a device as soon as its header is here, and more before", () => {
    for (const frame of ups) {
      const verdicts = Array.from({ length: Math.min(64, frame.length) + 1 }, (_, length) => jt808.detect(frame.subarray(0, length)));
      expect(verdicts.at(-1)).toBe("yes");
      expect(verdicts.slice(0, 12)).toEqual(new Array(12).fill("more"));
      expect(verdicts).not.toContain("no");
    }
  });

  it.each([
    ["garbage first", "24247e0002000001391234567800002b7e"],
    ["a frame of the platform", "7e80010005013912345678"],
    ["ASCII in parentheses", Buffer.from("(794104004140,1,001,BASE,2,TIME)").toString("hex")],
    ["the alternative delimiter", "e70200000001391234567800"],
    ["Navtelecom FLEX", Buffer.from("~A\x05").toString("hex").padEnd(40, "f")],
    ["a length that does not fit", "7e00020003013912345678000a00007e7e"],
    ["a broken escape", "7e00027d09"],
  ])("no: %s", (_name, hex) => {
    const head = bytesOf(hex).subarray(0, 64);
    expect(jt808.detect(head)).toBe("no");
  });
});

describe("any bytes", () => {
  it("in a valid frame never throw, logged in or not, and never acknowledge an acknowledgement", () => {
    const fragment = fc.option(fc.record({ total: fc.nat(70), index: fc.nat(70) }));
    const id = fc.oneof(
      fc.constantFrom(...FRAMES.map(({ hex }) => headerOf(bytesOf(hex)).id)),
      fc.constantFrom(0x801, 0x701, 0x900, 0x200),
      fc.nat(0xffff),
    );
    const codecs = [jt808.connect(), loggedIn({ transparentTypes: [0xf0], waybillText: true }), loggedIn({}, LONG)];
    fc.assert(
      fc.property(id, fc.uint8Array({ maxLength: 120 }), fragment, fc.boolean(), (msgId, body, part, long) => {
        const frame = message(msgId, Buffer.from(body), 1, { address: long ? LONG : SHORT, fragment: part });
        for (const codec of codecs) feed(codec, frame, msgId);
        jt808.explain(frame, "up");
        jt808.explain(frame, "down");
      }),
      { numRuns: 2_000 },
    );
  });

  it("alone never throw", () => {
    const codec = loggedIn();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        codec.decode(Buffer.from(bytes));
        codec.decode(Buffer.from([0x7e, ...bytes, 0x7e]));
        jt808.explain(Buffer.from([0x7e, ...bytes, 0x7e]), "up");
        jt808.detect(Buffer.from([0x7e, ...bytes]));
      }),
      { numRuns: 1_000 },
    );
  });
});

function feed(codec: Codec, frame: Buffer, id: number): void {
  const reply = replyOf(codec.decode(frame));
  if (id === 1) expect(reply).toBeNull();
  else if (reply !== null) expect(parseFrame(reply).type).toBe("packet");
  codec.tick?.(id);
}
