/** A bounded part of `npm run fuzz`, what it found before, and that it finds what is planted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Codec, Framer, Protocol } from "../src/core/index.ts";
import { casesOf, saveCase } from "./fuzz/corpus.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { type Probe, run } from "./fuzz/probe.ts";
import { shrink } from "./fuzz/shrink.ts";
import { TARGETS, type Target, targetNamed, targetOf } from "./fuzz/target.ts";

/** Of each target in every run of the tests; the campaigns are far longer. */
const EXECUTIONS = 400;
/** Enough to find what is planted, whatever the seed. */
const PLANTED_EXECUTIONS = 2_000;
const LEAST_SEEDS = 8;

const folder = mkdtempSync(join(tmpdir(), "tracker-chat-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(TARGETS)("%s", (name) => {
  const target = targetNamed(name);

  it("what was found once is not found again", () => {
    for (const { file, probe } of casesOf(name)) expect([file, run(target, probe).fault]).toEqual([file, null]);
  });

  it("stands what grows out of its conversations", async () => {
    expect(target.seeds.length).toBeGreaterThanOrEqual(LEAST_SEEDS);
    const found: string[] = [];
    const tally = await fuzz(target, {
      executions: EXECUTIONS,
      seed: 7,
      found: ({ question }, fault) => found.push(`${question}: ${fault}`),
    });
    expect(found).toEqual([]);
    expect(tally).toMatchObject({ executions: EXECUTIONS, faults: 0 });
    expect(tally.kept).toBeGreaterThan(0);
  });
});

describe("what is planted is found", () => {
  const base = targetNamed("wialon-ips");
  /** The same codec, changed as a mistake would change it. */
  const mistaken = (change: (codec: Codec) => Partial<Codec>): Target => {
    const protocol: Protocol = {
      ...base.protocol,
      connect: (environment) => {
        const codec = base.protocol.connect(environment);
        return Object.assign(codec, change(codec));
      },
    };
    return targetOf(protocol, base.seeds);
  };
  const findings = async (target: Target): Promise<readonly { readonly probe: Probe; readonly fault: string }[]> => {
    const found: { probe: Probe; fault: string }[] = [];
    await fuzz(target, { executions: PLANTED_EXECUTIONS, seed: 3, found: (probe, fault) => found.push({ probe, fault }) });
    return found;
  };

  it("a decoder that throws, shrunk to little, and kept", async () => {
    const target = mistaken((codec) => {
      const decode = codec.decode.bind(codec);
      return {
        decode: (frame) => {
          if (frame.length > 20 && frame[19] === 0x39) throw new RangeError("planted");
          return decode(frame);
        },
      };
    });
    const [first] = await findings(target);
    expect(first?.fault).toMatch(/planted/);
    if (first === undefined) return;
    const smallest = shrink(first.probe, (probe) => run(target, probe).fault?.includes("planted") === true);
    expect(Buffer.concat([...smallest.chunks]).length).toBeLessThan(60);
    saveCase("planted", first.fault, smallest, folder);
    const [kept] = casesOf("planted", folder);
    expect(kept?.probe.chunks).toEqual(smallest.chunks);
    expect(run(target, kept?.probe ?? smallest).fault).toMatch(/planted/);
    expect(run(base, kept?.probe ?? smallest).fault).toBeNull();
  });

  it("a framer that loses the first byte of a chunk", async () => {
    const target = mistaken(({ framer }) => ({ framer: losing(framer) }));
    expect((await findings(target)).map(({ fault }) => fault.slice(0, 13))).toContain("cut otherwise");
  });
});

/** Sometimes. */
function losing(framer: Framer): Framer {
  return {
    push: (chunk) => framer.push(chunk.length % 7 === 3 ? chunk.subarray(1) : chunk),
    next: () => framer.next(),
    get buffered() {
      return framer.buffered;
    },
  };
}
