/** The codec of Queclink: every frame of the specification, what is read and what is written. */
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QueclinkFramer } from "../../protocols/queclink/framer.ts";
import { queclink } from "../../protocols/queclink/index.ts";
import { plainText } from "../../protocols/queclink/plain-text.ts";
import { DEFAULTS } from "../../protocols/queclink/profile.ts";
import { portCommand, serialOf } from "../../protocols/queclink/wire.ts";
import type { Codec, Reading } from "../../src/core/index.ts";
import { cut, FRAMES, framesOf, IDENTITY, loggedIn, replyOf, textsOf } from "./queclink-frames.ts";

const IMEI = "135790246811220";
const order = (text: string, tag = 1) => ({ type: "text", text, urgent: false, tag }) as const;

function read(words: string, codec = loggedIn()): Reading {
  return codec.decode(Buffer.from(words, "latin1"));
}

function report(body: string, { head = "RESP", name = "GTFRI", count = "0007" } = {}): string {
  return `+${head}:${name},060228,${IMEI},,${body},20090214093254,${count}$`;
}

function sent(codec: Codec, text: string, tag = 1): readonly string[] {
  const encoded = codec.encode(order(text, tag));
  return encoded.type === "parts" ? encoded.parts.map(({ bytes }) => bytes.toString("latin1")) : [];
}

describe("frames of the specification", () => {
  it.each(FRAMES)("$dir: $means", ({ dir, ascii }) => {
    const bytes = Buffer.from(ascii);
    expect(framesOf(new QueclinkFramer(dir), [bytes])).toEqual([bytes.toString("hex")]);
    const { title, fields } = queclink.explain(bytes, dir);
    expect(title).not.toContain("not an");
    expect(fields.length).toBeGreaterThan(0);
    if (dir === "down") expect(JSON.stringify(fields)).not.toMatch(/"g[lv]\d+w?"/);
  });

  it.each(["up", "down"] as const)("%s: framed exactly, joined and byte by byte, with and without line ends between", (dir) => {
    const frames = FRAMES.filter((frame) => frame.dir === dir).map(({ ascii }) => Buffer.from(ascii));
    const wanted = frames.map((bytes) => bytes.toString("hex"));
    for (const between of ["", "\r\n", "\0", "$\0"]) {
      const stream = Buffer.concat(frames.flatMap((bytes) => [bytes, Buffer.from(between)]));
      expect(framesOf(new QueclinkFramer(dir), [stream])).toEqual(wanted);
      expect(framesOf(new QueclinkFramer(dir), cut(stream, [1]))).toEqual(wanted);
    }
  });

  it("from devices: heartbeats and all else are acknowledged, three of them are texts", () => {
    const ups = FRAMES.filter(({ dir }) => dir === "up").map(({ ascii }) => read(ascii));
    expect(ups.map(replyOf)).toEqual([
      "+SACK:11F0$",
      "+SACK:0028$",
      "+SACK:GTHBD,1A0102,11F0$",
      "+SACK:GTHBD,350302,0859$",
      "+SACK:2683$",
      "+SACK:4CFE$",
      "+SACK:EA2E$",
      "+SACK:0017$",
      "+SACK:11F0$",
    ]);
    expect(ups.flatMap(textsOf)).toEqual([
      "T22H59",
      ">I:5014|DB|607|0|0.00|0.00|0.00|0|0|0|0|1679|4|<",
      "Ecuatrack\r\nCOMB,0,94.0,-1.0,,,HDC",
    ]);
    expect(ups.slice(0, 2).map(({ events }) => events[0])).toEqual(Array(2).fill({ type: "receipt", tag: "0011", outcome: "accepted" }));
  });

  it("a device whose SACK is not enabled is answered its heartbeats alone", () => {
    const ups = FRAMES.filter(({ dir }) => dir === "up").map(({ ascii }) => read(ascii, loggedIn({ sack: "heartbeat" })));
    expect(ups.map(replyOf).filter((reply) => reply !== null)).toEqual(["+SACK:GTHBD,1A0102,11F0$", "+SACK:GTHBD,350302,0859$"]);
    expect(ups.flatMap(textsOf)).toHaveLength(3);
  });

  it("to devices: the commands are those that this codec writes", () => {
    const commands = FRAMES.filter(({ dir, ascii }) => dir === "down" && ascii.startsWith("AT+GTDAT"));
    expect(commands).toHaveLength(4);
    for (const { ascii } of commands) {
      const [, password = "", data = "", needAck = "", serial = ""] = /^AT\+GTDAT=(\w+),1,,([^,]*),(\d?),,,,(\w+)\$$/.exec(ascii) ?? [];
      const written = portCommand({ password, data, needAck: needAck === "0" || needAck === "1" ? needAck : "", serial });
      expect(written.toString("latin1")).toBe(ascii);
    }
  });
});

