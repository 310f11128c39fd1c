/** Codecs with a link layer of their own: they take parts over, send them in their own time, and say when they are ready. */
import { describe, expect, it } from "vitest";
import type { Codec, Part, Protocol } from "../../src/core/index.ts";
import { Line, PROVEN, text } from "../support/line.ts";
import { byTag } from "../support/scripted-protocol.ts";

/** The scripted protocol behind a link that is open once the device sent a `P`. */
function linked(): Protocol {
  return {
    ...byTag,
    connect: (): Codec => {
      const codec = byTag.connect();
      const waiting: Part[] = [];
      let ready = false;
      return {
        framer: codec.framer,
        identified: (identity) => codec.identified(identity),
        encode: (order) => codec.encode(order),
        decode: (frame) => {
          if (frame[0] === 0x50) ready = true;
          return codec.decode(frame);
        },
        send: (part) => void waiting.push(part),
        tick: () => ({ send: waiting.splice(0).map(({ bytes }) => Buffer.concat([Buffer.from("link "), bytes])), at: null }),
        get ready() {
          return ready;
        },
      };
    },
  };
}

describe("a codec with a link layer", () => {
  it("is given nothing before it is ready, then what was hinted meanwhile", () => {
    const line = new Line(linked());
    expect(claims(line.login(PROVEN))).toEqual([]);
    expect(claims(line.hint())).toEqual([]);
    expect(claims(line.up("P"))).toEqual(["drain [] held  room 4"]);
  });

  it("takes each part over and sends it in the same step", () => {
    const line = new Line(linked());
    line.login(PROVEN);
    line.up("P");
    const effects = line.drained([text(1, { text: "one", tag: 7 })]);
    expect(effects.filter((effect) => effect.startsWith("<"))).toEqual(["< link M 7 one"]);
    expect(line.up("A 7")).toContain("drain [delivered 1] held  room 4");
  });
});

function claims(effects: readonly string[]): readonly string[] {
  return effects.filter((effect) => effect.startsWith("drain"));
}
