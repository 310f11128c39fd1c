import { describe, expect, it } from "vitest";
import { Line, NEW, PROVEN, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

describe("receipts by tag", () => {
  it("settle their own text in any order", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.drained([text(1), text(2)])).toEqual(["< M 1 text1", "< M 2 text2"]);
    expect(line.up("A 2")).toEqual(["drain [delivered 2] held 1 room 3"]);
    expect(line.up("A 1")).toEqual([]);
    expect(line.drained()).toEqual(["drain [delivered 1] held  room 4"]);
  });

  it("are idempotent, and strays settle nothing", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.up("A 1");
    line.drained();
    expect(line.up("A 1")).toEqual(["note stray-receipt"]);
    expect(line.up("A 77")).toEqual(["note stray-receipt"]);
  });

  it("say rejected for good", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    expect(line.up("N 1 unsupported")).toEqual(["drain [rejected 1] held  room 4"]);
  });

  it("keep the window: four parts out, the next when one is acknowledged", () => {
    const line = new Line(byTag);
    line.login();
    const long = text(10, { text: "0123456789".repeat(5), tag: 100 });
    expect(line.drained([long])).toEqual(["100", "101", "102", "103"].map((tag) => `< M ${tag} 0123456789`));
    expect(line.up("A 101")).toEqual(["< M 104 0123456789"]);
    expect(line.up("A 100")).toEqual(["drain [progress 10] held 10 room 3"]);
    line.drained();
    line.up("A 102", "A 103");
    line.drained();
    expect(line.up("A 104")).toEqual([]);
    expect(line.drained()).toEqual(["drain [delivered 10] held  room 4"]);
  });

  it("a re-send starts at the first part that was not acknowledged, with the same tags", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.drained([text(10, { text: "0123456789abcdefghij", tag: 100, partsAcked: 1, attempt: 2 })])).toEqual(["< M 101 abcdefghij"]);
    expect(line.up("A 101")).toEqual(["drain [delivered 10] held  room 4"]);
  });

  it("overdue: the text lapses and goes out again under the same tag; a late receipt settles it", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    expect(line.after(15 * SECOND)).toEqual(["drain [lapsed 1] held  room 4"]);
    expect(line.drained([text(1, { attempt: 2 })])).toEqual(["< M 1 text1"]);
    line.after(15 * SECOND);
    expect(line.up("A 1")).toEqual([]);
    expect(line.result({ type: "drained", texts: [text(1, { attempt: 3 })], waiting: 0, dueInMs: null })).toEqual([
      "drain [delivered 1] held  room 4",
    ]);
  });

  it("waits longer after each re-send: 15, 15, 30, 90 s", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    for (const [attempt, wait] of [15, 15, 30, 90].entries()) {
      line.now += wait * SECOND - 1;
      line.up("P");
      expect(line.step({ type: "tick" })).toEqual([]);
      expect(line.after(1)).toEqual(["drain [lapsed 1] held  room 4"]);
      line.drained([text(1, { attempt: attempt + 2 })]);
    }
  });

  it("closes a dead link after two deliveries without a byte, if the device ever acknowledged", () => {
    const line = new Line(byTag);
    line.login(PROVEN);
    line.drained([text(1)]);
    line.after(15 * SECOND);
    line.drained([text(1, { attempt: 2 })]);
    expect(line.after(15 * SECOND)).toEqual(["close no-receipt", "drain [closing] held 1 room 0"]);
  });

  it("reads and answers come after the receipt", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.up("A 1");
    line.drained();
    expect(line.up("D 1")).toEqual(["drain [read 1] held  room 4"]);
  });
});