describe("identity", () => {
  it.each([
    ["+RESP:GTINF,210102,A100004D9EF2AE,,41,x,20161216135038,00AB$", "A100004D9EF2AE"],
    [`+RESP:GTTRI,${IMEI},1,0,99,20170607172115,3E7D$`, IMEI],
    [`+RESP:GTFRI,8020040305,${IMEI},,,50,20231227162916,0117$`, IMEI],
    [`+RESP:GTFRI,,${IMEI},,,50,20231227162916,0117$`, IMEI],
    [`+RESP:GTFRI,060228,${IMEI},20231227162916,0117$`, IMEI],
    [`+RESP:GTFRI,060228,${IMEI},0117$`, IMEI],
  ])("%s", (words, key) => {
    const [hello] = read(words, queclink.connect()).events;
    expect(hello).toEqual({ type: "hello", scope: "login", key, password: null });
  });

  it.each(["", "..", "\0", "{}", `${"1".repeat(14)}x`, "1".repeat(16), "1".repeat(4000), "%s%s%s%s"])("%j is none", (key) => {
    const reading = read(`+RESP:GTFRI,060228,${key},,x,20231227162916,0117$`, queclink.connect());
    expect(reading).toEqual({ events: [{ type: "bad", reason: "no IMEI" }] });
  });

  it("another one on a line that is open is a login of its own, and nothing of its message counts", () => {
    const codec = loggedIn();
    expect(textsOf(read(report("mine", { name: "GTDAT" }), codec))).toEqual(["mine"]);
    const other = read(report("not mine", { name: "GTDAT" }).replace(IMEI, "135790246811221"), codec);
    expect(other.events).toEqual([{ type: "hello", scope: "login", key: "135790246811221", password: null }]);
    expect(other.reply).toBeUndefined();
  });
});

describe("speed and ignition", () => {
  const fix = (accuracy: string, speed: string, utc = "20090214013254"): string =>
    `${accuracy},${speed},92,70.0,121.354335,31.222073,${utc}`;
  const cell = "0460,0000,18d8,6141,00";

  it.each([
    ["a fix", report(`,,10,1,${fix("1", "43.4")},${cell},2000.0,,,,80,220100,,,`), { speedKmh: 43.4, ignition: true }],
    ["the last known one", report(`,,10,1,${fix("0", "43.4")},${cell},2000.0,,,,80,110000,,,`), { ignition: false }],
    [
      "the newest of two",
      report(`0,0,2,1,${fix("1", "4.3")},${cell},0,1,${fix("1", "7.5", "20090214013255").slice(2)},${cell}`),
      { speedKmh: 7.5 },
    ],
    ["no ignition wired", report(`,,10,1,${fix("1", "0.0")},${cell},2000.0,,,,80,420000,,,`), { speedKmh: 0 }],
    ["two that may be the status", report(`,,10,1,${fix("1", "0.0")},${cell},2000.0,,,,80,220000,110000`), { speedKmh: 0 }],
    ["a cell like a status is none", report(`,,10,1,${fix("1", "0.0")},0460,0000,18d8,210000,00,2000.0`), { speedKmh: 0 }],
    ["ignition on", report(`9860,${fix("0", "0.0")},${cell}`, { name: "GTIGN" }), { ignition: true }],
    ["ignition off", report("9860,,,,,,,", { name: "GTIGF" }), { ignition: false }],
    ["virtual ignition", report("453966,,,,,,", { name: "GTVGN" }), { ignition: true }],
    ["state", report("21,0,,,", { name: "GTSTT" }), { ignition: true }],
    ["state without ignition", report("42,0,,,", { name: "GTSTT" }), null],
    ["another report says nothing of it", report("21,0,,,", { name: "GTXYZ" }), null],
    ["a buffered one is past", report(`9860,${fix("1", "50.0")},${cell}`, { name: "GTIGN", head: "BUFF" }), null],
  ])("%s", (_what, words, status) => {
    expect(read(words).events).toEqual([status === null ? { type: "alive" } : { type: "status", ...status }]);
  });
});

