/** A line that an upstream server shares: who answers what, and what happens when that server is away. */
import { describe, expect, it } from "vitest";
import { Line, NEW, PROVEN, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

const PROFILE = { tee: "upstream:5000" };

function shared(protocol = byTag, standing = NEW): Line {
  const line = new Line(protocol);
  line.login(standing, PROFILE);
  line.drained();
  line.upstream("up");
  return line;
}

describe("a login", () => {
  it("is answered by us, and said to the upstream once that is there", () => {
    const line = new Line(byTag);
    expect(line.login(NEW, PROFILE)).toEqual(["share upstream:5000", "< AL ok", "drain [] held  room 4"]);
    expect(line.upstream("up")).toEqual(["^ L dev"]);
    expect(line.upstream(["AL ok"]), "its own answer is not the device's").toEqual([]);
  });

  it("is said again to each new upstream, with the registration before it", () => {
    const line = new Line(byTag);
    line.up("R dev");
    line.step({ type: "identified", verdict: { type: "accepted", identity: IDENTITY, standing: NEW } });
    line.login(NEW, PROFILE);
    expect(line.upstream("up")).toEqual(["^ R dev", "^ L dev"]);
    line.upstream("down");
    expect(line.upstream("up")).toEqual(["^ R dev", "^ L dev"]);
  });

  it("shares nothing without the profile", () => {
    const line = new Line(byTag);
    expect(line.login()).toEqual(["< AL ok", "drain [] held  room 4"]);
    expect(line.up("S 50")).toEqual(["status", "< AS"]);
    expect(line.upstream(["AS"])).toEqual([]);
  });

  it("that the upstream refuses is noted", () => {
    const line = shared();
    expect(line.upstream(["AL unknown-device"])).toEqual(["note upstream-refused"]);
  });
});

describe("what the device says", () => {
  it("is relayed byte for byte, and acknowledged by the upstream alone", () => {
    const line = shared();
    expect(line.step({ type: "bytes", chunk: Buffer.from("S 50\r\n") })).toEqual(["status", "^ S 50"]);
    expect(line.upstream(["AS"])).toEqual(["< AS"]);
  });

  it("passes in whatever pieces the bytes come, either way", () => {
    const line = shared();
    const up = [..."S 50\r\nT s1 hi\nP\n"].flatMap((byte) => line.step({ type: "bytes", chunk: Buffer.from(byte) }));
    expect(up).toEqual(["status", "^ S 50", "receive s1:hi early"]);
    expect(line.stored()).toEqual(["< AT", "passed", "^ P"]);
    const down = [..."AS\r\nAP\n"].flatMap((byte) => line.step({ type: "upstream", news: Buffer.from(byte) }));
    expect(down).toEqual(["< AS", "< AP"]);
  });

  it("stays here where it is chat", () => {
    const line = shared();
    line.hint();
    expect(line.drained([text(1)])).toEqual(["< M 1 text1"]);
    expect(line.up("A 1")).toEqual(["drain [delivered 1] held  room 4"]);
    expect(line.up("T s1 hello")).toEqual(["receive s1:hello early"]);
    expect(line.stored()).toEqual(["< AT"]);
  });

  it("is stored before it is relayed where a text is in it, and not relayed if it cannot be", () => {
    const line = shared();
    expect(line.up("V s1 hello")).toEqual(["receive s1:hello early"]);
    expect(line.stored()).toEqual(["^ V s1 hello"]);
    expect(line.upstream(["AV"])).toEqual(["< AV"]);
    line.up("V s2 hello");
    expect(line.stored("unavailable")).toEqual([]);
  });

  it("is relayed though it makes no sense to us", () => {
    expect(shared().up("? what")).toEqual(["note bad-frame", "^ ? what"]);
  });

  it("is answered by us behind a farewell: the line is gone before the upstream could", () => {
    expect(shared().up("B")).toEqual(["^ B", "< AB", "close bye"]);
  });

  it("waits for the first upstream up to a bound, and is lost to it beyond", () => {
    const line = new Line(byTag);
    line.login(NEW, PROFILE);
    const long = `S 1 ${"x".repeat(180)}`;
    const count = Math.ceil((64 * 1024) / long.length) + 10;
    for (let n = 0; n < count; n += 1) expect(line.up(long)).toEqual(["status"]);
    const relayed = line.upstream("up").filter((effect) => effect.startsWith("^ S"));
    expect(relayed.length).toBe(Math.floor((64 * 1024) / (long.length + 1)));
  });
});

describe("while the upstream is away", () => {
  it("positions are acknowledged by nobody, signs of life by us, and texts go both ways", () => {
    const line = shared();
    line.upstream("down");
    expect(line.up("S 50")).toEqual(["status"]);
    expect(line.up("P")).toEqual(["< AP"]);
    expect(line.up("T s1 hello")).toEqual(["receive s1:hello early"]);
    expect(line.stored()).toEqual(["< AT"]);
    line.hint();
    expect(line.drained([text(1)])).toEqual(["< M 1 text1"]);
    expect(line.upstream("up"), "what was said meanwhile comes again by itself").toEqual(["^ L dev"]);
    expect(line.up("P")).toEqual(["passed", "^ P"]);
  });

  it("a text in a position that comes again is stored once it can be relayed, or by its name at once", () => {
    const line = shared();
    line.upstream("down");
    expect(line.up("V - hello")).toEqual(["note unrelayed"]);
    expect(line.up("V s1 hello")).toEqual(["receive s1:hello early"]);
    expect(line.stored()).toEqual([]);
    line.upstream("up");
    expect(line.up("V - hello"), "nobody has acknowledged the last one").toEqual(["receive null:hello early"]);
  });

  it("what it began to say is forgotten", () => {
    const line = shared();
    line.step({ type: "upstream", news: Buffer.from("A") });
    line.upstream("down");
    expect(line.step({ type: "upstream", news: Buffer.from("S\n") })).toEqual([]);
    line.upstream("up");
    expect(line.upstream(["AS"])).toEqual(["< AS"]);
  });
});

describe("what the upstream says", () => {
  it("does not reach the device where its receipt could mean one of our texts", () => {
    const line = shared(inOrder, PROVEN);
    expect(line.upstream(["M from elsewhere"])).toEqual(["note upstream-order"]);
    line.hint();
    expect(line.drained([text(1)])).toEqual(["< M text1"]);
    expect(line.upstream(["M again", "AP"])).toEqual(["note upstream-order", "< AP"]);
    expect(line.up("A")).toEqual(["drain [delivered 1] held  room 1"]);
  });

  it("counts as an answer for receipts that TCP order implies", () => {
    const line = new Line(inOrder);
    line.login(NEW, { ...PROFILE, receipts: "implied" });
    line.upstream("up");
    line.drained([text(1)]);
    line.up("S 0");
    expect(line.upstream(["AS"])).toEqual(["< AS"]);
    expect(line.up("S 0")).toContain("drain [delivered 1] held  room 1");
  });

  it("ends its connection when it cannot be followed, and another is made", () => {
    const line = shared();
    expect(line.upstream(["x".repeat(300)])).toEqual(["note upstream-noise"]);
    expect(line.step({ type: "upstream", news: Buffer.from("y".repeat(300)) })).toEqual(["note upstream-noise", "share upstream:5000"]);
    expect(line.up("S 1")).toEqual(["status"]);
    expect(line.upstream("up")).toEqual(["^ L dev"]);
  });
});

describe("the end of the line", () => {
  it("says nothing more to anybody", () => {
    const line = shared();
    line.step({ type: "end", reason: "kicked", graceMs: 0 });
    line.after(SECOND);
    expect(line.upstream("up")).toEqual([]);
    expect(line.upstream(["AS"])).toEqual([]);
  });
});

const IDENTITY = { trackerId: 7, deviceId: "dev", profile: PROFILE, secret: null };
