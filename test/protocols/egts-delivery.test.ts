/** Texts to the simulated terminal, in every way it may treat them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePacket } from "../../protocols/egts/wire.ts";
import { CID, connected, during, SECOND } from "./egts-conversation.ts";
import { packetOf, recordsOf } from "./egts-frames.ts";

describe("a text of the platform", () => {
  it.each([
    ["both", ["RESPONSE with RECORD_RESPONSE 3:0", "APPDATA with DELIV", "APPDATA with MSGCONF"], ["delivered 1", "read 1"]],
    ["deliv", ["RESPONSE with RECORD_RESPONSE 3:0", "APPDATA with DELIV"], ["delivered 1"]],
    ["msgconf", ["RESPONSE with RECORD_RESPONSE 3:0", "APPDATA with MSGCONF"], ["delivered 1", "read 1"]],
    ["comconf", ["RESPONSE with RECORD_RESPONSE, COMCONF 3:0"], ["delivered 1"]],
  ])("is shown and confirmed: %s", (confirm, packets, settled) => {
    const talk = connected({ profile: { confirm } });
    expect(during(talk, () => talk.send(1, "Привет 中"))).toEqual(packets);
    expect(talk.outputs).toContainEqual({ type: "shown", text: "Привет 中", tag: CID });
    expect(talk.settled()).toEqual(settled);
    expect(talk.notes).toEqual([]);
  });

  it("whose record alone is answered counts after 10 s", () => {
    const talk = connected({ profile: { confirm: "record" } });
    talk.send(1, "hi");
    expect(talk.settled()).toEqual([]);
    talk.wait(10 * SECOND);
    expect(talk.settled()).toEqual(["delivered 1"]);
    const other = connected({ profile: { confirm: "record" } }, { confirmation: "record" });
    other.send(1, "hi");
    expect(other.settled()).toEqual(["delivered 1"]);
  });

  it("may be in progress for a while", () => {
    const talk = connected({ profile: { confirm: "inprogress", delivMs: 100 * SECOND, readMs: 200 * SECOND } });
    talk.send(1, "hi");
    talk.wait(99 * SECOND);
    expect(talk.settled()).toEqual([]);
    talk.wait(SECOND);
    expect(talk.settled()).toEqual(["delivered 1"]);
    talk.wait(100 * SECOND);
    expect(talk.settled()).toEqual(["delivered 1", "read 1"]);
    expect(talk.shown()).toEqual(["hi"]);
  });

  it("is delivered at once and read when the driver does", () => {
    const talk = connected({ profile: { readMs: 300 * SECOND } });
    talk.send(1, "hi");
    expect(talk.settled()).toEqual(["delivered 1"]);
    talk.wait(300 * SECOND);
    expect(talk.settled()).toEqual(["delivered 1", "read 1"]);
  });

  it.each([
    ["both", "the device answered 2 not allowed"],
    ["msgconf", "the device answered 2 not allowed"],
    ["comconf", "the device answered 2 not allowed"],
    ["record", "the device answered 132 INC_DATAFORM"],
  ])("is rejected: %s", (confirm, reason) => {
    const talk = connected({ receipts: "reject", profile: { confirm } });
    talk.send(1, "hi");
    expect(talk.settlements).toEqual([{ type: "rejected", id: 1, reason }]);
    expect(talk.shown()).toEqual([]);
  });

  it("garbled gets one re-send with the same bytes", () => {
    const talk = connected({ receipts: "garbled" });
    const from = talk.written.length;
    talk.send(1, "hi");
    const texts = talk.written.slice(from).filter((bytes) => packetOf(bytes).answer === null);
    expect(texts).toHaveLength(2);
    expect(texts[0]).toEqual(texts[1]);
    expect(talk.settlements).toEqual([{ type: "rejected", id: 1, reason: "the device answered 138 DATACRC" }]);
  });

  it("silent, late, twice, for another", () => {
    const silent = connected({ receipts: "silent" });
    silent.send(1, "hi");
    silent.wait(20 * SECOND);
    expect(silent.shown()).toEqual(["hi"]);
    expect(silent.settled()).toEqual(["lapsed 1"]);

    const late = connected({ receipts: "late", lateMs: 20 * SECOND });
    late.send(1, "hi");
    late.wait(25 * SECOND);
    expect(late.settled().slice(0, 3)).toEqual(["lapsed 1", "delivered 1", "read 1"]);
    expect(late.shown()).toEqual(["hi"]);

    const twice = connected({ receipts: "duplicate" });
    twice.send(1, "hi");
    expect(twice.settled().filter((one) => one === "delivered 1")).toHaveLength(1);
    expect(twice.notes).toEqual([]);

    const wrong = connected({ receipts: "wrong-tag" });
    wrong.send(1, "hi");
    wrong.wait(14 * SECOND);
    // Whose text it is, if it is one, only the store can tell.
    expect(wrong.settled()).toEqual(["late-read"]);
    expect(wrong.notes).toContain("stray-receipt");
  });

  it("fits the buffer that the device names", () => {
    const talk = connected({ profile: { bufferBytes: 100 } });
    talk.send(1, "x".repeat(150));
    expect(talk.shown()).toEqual(["x".repeat(61), "x".repeat(61), "x".repeat(28)]);
    expect(Math.max(...talk.written.map((bytes) => bytes.length))).toBeLessThanOrEqual(100);
    expect(talk.settled()).toContain("delivered 1");
  });

  it("goes out again on the next line under the same CID and is shown once", () => {
    const talk = connected({ receipts: "silent" });
    talk.send(1, "hi");
    talk.connect();
    expect(talk.shown()).toEqual(["hi"]);
    const cids = talk.written.flatMap((bytes) => {
      const packet = parsePacket(bytes);
      return packet.type === "packet" ? recordsOf(packet.packet).filter((words) => words.includes("51 40")) : [];
    });
    expect(cids.map((words) => words.replace(/^\d+:/u, ""))).toEqual(["4[51 401000000000000000006869]", "4[51 401000000000000000006869]"]);
  });

  it("of any kind arrives as it was sent", () => {
    const profiles = fc.record({
      charset: fc.constantFrom("auto", "ucs2"),
      ucs2: fc.constantFrom("be", "le"),
      body: fc.constantFrom("raw", "framed"),
      maxBytes: fc.integer({ min: 20, max: 300 }),
    });
    const char = fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), fc.constantFrom(..."АБвгё «»№—\n"));
    fc.assert(
      fc.property(fc.array(char, { minLength: 1, maxLength: 120 }), profiles, (chars, profile) => {
        const text = chars.join("");
        fc.pre(text.trim() !== "" && !/(?!\n)\p{Cc}|[\p{Cs}\ufeff\ufffd]/u.test(text));
        const talk = connected({ profile }, profile);
        talk.send(1, text);
        expect(talk.shown().join("")).toBe(text);
        expect(talk.settled()).toContain("delivered 1");
      }),
      { numRuns: 200 },
    );
  });
});
