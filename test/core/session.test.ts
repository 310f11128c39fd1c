import { describe, expect, it } from "vitest";
import type { Input } from "../../src/core/index.ts";
import { accepted, Line, NEW, SECOND, text } from "../support/line.ts";
import { byTag, inOrder } from "../support/scripted-protocol.ts";

describe("login", () => {
  it("asks who the device is, answers, and only then looks into the outbox", () => {
    const line = new Line(byTag);
    expect(line.up("L dev secret")).toEqual(["identify login dev secret"]);
    expect(line.session.asking).toBe(true);
    expect(line.step({ type: "identified", verdict: accepted(NEW, {}) })).toEqual(["< AL ok", "drain [] held  room 4"]);
    expect(line.session.identity?.trackerId).toBe(7);
  });

  it("holds what comes behind a question until the verdict", () => {
    const line = new Line(byTag);
    expect(line.up("L dev", "P", "T 1 hello")).toEqual(["identify login dev null"]);
    expect(line.step({ type: "identified", verdict: accepted(NEW, {}) })).toEqual([
      "< AL ok",
      "drain [] held  room 4",
      "< AP",
      "receive 1:hello early",
    ]);
  });

  it.each([
    ["unknown-device", ["note refused", "< AL unknown-device", "close login-refused"]],
    ["blocked", ["note refused", "< AL blocked", "close login-refused"]],
    ["wrong-password", ["note refused", "< AL wrong-password"]],
  ] as const)("refused as %s", (reason, effects) => {
    const line = new Line(byTag);
    line.up("L dev x");
    expect(line.step({ type: "identified", verdict: { type: "refused", reason } })).toEqual(effects);
  });

  it("closes after the third wrong password", () => {
    const line = new Line(byTag);
    const refused: Input = { type: "identified", verdict: { type: "refused", reason: "wrong-password" } };
    for (const attempt of [1, 2, 3]) {
      line.up("L dev x");
      expect(line.step(refused).includes("close login-refused")).toBe(attempt === 3);
    }
  });

  it("says nothing while the store is away, and lets the device try again", () => {
    const line = new Line(byTag);
    line.up("L dev");
    expect(line.step({ type: "identified", verdict: { type: "unavailable" } })).toEqual([]);
    expect(line.up("L dev")).toEqual(["identify login dev null"]);
  });

  it("ignores what comes before the login, and closes when it takes too long", () => {
    const line = new Line(byTag);
    expect(line.up("T 1 hello")).toEqual(["note before-login"]);
    expect(line.after(15 * SECOND)).toEqual(["close login-timeout"]);
  });

  it("registers without going online", () => {
    const line = new Line(byTag);
    expect(line.up("R dev")).toEqual(["identify register dev null"]);
    expect(line.step({ type: "identified", verdict: accepted(NEW, {}) })).toEqual(["< AL ok"]);
    expect(line.session.identity).toBeNull();
  });

  it("answers a repeated login of the same device, and closes for another one", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.up("L dev")).toEqual(["< AL ok"]);
    expect(line.up("L other")).toEqual(["note refused", "< AL unknown-device", "close another-device"]);
  });
});

describe("texts from the device", () => {
  it("are acknowledged after they were stored, never before", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.up("T 9 here")).toEqual(["receive 9:here early"]);
    expect(line.stored()).toEqual(["< AT"]);
  });

  it("are not acknowledged when they were not stored", () => {
    const line = new Line(byTag);
    line.login();
    line.up("T 9 here");
    expect(line.stored("unavailable")).toEqual([]);
    const closing = new Line(inOrder);
    closing.login();
    closing.up("T - here");
    expect(closing.stored("unavailable")).toEqual(["close not-stored"]);
  });

  it("are early only among the first three frames, and passed once another frame came", () => {
    const line = new Line(inOrder);
    line.login();
    line.up("P", "P");
    expect(line.up("T - one")).toEqual(["receive null:one early"]);
    line.stored();
    expect(line.up("T - two")).toEqual(["passed", "receive null:two"]);
  });

  it("that are blank are answered and not stored", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.up("T 1  ")).toEqual(["< AT"]);
  });

  it("carry what they answer", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(5, { choices: ["yes", "no"] })]);
    expect(line.up("C 5 1")).toEqual(["receive null:no>5 early"]);
  });
});

