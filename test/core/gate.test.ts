/** Texts that wait until the vehicle stands, and texts that wait until the device wakes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gate } from "../../src/core/gate.ts";
import { Line, NEW, PROVEN, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

const MINUTE = 60 * SECOND;
const ALL = "drain [] held  room 4";
const URGENT = "drain [] held  room 4 urgent";

function driving(profile: Record<string, unknown> = {}): Line {
  const line = new Line(byTag);
  expect(line.login(NEW, { hold: profile })).toContain(URGENT);
  line.drained();
  line.up("S 50 on");
  return line;
}

describe("while the vehicle drives", () => {
  it("only urgent texts are claimed", () => {
    const line = driving();
    expect(line.hint()).toEqual([URGENT]);
    expect(line.drained([text(1, { urgent: true })])).toEqual(["< M 1 text1"]);
  });

  it("the others go out once it has been slow for long enough, with nothing more said", () => {
    const line = driving({ standingS: 30 });
    expect(line.up("S 3 on")).toEqual(["status", "< AS"]);
    expect(line.after(29 * SECOND)).toEqual([]);
    expect(line.after(SECOND)).toEqual([ALL]);
  });

  it("a stop at the lights is no standing", () => {
    const line = driving({ standingS: 30 });
    line.up("S 0 on");
    line.after(20 * SECOND);
    line.up("S 40 on");
    expect(line.after(20 * SECOND)).toEqual([]);
    expect(line.hint()).toEqual([URGENT]);
  });

  it("they go out at once when the ignition is off, and are held again when it moves", () => {
    const line = driving();
    expect(line.up("S - off")).toEqual(["status", ALL, "< AS"]);
    line.drained();
    line.up("S 50 on");
    expect(line.hint()).toEqual([URGENT]);
  });

  it("ignition alone says nothing of driving", () => {
    const line = driving();
    line.up("S - off");
    line.drained();
    line.up("S - on");
    expect(line.hint()).toEqual([ALL]);
  });

  it("no text waits longer than the profile says, though it drives on", () => {
    const line = driving({ atMostS: 600 });
    for (let minute = 0; minute < 9; minute += 1) {
      expect(line.after(MINUTE)).toEqual([]);
      line.up("S 50");
    }
    expect(line.after(MINUTE)).toEqual([ALL]);
    line.drained();
    line.up("S 50");
    expect(line.hint()).toEqual([ALL]);
  });

  it("what is old holds nothing", () => {
    const line = driving();
    expect(line.after(10 * MINUTE - 1)).toEqual([]);
    expect(line.after(1)).toEqual([ALL]);
  });

  it("a text that is on its way goes on in all its parts", () => {
    const line = new Line(inOrder);
    line.login(PROVEN, { hold: {} });
    line.drained();
    line.up("S 0");
    expect(line.drained([text(1, { text: "0123456789abcdef" })])).toEqual(["< M 0123456789"]);
    line.up("S 90");
    expect(line.up("A")).toEqual(["< M abcdef", expect.stringContaining("progress 1")]);
  });
});

describe("after the login", () => {
  it("a device that says nothing of its motion is held for a minute", () => {
    const line = new Line(byTag);
    expect(line.login(NEW, { hold: {} })).toContain(URGENT);
    line.drained();
    expect(line.after(MINUTE)).toEqual([ALL]);
  });

  it("one that stands gets its texts with its first word", () => {
    const line = new Line(byTag);
    line.login(NEW, { hold: {} });
    line.drained();
    expect(line.up("S 0")).toEqual(["status", ALL, "< AS"]);
  });
});

it("a vehicle that drives is held, one that stands is not, whatever it did before", () => {
  const status = fc.record({ speedKmh: fc.integer({ min: 0, max: 120 }), afterMs: fc.integer({ min: 0, max: 9 * MINUTE }) });
  fc.assert(
    fc.property(fc.array(status, { maxLength: 30 }), (story) => {
      const gate = new Gate({ hold: { overKmh: 5, standingS: 60, atMostS: 86_400 } }, 0);
      let now = 0;
      let slowSince: number | null = null;
      for (const { speedKmh, afterMs } of story) {
        now += afterMs;
        gate.moved({ type: "status", speedKmh }, now);
        slowSince = speedKmh > 5 ? null : (slowSince ?? now);
        if (speedKmh > 5) expect(gate.holds(now)).toBe(true);
        expect(gate.holds(Math.max(now, (slowSince ?? now + 10 * MINUTE) + MINUTE))).toBe(false);
      }
    }),
  );
});

describe("a device that hears only right behind its own frames", () => {
  const WAKE = { wake: 2_000 };

  it("gets its texts behind one, and none in between", () => {
    const line = new Line(byTag);
    expect(line.login(NEW, WAKE)).toContain(ALL);
    line.drained();
    line.after(3 * SECOND);
    expect(line.hint()).toEqual([]);
    expect(line.up("P")).toEqual(["< AP", ALL]);
    expect(line.drained([text(1)])).toEqual(["< M 1 text1"]);
  });

  it("gets what came too late from the store behind its next frame", () => {
    const line = new Line(byTag);
    line.login(NEW, WAKE);
    line.after(3 * SECOND);
    expect(line.drained([text(1)])).toEqual([]);
    expect(line.up("P")).toEqual(["< AP", "< M 1 text1"]);
  });

  it("has until its next frame to acknowledge, and a while from there", () => {
    const line = new Line(inOrder);
    line.login(PROVEN, WAKE);
    line.drained([text(1)]);
    expect(line.after(10 * MINUTE), "it sleeps: nothing is overdue, no line is closed").toEqual([]);
    expect(line.up("P")).toEqual(["< AP"]);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
  });

  it("that wakes and stays silent about a text gets it again", () => {
    const line = new Line(byTag);
    line.login(PROVEN, WAKE);
    line.drained([text(1)]);
    line.after(10 * MINUTE);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["drain [lapsed 1] held  room 0"]);
    line.drained();
    expect(line.up("P")).toEqual(["< AP", ALL]);
  });
});
