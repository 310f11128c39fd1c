/** No regular expression of the product takes longer than in proportion to what it reads, whoever wrote that. */
import { join } from "node:path";
import { checkSync } from "recheck";
import { describe, expect, it } from "vitest";
import { constructing, type FoundRegex, regexesIn, regexesOf } from "./support/regexes.ts";

const root = join(import.meta.dirname, "..");
const FOLDERS = ["src", "protocols", "bin", "scripts", "templates"];
const FOUND = regexesIn(root, FOLDERS);
/** Each is searched for a text on which it is slow; all of them together take about twenty seconds of a processor. */
const ALL_MS = 180_000;
const ONE_MS = 30_000;

/** How it can be made slow; null: it cannot. */
function slowness({ source, flags }: Pick<FoundRegex, "source" | "flags">): string | null {
  const result = checkSync(source, flags, { timeout: ONE_MS });
  if (result.status === "safe") return null;
  return result.status === "vulnerable" ? `vulnerable: ${result.complexity.summary}` : `not decided: ${result.error.kind}`;
}

describe("every regular expression of the product", () => {
  it("is found", () => {
    expect(FOUND.length).toBeGreaterThan(200);
    expect(regexesOf("const a = <T,>(b: T) => 6 / 2 / 1; const c: RegExp = /x[/]y/gu;", "ts")).toEqual(["/x[/]y/gu"]);
  });

  it("stands there as a literal", () => {
    expect(constructing(root, FOLDERS)).toEqual([]);
  });

  it(
    "is linear",
    () => {
      const slow = FOUND.flatMap((regex) => {
        const how = slowness(regex);
        return how === null ? [] : [`/${regex.source}/${regex.flags} in ${regex.files.join(", ")}: ${how}`];
      });
      expect(slow).toEqual([]);
    },
    ALL_MS,
  );

  it("(the check bites)", () => {
    expect(slowness({ source: "\\s+$", flags: "" })).toMatch(/^vulnerable: 2nd degree/);
    expect(slowness({ source: "^(\\w+\\s?)*$", flags: "" })).toMatch(/^vulnerable: exponential/);
  });
});
