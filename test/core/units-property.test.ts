/** Whatever happens to lines that several units share: nobody sees, has, or acknowledges what is another's, and nothing is lost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceEvent, Protocol } from "../../src/core/index.ts";
import { shared } from "../support/scripted-units.ts";
import { SharedWorld, trackerOf, UNITS } from "../support/shared-world.ts";

const RUNS = 150;
/** Longer than a device is given for its receipt. */
const WAIT_MS = 16_000;
/** So many rounds of a quiet world deliver whatever is left. */
const ROUNDS = 40;

const unit = fc.constantFrom(...UNITS);
const line = fc.nat({ max: 3 });
const action = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant("open" as const), node: fc.constantFrom("a", "b") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), unit }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("speak" as const), line, units: fc.uniqueArray(unit, { minLength: 1 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), line, newest: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forge" as const), line, unit }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("execute" as const), line }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("repeat" as const, "cut" as const), line }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const), unit }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("deliver" as const, "wait" as const, "outage" as const), line: fc.constant(0) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer One> ? One : never;
const histories = fc.array(action, { maxLength: 120, size: "max" });

describe("lines that several units share", () => {
  it("keep what is whose apart, and lose nothing", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        expect(await played(shared, history)).toBeNull();
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ["takes receipts for those of another unit", altered((event) => (event.type === "receipt" ? { ...event, unit: "u1" } : event))],
    ["takes texts for those of another unit", altered((event) => (event.type === "text" ? { ...event, unit: "u1" } : event))],
    ["speaks to another unit", { ...shared, connect: misdirected }],
  ])("go wrong when a protocol %s", async (_, protocol) => {
    const outcome = await fc.check(
      fc.asyncProperty(histories, async (history) => (await played(protocol, history)) === null),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(outcome.failed).toBe(true);
  });
});

/** What went wrong, or null. */
async function played(protocol: Protocol, history: readonly Action[]): Promise<string | null> {
  const world = new SharedWorld(protocol);
  world.open("a");
  for (const one of history) {
    await act(world, one);
    await world.check();
    if (world.wrong !== null) return world.wrong;
  }
  await settle(world);
  return world.wrong;
}

async function act(world: SharedWorld, one: Action): Promise<void> {
  if (one.do === "open") world.open(one.node);
  else if (one.do === "send") await world.send(one.unit);
  else if (one.do === "withdraw") await world.withdraw(one.unit);
  else if (one.do === "deliver") world.deliver();
  else if (one.do === "outage") world.up = !world.up;
  else if (one.do === "wait") wait(world);
  else await onLine(world, one);
}

async function onLine(world: SharedWorld, one: Exclude<Action, { readonly do: "open" | "send" | "withdraw" }>): Promise<void> {
  const subject = world.lines[one.line % world.lines.length];
  if (subject === undefined) return;
  if (one.do === "speak") subject.speak(one.units);
  else if (one.do === "acknowledge") subject.acknowledge(one.newest);
  else if (one.do === "forge") subject.forge(one.unit);
  else if (one.do === "repeat") subject.repeat();
  else if (one.do === "cut") subject.cut();
  else await subject.execute();
}

function wait(world: SharedWorld): void {
  world.now += WAIT_MS;
  for (const one of world.lines) one.tick();
}

/** The store is there, one line carries everybody, and acknowledges whatever it is shown: nothing is left over. */
async function settle(world: SharedWorld): Promise<void> {
  world.up = true;
  const last = world.open("a");
  last.speak(UNITS);
  for (let round = 0; round < ROUNDS; round += 1) {
    world.deliver();
    for (const one of world.lines) while (one.waits) await one.execute();
    while (last.showing) last.acknowledge(false);
    wait(world);
  }
  await world.check();
  for (const name of UNITS)
    if ((await world.store.outbox(trackerOf(name))).ids.length > 0) world.fail(`a text of ${name} was never delivered`);
}

/** The same protocol, reading something else into what is said. */
function altered(change: (event: DeviceEvent) => DeviceEvent): Protocol {
  const connect: Protocol["connect"] = () => {
    const codec = shared.connect();
    return {
      ...codec,
      decode: (frame) => {
        const reading = codec.decode(frame);
        return { ...reading, events: reading.events.map(change) };
      },
    };
  };
  return { ...shared, connect };
}

function misdirected(): ReturnType<Protocol["connect"]> {
  const codec = shared.connect();
  return { ...codec, unit: (_, identity) => codec.unit?.("u1", identity) ?? codec };
}
