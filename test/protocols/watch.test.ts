/** The codec of watches: the specification's frames, what is answered, what goes out, what may never happen. */
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WatchFramer } from "../../protocols/watch/framer.ts";
import { watch } from "../../protocols/watch/index.ts";
import { escaped, readFrame, unescaped, writeFrame } from "../../protocols/watch/wire.ts";
import { type Codec, decodeText, type Encoded } from "../../src/core/index.ts";
import { bytesOf, framesOfPage, online, replyOf, singles, unitsOf } from "./plain-frames.ts";

const FRAMES = framesOfPage("watch");
const ADDRESS = { maker: "3G", id: "8800000015", index: null };

function up(content: Buffer | string): Buffer {
  return writeFrame(ADDRESS, content);
}

function heard(profile: Readonly<Record<string, unknown>>, first: Buffer): Codec {
  const codec = online(watch, profile);
  codec.decode(first);
  return codec;
}

function partsOf(encoded: Encoded): readonly string[] {
  if (encoded.type === "refused") throw new Error(encoded.reason);
  return encoded.parts.map(({ bytes }) => bytes.toString("latin1"));
}

describe("the specification's frames", () => {
  const alive = { type: "alive" };
  const cases: readonly (readonly [unknown, string | null])[] = [
    [{ type: "receipt", tag: null, outcome: "accepted" }, null],
    [alive, "[3G*8800000015*0002*LK]"],
    [alive, "[3G*8800000015*0002*LK]"],
    [alive, "[3G*8800000015*0003*TKQ]"],
    [alive, "[ZJ*014111001350304*0034*0002*LK]"],
    [alive, "[CS*1234567890*0004*TK,1]"],
  ];
  const ups = FRAMES.filter(({ dir }) => dir === "up").map((frame, index) => [frame.means, frame, cases[index]] as const);

  it("are all here", () => expect(ups).toHaveLength(cases.length));

  it.each(ups)("from a watch: %s", (_means, frame, wanted) => {
    const bytes = bytesOf(frame);
    expect(unitsOf(watch.connect().framer, singles(bytes))).toEqual([{ kind: "frame", bytes }]);
    const hello = { type: "hello", scope: "login", key: frame.ascii.split("*")[1], password: null };
    expect(watch.connect().decode(bytes)).toEqual({ events: [hello], again: true });
    const reading = online(watch).decode(bytes);
    expect([reading.events, replyOf(reading)]).toEqual([[wanted?.[0]], wanted?.[1]]);
    expect(watch.explain(bytes, "up").title).toMatch(/^watch: /);
  });

  it.each(FRAMES.filter(({ dir }) => dir === "down").map((frame) => [frame.means, frame] as const))("to a watch: %s", (_means, frame) => {
    const bytes = bytesOf(frame);
    expect(unitsOf(new WatchFramer(), [bytes])).toEqual([{ kind: "frame", bytes }]);
    const read = readFrame(bytes);
    if (read.type === "bad") throw new Error(read.reason);
    expect(read.frame.length).toBe(read.frame.content.length);
    expect(writeFrame(read.frame.address, read.frame.content)).toEqual(bytes);
    expect(watch.explain(bytes, "down").title).toMatch(/^gateway: /);
    if (read.frame.word !== "MESSAGE") return;
    const text = decodeText(Buffer.from(read.frame.fields.toString(), "hex"), "utf16be").text;
    const codec = heard({}, writeFrame(read.frame.address, "LK"));
    expect(partsOf(codec.encode({ type: "text", text, urgent: false, tag: 1 }))).toEqual([frame.ascii]);
  });

  it("escapes are those of the voice frame", () => {
    const payload = Buffer.from("7d5b5d2c2aff", "hex");
    expect(escaped(payload).toString("hex")).toBe("7d017d027d037d047d05ff");
    expect(unescaped(escaped(payload))).toEqual(payload);
    expect(unescaped(Buffer.from("7d067d", "hex")).toString("hex")).toBe("7d067d");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(unescaped(escaped(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("what is answered", () => {
  const answer = (content: string, profile: Readonly<Record<string, unknown>> = {}) => {
    const reply = replyOf(online(watch, profile).decode(up(content)));
    return reply === null ? null : (/\*[0-9A-F]{4}\*(.*)\]$/.exec(reply)?.[1] ?? reply);
  };

  it.each<[string, string | null, Readonly<Record<string, unknown>>]>([
    ["LK", "LK", {}],
    ["LK,0,0,53", "LK", {}],
    ["TKQ2", "TKQ2", {}],
    ["CONFIG,TY:G36", "CONFIG,1", {}],
    ["INIT,86", "INIT,1", {}],
    ["AL,1", "AL", {}],
    ["AL_LTE,1", "AL_LTE", {}],
    ["AL_LTE,1", "AL", { alarmReply: "AL" }],
    ["UD,1", null, {}],
    ["UD2,1", "UD2", { positionReply: "echo" }],
    ["WT,1", null, {}],
    ["bphrt,120", "bphrt", {}],
    ["oxygen,0,98", "oxygen,1", {}],
    ["btemp2,1", "btemp2", {}],
    ["heart,0", "heart", {}],
    ["HEART,0", "HEART", {}],
    ["heart,0", null, { healthReply: "none" }],
    ["TK,#!AMR", "TK,1", {}],
    ["TK,1", null, {}],
    ["TK,0", null, {}],
    ["TK", null, {}],
    ["JXTK,0,a,1,6,#!AMR", "JXTKR,1", {}],
    ["img,5,260101120000,x", null, {}],
    ["MESSAGE", null, { unknownReply: "echo" }],
    ["ICCID,8986", null, {}],
    ["RYIMEI", "RYIMEI", { unknownReply: "echo" }],
    ["ALERT", null, {}],
  ])("%s: %s %j", (content, wanted, profile) => expect(answer(content, profile)).toBe(wanted));
});

describe("what is heard", () => {
  const event = (content: string, profile: Readonly<Record<string, unknown>> = {}) => online(watch, profile).decode(up(content)).events;
  const place = (speed: string, fix = "A") => `220414,134652,${fix},22.571707,N,113.8613968,E,${speed},0.0,100,7,60,90`;

  it("the speed of a position that is about now and has a fix", () => {
    for (const word of ["UD", "UD_LTE", "UD_WCDMA", "AL", "AL_LTE"])
      expect(event(`${word},${place("30.84")}`)).toEqual([{ type: "status", speedKmh: 30.84 }]);
    for (const content of [`UD2,${place("5")}`, `UD3,${place("5")}`, `UD,${place("5", "V")}`, `UD,${place("401")}`, `UD,${place("-1")}`])
      expect(event(content)).toEqual([{ type: "alive" }]);
    for (const content of ["UD", "UD,", "AL,1,2,A", `UD,x${place("5")}`]) expect(event(content)).toEqual([{ type: "alive" }]);
  });

  it("a note of voice and pictures, if the profile wants one", () => {
    const profile = { media: "note" };
    expect(event("TK,#!AMR", profile)).toEqual([{ type: "text", text: "[voice message]", serial: "TK:5:422b" }]);
    expect(event("TK,1", profile)).toEqual([{ type: "alive" }]);
    expect(event("JXTK,0,file,1,2,x", profile)).toEqual([{ type: "alive" }]);
    expect(event("JXTK,0,file,2,2,x", profile)).toEqual([{ type: "text", text: "[voice message]", serial: "JXTK:file" }]);
    expect(event("JXTK", profile)).toEqual([{ type: "alive" }]);
    expect(event("img,5,260101120000,x", profile)).toMatchObject([{ type: "text", text: "[picture]" }]);
    expect(event("TK,#!AMR")).toEqual([{ type: "alive" }]);
  });

  it("a text of a watch's own, which no document knows, is no receipt", () => {
    expect(event("MESSAGE,00480069")[0]?.type).toBe("bad");
    expect(event("MESSAGE,")).toEqual([{ type: "receipt", tag: null, outcome: "accepted" }]);
  });

  it("the first frame names the watch and is read once it is known", () => {
    const codec = watch.connect();
    const first = up("AL,1");
    expect(codec.decode(first)).toEqual({ events: [{ type: "hello", scope: "login", key: "8800000015", password: null }], again: true });
    codec.identified({ trackerId: 1, deviceId: "8800000015", profile: {}, secret: null });
    expect(replyOf(codec.decode(first))).toBe("[3G*8800000015*0002*AL]");
    expect(codec.decode(writeFrame({ ...ADDRESS, id: "1" }, "LK")).events).toMatchObject([{ type: "hello", key: "1" }]);
  });

  it("no identity is too odd to be refused, and none reaches the session unchecked", () => {
    for (const id of ["", "..", "{}", "a b", "\0", "x".repeat(21), "1".repeat(4_000)])
      expect(watch.connect().decode(writeFrame({ ...ADDRESS, id }, "LK")).events[0]?.type).toBe("bad");
  });
});

describe("texts to a watch", () => {
  const encode = (text: string, profile: Readonly<Record<string, unknown>> = {}, first = up("LK")) =>
    heard(profile, first).encode({ type: "text", text, urgent: false, tag: 1 });

  it("are addressed as the watch addresses itself, or as the profile says", () => {
    const zj = writeFrame({ maker: "ZJ", id: "014111001350304", index: "00A4" }, "LK");
    expect(partsOf(encode("a", {}, zj))).toEqual(["[ZJ*014111001350304*0001*000C*MESSAGE,0061]"]);
    expect(partsOf(encode("a", { commandIndex: "echo" }, zj))).toEqual(["[ZJ*014111001350304*00A4*000C*MESSAGE,0061]"]);
    expect(partsOf(encode("a", { commandMaker: "SG" }))).toEqual(["[SG*8800000015*000C*MESSAGE,0061]"]);
    const silent = online(watch).encode({ type: "text", text: "a", urgent: false, tag: 1 });
    expect(partsOf(silent)).toEqual(["[3G*867000000000001*000C*MESSAGE,0061]"]);
  });

  it("what was changed is told, and white space alone is no text", () => {
    expect(encode("a\r\nb\t☃️")).toMatchObject({ type: "parts", altered: false });
    expect(encode("a\ud800")).toMatchObject({ type: "parts", altered: true });
    for (const text of ["", " ", "\n", "\0", "\ud800", "\u2028"]) expect(encode(text).type).toBe("refused");
    expect(watch.preview(`${"x".repeat(94)}👍`, {})).toEqual({ charset: "utf16be", bytesPerPart: 190, parts: 2, lost: [], empty: false });
    expect(watch.preview("x".repeat(20), { maxBytes: 21 })).toMatchObject({ bytesPerPart: 20, parts: 2 });
  });

  it("no text can end its frame or begin another", () => {
    const nasty = fc.constantFrom("]", "[", "*", "][3G*8800000015*0005*RESET]", "\0", "\r\n", "\ud800", "Где", "👍🏽", "中");
    const anything = fc.array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 30 }).map((all) => all.join(""));
    fc.assert(
      fc.property(anything, fc.constantFrom(20, 33, 190, 1_000), (text, maxBytes) => {
        const preview = watch.preview(text, { maxBytes });
        const encoded = encode(text, { maxBytes });
        expect(encoded.type === "refused").toBe(preview.empty);
        if (encoded.type === "refused") return;
        expect([encoded.altered, encoded.parts.length]).toEqual([preview.lost.length > 0, preview.parts]);
        for (const { bytes } of encoded.parts) {
          const [, length = "", digits = ""] =
            /^\[3G\*8800000015\*([0-9A-F]{4})\*MESSAGE,((?:[0-9A-F]{4})+)\]$/.exec(bytes.toString("latin1")) ?? [];
          expect(Number.parseInt(length, 16)).toBe("MESSAGE,".length + digits.length);
          expect(digits.length / 2).toBeLessThanOrEqual(maxBytes);
        }
      }),
    );
  });
});

describe("detection", () => {
  it("by the head of the first frame, as soon as it can be told", () => {
    const head = Buffer.from("[3G*8800000015*0002*LK]");
    for (let length = 0; length <= 21; length += 1)
      expect(watch.detect(head.subarray(0, length))).toBe(length < 22 && length !== 21 ? "more" : "yes");
    for (const whole of ["[ZJ*014111001350304*0034*0009*LK,0,0,19]", "[CS*1234567890*000e*TK", "[3G*1*0002*AL]"])
      expect(watch.detect(Buffer.from(whole))).toBe("yes");
  });

  it.each(["[", "{", "[3", "3G*", "[3G*x y*", "[3G**", "[3G*1*00G2*", "[3G*1*00020*LK", '[{"a":1}]', "GET / HTTP/1.1", "$$m28,01377"])(
    "%s",
    (head) => expect(watch.detect(Buffer.from(head))).toBe("[3G*1*".startsWith(head) ? "more" : "no"),
  );
});

describe("explanations", () => {
  it("field by field", () => {
    expect(watch.explain(Buffer.from("[ZJ*014111001350304*0034*0010*MESSAGE,597D0031]"), "down")).toEqual({
      title: "gateway: text (MESSAGE)",
      fields: [
        { name: "maker", value: "ZJ" },
        { name: "id", value: "014111001350304" },
        { name: "index", value: "0034" },
        { name: "length", value: "16" },
        { name: "text", value: "好1" },
      ],
    });
    const noteOf = (frame: Buffer) => watch.explain(frame, "up").fields.find(({ name }) => name === "length")?.note;
    const voice = FRAMES.find(({ means }) => means.startsWith("voice"));
    expect(noteOf(bytesOf(voice ?? { dir: "up", ascii: "", means: "" }))).toBe("before escaping");
    expect(noteOf(Buffer.from("[3G*1*0009*LK]"))).toBe("wrong, it has 2");
    expect(watch.explain(up("MESSAGE"), "up").fields.at(-1)).toEqual({ name: "receipt", value: "the text was taken" });
    expect(watch.explain(Buffer.from("hello"), "up").title).toBe("not a frame of a watch");
  });
});

describe("the profile", () => {
  it("fills its defaults and knows nothing else", () => {
    const ajv = new Ajv({ useDefaults: true, strict: false });
    const profile = {};
    expect(ajv.validate(watch.profile, profile)).toBe(true);
    expect(profile).toMatchObject({ maxBytes: 190, commandMaker: "echo", alarmReply: "echo", positionReply: "none", media: "discard" });
    for (const wrong of [{ maxBytes: 19 }, { maxBytes: 1_001 }, { commandMaker: "3GX" }, { commandMaker: "3]" }, { maker: "3G" }])
      expect(ajv.validate(watch.profile, wrong)).toBe(false);
  });
});
