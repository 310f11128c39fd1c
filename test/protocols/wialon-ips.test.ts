/** The codec of Wialon IPS: the specification's frames, what is answered, what may never happen. */
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WialonCodec } from "../../protocols/wialon-ips/codec.ts";
import { formatCrc, parseCrc } from "../../protocols/wialon-ips/crc.ts";
import { wialonIps } from "../../protocols/wialon-ips/index.ts";
import { crc16Arc } from "../../src/core/index.ts";
import { bytesOf, FRAMES, loggedIn, read, replyOf, withCrc } from "./wialon-ips-frames.ts";

describe("the specification's frames from a device", () => {
  const hello = (key: string, password: string | null) => ({ type: "hello", scope: "login", key, password });
  const text = (words: string) => ({ type: "text", text: words, serial: null, lossy: false });
  const receipt = (outcome: string, code: string) => ({
    type: "receipt",
    tag: null,
    outcome,
    ...(outcome === "accepted" ? {} : { reason: `the device answered #AM#${code}` }),
  });
  const alive = { type: "alive" };
  const expected: readonly (readonly [readonly unknown[], string | null])[] = [
    [[hello("imei", "password")], "#AL#1\r\n"],
    [[hello("imei", "password")], "#AL#1\r\n"],
    [[hello("imei", null)], "#AL#1\r\n"],
    [[hello("imei", null)], "#AL#1\r\n"],
    [[hello("865905021234567", null)], "#AL#1\r\n"],
    [[hello("865905021234567", "secret")], "#AL#1\r\n"],
    [[hello("865905021234567", null)], "#AL#1\r\n"],
    [[{ type: "status", speedKmh: 2.92 }], "#ASD#1\r\n"],
    [[{ type: "status", speedKmh: 0 }], "#AD#1\r\n"],
    [[text("Hello"), { type: "status", speedKmh: 0 }], "#AD#1\r\n"],
    [[text("message")], "#AM#1\r\n"],
    [[text("На месте")], "#AM#1\r\n"],
    [[alive], "#AB#2\r\n"],
    [[alive], "#AP#\r\n"],
    [[receipt("accepted", "1")], null],
    [[receipt("rejected", "0")], null],
    [[receipt("garbled", "01")], null],
    [[{ type: "bad", reason: "a text with a wrong CRC" }], "#AM#01\r\n"],
  ];
  const up = FRAMES.filter(({ dir }) => dir === "up").map((frame, index) => [frame.means, frame, expected[index]] as const);

  it("are all here", () => expect(up).toHaveLength(expected.length));

  it.each(up)("%s", (_means, frame, wanted) => {
    const codec = frame.ascii === "#M#message\r\n" ? loggedIn("1.1") : loggedIn("2.0");
    const fresh = frame.means.includes("login") || frame.means.includes("compressed") ? wialonIps.connect() : codec;
    const reading = read(fresh, bytesOf(frame));
    expect(reading.events).toEqual(wanted?.[0]);
    expect(replyOf(reading)).toBe(wanted?.[1]);
    expect(reading.events.some(({ type }) => type === "bad")).toBe(frame.valid === false);
  });
});

