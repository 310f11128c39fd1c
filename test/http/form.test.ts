import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseForm } from "../../src/http/form.ts";

const plain = (text: string): object => ({ ...parseForm(text) });

describe("forms and queries", () => {
  it("are what URLSearchParams wrote, repeated names as lists", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 6 }).filter((one) => one.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (pairs) => {
        const expected = new Map<string, string[]>();
        for (const [name, value] of pairs) expected.set(name, [...(expected.get(name) ?? []), value]);
        const parsed = Object.entries(parseForm(new URLSearchParams(pairs).toString()));
        expect(new Map(parsed.map(([name, value]) => [name, [value].flat()]))).toEqual(expected);
      }),
    );
  });

  it("have names without values, values with signs, and no empty pairs", () => {
    expect(plain("&&a&b=&c=d=e&=f")).toEqual({ a: "", b: "", c: "d=e", "": "f" });
    expect(Object.keys(parseForm("__proto__=1&constructor=2"))).toEqual(["__proto__", "constructor"]);
  });

  it("never throw, and never pass off for a text what is none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("%", "%2", "%FF", "%C3", "%A9", "%ED%A0%80", "a", "=", "&", "+", "é"), { maxLength: 12 }),
        (parts) => {
          for (const value of Object.values(parseForm(parts.join(""))).flat())
            expect(value.isWellFormed() || value === "\ud800").toBe(true);
        },
      ),
    );
  });
});
