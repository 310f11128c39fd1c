/** The codec of Meitrack: the specification's frames, what is answered, what goes out, what may never happen. */
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MeitrackFramer } from "../../protocols/meitrack/framer.ts";
import { meitrack } from "../../protocols/meitrack/index.ts";
import { navigatorData } from "../../protocols/meitrack/navigator.ts";
import { letterOf, readPacket, writePacket } from "../../protocols/meitrack/wire.ts";
import { type Encoded, encodeText } from "../../src/core/index.ts";
import { bytesOf, framesOfPage, online, replyOf, singles, unitsOf } from "./plain-frames.ts";

const FRAMES = framesOfPage("meitrack");
const IMEI = "867000000000001";

function up(command: string, data: Buffer | string, letter = "A", imei = IMEI): Buffer {
  return writePacket({ direction: "up", letter, imei, command, data });
}

function order(text: string, profile: Readonly<Record<string, unknown>> = {}, tag = 1, urgent = false): Encoded {
  return online(meitrack, profile).encode({ type: "text", text, urgent, tag });
}

function partsOf(encoded: Encoded): readonly string[] {
  if (encoded.type === "refused") throw new Error(encoded.reason);
  return encoded.parts.map(({ bytes }) => bytes.toString("latin1"));
}

describe("the specification's frames", () => {
  const receipt = (letter: string) => ({ type: "receipt", tag: `letter ${letter}`, outcome: "accepted" });
  const words = { type: "text", text: "Bhghght", lossy: false, serial: "D75:000000AD:302480F5" };
  const alive = { type: "alive" };
  const cases: readonly (readonly [unknown, string | null])[] = [
    [receipt("m"), null],
    [receipt("C"), null],
    [alive, null],
    [alive, null],
    [alive, null],
    [receipt("A"), null],
    [receipt("C"), null],
    [words, "@@l28,866699027509340,D75,OK*68\r\n"],
    [receipt("n"), null],
  ];
  const ups = FRAMES.filter(({ dir }) => dir === "up").map((frame, index) => [frame.means, frame, cases[index]] as const);

  it("are all here", () => expect(ups).toHaveLength(cases.length));

  it.each(ups)("from a tracker: %s", (_means, frame, wanted) => {
    const bytes = bytesOf(frame);
    const fresh = meitrack.connect();
    expect(unitsOf(fresh.framer, [bytes])).toEqual([{ kind: "frame", bytes }]);
    expect(fresh.decode(bytes).events).toEqual([{ type: "hello", scope: "login", key: frame.ascii.split(",")[1], password: null }]);
    const reading = online(meitrack).decode(bytes);
    expect([reading.events, replyOf(reading)]).toEqual([[wanted?.[0]], wanted?.[1]]);
    expect(meitrack.explain(bytes, "up").title).not.toContain("not a packet");
  });

  it.each(FRAMES.filter(({ dir }) => dir === "down").map((frame) => [frame.means, frame] as const))(
    "from a server: %s",
    (_means, frame) => {
      const bytes = bytesOf(frame);
      expect(unitsOf(new MeitrackFramer("down"), singles(bytes))).toEqual([{ kind: "frame", bytes }]);
      const read = readPacket(bytes);
      expect(read.type === "packet" && read.declared === read.actual).toBe(frame.valid !== false);
      if (read.type === "packet" && frame.valid !== false) expect(writePacket(read.packet)).toEqual(bytes);
      expect(online(meitrack).decode(bytes).events[0]?.type).toBe("bad");
    },
  );

  it("texts as the documents have them", () => {
    const letter = (text: string, wanted: string, profile: Readonly<Record<string, unknown>>, urgent = false) => {
      const codec = meitrack.connect();
      codec.identified({ trackerId: 1, deviceId: wanted.split(",")[1] ?? "", profile, secret: null });
      const encoded = codec.encode({ type: "text", text, urgent, tag: wanted.charCodeAt(2) - letterOf(0).charCodeAt(0) });
      expect(partsOf(encoded)).toEqual([wanted]);
    };
    const down = (means: string) => FRAMES.find((frame) => frame.means === means)?.ascii ?? "";
    letter("Test Message", down("C13 text"), {});
    letter("Test Message", down("C10 text"), { command: "C10", sender: "GPRS" }, true);
    letter("Call the office", down('C13 normal text "Call the office"'), {});
    letter("URGENT", down("C13 urgent text"), {}, true);
    letter("Hello", down("C10 text, sender GW"), { command: "C10", sender: "GW" });
  });

  it("the document's D76 has the length and the checksum that it prints when the id's size has two digits", () => {
    const text = Buffer.from("004600530044004600530046004400530046");
    const data = navigatorData({ time: 0x30245bed, id: "0191e7b6", text, port: 2 });
    const written = writePacket({ direction: "down", letter: "n", imei: "866699027509340", command: "D76", data }).toString();
    expect(written).toBe(FRAMES.at(-1)?.ascii.replace(",8,", ",08,"));
    expect(written).toContain("@@n85,");
    expect(written).toContain("*B6\r\n");
  });

  it("times of D76 are Garmin's", () => {
    const codec = online(meitrack, { inner: "garmin-fmi" }, () => Date.UTC(2015, 7, 5, 6, 6, 37));
    expect(partsOf(codec.encode({ type: "text", text: "x", urgent: false, tag: 1 }))[0]).toContain(",D76,30245BED,08,");
  });
});

