/** Frames of real devices, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { queclink } from "../../protocols/queclink/index.ts";
import { corpusOf, type RealFrame } from "./corpus.ts";
import { framesOf, loggedIn, replyOf, textsOf, unitsOf } from "./queclink-frames.ts";

const { there, frames: corpus } = corpusOf("queclink");

const DOLLAR = "24";
const text = corpus.filter(isText).map((frame) => ({ ...frame, whole: completed(frame) }));
const binary = corpus.filter((frame) => !isText(frame));

function isText(frame: RealFrame): boolean {
  return /^\+[A-Z]+:/.test(Buffer.from(frame.hex, "hex").toString("latin1"));
}

/** Their reporters cut the end off some of them. */
function completed(frame: RealFrame): string {
  return frame.hex.endsWith(DOLLAR) ? frame.hex : frame.hex + DOLLAR;
}

/** What the page says, read here a second time: the first field that is an IMEI or MEID, and the last count. */
function byTheBook(whole: string): { readonly key: string; readonly count: string } {
  const fields = Buffer.from(whole, "hex").toString("latin1").slice(0, -1).split(",");
  const key = fields.find((field) => /^(\d{15}|[0-9A-F]{14})$/.test(field)) ?? "";
  return { key, count: fields.findLast((field) => /^[0-9A-F]{4}$/i.test(field)) ?? "" };
}

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(corpus.length > 0);
});

if (corpus.length > 0)
  describe("frames of real devices", () => {
    it.each(text)("$source: framed, identified, acknowledged by its count, no invented text", ({ whole, carries }) => {
      const bytes = Buffer.from(whole, "hex");
      const { key, count } = byTheBook(whole);
      expect(framesOf(queclink.connect().framer, [bytes])).toEqual([whole]);
      expect(queclink.detect(bytes.subarray(0, 64))).toBe("yes");
      expect(queclink.connect().decode(bytes).events[0]).toEqual({ type: "hello", scope: "login", key, password: null });
      const reading = loggedIn().decode(bytes);
      expect(reading.events.map(({ type }) => type)).not.toContain("bad");
      expect(replyOf(reading)).toBe(`+SACK:${count}$`);
      expect(textsOf(reading)).toHaveLength(carries === undefined ? 0 : 1);
      for (const said of textsOf(reading)) expect(carries?.text).toContain(said);
      expect(queclink.explain(bytes, "up").title).not.toContain("not an");
    });

    it.each(binary)("$source: a frame of the HEX mode is one frame, and never a text", (frame) => {
      const bytes = Buffer.from(frame.hex, "hex");
      expect(framesOf(queclink.connect().framer, [bytes])).toEqual([frame.hex]);
      expect(queclink.detect(bytes)).toBe("yes");
      const reading = loggedIn().decode(bytes);
      expect(reading.events).toEqual([{ type: "alive" }]);
      expect(replyOf(reading)).toBeNull();
      expect(queclink.connect().decode(bytes).events[0]?.type).toBe("bad");
    });

    it("all joined come out one by one, byte by byte too, even those without their end", () => {
      const [last] = text.filter((frame) => frame.hex.endsWith(DOLLAR));
      const hexes = [...corpus.map((frame) => frame.hex), last?.hex ?? ""];
      const bytes = Buffer.from(hexes.join(""), "hex");
      expect(framesOf(queclink.connect().framer, [bytes])).toEqual(hexes);
      const single = [...bytes].map((byte) => Buffer.of(byte));
      expect(unitsOf(queclink.connect().framer, single).map(({ kind }) => kind)).toEqual(hexes.map(() => "frame"));
    });

    it("speed and ignition are plausible wherever they are read", () => {
      const statuses = text.flatMap(({ whole }) => {
        const status = loggedIn()
          .decode(Buffer.from(whole, "hex"))
          .events.find((event) => event.type === "status");
        return status?.type === "status" ? [status] : [];
      });
      expect(statuses.length).toBeGreaterThan(text.length / 3);
      for (const { speedKmh } of statuses) expect(speedKmh ?? 0).toBeLessThan(130);
    });
  });
