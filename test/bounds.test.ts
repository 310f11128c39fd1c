/** docs/bounds.md says what is true: its defaults, its constants, and the tests it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SETTINGS } from "../src/config.ts";
import { BOUND_SETTINGS } from "../src/config-bounds.ts";

const root = join(import.meta.dirname, "..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const UNITS: Readonly<Record<string, number>> = { "": 1, bytes: 1, KiB: 1024, MiB: 1024 ** 2, ms: 1, s: 1_000 };

const [SETTING_ROWS = [], FIXED_ROWS = []] = text("docs/bounds.md").split("\n## Fixed").map(rowsOf);

describe("the settings", () => {
  it.each(SETTING_ROWS)("%s %s", (name, fallback) => {
    expect(`\`${Object.entries(SETTINGS).find(([one]) => `\`${one}\`` === name)?.[1].fallback}\``).toBe(fallback);
  });

  it("are all there", () => {
    const named = SETTING_ROWS.map(([name]) => name);
    expect(Object.keys(BOUND_SETTINGS).filter((name) => !named.includes(`\`${name}\``))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });
});

describe("the constants", () => {
  it.each(FIXED_ROWS)("%s %s", (place, value) => {
    const [, path = "", name = ""] = /^`([^`]+)` `([A-Z_]+)`$/.exec(place) ?? [];
    const [, count = "", unit = ""] = /^(\d+) ?([A-Za-z]*)$/.exec(value) ?? [];
    const [, written] = new RegExp(`const ${name} = ([\\d_* ]+);`).exec(text(path)) ?? [];
    expect(written, `${name} in ${path}`).toBeDefined();
    const product = (written ?? "").split("*").reduce((all, factor) => all * Number(factor.replaceAll("_", "")), 1);
    expect(product).toBe(Number(count) * (UNITS[unit] ?? Number.NaN));
  });
});

describe("the tests", () => {
  it.each([...SETTING_ROWS, ...FIXED_ROWS])("of %s", (...row) => {
    const test = row[4];
    const [, path = "", title] = /^`([^`]+)`(?: "([^"]+)")?$/.exec(test) ?? [];
    expect(text(path)).toContain(title ?? "");
  });
});

/** Five cells each, the heading left out. */
function rowsOf(part: string): readonly (readonly [string, string, string, string, string])[] {
  return part
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [name = "", value = "", what = "", edge = "", test = ""] = line.slice(2, -2).split(" | ");
      return [name, value, what, edge, test] as const;
    });
}