describe("answers", () => {
  it("a login's answer tells why it was refused", () => {
    const { reply } = read(wialonIps.connect(), "#L#1;NA\n");
    const answer = (reason: "unknown-device" | "blocked" | "wrong-password") =>
      typeof reply === "function" ? reply({ type: "refused", reason })?.toString() : undefined;
    expect(answer("unknown-device")).toBe("#AL#0\r\n");
    expect(answer("blocked")).toBe("#AL#0\r\n");
    expect(answer("wrong-password")).toBe("#AL#01\r\n");
  });

  it("a text's answer is 0 when it was refused", () => {
    const { reply } = read(loggedIn("1.1"), "#M#Hello\n");
    expect(typeof reply === "function" ? reply({ type: "refused", reason: "blocked" })?.toString() : reply).toBe("#AM#0\r\n");
  });

  it("a receipt is never answered, whatever is in it", () => {
    for (const code of ["1", "0", "01", "1;ABCD", "", "7", "\xff"]) expect(read(loggedIn("2.0"), `#AM#${code}\n`).reply).toBeUndefined();
  });

  it("no id is too odd to be refused, and none reaches the session unchecked", () => {
    for (const id of ["", "NA", "a\0b", "x".repeat(65), "x".repeat(4096), "\u00a0"]) {
      const reading = read(wialonIps.connect(), `#L#${id};NA\n`);
      expect(reading.events[0]?.type).toBe("bad");
      expect(replyOf(reading)).toBe("#AL#0\r\n");
    }
    for (const id of ["../../x", "{}", "__proto__", "x".repeat(64)])
      expect(read(wialonIps.connect(), `#L#${id};NA\n`).events).toEqual([{ type: "hello", scope: "login", key: id, password: null }]);
  });

  it("a batch is answered with the records that were right, and refused beyond its bound", () => {
    const record = "NA;NA;NA;NA;NA;NA;NA;NA;NA;NA|";
    expect(replyOf(read(loggedIn("2.0"), withCrc("B", `${record.repeat(3)}broken|`)))).toBe("#AB#3\r\n");
    expect(replyOf(read(loggedIn("2.0"), withCrc("B", record.repeat(5000))))).toBe("#AB#5000\r\n");
    expect(replyOf(read(loggedIn("2.0"), withCrc("B", record.repeat(5001))))).toBe("#AB#0\r\n");
  });

  it("a driver's text keeps the comma that has no place in a parameter", () => {
    const body = "NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;text:3:stuck, gate 5; come,SOS:1:1";
    const [first] = read(loggedIn("1.1"), `#D#${body}\n`).events;
    expect(first).toEqual({ type: "text", text: "stuck, gate 5; come", serial: null, lossy: false });
  });

  it("texts are read in the tracker's charset, and what does not decode is marked", () => {
    const bytes = Buffer.concat([Buffer.from("#M#"), Buffer.from([0xc3, 0xe4, 0xe5]), Buffer.from("\n")]);
    expect(read(loggedIn("1.1", { charset: "cp1251" }), bytes).events[0]).toMatchObject({ text: "Где", lossy: false });
    expect(read(loggedIn("1.1"), bytes).events[0]).toMatchObject({ type: "text", lossy: true });
    expect(read(loggedIn("1.1"), "#M#a\0b\n").events[0]).toMatchObject({ text: "ab" });
  });
});

describe("texts to the device", () => {
  const encode = (text: string, profile: Record<string, unknown> = {}, version = "2.0") =>
    loggedIn(version, profile).encode({ type: "text", text, urgent: false, tag: 1 });

  it.each(FRAMES.filter(({ dir, ascii }) => dir === "down" && ascii?.startsWith("#M#")).map(({ ascii = "" }) => [ascii]))("%j", (frame) => {
    const version = frame.includes(";") ? "2.0" : "1.1";
    const words = frame.slice(3, version === "2.0" ? frame.lastIndexOf(";") : -2);
    expect(encode(words, {}, version)).toEqual({ type: "parts", parts: [{ bytes: Buffer.from(frame), tag: null }], altered: false });
  });

  it("cp1251 has its own CRC", () => {
    const encoded = encode("Где вы?", { charset: "cp1251" });
    expect(encoded.type === "parts" && encoded.parts[0].bytes.toString("latin1").slice(-6)).toBe("1368\r\n");
  });

  it("what was replaced is told, and white space alone is no text", () => {
    expect(encode("a\r\nb\tc")).toMatchObject({ type: "parts", altered: false });
    expect(encode("dock #5")).toMatchObject({ type: "parts", altered: true });
    expect(encode("a|b")).toMatchObject({ altered: false });
    expect(encode("a|b", { strictPoints: true })).toMatchObject({ altered: true });
    expect(encode("a\ud800b")).toMatchObject({ altered: true });
    for (const text of ["", " ", "\r\n", "\0\u0007", "\u2028"]) expect(encode(text).type).toBe("refused");
    expect(encode("##", { charset: "ascii" }).type).toBe("refused");
    expect(wialonIps.preview("dock #5 👍", { charset: "cp1251" })).toEqual({
      charset: "cp1251",
      bytesPerPart: 1000,
      parts: 1,
      lost: ["#", "👍"],
      empty: false,
    });
  });

  it("no text can end its packet or begin another, in any charset and version", () => {
    const nasty = fc.constantFrom("#", "\r", "\n", ";", "|", "#M#", "#AM#1\r\n", "\0", "\u2028", "\ud800", "Где", "👍", "中");
    const anything = fc
      .array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 30 })
      .map((pieces) => pieces.join(""));
    const profile = fc.record({
      charset: fc.constantFrom("utf8", "cp1251", "ascii"),
      maxBytes: fc.constantFrom(20, 50, 1000),
      strictPoints: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, profile, fc.constantFrom("1.1", "2.0", "2.1"), (text, settings, version) => {
        const encoded = encode(text, settings, version);
        if (encoded.type === "refused") return;
        expect(encoded.altered).toBe(wialonIps.preview(text, settings).lost.length > 0);
        for (const { bytes } of encoded.parts) expectOnePacket(bytes, version, settings.maxBytes);
      }),
    );
  });
});

