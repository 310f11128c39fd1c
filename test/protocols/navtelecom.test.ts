/** The codec of Navtelecom: the specification's frames, what is answered, what may never happen. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordLayout } from "../../protocols/navtelecom/fields.ts";
import { MAX_FRAME_BYTES } from "../../protocols/navtelecom/flex-length.ts";
import { NavtelecomFramer } from "../../protocols/navtelecom/framer.ts";
import { BUSY_MS } from "../../protocols/navtelecom/half-duplex.ts";
import { navtelecom } from "../../protocols/navtelecom/index.ts";
import { CONFIRM, flexText, ntcbText } from "../../protocols/navtelecom/messages.ts";
import { DEFAULTS } from "../../protocols/navtelecom/profile.ts";
import { flexFits, readNtcb, sealFlex, writeNtcb } from "../../protocols/navtelecom/wire.ts";
import { type Codec, decodeText, type Framed, type Reading } from "../../src/core/index.ts";
import { Conversation } from "./navtelecom-conversation.ts";

interface Frame {
  readonly dir: "up" | "down";
  readonly hex: string;
  readonly means: string;
}

const FRAMES = JSON.parse(readFileSync(new URL("navtelecom.frames.json", import.meta.url), "utf8")) as readonly Frame[];
const IDENTITY = { trackerId: 1, deviceId: "866795031410689", profile: {}, secret: null };

function hexOf(means: string): string {
  const found = FRAMES.find((frame) => frame.means.startsWith(means));
  if (found === undefined) throw new Error(`no frame "${means}"`);
  return found.hex;
}

function units(framer: NavtelecomFramer | Codec["framer"], bytes: Buffer): Framed[] {
  framer.push(Buffer.from(bytes));
  const all: Framed[] = [];
  for (let framed = framer.next(); framed !== null; framed = framer.next())
    all.push(framed.kind === "broken" ? framed : { ...framed, bytes: Buffer.from(framed.bytes) });
  return all;
}

function read(codec: Codec, hex: string): Reading {
  const [framed, ...more] = units(codec.framer, Buffer.from(hex, "hex"));
  expect(more).toEqual([]);
  if (framed?.kind !== "frame") throw new Error(`expected a frame, got ${framed?.kind}`);
  expect(framed.bytes.toString("hex")).toBe(hex);
  return codec.decode(framed.bytes);
}

function replyOf({ reply }: Reading): string | null {
  const bytes = typeof reply === "function" ? reply({ type: "accepted", identity: IDENTITY }) : (reply ?? null);
  return bytes === null ? null : bytes.toString("hex");
}

function online(offer: string | null, profile: Record<string, unknown> = {}): Codec {
  const codec = navtelecom.connect();
  expect(replyOf(read(codec, hexOf("handshake")))).toBe(hexOf("*<S"));
  codec.identified({ ...IDENTITY, profile });
  if (offer !== null) expect(replyOf(read(codec, hexOf(offer)))).not.toBeNull();
  return codec;
}

describe("the specification's frames from a device", () => {
  const alive = { type: "alive" };
  const receipt = { type: "receipt", tag: null, outcome: "accepted" };
  const flex2 = "FLEX 2.0 offer with";
  const cases: readonly (readonly [string, string | null, readonly unknown[], string | null])[] = [
    ["handshake", null, [{ type: "hello", scope: "login", key: "866795031410689", password: null }], hexOf("*<S")],
    ["FLEX 3.0 offer", null, [alive], hexOf("*<FLEX 3.0")],
    [flex2, null, [alive], hexOf("*<FLEX 2.0")],
    ["~T for the mask", flex2, [{ type: "read", tag: "7" }, alive], "7e5421000000f2"],
    ["~R ok", flex2, [receipt], null],
    ["~F truncated", flex2, [receipt], null],
    ["~F busy", flex2, [{ type: "deferred", tag: null, againMs: BUSY_MS[0] }], null],
    [
      "~F display not",
      flex2,
      [{ type: "receipt", tag: null, outcome: "rejected", reason: "the device answered 31: the display is not connected" }],
      null,
    ],
    ["~P RS232", flex2, [alive], hexOf("~M, accept")],
    ["command result", flex2, [alive], null],
    ["ping", flex2, [alive], null],
    ["~T", "FLEX 1.0 offer (Traccar)", [{ type: "status", speedKmh: 0 }], hexOf("~T ack")],
    ["~A of FLEX 1.0", "FLEX 1.0 offer (Traccar)", [alive], hexOf("~A ack 1")],
    ["~A of FLEX 3.0", "FLEX 3.0 offer", [alive], sealFlex(Buffer.from("7e4104", "hex")).toString("hex")],
  ];

  it.each(cases)("%s", (means, offer, events, reply) => {
    const reading = read(online(offer), hexOf(means));
    expect(reading.events).toEqual(events);
    expect(replyOf(reading)).toBe(reply);
  });

  it("a speed that nobody drives is none", () => {
    const codec = online(null);
    const offer = Buffer.concat([Buffer.from("*>FLEX"), Buffer.from([0xb0, 0x14, 0x14, 16, 0x00, 0x08])]);
    expect(replyOf(read(codec, writeNtcb({ receiver: 1, sender: 0 }, offer).toString("hex")))).toBe(hexOf("*<FLEX 2.0"));
    for (const [speed, event] of [
      [90, { type: "status", speedKmh: 90 }],
      [2_000, alive],
      [-1, alive],
      [Number.NaN, alive],
    ] as const) {
      const record = Buffer.alloc(4);
      record.writeFloatLE(speed);
      const frame = sealFlex(Buffer.concat([Buffer.from("~C"), record]));
      expect(read(codec, frame.toString("hex")).events).toEqual([event]);
    }
  });

  it("~P as text where the profile says so", () => {
    expect(read(online(flex2, { serial: "text" }), hexOf("~P RS232")).events).toEqual([
      { type: "text", text: "OK boss", serial: null, lossy: false },
    ]);
  });

  it("every frame down is what we write or what the device understands", () => {
    const hello = (index: number, text: string) => ({ index, confirm: CONFIRM, text: Buffer.from(text, "latin1") });
    expect(flexText(hello(0xffffffff, "Hello")).toString("hex")).toBe(hexOf('~O "Hello"'));
    expect(writeNtcb({ receiver: 0, sender: 1 }, ntcbText(hello(0xffffffff, "Hello"))).toString("hex")).toBe(hexOf("NTCB *!DV"));
    for (const { dir, hex } of FRAMES.filter((frame) => frame.dir === "down")) {
      const framed = units(new NavtelecomFramer("down"), Buffer.from(hex, "hex"));
      expect(framed, hex).toHaveLength(1);
      expect(framed[0]?.kind).toBe("frame");
      expect(JSON.stringify(navtelecom.explain(Buffer.from(hex, "hex"), dir))).not.toContain("wrong");
    }
  });
});

describe("texts", () => {
  const encode = (profile: Record<string, unknown>, text: string, tag = 7) => {
    const encoded = online("FLEX 2.0 offer with", profile).encode({ type: "text", text, urgent: false, tag });
    return encoded.type === "parts" ? encoded.parts.map((part) => [part.tag, part.bytes.toString("hex")]) : encoded.reason;
  };

  it("are the specification's", () => {
    expect(encode({ index: "unused" }, "Привет")).toEqual([["7", hexOf('~O "Привет"')]]);
    expect(encode({}, "Позвоните диспетчеру")).toEqual([["7", hexOf("~O index 7")]]);
    expect(encode({ index: "unused", command: "ntcb" }, "Hello")).toEqual([["7", hexOf("NTCB *!DV")]]);
  });

  it("are cut for the display, however long the profile lets lines be", () => {
    expect(encode({ maxBytes: 450 }, "x".repeat(300))).toHaveLength(3);
    expect(navtelecom.preview("x".repeat(300), { maxBytes: 450 })).toMatchObject({ bytesPerPart: 139, parts: 3, charset: "cp1251" });
    expect(navtelecom.preview("x".repeat(300), { maxBytes: 450, inner: "line" })).toMatchObject({ bytesPerPart: 450, parts: 1 });
  });

  it("of any kind arrive as the same text, in every form", () => {
    const cp1251 = fc.uint8Array({ minLength: 1, maxLength: 500 }).map((bytes) => decodeText(Buffer.from(bytes), "cp1251").text);
    fc.assert(
      fc.property(cp1251, fc.constantFrom("none", "1.0", "2.0", "3.0"), fc.constantFrom(1, 7, Infinity), (text, offer, cut) => {
        const plain = text.replaceAll("\0", " ");
        fc.pre(plain.trim() !== "" && !plain.includes("\uFFFD"));
        const talk = new Conversation({ profile: { offer, readMs: null } }, {}, cut);
        talk.connect();
        talk.wait(5_000);
        talk.send(1, text);
        expect(talk.shown().join("")).toBe(plain);
        expect(talk.settlements.at(-1)).toEqual({ type: "delivered", id: 1, receipt: "device" });
        expect(talk.notes).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("the wire", () => {
  it("knows each wrong byte", () => {
    for (const { hex } of FRAMES.filter((frame) => frame.hex.startsWith("7e"))) {
      const frame = Buffer.from(hex, "hex");
      for (let at = 0; at < frame.length; at += 1) {
        frame[at] = (frame[at] ?? 0) ^ 0x10;
        expect(flexFits(frame)).toBe(false);
        frame[at] = (frame[at] ?? 0) ^ 0x10;
      }
      expect(flexFits(frame)).toBe(true);
    }
    const login = Buffer.from(hexOf("handshake"), "hex");
    for (let at = 0; at < login.length; at += 1) {
      const broken = Buffer.from(login);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      expect(readNtcb(broken).type).toBe("bad");
    }
  });

  it("sizes of fields fit the records of three versions, and may be overruled", () => {
    const size = (offer: string, length: number, sizes = {}) => {
      const data = Buffer.from(hexOf(offer), "hex").subarray(16);
      return recordLayout(data.subarray(10), data.readUInt8(9), sizes).size === length;
    };
    expect(size("FLEX 1.0 offer (Traccar)", 73)).toBe(true);
    expect(size("FLEX 2.0 offer (Traccar)", 70)).toBe(true);
    expect(size("FLEX 3.0 offer", 171)).toBe(true);
    expect(size("FLEX 2.0 offer with", 16)).toBe(true);
    expect(size("FLEX 2.0 offer with", 19, { "104": 4 })).toBe(true);
    expect(recordLayout(Buffer.alloc(32, 0xff), 255, {}).size).toBe(734);
  });

  it("a message that announces too much is noise, and the next is found", () => {
    const framer = new NavtelecomFramer("up");
    framer.agree({ recordBytes: 4_000 });
    const ping = writeNtcb({ receiver: 1, sender: 0 }, Buffer.alloc(0));
    expect(255 * 4_000).toBeGreaterThan(MAX_FRAME_BYTES);
    const kinds = units(framer, Buffer.concat([Buffer.from("7e41ff", "hex"), ping])).map(({ kind }) => kind);
    expect(kinds).toEqual(["noise", "frame"]);
  });

  it("behind a wrong CRC and behind noise only what proves itself is a frame", () => {
    const framer = new NavtelecomFramer("up");
    framer.agree({ recordBytes: 16 });
    const sound = hexOf("~R ok");
    const wrong = `7e5401000000${"00".repeat(5)}${sound}${"00".repeat(7)}`;
    const found = (hex: string) => units(framer, Buffer.from(hex, "hex")).map(({ kind }) => kind);
    expect(found(wrong)).toEqual(["frame"]);
    expect(found("7f")).toEqual(["noise"]);
    expect(found(wrong)).toEqual(["noise", "frame", "noise"]);
    expect(found(`${sound}7f`)).toEqual(["frame", "frame"]);
  });

  it("any messages in a row are cut where they were joined, whatever noise lies between NTCB frames", () => {
    const message = fc.constantFrom(...FRAMES.filter((one) => one.dir === "up" && !/^~[TA]/.test(one.means)).map(({ hex }) => hex));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (hexes, cut) => {
        const framer = new NavtelecomFramer("up");
        const bytes = Buffer.from(hexes.join(""), "hex");
        const found: string[] = [];
        for (let at = 0; at < bytes.length; at += cut)
          for (const unit of units(framer, bytes.subarray(at, at + cut))) if (unit.kind === "frame") found.push(unit.bytes.toString("hex"));
        expect(found).toEqual(hexes);
      }),
    );
  });
});

describe("the protocol", () => {
  it("is detected by its first header, however it is cut", () => {
    const login = Buffer.from(hexOf("handshake"), "hex");
    for (let length = 0; length < 16; length += 1) expect(navtelecom.detect(login.subarray(0, length))).toBe("more");
    expect(navtelecom.detect(login.subarray(0, 16))).toBe("yes");
    expect(navtelecom.detect(Buffer.from("@NTX"))).toBe("no");
    expect(navtelecom.detect(Buffer.concat([login.subarray(0, 15), Buffer.of(0)]))).toBe("no");
  });

  it("explains frames of both directions", () => {
    const said = (means: string, direction: "up" | "down") =>
      JSON.stringify(navtelecom.explain(Buffer.from(hexOf(means), "hex"), direction));
    expect(said("handshake", "up")).toContain("866795031410689");
    expect(said("FLEX 2.0 offer with", "up")).toContain("1 2 3 4 104 105");
    expect(said("~O index 7", "down")).toContain("Позвоните диспетчеру");
    expect(said("NTCB *!DV", "down")).toContain("Hello");
    expect(said("~F busy", "up")).toContain("busy");
    expect(said("~P RS232", "up")).toContain("RS232");
    expect(said("*<FLEX 3.0", "down")).toContain("3.0");
    expect(said("ping", "up")).toContain("ping");
    expect(said("~A, one record", "up")).toContain("14 bytes");
    for (const { hex, dir } of FRAMES) expect(navtelecom.explain(Buffer.from(hex, "hex"), dir).title).not.toContain("not a Navtelecom");
  });

  it("listens to either side without a line: every frame alone, and an event behind its offer", () => {
    for (const { hex, dir } of FRAMES) {
      const listener = navtelecom.listen?.(dir);
      if (listener === undefined) throw new Error("no listener");
      expect(units(listener, Buffer.from(hex, "hex")).map((unit) => unit.kind === "frame" && unit.bytes.toString("hex"))).toEqual([hex]);
    }
    const listener = navtelecom.listen?.("up");
    const heard = hexOf("handshake") + hexOf("FLEX 2.0 offer with") + hexOf("~T for the mask") + hexOf("~R ok");
    expect(listener && units(listener, Buffer.from(heard, "hex")).map(({ kind }) => kind)).toEqual(["frame", "frame", "frame", "frame"]);
  });

  it("says what is wrong with less than a header", () => {
    for (const codec of [navtelecom.connect(), online(null)])
      expect(codec.decode(Buffer.from("404e54430100", "hex")).events).toEqual([
        { type: "bad", reason: "NTCB: header of 16 bytes expected, came 6" },
      ]);
  });

  it("reads and explains any bytes without throwing", () => {
    const codecs = [navtelecom.connect(), online("FLEX 2.0 offer with")];
    const head = fc.constantFrom(Buffer.alloc(0), Buffer.from("~"), Buffer.from("~O\x82\0"), Buffer.from("~P\x7f"), Buffer.from("@NTC"));
    const ntcb = fc.uint8Array({ maxLength: 60 }).map((data) => writeNtcb({ receiver: 1, sender: 0 }, Buffer.from(data)));
    const any = fc.tuple(head, fc.uint8Array({ maxLength: 60 })).map(([start, rest]) => Buffer.concat([start, Buffer.from(rest)]));
    fc.assert(
      fc.property(fc.oneof(any, ntcb), fc.constantFrom("up", "down"), (bytes, direction) => {
        expect(navtelecom.explain(bytes, direction).title).not.toBe("");
        for (const codec of codecs) replyOf(codec.decode(bytes));
      }),
    );
  });

  it("any data in a sound NTCB frame or FLEX message is read without throwing", () => {
    const words = fc.constantFrom("*>S:", "*>FLEX", "*>FLEX\xb0\x14\x14\x7a", "*>T", "*>A", "*@DV", "*Z:", "*>U2S", "");
    const ntcb = fc
      .tuple(words, fc.uint8Array({ maxLength: 40 }))
      .map(([word, data]) => writeNtcb({ receiver: 1, sender: 0 }, Buffer.concat([Buffer.from(word, "latin1"), Buffer.from(data)])));
    const letters = fc.constantFrom("A", "T", "C", "E", "X", "R", "F", "P", "M", "S", "Z", "Q");
    const flex = fc
      .tuple(letters, fc.uint8Array({ maxLength: 40 }))
      .map(([letter, data]) => sealFlex(Buffer.concat([Buffer.from(`~${letter}`), Buffer.from(data)])));
    fc.assert(
      fc.property(fc.array(fc.oneof(ntcb, flex), { maxLength: 5 }), (frames) => {
        const codec = online("FLEX 2.0 offer with");
        for (const unit of units(codec.framer, Buffer.concat(frames))) if (unit.kind === "frame") replyOf(codec.decode(unit.bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("its schema fills in the defaults and knows its limits", () => {
    const filled: Record<string, unknown> = {};
    const validate = new Ajv({ useDefaults: true, strict: false }).compile(navtelecom.profile);
    expect(validate(filled)).toBe(true);
    expect(filled).toMatchObject(DEFAULTS);
    for (const wrong of [{ maxBytes: 500 }, { fieldSizes: { "256": 1 } }, { statusTexts: { on: "x" } }, { charset: "gbk" }, { repeats: 9 }])
      expect(validate(wrong)).toBe(false);
  });
});