describe("the store", () => {
  it("away: settlements are kept and told again", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    line.up("A 1");
    expect(line.result({ type: "unavailable" })).toEqual([]);
    expect(line.after(2 * SECOND)).toEqual(["drain [delivered 1] held  room 4"]);
  });

  it("a newer line owns the tracker: this one goes", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.result({ type: "stale" })).toEqual(["close taken-over"]);
  });

  it("a hint while a request is out is not lost", () => {
    const line = new Line(byTag);
    line.login();
    line.hint();
    expect(line.drained()).toEqual(["drain [] held  room 4"]);
  });

  it("a text due later is asked for when it is due", () => {
    const line = new Line(byTag);
    line.login();
    line.result({ type: "drained", texts: [], waiting: 1, dueInMs: 5_000 });
    expect(line.session.deadline).toBe(5_000);
    expect(line.after(5_000)).toEqual(["drain [] held  room 4"]);
  });

  it("what cannot be encoded is rejected, and the next one follows", () => {
    const line = new Line(inOrder);
    line.login();
    expect(line.drained([text(1, { text: "unsayable" })], 1)).toEqual(["drain [rejected 1] held  room 1"]);
  });
});

describe("the end of a line", () => {
  it.each([
    ["idle", 900 * SECOND],
    ["half-frame", 30 * SECOND],
  ])("%s", (reason, ms) => {
    const line = new Line(byTag);
    line.login();
    line.drained();
    if (reason === "half-frame") line.step({ type: "bytes", chunk: Buffer.from("T 1 he") });
    expect(line.after(ms - 1)).toEqual([]);
    expect(line.after(1)).toEqual([`close ${reason}`]);
    expect(line.session.deadline).toBeNull();
  });

  it("ten malformed frames in a row", () => {
    const line = new Line(byTag);
    line.login();
    for (let frame = 1; frame < 10; frame += 1) expect(line.up("?")).toEqual(["note bad-frame", "< AX"]);
    expect(line.up("?")).toEqual(["note bad-frame", "close too-many-bad-frames"]);
  });

  it("a defect in a decoder is a note and a strike, not an exception", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.up("!")).toEqual(["note defect", "note bad-frame"]);
  });

  it("draining waits for the open question and outstanding receipts, within its grace", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1)]);
    expect(line.step({ type: "end", reason: "drain", graceMs: 2_000 })).toEqual([]);
    expect(line.up("A 1")).toEqual(["drain [delivered 1] held  room 0"]);
    expect(line.drained()).toEqual(["close drain"]);
    const stubborn = new Line(byTag);
    stubborn.login();
    stubborn.drained([text(1)]);
    stubborn.step({ type: "end", reason: "drain", graceMs: 2_000 });
    // What its text is called on the wire is still told.
    expect(stubborn.after(2_000)).toEqual(["close drain", "drain [] held  room 0"]);
  });

  it("hands over receipts that the store does not know yet", () => {
    const line = new Line(byTag);
    line.login();
    line.drained([text(1), text(2)]);
    line.up("A 1");
    line.up("A 2");
    expect(line.step({ type: "end", reason: "peer-closed", graceMs: 0 })).toEqual([
      "close peer-closed",
      "drain [delivered 2] held  room 0",
    ]);
  });

  it("says goodbye", () => {
    const line = new Line(byTag);
    line.login();
    expect(line.up("B")).toEqual(["< AB", "close bye"]);
    expect(line.up("P")).toEqual([]);
  });
});
