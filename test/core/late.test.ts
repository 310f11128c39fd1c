/** Reads and answers that come over a later line than their text went out on: the store is told names, and asked by them. */
import { describe, expect, it } from "vitest";
import type { Effect, Protocol } from "../../src/core/index.ts";
import { Line, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

const plain: Protocol = { ...byTag, capabilities: { ...byTag.capabilities, read: false } };
const mute: Protocol = { ...byTag, capabilities: { ...byTag.capabilities, read: false, choices: false } };

function drainOf(effects: readonly Effect[]): Extract<Effect, { type: "drain" }> | undefined {
  return effects.find((effect) => effect.type === "drain");
}

/** The names that the next request of this line carries; a receipt for `tag` makes it ask. */
function named(line: Line, tag: number): unknown {
  const drain = drainOf(line.session.step({ type: "bytes", chunk: Buffer.from(`A ${tag}\n`) }, line.now));
  return drain?.tags?.map(({ id, tag: name, whole }) => `${id} ${name}${whole ? " whole" : ""}`);
}

describe("names on the wire", () => {
  it("travel with the next request, and no request is made for them", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.drained([text(1), text(2, { text: "0123456789abc", tag: 7 })])).toEqual(["< M 1 text1", "< M 7 0123456789", "< M 8 abc"]);
    expect(named(line, 1)).toEqual(["1 1 whole", "2 8"]);
    line.drained();
    expect(named(line, 7)).toEqual([]);
  });

  it("are told again when the text goes out over another line, not when it is repeated on this one", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.after(15 * SECOND);
    line.drained([text(1, { attempt: 2 })]);
    expect(named(line, 1)).toEqual([]);
    const next = new Line(byTag);
    next.login();
    next.drained([text(1, { attempt: 3 })]);
    expect(named(next, 1)).toEqual(["1 1 whole"]);
  });

  it("are told where the device reports reads, of questions where it has its own means to answer them, else not at all", () => {
    const texts = [text(1), text(2, { choices: ["yes", "no"] })];
    const told = (protocol: Protocol): unknown => {
      const line = new Line(protocol);
      line.login();
      line.drained(texts);
      return named(line, 1);
    };
    expect([told(byTag), told(plain), told(mute)]).toEqual([["1 1 whole", "2 2 whole"], ["2 2 whole"], []]);
  });

  it("leave out parts of which no word is a read", () => {
    const quiet: Protocol = {
      ...byTag,
      connect: (environment) => {
        const codec = byTag.connect(environment);
        return {
          ...codec,
          encode: (order) => {
            const encoded = codec.encode(order);
            if (encoded.type === "refused") return encoded;
            const [first, ...rest] = encoded.parts;
            return { ...encoded, parts: [{ ...first, readable: order.urgent }, ...rest] };
          },
        };
      },
    };
    const line = new Line(quiet);
    line.login();
    line.drained([text(2), text(3, { urgent: true })]);
    expect(named(line, 2)).toEqual(["3 3 whole"]);
  });

  it("are kept while the store is away, and handed over at the line's end", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.hint();
    line.result({ type: "unavailable" });
    const end = line.session.step({ type: "end", reason: "peer-closed", graceMs: 0 }, line.now);
    expect(drainOf(end)).toMatchObject({ settlements: [], tags: [{ id: 1, tag: "1", whole: true }], room: 0 });
    const silent = new Line(byTag);
    silent.login();
    silent.drained();
    expect(drainOf(silent.session.step({ type: "end", reason: "peer-closed", graceMs: 0 }, 0))).toBeUndefined();
  });

  it("are bounded: the newest count", () => {
    const line = new Line(byTag);
    line.login();
    // Whatever the store may give to a line at once.
    line.drained(Array.from({ length: 200 }, (_, n) => text(n + 1, { text: "0123456789".repeat(2), tag: 1_000 + 2 * n, partsAcked: 1 })));
    for (let n = 0; n < 190; n += 1) line.up(`A ${1_001 + 2 * n}`);
    const end = drainOf(line.session.step({ type: "end", reason: "peer-closed", graceMs: 0 }, line.now));
    expect(end?.tags?.length).toBe(128);
    expect(end?.tags?.at(-1)?.tag).toBe("1387");
  });
});

describe("a read of an earlier line's text", () => {
  it("is put to the store by its name, once", () => {
    const line = new Line(byTag);
    line.login();
    line.drained();
    expect(line.up("D 5")).toEqual(["drain [late-read] held  room 4"]);
    expect(line.up("D 6", "D 6")).toEqual([]);
    expect(line.drained()).toEqual(["drain [late-read] held  room 4"]);
  });

  it("is known by its line while that lives", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.up("A 1");
    line.drained();
    expect(line.up("D 1")).toEqual(["drain [read 1] held  room 4"]);
  });

  it("counts once its text's last part was read and all of it is delivered", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(10, { text: "0123456789abcdefghij01234", tag: 100 })]);
    line.up("A 100");
    line.drained();
    expect(line.up("D 100", "D 102")).toEqual([]);
    expect(line.up("A 101")).toEqual(["drain [progress 10] held 10 room 3"]);
    line.drained();
    expect(line.up("A 102")).toEqual(["drain [delivered 10, read 10] held  room 4"]);
    line.drained();
    expect(line.up("D 100")).toEqual([]);
    // Of one part it counts at once, whatever became of the receipt.
    line.hint();
    line.drained([text(11)]);
    line.drained();
    expect(line.up("D 11")).toEqual(["drain [read 11] held 11 room 3"]);
  });

  it("is told again when the store could not be reached", () => {
    const line = new Line(inOrder);
    line.login();
    line.drained();
    line.up("D 5");
    line.result({ type: "unavailable" });
    expect(line.after(2 * SECOND)).toEqual(["drain [late-read] held  room 1"]);
  });

  it("means nothing where devices report no reads", () => {
    const line = new Line(mute);
    line.login();
    line.drained();
    expect(line.up("D 5")).toEqual(["note stray-receipt"]);
  });

  it("is one of a bounded number that wait", () => {
    const line = new Line(byTag);
    line.login();
    const effects = line.up(...Array.from({ length: 70 }, (_, tag) => `D ${tag}`));
    expect(effects).toEqual(Array(6).fill("note stray-receipt"));
  });
});

describe("an answer to an earlier line's order", () => {
  const late = (line: Line, frame: string): unknown => {
    const receive = line.session.step({ type: "bytes", chunk: Buffer.from(`${frame}\n`) }, 0).find((effect) => effect.type === "receive");
    return receive?.texts;
  };

  it("carries its name and choice for the store, and until then means the open question", () => {
    const line = new Line(byTag);
    line.login({ proven: true, closings: 0, sinceClosingMs: null, question: { messageId: 9, choices: ["Yes", "No"] } });
    const answers = { messageId: 9, choice: 1 };
    expect(late(line, "C 77 1")).toEqual([{ text: "No", serial: null, lossy: false, answers, late: { tag: "77", choice: 1 } }]);
    line.stored();
    // The open one may be another: it stays open.
    expect(line.up("T 1 yes")).toContain("receive 1:yes>9 early");
  });

  it("stands for its number where no question is open", () => {
    const line = new Line(byTag);
    line.login();
    expect(late(line, "C 77 1")).toEqual([{ text: "2", serial: null, lossy: false, answers: null, late: { tag: "77", choice: 1 } }]);
  });
});
