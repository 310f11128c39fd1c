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

  it("has its turn after each frame, however many came at once", () => {
    const [apart, together] = [new Line(linked()), new Line(linked())];
    for (const line of [apart, together]) line.login(PROVEN);
    const chunks = [Buffer.from("P\n"), Buffer.from("P\n")];
    const one = chunks.flatMap((chunk) => apart.step({ type: "bytes", chunk }));
    expect(together.step({ type: "bytes", chunk: Buffer.concat(chunks) })).toEqual(one);
    expect(claims(one)).toHaveLength(1);
  });
});

describe("a codec that waits for more before a receipt counts", () => {
  it("is asked at its own time, and what it says then settles the text and makes room for the next part", () => {
    let at: number | null = null;
    const taken: Buffer[] = [];
    const patient: Protocol = {
      ...byTag,
      connect: (): Codec => {
        const codec = byTag.connect();
        return {
          framer: codec.framer,
          identified: (identity) => codec.identified(identity),
          encode: (order) => codec.encode(order),
          decode: (frame) => codec.decode(frame),
          send: ({ bytes }) => void taken.push(bytes),
          tick: (now) => {
            const send = taken.splice(0);
            if (at === null || now < at) return { send, at };
            at = null;
            return { send, at, receipts: [{ event: { type: "receipt", tag: "7", outcome: "accepted" }, frame: Buffer.from("A 7") }] };
          },
        };
      },
    };
    const line = new Line(patient);
    line.login(PROVEN);
    line.drained([text(1, { tag: 7 }), text(2, { text: "x".repeat(180), tag: 8 })]);
    at = 5_000;
    line.up("P");
    expect(line.session.deadline).toBe(5_000);
    expect(line.after(4_999)).toEqual([]);
    const effects = line.after(1);
    expect(effects.filter((effect) => effect.startsWith("<"))).toHaveLength(1);
    expect(claims(effects)).toEqual(["drain [delivered 1] held 2 room 3"]);
  });
});

function claims(effects: readonly string[]): readonly string[] {
  return effects.filter((effect) => effect.startsWith("drain"));
}
