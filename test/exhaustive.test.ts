/** Three dangerous corners, looked at completely up to a depth: the real session and the real store semantics, one step at a time. */
import { describe, expect, it } from "vitest";
import { goingOn } from "./simulation/broken/delivery.ts";
import { closing, epochless } from "./simulation/broken/tenancy.ts";
import { type Explored, explore } from "./simulation/exhaustive/explore.ts";
import { Stage } from "./simulation/exhaustive/stage.ts";
import type { StageOptions } from "./simulation/exhaustive/stage-world.ts";
import { byTag, inOrder } from "./simulation/protocols.ts";

const MANY = 99;
const TIMEOUT_MS = 60_000;
const MINUTE = 60_000;

async function search(name: string, options: StageOptions, depth: number): Promise<Explored> {
  const explored = await explore(() => Stage.open(options), depth);
  process.stdout.write(`${name}: ${explored.states} states to depth ${explored.depth}\n`);
  return explored;
}

describe("whose receipt is it, without tags", () => {
  const corner: StageOptions = {
    protocol: inOrder,
    texts: 3,
    ready: 2,
    nodes: ["a"],
    proven: true,
    promptStore: true,
    sweeps: true,
    // The longest wait between two closings of a line.
    patienceMs: 70 * MINUTE,
    bounds: { connect: 3, submit: MANY, mail: MANY, down: MANY, ack: MANY, unheard: 2, skip: 2, ping: 1, timeout: 5, cut: 2 },
  };

  it.each([
    ["a device that acknowledged before", true, 8, 20_000],
    ["a device that never did", false, 7, 10_000],
  ])(
    "%s: late, lost and missing receipts, time-outs and reconnects settle no other text",
    async (name, proven, depth, least) => {
      const { found, states } = await search(name, { ...corner, proven }, depth);
      expect(found).toBeNull();
      expect(states).toBeGreaterThan(least);
    },
    TIMEOUT_MS,
  );

  it("is found out when the line goes on after an overdue receipt", async () => {
    const { found } = await search("going on", { ...corner, protocol: goingOn(inOrder) }, 8);
    expect(found?.wrong).toContain("without its receipt");
  });

  it("cannot be told when a device acknowledges one text twice: the known limit of such protocols", async () => {
    const { found } = await search("one text acknowledged twice", { ...corner, bounds: { ...corner.bounds, again: 1 } }, 8);
    expect(found?.wrong).toContain("without its receipt");
  });
});

describe("takeover between two nodes", () => {
  const corner: StageOptions = {
    protocol: byTag,
    texts: 2,
    ready: 2,
    nodes: ["a", "b"],
    proven: true,
    promptStore: false,
    sweeps: true,
    patienceMs: MINUTE,
    bounds: { connect: 2, mail: 2, lose: 1, exec: MANY, reply: MANY, down: MANY, ack: MANY, cut: 1, crash: 1, sweep: 1 },
  };

  it.each([
    ["with tags", byTag, MINUTE],
    ["without tags", inOrder, 70 * MINUTE],
  ])(
    "%s: logins, claims, settlements and logouts in every order",
    async (name, protocol, patienceMs) => {
      const { found, states } = await search(`takeover ${name}`, { ...corner, protocol, patienceMs }, 11);
      expect(found).toBeNull();
      expect(states).toBeGreaterThan(30_000);
    },
    TIMEOUT_MS,
  );

  it.each([
    ["epochs are not compared", epochless, "owned under"],
    ["the end of a line is the end of the newest", closing, "took away"],
  ])("is found out when %s", async (name, scripts, wrong) => {
    const { found } = await search(name, { ...corner, scripts }, 12);
    expect(found?.wrong).toContain(wrong);
  });
});

describe("outbox against hint against crash", () => {
  const corner: StageOptions = {
    protocol: byTag,
    texts: 2,
    ready: 0,
    nodes: ["a"],
    proven: true,
    promptStore: false,
    sweeps: true,
    patienceMs: MINUTE,
    bounds: { connect: 2, submit: MANY, mail: MANY, lose: MANY, exec: MANY, reply: MANY, down: MANY, ack: MANY, crash: 1, sweep: 1 },
  };

  it(
    "loses no text, whatever is lost at whichever step",
    async () => {
      const { found, states } = await search("outbox, hint and crash", corner, 10);
      expect(found).toBeNull();
      expect(states).toBeGreaterThan(20_000);
    },
    TIMEOUT_MS,
  );

  it("is found out when nothing makes up for lost hints", async () => {
    const { found } = await search("no sweeper", { ...corner, sweeps: false }, 7);
    expect(found?.wrong).toContain("did not reach the device");
  });
});
