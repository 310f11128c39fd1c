import { describe, expect, it } from "vitest";
import { choiceMeant, numberedText, type Protocol } from "../../src/core/index.ts";
import { Line, NEW, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

const question = { messageId: 9, choices: ["Yes", "No", "Später"] };
const mute: Protocol = { ...inOrder, capabilities: { ...inOrder.capabilities, choices: false, maxBytes: 100 } };

describe("choiceMeant", () => {
  it.each([
    ["1", 0],
    [" 2. ", 1],
    ["#3", 2],
    ["(2)", 1],
    ["no", 1],
    ["SPÄTER ", 2],
    ["0", null],
    ["4", null],
    ["yes please", null],
    ["12:30", null],
    ["", null],
  ])("%j means %s", (words, choice) => {
    expect(choiceMeant(words, question)).toBe(choice);
  });
});

describe("questions", () => {
  it("go out numbered where the protocol has no means of its own", () => {
    expect(numberedText("Arrived?", ["yes", "no"])).toBe("Arrived?\n1. yes\n2. no");
    const line = new Line(mute);
    line.login();
    // The first part of ten bytes.
    expect(line.drained([text(9, { text: "Arrived?", choices: ["yes", "no"] })])).toEqual(["< M Arrived?\n1"]);
  });

  it("are answered by number or by words, once", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(9, { choices: ["yes", "no"] })]);
    expect(line.up("T - 2")).toEqual(["receive null:2>9 early"]);
    line.stored();
    expect(line.up("T - 2")).toContain("receive null:2 early");
  });

  it("stay open over a new login", () => {
    const line = new Line(inOrder);
    line.login({ ...NEW, question });
    expect(line.up("T - yes")).toEqual(["receive null:yes>9 early"]);
  });

  it("asked over an earlier line are answered by the protocol's own means too", () => {
    const line = new Line(byTag);
    line.login({ ...NEW, question });
    expect(line.up("C 77 1")).toEqual(["receive null:No>9 early"]);
  });

  it("do not catch other words", () => {
    const line = new Line(inOrder);
    line.login({ ...NEW, question });
    expect(line.up("T - no idea")).toEqual(["receive null:no idea early"]);
  });
});

describe("traces", () => {
  it("carry the frames of a text and of its receipt, with their age", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.now += 3 * SECOND;
    const effects = line.session.step({ type: "bytes", chunk: Buffer.from("A 1\n") }, line.now);
    const drain = effects.find((effect) => effect.type === "drain");
    const traces = drain?.traces?.map(({ bytes, ...trace }) => ({ ...trace, bytes: bytes.toString() }));
    expect(traces).toEqual([
      { id: 1, direction: "down", bytes: "M 1 text1\n", ageMs: 3_000 },
      { id: 1, direction: "up", bytes: "A 1", ageMs: 0 },
    ]);
  });
});