/** One `M` packet, one line, a right CRC, and nothing in its text that a device could take for framing. */
function expectOnePacket(bytes: Buffer, version: string, maxBytes: number): void {
  const end = version === "1.1" ? bytes.length - 2 : bytes.lastIndexOf(";");
  const words = bytes.subarray(3, end);
  expect(bytes.toString("latin1", 0, 3)).toBe("#M#");
  expect(words.filter((byte) => byte < 0x20 || byte === 0x7f || byte === 0x23)).toHaveLength(0);
  expect(words.length).toBeLessThanOrEqual(maxBytes);
  const check = version === "1.1" ? "" : `;${formatCrc(crc16Arc(bytes.subarray(3, end + 1)))}`;
  expect(bytes.toString("latin1", end)).toBe(`${check}\r\n`);
}

describe("nothing throws", () => {
  const seeds = fc.constantFrom(
    ...FRAMES.map((frame) => bytesOf(frame)),
    Buffer.from("#I#3;0;1;NA;NA;a;0000\nabc"),
    Buffer.from("2.0;1#P#\n"),
  );
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
      fc.property(any, fc.constantFrom("1.1", "2.0"), (bytes, version) => {
        const codec = loggedIn(version);
        codec.decode(bytes);
        new WialonCodec().decode(bytes);
        wialonIps.explain(bytes, "up");
        wialonIps.explain(bytes, "down");
        wialonIps.detect(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("small parts", () => {
  it("CRC fields as devices write them", () => {
    for (const field of ["09B0", "9B0", "9b0", "0x9b0", "0X9B0", " 9B0 "]) expect(parseCrc(field)).toBe(0x9b0);
    for (const field of ["", "0x", "12345", "G", "-1", "0x0x1"]) expect(parseCrc(field)).toBeNull();
  });

  it("the profile's schema fills its defaults and knows nothing else", () => {
    const ajv = new Ajv({ useDefaults: true, strict: false });
    const profile = {};
    expect(ajv.validate(wialonIps.profile, profile)).toBe(true);
    expect(profile).toEqual({ charset: "utf8", maxBytes: 1000, receipts: "device", strictPoints: false });
    for (const wrong of [{ charset: "gbk" }, { maxBytes: 19 }, { maxBytes: 1345 }, { version: "2.0" }])
      expect(ajv.validate(wialonIps.profile, wrong)).toBe(false);
  });

  it("a position reads alike at once and field by field", () => {
    const digits = (least: number, most: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: least, maxLength: most });
    const coordinate = (least: number, most: number): fc.Arbitrary<string> =>
      fc.tuple(digits(least, most), digits(0, 4)).map(([whole, fraction]) => `${whole}.${fraction}`);
    const fields = fc.tuple(
      digits(5, 6),
      digits(6, 7),
      fc.oneof(coordinate(4, 4), fc.constantFrom("8999.9999", "9000.0000", "9000.0001", "NA", "")),
      fc.constantFrom("N", "S", "E"),
      fc.oneof(coordinate(5, 5), fc.constantFrom("17999.9999", "18000.0000", "18000.0001", "NA", "")),
      fc.constantFrom("E", "W", "N"),
      digits(0, 4),
      digits(0, 4),
      digits(0, 6),
      digits(0, 3),
    );
    const said = (record: string): readonly [unknown, string | null] => {
      const reading = read(loggedIn("1.1"), `#SD#${record}\r\n`);
      return [reading.events, replyOf(reading)];
    };
    let atOnce = 0;
    fc.assert(
      fc.property(fields, (values) => {
        const record = values.join(";");
        // In small letters, which only the fields' own rules know.
        expect(said(record)).toEqual(said(record.toLowerCase().replace("na", "NA").replace("na", "NA")));
        if (said(record)[1] === "#ASD#1\r\n") atOnce += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(atOnce).toBeGreaterThan(100);
  });
});
