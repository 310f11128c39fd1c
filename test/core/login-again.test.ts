/** A login whose frame says more than who is there: it is decoded again once the profile is known. */
import { describe, expect, it } from "vitest";
import type { Codec, Protocol } from "../../src/core/index.ts";
import { accepted, Line, NEW } from "../support/line.ts";
import { byTag } from "../support/scripted-protocol.ts";

/** "H dev T 1 hello" is a login and a text in one frame; "R ..." a registration that says more. */
const together: Protocol = { ...byTag, connect: (environment = {}) => withHello(byTag.connect(environment)) };

function withHello(codec: Codec): Codec {
  let online = false;
  return {
    ...codec,
    identified: () => {
      online = true;
    },
    decode: (frame) => {
      const [letter, key = "", ...rest] = frame.toString().split(" ");
      if (letter === "R") return { ...codec.decode(frame), again: true };
      if (letter !== "H") return codec.decode(frame);
      if (online) return codec.decode(Buffer.from(rest.join(" ")));
      return { ...codec.decode(Buffer.from(`L ${key}`)), again: true };
    },
  };
}

describe("a login that says more", () => {
  it("is answered once what it says is stored", () => {
    const line = new Line(together);
    expect(line.up("H dev T 1 hello")).toEqual(["identify login dev null"]);
    expect(line.step({ type: "identified", verdict: accepted(NEW, {}) })).toEqual(["receive 1:hello early", "drain [] held  room 4"]);
    expect(line.stored()).toEqual(["< AT"]);
    expect(line.up("P")).toEqual(["passed", "< AP"]);
  });

  it("is not answered while it cannot be stored, and comes again as what it is", () => {
    const line = new Line(together);
    line.up("H dev T 1 hello");
    line.step({ type: "identified", verdict: accepted(NEW, {}) });
    expect(line.stored("unavailable")).toEqual([]);
    expect(line.up("H dev T 1 hello")).toEqual(["receive 1:hello early"]);
  });

  it("is refused as any other, and a registration is asked for once", () => {
    const line = new Line(together);
    line.up("H dev T 1 hello");
    expect(line.step({ type: "identified", verdict: { type: "refused", reason: "blocked" } })).toEqual([
      "note refused",
      "< AL blocked",
      "close login-refused",
    ]);
    const other = new Line(together);
    expect(other.up("R dev")).toEqual(["identify register dev null"]);
    expect(other.step({ type: "identified", verdict: accepted(NEW, {}) })).toEqual(["< AL ok"]);
  });
});