describe("what goes down", () => {
  it("has the tag as its serial, FFFF left out, and the same bytes whenever it goes again", () => {
    expect([0, 1, 0xfffe, 0xffff, 0x10000].map(serialOf)).toEqual(["0000", "0001", "FFFE", "0000", "0001"]);
    expect(sent(loggedIn(), "x", 0xffff)).toEqual(["AT+GTDAT=gv200,1,,x,1,,,,0000$"]);
    expect(sent(loggedIn(), "x", 77)).toEqual(sent(loggedIn(), "x", 77));
  });

  it("the password follows version or name, as soon as they are known", () => {
    const password = (version: string, device: string): string => {
      const codec = loggedIn();
      read(`+ACK:GTHBD,${version},${IMEI},${device},20090214093254,11F0$`, codec);
      return /=([^,]*)/.exec(sent(codec, "x")[0] ?? "")?.[1] ?? "";
    };
    expect(password("040100", "")).toBe("gv200");
    expect(password("1A0102", "truck")).toBe("gl300");
    expect(password("8020040305", "")).toBe("gv58lau");
    expect(password("9Z0100", "GV321MG")).toBe("gv321mg");
    expect(password("9Z0100", "truck 7")).toBe("gv200");
    expect(sent(loggedIn({ commandPassword: "s3cret" }), "x")).toEqual(["AT+GTDAT=s3cret,1,,x,1,,,,0001$"]);
  });

  it("is one command of printable ASCII for each part, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.integer({ min: 80, max: 200 }),
        fc.nat(0xffff),
        (text, maxBytes, tag) => {
          for (const [index, frame] of sent(loggedIn({ maxBytes }), text, tag).entries()) {
            expect(frame).toMatch(/^AT\+GTDAT=gv200,1,,[ -#%-+\--~]+,1,,,,[0-9A-F]{4}\$$/);
            expect(frame.split(",")[3]?.length).toBeLessThanOrEqual(maxBytes);
            expect(frame.slice(-5, -1)).toBe(serialOf(tag + index));
          }
        },
      ),
    );
  });

  it("says what was lost, each once", () => {
    expect(plainText("a, b, $1 é é\tx\r\ny", 100)).toEqual({ parts: ["a; b; ?1 ? ? x y"], lost: [",", "$", "é"], empty: false });
    expect(plainText("why? ;", 100)).toEqual({ parts: ["why? ;"], lost: [], empty: false });
    for (const nothing of ["", "  ", "\r\n", "$", ",,", "Привет, мир", "👍"]) expect(plainText(nothing, 100).empty).toBe(true);
    expect(queclink.preview("Gate 5, left", {})).toEqual({ charset: "ascii", bytesPerPart: 100, parts: 1, lost: [","], empty: false });
  });

  it("a line of text fits one command, and needs no more tags than are reserved", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "Ж", "№", "👍", "🇩🇪", " "), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 80, max: 200 }),
        (units, maxBytes) => {
          const text = `x${units.join("")}`;
          const parts = sent(loggedIn({ inner: "line", maxBytes }), text, 0xffff);
          for (const frame of parts) expect(frame.split(",")[3]?.length).toBeLessThanOrEqual(maxBytes);
          expect(parts.length).toBe(queclink.preview(text, { inner: "line", maxBytes }).parts);
          expect(parts.length).toBeLessThanOrEqual(Math.ceil((Buffer.byteLength(text) * 2) / maxBytes));
        },
      ),
    );
  });

  it("keeps what was promised about the settings", () => {
    const ajv = new Ajv({ useDefaults: true, strict: false });
    const profile: Record<string, unknown> = {};
    expect(ajv.validate(queclink.profile, profile)).toBe(true);
    expect(profile).toEqual({ ...DEFAULTS, receipts: "device" });
    for (const wrong of [
      { commandPassword: "a,b$" },
      { commandPassword: "" },
      { maxBytes: 79 },
      { maxBytes: 201 },
      { inner: "garmin-fmi" },
      { x: 1 },
    ])
      expect(ajv.validate(queclink.profile, { ...wrong })).toBe(false);
    expect(ajv.validate(queclink.profile, { commandPassword: "gl601###" })).toBe(true);
  });

  it("is refused with a reason where nothing of it is left", () => {
    expect(loggedIn().encode(order("Привет"))).toEqual({ type: "refused", reason: "nothing of this text can be written in ASCII" });
    expect(loggedIn({ inner: "line", charset: "latin1" }).encode(order("Привет"))).toMatchObject({ type: "refused" });
  });
});

describe("receipts of a line", () => {
  it("are of the last 256 parts; what is older or of nobody says nothing", () => {
    const codec = loggedIn({ inner: "line", delivered: "port" });
    codec.identified({ ...IDENTITY, profile: { inner: "line", delivered: "port" } });
    for (let tag = 1; tag <= 300; tag += 1) codec.encode(order("x", tag));
    const receipt = (serial: string): unknown => read(`+ACK:GTDAT,1A0102,${IMEI},,${serial},20100214093300,0020$`, codec).events[0];
    expect(receipt("0001")).toEqual({ type: "alive" });
    expect(receipt("FFFF")).toEqual({ type: "alive" });
    expect(receipt("012c")).toEqual({ type: "receipt", tag: "300", outcome: "accepted" });
  });
});
