import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scriptKeys, trackerKeys } from "../../src/store/keys.ts";

it("scripts name the keys of a tracker as the rest does", () => {
  const [head = ""] = scriptKeys(7);
  const slot = head.slice(0, -1);
  const script = readFileSync(join(import.meta.dirname, "../../src/store/lua/parts/head.lua"), "utf8");
  const named = [...script.matchAll(/SLOT \.\. '([a-z]+)'/g)].map(([, name]) => slot + name);
  expect([head, ...named]).toEqual(trackerKeys(7));
});