describe("texts to a tracker", () => {
  it("what was changed is told", () => {
    const { lost, empty, parts, bytesPerPart, charset } = meitrack.preview("Где\n5, € 👍🏽 \ud800", {});
    expect({ lost, empty, parts, bytesPerPart, charset }).toEqual({
      lost: ["\ud800", "Г", "д", "е", "€", "👍", "🏽"],
      empty: false,
      parts: 1,
      bytesPerPart: 150,
      charset: "ascii",
    });
    expect(order("plain, * text").type === "parts" && order("plain, * text")).toMatchObject({ altered: false });
    expect(order("a*b,c", { strictFields: true })).toMatchObject({ altered: true });
    expect(meitrack.preview("a*b,c", { strictFields: true }).lost).toEqual([",", "*"]);
    for (const text of ["", " ", "\r\n", "\0", "\u2028", "\ue000", "\u0301"]) expect(order(text).type).toBe("refused");
    for (const profile of [{ charset: "utf16be" }, { inner: "garmin-fmi" }]) expect(order(" \0 ", profile).type).toBe("refused");
  });

  it("each form has its own limits", () => {
    const sizes = (profile: Readonly<Record<string, unknown>>) => {
      const { parts, bytesPerPart, charset } = meitrack.preview("x".repeat(400), profile);
      return [parts, bytesPerPart, charset];
    };
    expect(sizes({})).toEqual([3, 150, "ascii"]);
    expect(sizes({ maxBytes: 199 })).toEqual([3, 150, "ascii"]);
    expect(sizes({ charset: "utf16be" })).toEqual([11, 75, "utf16be"]);
    expect(sizes({ charset: "utf16be", unicodeForm: "raw" })).toEqual([6, 150, "utf16be"]);
    expect(sizes({ inner: "garmin-fmi", maxBytes: 199 })).toEqual([5, 198, "utf16be"]);
    expect(meitrack.preview("中".repeat(99), { inner: "garmin-fmi", maxBytes: 199 }).parts).toBe(2);
  });

  it("no text can end its packet or begin another, in any form", () => {
    const nasty = fc.constantFrom("*", ",", "\r\n", "*00\r\n@@A25,1,F11*00\r\n", "$$", "\0", "\u2028", "\ud800", "Где", "👍", "中", "•");
    const anything = fc.array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 30 }).map((all) => all.join(""));
    const profile = fc.record({
      inner: fc.constantFrom("none", "garmin-fmi"),
      command: fc.constantFrom("C13", "C10"),
      charset: fc.constantFrom("ascii", "utf16be"),
      transliterate: fc.boolean(),
      strictFields: fc.boolean(),
      maxBytes: fc.constantFrom(20, 33, 150, 199),
    });
    fc.assert(
      fc.property(anything, profile, fc.nat(0xffff), (text, settings, tag) => {
        const preview = meitrack.preview(text, settings);
        const encoded = order(text, settings, tag);
        expect(encoded.type === "refused").toBe(preview.empty);
        if (encoded.type === "refused") return;
        expect([encoded.altered, encoded.parts.length]).toEqual([preview.lost.length > 0, preview.parts]);
        for (const { bytes } of encoded.parts) expectOnePacket(bytes, settings);
      }),
    );
  });
});

