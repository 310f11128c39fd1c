import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CharsetName, decodeText, encodeText, splitText, toAscii } from "../../src/core/index.ts";

const ALL: readonly CharsetName[] = ["utf8", "ascii", "latin1", "cp1251", "gbk", "utf16be", "utf16le"];
const anyText = fc.string({ unit: "grapheme", maxLength: 200 });

describe("encodeText", () => {
  it.each([
    ["测试", "gbk", "b2e2cad4", []],
    ["请注意安全驾驶", "gbk", "c7ebd7a2d2e2b0b2c8abbcddcabb", []],
    ["亇亊", "gbk", "817d817e", []],
    ["5 € 😀", "gbk", "35203f203f", ["€", "😀"]],
    ["a\u00a0b", "gbk", "612062", []],
    ["Где вы?", "cp1251", "c3e4e520e2fb3f", []],
    ["Где?", "ascii", "3f3f3f3f", ["Г", "д", "е"]],
    ["hé", "latin1", "68e9", []],
    ["hé", "utf16be", "006800e9", []],
    ["a\ufffd", "ascii", "613f", ["\ufffd"]],
    ["a\ufffd", "cp1251", "613f", ["\ufffd"]],
    ["a\ufffd", "utf16le", "6100fdff", []],
    ["😀", "utf8", "f09f9880", []],
  ] as const)("%s as %s", (text, charset, hex, lost) => {
    const encoded = encodeText(text, charset);
    expect(encoded.bytes.toString("hex")).toBe(hex);
    expect(encoded.lost).toEqual(lost);
  });

  it.each(ALL)("%s: what is not reported as lost comes back", (charset) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { bytes, lost } = encodeText(text, charset);
        const spaced = charset === "gbk" || charset === "ascii" ? text.replaceAll("\u00a0", " ") : text;
        const expected = [...spaced].map((character) => (lost.includes(character) ? "?" : character)).join("");
        expect(decodeText(bytes, charset).text).toBe(expected);
      }),
    );
  });
});

describe("splitText", () => {
  it.each(ALL)("%s: parts fit, and together they are the text", (charset) => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 60 }), (text, maxBytes) => {
        const { parts } = splitText(text, charset, maxBytes);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(maxBytes);
        expect(Buffer.concat([...parts])).toEqual(encodeText(text, charset).bytes);
        for (const part of parts) expect(decodeText(part, charset).lossy).toBe(false);
      }),
    );
  });

  it("does not tear what a reader sees as one character", () => {
    const family = "👨‍👩‍👧";
    const { parts } = splitText(family.repeat(3), "utf8", 40);
    expect(parts.map((part) => part.toString())).toEqual([family.repeat(2), family]);
  });

  it("says when nothing mappable is left", () => {
    expect(splitText("😀 ü", "ascii", 50).empty).toBe(true);
    expect(splitText("Где вы?", "ascii", 50).empty).toBe(true);
    expect(splitText("ok 😀", "ascii", 50).empty).toBe(false);
    expect(splitText("?", "ascii", 50).empty).toBe(false);
  });
});

describe("decodeText", () => {
  it.each([
    ["utf8", "ff41", true],
    ["utf8", "efbfbd", false],
    ["gbk", "b2", true],
    ["ascii", "41ff", true],
    ["utf16be", "d800", true],
  ] as const)("%s %s lossy: %s", (charset, hex, lossy) => {
    expect(decodeText(Buffer.from(hex, "hex"), charset).lossy).toBe(lossy);
  });
});

describe("toAscii", () => {
  it.each([
    ["Где вы? №5", "Gde vy? No5", ["Г", "д", "е", "в", "ы", "№"], false],
    ["Łódź – 10 €", "Lodz - 10 EUR", ["Ł", "ó", "ź", "–", "€"], false],
    ["e\u0301 \u{1f468}\u200d\u{1f467}", "e :man::girl:", ["\u0301", "\u{1f468}", "\u200d", "\u{1f467}"], false],
    ["a\u00a0b?", "a b?", [], false],
    ["\ue000 x", "? x", ["\ue000"], false],
    ["\ue000 \u0301", "? ", ["\ue000", "\u0301"], true],
    ["? ?", "? ?", [], false],
    ["", "", [], false],
  ] as const)("%s", (written, text, lost, empty) => {
    expect(toAscii(written)).toEqual({ text, lost, empty });
  });

  it("is ASCII whatever was written, and says what it changed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (written) => {
        const { text, lost } = toAscii(written);
        expect(/^[\0-\x7f]*$/.test(text)).toBe(true);
        if (lost.length === 0) expect(text).toBe(written.replaceAll("\u00a0", " "));
      }),
    );
  });
});
