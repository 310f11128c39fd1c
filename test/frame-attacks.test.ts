/** Frames of every protocol, cut, falsified, repeated and endless, over real sockets against the real process. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { KINDS } from "./attack/frames/kinds.ts";
import type { Mistake } from "./attack/frames/planted.ts";
import { siege } from "./attack/frames/siege.ts";
import { quantile } from "./attack/quantile.ts";

const PLANTED = fileURLToPath(new URL("attack/frames/planted.js", import.meta.url));

it("no frame stops anything, and nothing is stored but what was said", { timeout: 240_000 }, async () => {
  const { failures, counts, answered, texts, flow } = await siege({ protocols: PROTOCOLS });
  expect(failures.slice(0, 20)).toEqual([]);
  for (const { name } of KINDS) expect([name, counts[name] ?? 0]).not.toEqual([name, 0]);
  expect(answered).toBeGreaterThan(PROTOCOLS.length * 100);
  expect(texts).toBeGreaterThan(PROTOCOLS.length * 10);
  // On a machine that is busy besides, a call may be told to come again.
  expect(flow.lost).toBe(0);
  expect(Math.min(flow.down.length, flow.up.length)).toBeGreaterThan(5);
  expect(quantile(flow.down, 0.5)).toBeLessThan(1_000);
  expect(quantile(flow.up, 0.5)).toBeLessThan(1_000);
});

it.each<readonly [Mistake, RegExp]>([
  ["fatal", /the process ended/],
  ["throws", /logged: .*planted/],
  ["twice", /texts are right, \d+ are stored/],
])("a mistake that is %s is found", { timeout: 120_000 }, async (mistake, found) => {
  const program = { path: PLANTED, env: { PLANTED: mistake } };
  const { failures } = await siege({ protocols: PROTOCOLS.slice(0, 1), only: ["charsets", "whole"], program });
  expect(failures.join("\n")).toMatch(found);
});
