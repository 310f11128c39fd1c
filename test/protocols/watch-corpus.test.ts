/** Frames of real watches, when they lie beside this checkout. */
import { describe, expect, it } from "vitest";
import { watch } from "../../protocols/watch/index.ts";
import { corpusOf } from "./corpus.ts";
import { online, replyOf, singles, textsOf, unitsOf } from "./plain-frames.ts";

const { there, frames } = corpusOf("watch");

/** Head and word by the book, read here a second time. */
const HEAD = /^\[(..)\*(\w+)\*(?:(\w{4})\*)?\w{4}\*(\w+)/;

function byTheBook(frame: Buffer): { readonly start: string; readonly id: string; readonly word: string } {
  const [, maker = "", id = "", index, word = ""] = HEAD.exec(frame.toString("latin1")) ?? [];
  return { start: index === undefined ? `[${maker}*${id}*` : `[${maker}*${id}*${index}*`, id, word };
}

/** What each word is answered with, behind the length. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ...["LK", "TKQ", "TKQ2", "AL", "AL_LTE", "bphrt", "btemp2", "heart"].map((word) => [word, `${word}]`] as const),
  ["oxygen", "oxygen,1]"],
  ["TK", "TK,1]"],
  ["JXTK", "JXTKR,1]"],
  ["INIT", "INIT,1]"],
  ["CONFIG", "CONFIG,1]"],
]);

it("reads every line of the collection, or finds none", () => {
  expect(there).toBe(frames.length > 0);
});

if (there)
  describe("frames of real watches", () => {
    it.each(frames)("$dir $source", ({ hex, dir }) => {
      const bytes = Buffer.from(hex, "hex");
      expect(watch.detect(bytes.subarray(0, 64))).toBe("yes");
      const units = unitsOf(watch.connect().framer, [bytes]);
      expect(units).toEqual(unitsOf(watch.connect().framer, singles(bytes)));
      expect(units.every(({ kind }) => kind === "frame")).toBe(true);
      const cut = units.map((unit) => (unit.kind === "frame" ? unit.bytes : Buffer.alloc(0)));
      expect(Buffer.concat(cut)).toEqual(bytes);
      const heads = bytes.toString("latin1").match(/\[(?:3G|SG|CS|ZJ)\*\d+\*/g) ?? [];
      expect(cut).toHaveLength(heads.length);

      for (const frame of cut) {
        const { start, id, word } = byTheBook(frame);
        expect(watch.explain(frame, "up").title).toContain(`(${word})`);
        expect(watch.connect().decode(frame).events).toEqual([{ type: "hello", scope: "login", key: id, password: null }]);
        const reading = online(watch).decode(frame);
        expect(textsOf(reading)).toEqual([]);
        expect(reading.events.map(({ type }) => type)).not.toContain("bad");
        if (dir === "down") continue;
        const answer = replyOf(reading);
        const wanted = ANSWERS.get(word);
        if (wanted === undefined) expect(answer).toBeNull();
        else expect(answer?.replace(/[0-9A-F]{4}\*(?=[^*]*$)/, "")).toBe(start + wanted);
      }
    });

    it("joined they are framed as they are alone", () => {
      const all = frames.map(({ hex }) => Buffer.from(hex, "hex"));
      const alone = all.flatMap((bytes) => unitsOf(watch.connect().framer, [bytes]));
      expect(unitsOf(watch.connect().framer, [Buffer.concat(all)])).toEqual(alone);
      expect(unitsOf(watch.connect().framer, singles(Buffer.concat(all)))).toEqual(alone);
    });
  });
