/** A text that its dispatcher takes back while it is on its way. */
import { describe, expect, it } from "vitest";
import type { Codec, Protocol } from "../../src/core/index.ts";
import { Line, PROVEN, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

const LONG = "0123456789".repeat(6);

describe("the news of a withdrawal", () => {
  it("makes the line ask about the texts it holds, though its window is full", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1)]);
    expect(line.hint()).toEqual([]);
    expect(line.hint("withdrawal")).toEqual(["drain [] held 1 room 0"]);
    expect(line.drained()).toEqual([]);
  });

  it("is not lost while a request is out, nor when the store cannot be reached", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1), text(2), text(3), text(4)]);
    line.up("A 1");
    line.hint("withdrawal");
    expect(line.result({ type: "unavailable" })).toEqual([]);
    expect(line.after(2 * SECOND)).toEqual(["drain [delivered 1] held 2,3,4 room 1"]);
    line.hint("withdrawal");
    expect(line.drained()).toEqual(["drain [] held 2,3,4 room 1"]);
    expect(line.withdrawn(3)).toEqual(["drain [] held 2,4 room 2", "< X 3"]);
  });

  it("asks also about texts that were given back", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.after(15 * SECOND);
    line.drained();
    expect(line.hint("withdrawal")).toEqual(["drain [] held 1 room 4"]);
    expect(line.withdrawn(1)).toEqual(["drain [] held  room 4", "< X 1"]);
  });

  it("costs nothing on a line that holds nothing", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([], 0);
    expect(line.hint("withdrawal")).toEqual(["drain [] held  room 1"]);
    expect(line.drained()).toEqual([]);
  });
});

describe("a withdrawn text, receipts by tag", () => {
  it("leaves without a settlement, is taken off the screen, and makes room", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1), text(2), text(3), text(4)], 1);
    line.hint("withdrawal");
    expect(line.withdrawn(2)).toEqual(["drain [] held 1,3,4 room 1", "< X 2"]);
    expect(line.drained([text(5)])).toEqual(["< M 5 text5"]);
    expect(line.after(15 * SECOND)).toEqual(["drain [lapsed 1, lapsed 3, lapsed 4, lapsed 5] held  room 4"]);
  });

  it("is taken back part by part, as far as it went out; no further part follows", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(10, { text: LONG, tag: 100 })]);
    expect(line.up("A 101")).toEqual(["< M 104 0123456789"]);
    line.hint("withdrawal");
    expect(line.withdrawn(10)).toEqual(["drain [] held  room 4", "< X 100", "< X 101", "< X 102", "< X 103", "< X 104"]);
    expect(line.drained()).toEqual([]);
    expect(line.up("A 100", "A 102", "A 103", "A 104")).toEqual([]);
  });

  it("is taken back as far as an earlier line delivered it", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(10, { text: LONG, tag: 100, partsAcked: 5, attempt: 2 })]);
    line.hint("withdrawal");
    expect(line.withdrawn(10).slice(1)).toEqual(["< X 100", "< X 101", "< X 102", "< X 103", "< X 104", "< X 105"]);
  });

  it("is delivered by a late genuine receipt all the same, and a no changes nothing", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1), text(2)]);
    line.hint("withdrawal");
    line.withdrawn(1, 2);
    line.drained();
    expect(line.up("A 1")).toEqual(["drain [delivered 1] held  room 4"]);
    line.drained();
    expect(line.up("G 2")).toEqual(["drain [rejected 2] held  room 4"]);
  });

  it("is told of once", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.hint("withdrawal");
    line.withdrawn(1);
    expect(line.withdrawn(1)).toEqual([]);
  });

  it("that was acknowledged before the store said so is none", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.hint("withdrawal");
    line.up("A 1");
    expect(line.withdrawn(1)).toEqual(["drain [delivered 1] held  room 4"]);
  });
});

describe("a withdrawn text, receipts in order", () => {
  it("keeps its place until its receipt comes, which can only mean it", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1)], 1);
    line.hint("withdrawal");
    expect(line.withdrawn(1)).toEqual([]);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
    expect(line.drained([text(2)])).toEqual(["< M text2"]);
  });

  it("sends no further part: the receipt of the last one frees the line", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1, { text: LONG })], 1);
    line.hint("withdrawal");
    line.withdrawn(1);
    expect(line.up("A")).toEqual(["drain [] held  room 1"]);
    expect(line.drained([text(2)])).toEqual(["< M text2"]);
    expect(line.up("A")).toEqual(["drain [delivered 2] held  room 1"]);
  });

  it("is not repeated after a checksum error", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained([text(1)]);
    line.hint("withdrawal");
    line.withdrawn(1);
    expect(line.up("G")).toEqual(["drain [rejected 1] held  room 1"]);
  });

  it("overdue, mutes the line as any other would: what comes late is its receipt", () => {
    const line = new Line(inOrder);
    line.login(PROVEN);
    line.drained([text(1)]);
    line.hint("withdrawal");
    line.withdrawn(1);
    line.up("P");
    expect(line.after(15 * SECOND)).toEqual(["drain [] held 1 room 0"]);
    expect(line.drained()).toEqual([]);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
  });

  it("frees the line at once where the codec knows that no receipt can come", () => {
    const expected = new Set(["1"]);
    const line = new Line(expecting(expected));
    line.login();
    line.drained([text(1)], 1);
    line.hint("withdrawal");
    expect(line.withdrawn(1)).toEqual(["< X 1"]);
    expected.clear();
    expect(line.drained([], 1)).toEqual([]);
    const other = new Line(expecting(expected));
    other.login();
    other.drained([text(1)], 1);
    other.hint("withdrawal");
    expect(other.withdrawn(1)).toEqual(["drain [] held  room 1", "< X 1"]);
    expect(other.drained([text(2)])).toEqual(["< M text2"]);
  });
});

/** Receipts in order, while parts have names of their own: as a display that reports what was read. */
function expecting(expected: ReadonlySet<string>): Protocol {
  const tagged = (codec: Codec): Codec => ({
    ...codec,
    encode: (order) => {
      const encoded = codec.encode(order);
      if (encoded.type === "refused") return encoded;
      return { ...encoded, parts: [{ ...encoded.parts[0], tag: String(order.tag) }] };
    },
    expects: (tag) => expected.has(tag),
  });
  return { ...inOrder, connect: (environment) => tagged(inOrder.connect(environment)) };
}
