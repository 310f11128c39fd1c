/** What a profile changes about a protocol, on a line. */
import { describe, expect, it } from "vitest";
import { capabilitiesUnder, type Protocol } from "../../src/core/index.ts";
import { Line, PROVEN, SECOND, text } from "../support/line.ts";
import { byTag } from "../support/scripted-protocol.ts";

const slow: Protocol = { ...byTag, under: (profile) => (profile["slow"] === true ? { receiptMs: 40 * SECOND, window: 1 } : {}) };

function outcome(protocol: Protocol, profile: Record<string, unknown>): readonly (readonly string[])[] {
  const line = new Line(protocol);
  line.login(PROVEN, profile);
  return [line.drained([text(1)]), line.after(15 * SECOND), line.after(25 * SECOND)];
}

describe("capabilities under a profile", () => {
  it("are the protocol's own but for what the profile changes", () => {
    expect(capabilitiesUnder(byTag, { slow: true })).toBe(byTag.capabilities);
    expect(capabilitiesUnder(slow, {})).toEqual(byTag.capabilities);
    expect(capabilitiesUnder(slow, { slow: true })).toEqual({ ...byTag.capabilities, receiptMs: 40 * SECOND, window: 1 });
  });

  it("rule the line: its window, and the wait for a receipt where it is longer than the set one", () => {
    expect(outcome(slow, {})).toEqual([["< M 1 text1"], ["drain [lapsed 1] held  room 4"], []]);
    expect(outcome(slow, { slow: true })).toEqual([["< M 1 text1"], [], ["drain [lapsed 1] held  room 1"]]);
    const hasty: Protocol = { ...byTag, capabilities: { ...byTag.capabilities, receiptMs: SECOND } };
    expect(outcome(hasty, {})[1]).toEqual(["drain [lapsed 1] held  room 4"]);
  });
});