/** One packet, printable, of the right length and sum, whose text keeps within the limits. */
function expectOnePacket(bytes: Buffer, { inner, command, charset, maxBytes }: Record<string, unknown>): void {
  expect(unitsOf(new MeitrackFramer("down"), [bytes])).toEqual([{ kind: "frame", bytes }]);
  const read = readPacket(bytes);
  if (read.type === "bad") throw new Error(read.reason);
  expect(read.declared).toBe(read.actual);
  expect(bytes.subarray(0, -2).every((byte) => byte >= 0x20 && byte <= 0x7e)).toBe(true);
  const fields = read.packet.data.toString("latin1").split(",");
  if (inner === "garmin-fmi") {
    expect(fields).toHaveLength(5);
    expect(fields[3]?.length).toBeLessThanOrEqual(Math.min(398, Number(maxBytes) * 2));
  } else {
    const text = fields.slice(command === "C10" ? 3 : 2).join(",");
    expect(text.length).toBeLessThanOrEqual(Math.min(150, Number(maxBytes)));
    if (charset === "utf16be") expect(text).toMatch(/^(?:[0-9A-F]{4})+$/);
  }
}

describe("explanations", () => {
  it("field by field", () => {
    const d75 = FRAMES.find(({ ascii }) => ascii.includes(",D75,3024"));
    expect(meitrack.explain(bytesOf(d75 ?? { dir: "up", ascii: "", means: "" }), "up")).toEqual({
      title: "tracker: text from the navigator (D75)",
      fields: [
        { name: "data identifier", value: "l" },
        { name: "length", value: "105" },
        { name: "IMEI", value: "866699027509340" },
        { name: "time", value: "302480F5" },
        { name: "latitude", value: "015787A6" },
        { name: "longitude", value: "06CC5FBB" },
        { name: "answers", value: "03335C8B" },
        { name: "size of the id", value: "08" },
        { name: "id", value: "000000AD" },
        { name: "text", value: "0042006800670068006700680074", note: "Bhghght" },
        { name: "port", value: "02" },
        { name: "checksum", value: "FF", note: "ok" },
      ],
    });
    expect(meitrack.explain(Buffer.from("@@C38,867000000000001,C10,0,GW,E,a,b*00\r\n"), "down").title).toBe("not a packet of Meitrack");
    const c13 = writePacket({ direction: "down", letter: "A", imei: IMEI, command: "C13", data: "0,E,a,b*c" });
    expect(meitrack.explain(c13, "down").fields).toContainEqual({ name: "text", value: "a,b*c" });
    expect(meitrack.explain(up("CCC", Buffer.alloc(3)), "up").fields).toContainEqual({ name: "positions", value: "unreadable" });
  });
});

describe("the profile", () => {
  it("fills its defaults and knows nothing else", () => {
    const ajv = new Ajv({ useDefaults: true, strict: false });
    const profile = {};
    expect(ajv.validate(meitrack.profile, profile)).toBe(true);
    expect(profile).toMatchObject({ inner: "none", command: "C13", charset: "ascii", maxBytes: 150, letters: "exact", confirm: "never" });
    for (const sender of ["GW", "Dispatch - 1", "a.b", "x".repeat(16)]) expect(ajv.validate(meitrack.profile, { sender })).toBe(true);
    for (const wrong of [
      { sender: "a,b" },
      { sender: "a*" },
      { sender: "" },
      { sender: "x".repeat(17) },
      { sender: "Ж" },
      { maxBytes: 200 },
    ])
      expect(ajv.validate(meitrack.profile, wrong)).toBe(false);
    for (const wrong of [{ inner: "line" }, { charset: "utf8" }, { ignitionInput: 9 }, { navigatorPort: 3 }, { version: 1 }])
      expect(ajv.validate(meitrack.profile, wrong)).toBe(false);
  });
});

describe("UTF-16", () => {
  it("hex digits are those of the text", () => {
    const [part = ""] = partsOf(order("Где 🚚", { charset: "utf16be" }));
    expect(part).toContain(`,U,${encodeText("Где 🚚", "utf16be").bytes.toString("hex").toUpperCase()}*`);
  });
});