describe("receipts in order", () => {
  it("one text at a time", () => {
    const line = new Line(inOrder);
    expect(line.login()).toEqual(["< AL ok", "drain [] held  room 1"]);
    expect(line.drained([text(1)], 1)).toEqual(["< M text1"]);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
    expect(line.drained([text(2)])).toEqual(["< M text2"]);
  });

  it("overdue: the line is muted, not closed, while the device talks and nothing waits; late means that text", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)]);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["drain [] held 1 room 0"]);
    expect(line.drained()).toEqual([]);
    line.after(60 * SECOND);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
  });

  it("overdue and another text waits: closed", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)], 1);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["close no-receipt", "drain [closing] held 1 room 0"]);
  });

  it("overdue and a text arrives later: closed then", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)]);
    line.up("P");
    line.after(15 * SECOND);
    line.drained();
    expect(line.hint()).toEqual(["drain [] held 1 room 0"]);
    expect(line.drained([], 1)).toEqual(["close no-receipt", "drain [closing] held 1 room 0"]);
  });

  it("hinted once it came with a claim, or with one that was on its way: not asked for again", () => {
    const line = new Line(byTag);
    line.login(PROVEN);
    line.drained([text(5)]);
    expect([line.hint(4), line.hint(5)]).toEqual([[], []]);
    expect(line.hint(6)).toEqual(["drain [] held 5 room 3"]);
    expect([line.hint(6), line.hint(7)]).toEqual([[], []]);
    expect(line.drained([text(6), text(7)])).toHaveLength(2);
    expect(line.hint(8)).toEqual(["drain [] held 5,6,7 room 1"]);
    line.hint(9);
    // It came after the store had looked.
    expect(line.drained([text(8)])).toEqual([expect.stringMatching(/^< /)]);
    line.up("R 5 ok");
    expect(line.hint()).toEqual([]);
  });

  it("coming: asked for at once, but behind nothing that is under way", () => {
    const line = new Line(byTag);
    line.login(PROVEN);
    line.drained([]);
    expect(line.hint("coming")).toEqual(["drain [] held  room 4"]);
    expect(line.hint("coming")).toEqual([]);
    line.drained([text(5)]);
    expect([line.hint(5), line.hint("coming")]).toEqual([[], ["drain [] held 5 room 3"]]);
    // The one that it announced was not stored yet: its own news asks for it.
    line.drained([]);
    expect(line.hint(6)).toEqual(["drain [] held 5 room 3"]);
  });

  it("overdue while the rest of the same text waits: closed, or it would wait for ever", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1, { text: "0123456789abcdefghij" })]);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["close no-receipt", "drain [closing] held 1 room 0"]);
  });

  it("overdue in silence: closed", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)]);
    expect(line.after(15 * SECOND)).toEqual(["close no-receipt", "drain [closing] held 1 room 0"]);
  });

  it.each([
    [1, 0, 60],
    [2, 10, 290],
    [3, 0, 900],
    [4, 0, 3_600],
    [9, 0, 3_600],
  ])("after %i closings, the last %i s ago, the next comes %i s after login", (closings, agoS, waitS) => {
    const line = new Line(inOrder);
    line.login({ proven: true, closings, sinceClosingMs: agoS * SECOND });
    line.drained([text(1)], 1);
    line.after(15 * SECOND);
    line.drained([], 1);
    for (let s = 15; s < waitS - 1; s += 30) {
      line.up("P");
      expect(line.after(Math.min(30, waitS - 1 - s) * SECOND)).not.toContain("close no-receipt");
    }
    expect(line.after(SECOND)).toContain("close no-receipt");
  });

  it("a device that never acknowledged: one attempt and no closing; after its next login unconfirmed, and the queue goes on", () => {
    const first = new Line(inOrder);
    first.login();
    first.drained([text(1)], 1);
    expect(first.after(15 * SECOND)).toEqual(["drain [] held 1 room 0"]);
    expect(first.drained([], 1)).toEqual([]);
    const second = new Line(inOrder);
    second.login();
    second.drained([text(1, { attempt: 2 })], 1);
    expect(second.after(15 * SECOND)).toEqual(["drain [unconfirmed 1] held  room 1"]);
    expect(second.drained([text(2)])).toEqual(["< M text2"]);
  });

  it("after a text was given up, a receipt is ambiguous: it settles nothing but shows that the device can", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1, { attempt: 2 })], 1);
    line.after(15 * SECOND);
    line.drained([text(2)]);
    expect(line.up("A")).toEqual(["note ambiguous-receipt", "drain [proven] held 2 room 0"]);
    line.drained();
    expect(line.after(15 * SECOND)).toEqual(["drain [] held 2 room 0"]);
  });

  it("garbled: once more, then rejected", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1)]);
    expect(line.up("G")).toEqual(["< M text1"]);
    expect(line.up("G")).toEqual(["drain [rejected 1] held  room 1"]);
  });

  it("deferred: its receipt is waited for anew from the time the codec sends it again", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)]);
    expect(line.after(14 * SECOND)).toEqual([]);
    expect(line.up("W - 20000")).toEqual([]);
    expect(line.after(34 * SECOND)).toEqual([]);
    expect(line.after(SECOND)).toEqual(["drain [] held 1 room 0"]);
    line.drained();
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
    expect(line.up("W - 20000")).toEqual([]);
  });

  it("the last attempt overdue: given back as a dead letter, the line stays muted", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1, { attempt: 3 })]);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["drain [lapsed 1] held 1 room 0"]);
    line.drained();
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
  });
});

describe("implied receipts", () => {
  const implied = { receipts: "implied" };

  it("text written, a later frame answered, yet another frame: the device read past the text", () => {
    const line = new Line(inOrder);
    line.login(NEW, implied);
    line.drained([text(1)]);
    expect(line.up("P")).toEqual(["< AP"]);
    expect(line.up("P")).toEqual(["drain [delivered 1] held  room 1", "< AP"]);
  });

  it("prove nothing on a line that ever sent before it read", () => {
    const line = new Line(inOrder);
    line.login(NEW, implied);
    line.up("P", "P");
    line.drained([text(1)]);
    line.up("P");
    expect(line.up("P")).toEqual(["< AP"]);
  });

  it("nor when the next frame had begun before our reply", () => {
    const line = new Line(inOrder);
    line.login(NEW, implied);
    line.step({ type: "bytes", chunk: Buffer.from("P\nP") });
    line.drained([text(1)]);
    line.step({ type: "bytes", chunk: Buffer.from("\n") });
    expect(line.up("P")).toEqual(["< AP"]);
  });

  it("are not assumed without the profile", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1)]);
    line.up("P");
    expect(line.up("P")).toEqual(["< AP"]);
  });
});
