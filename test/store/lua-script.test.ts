/** Scripts as Redis gets them: what they use, and nothing else of the parts that they include. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readScript, withoutUnused } from "../../src/store/lua-script.ts";

const FOLDER = join(import.meta.dirname, "../../src/store/lua");
const SCRIPTS = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".lua"))
  .map((file) => file.slice(0, -".lua".length));

describe("a script without what it does not use", () => {
  it("keeps what is used by what is used, in its order", () => {
    const script = [
      "#!lua",
      "local ONE, TWO = 1, 2",
      "local function two()",
      "  return TWO",
      "end",
      "local function four() return two() * two() end",
      "return four()",
    ];
    expect(withoutUnused(script.join("\n"))).toBe(script.join("\n"));
  });

  it("loses functions, values and remarks that nobody asks for, and what only they asked for", () => {
    const unused = [
      "-- what for?",
      "local A = 1",
      "local function b() return A end",
      "local function c()",
      "  local d = b()",
      "  return d",
      "end",
    ];
    expect(withoutUnused(["#!lua", ...unused, "return 1"].join("\n"))).toBe("#!lua\nreturn 1");
  });

  it("keeps whatever does something", () => {
    const script = [
      "#!lua",
      "local t = redis.call('TIME')",
      "local list = {}",
      "do",
      "  list[1] = 1",
      "end",
      "function list.say() return 1 end",
    ];
    expect(withoutUnused([...script, "return 1"].join("\n"))).toBe([...script, "return 1"].join("\n"));
  });
});

describe("the store's scripts", () => {
  it.each(SCRIPTS)("%s makes no function that it does not use", (name) => {
    const script = readScript(name);
    for (const [, made = ""] of script.matchAll(/^local function (\w+)\(/gm))
      expect(script.split(new RegExp(`\\b${made}\\b`)).length).toBeGreaterThan(2);
    expect(withoutUnused(script)).toBe(script);
  });
});
