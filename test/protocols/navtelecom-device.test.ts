/** The simulated device of Navtelecom: every duty of the simulator, and the gateway's answers to them. */
import { describe, expect, it } from "vitest";
import { Conversation } from "./navtelecom-conversation.ts";

const delivered = (id: number) => ({ type: "delivered", id, receipt: "device" });
const read = (id: number) => ({ type: "read", id });

describe("every version and form", () => {
  const cases = ["none", "1.0", "2.0", "3.0"].flatMap((offer) => [
    { offer, cut: Infinity },
    { offer, cut: 1 },
  ]);

  it.each(cases)("offer $offer, $cut bytes at once", ({ offer, cut }) => {
    const talk = new Conversation({ profile: { offer, serial: "text" } }, { serial: "text" }, cut);
    talk.say("before the login");
    talk.connect();
    talk.wait(6_000);
    talk.send(1, "Где вы?");
    talk.position();
    talk.say("На месте");
    talk.wait(15_000);
    expect(talk.shown()).toEqual(["Где вы?"]);
    expect(talk.words()).toEqual(["before the login", "На месте"]);
    expect(talk.kinds()).not.toContain("puzzled");
    expect(talk.kinds()).toContain("acknowledged-position");
    // Only FLEX 2.0 and later report what was read.
    expect(talk.settlements).toEqual(offer === "2.0" || offer === "3.0" ? [delivered(1), read(1)] : [delivered(1)]);
    expect(talk.notes).toEqual([]);
  });

  it("falls back to the gateway's version, and hangs up when there is none in common", () => {
    const talk = new Conversation({ profile: { offer: "3.0" } }, { flex: "2.0" });
    talk.connect();
    expect(talk.kinds()).toEqual(["online"]);
    talk.send(1, "Hello");
    expect(talk.shown()).toEqual(["Hello"]);
  });

  it("a long text in parts, each with its receipt, read with the last", () => {
    const text = "Слово ".repeat(50).trim();
    const talk = new Conversation();
    talk.connect();
    talk.send(1, text);
    expect(talk.shown().join("")).toBe(text);
    expect(talk.shown().every((part) => part.length <= 139)).toBe(true);
    expect(talk.settlements.filter(({ type }) => type === "delivered")).toEqual([delivered(1)]);
    talk.wait(5_000);
    expect(talk.settlements.at(-1)).toEqual(read(1));
  });
});

describe("receipts", () => {
  it("a part that is read before the last has gone does not make the text read", () => {
    const talk = new Conversation({ receipts: "silent", profile: { readMs: 0 } }, { maxBytes: 20 });
    talk.connect();
    talk.send(1, "0123456789012345678901234");
    talk.wait(0);
    expect(talk.settlements).toEqual([{ type: "progress", id: 1, parts: 1 }]);
    talk.wait(5_000);
    expect(talk.settlements.slice(1)).toEqual([delivered(1), read(1)]);
  });

  it("silent: shown, repeated twice, and never delivered", () => {
    const talk = new Conversation({ receipts: "silent", profile: { readMs: null } });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(14_000);
    expect(talk.shown()).toEqual(["Hello", "Hello", "Hello"]);
    expect(talk.settlements).toEqual([]);
  });

  it("silent, but read: the report is the receipt", () => {
    const talk = new Conversation({ receipts: "silent" });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(1_000);
    expect(talk.settlements).toEqual([delivered(1), read(1)]);
  });

  it("late: results of the copies settle nothing else", () => {
    const talk = new Conversation({ receipts: "late", profile: { readMs: null } });
    talk.connect();
    talk.send(1, "one");
    talk.send(2, "two");
    talk.wait(12_000);
    // One at 12 s, its copies' results at 17 and 22 s: only then, or after 5 s of silence, comes the next.
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.shown()).toEqual(["one", "one", "one"]);
    talk.wait(4_999);
    expect(talk.shown()).toHaveLength(3);
    talk.wait(30_000);
    expect(talk.shown().slice(3)[0]).toBe("two");
    expect(talk.settlements.slice(0, 2)).toEqual([delivered(1), delivered(2)]);
  });

  it("reject and garbled show nothing, with the device's reason", () => {
    for (const [receipts, reason] of [
      ["reject", "the device answered 31: the display is not connected"],
      ["garbled", "the device does not know ~O"],
    ] as const) {
      const talk = new Conversation({ receipts });
      talk.connect();
      talk.send(1, "Hello");
      expect(talk.shown()).toEqual([]);
      expect(talk.settlements).toEqual([{ type: "rejected", id: 1, reason }]);
    }
  });

  it("garbled in plain NTCB", () => {
    const talk = new Conversation({ receipts: "garbled", profile: { offer: "none" } });
    talk.connect();
    talk.wait(5_000);
    talk.send(1, "Hello");
    expect(talk.settlements).toEqual([{ type: "rejected", id: 1, reason: "the device does not know *!DV" }]);
  });

  it("duplicate says it twice, the second settles nothing", () => {
    const talk = new Conversation({ receipts: "duplicate" });
    talk.connect();
    talk.send(1, "Hello");
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.notes).toEqual(["stray-receipt"]);
  });

  it("wrong-tag reports a text as read that nobody sent", () => {
    const talk = new Conversation({ receipts: "wrong-tag" });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(5_000);
    // Whose number that may be only the store can tell.
    expect(talk.settlements).toEqual([delivered(1), { type: "late-read", tag: "11" }]);
  });
});

describe("reads of an earlier line's texts", () => {
  const names = (profile: Readonly<Record<string, unknown>>, text = "text"): readonly string[] => {
    const talk = new Conversation({ profile }, profile);
    talk.connect();
    talk.send(1, text);
    talk.wait(20_000);
    return talk.named;
  };

  it("go by the number of the last part, where a read counts at all", () => {
    expect(names({})).toEqual(["10"]);
    expect(names({ maxBytes: 20 }, "0123456789".repeat(5))).toEqual(["12"]);
    expect(names({ confirm: "urgent" })).toEqual([]);
    expect(names({ confirm: "never", readState: "any" })).toEqual(["10"]);
    expect(names({ readState: "off" })).toEqual([]);
    expect(names({ index: "unused" })).toEqual([]);
  });

  it("are put to the store on every new line, and never for a terminal's texts", () => {
    const late = (profile: Readonly<Record<string, unknown>>): readonly unknown[] => {
      const talk = new Conversation({}, profile);
      talk.connect();
      talk.send(1, "text");
      talk.wait(5_000);
      talk.connect();
      talk.position();
      talk.position();
      return talk.settlements.filter(({ type }) => type === "late-read");
    };
    expect(late({})).toEqual([{ type: "late-read", tag: "10" }]);
    expect([late({ readState: "off" }), late({ index: "unused" })]).toEqual([[], []]);
    expect(late({ inner: "line" })).toEqual([]);
  });
});

describe("the display", () => {
  it("busy: tried again after growing waits, while other traffic goes on", () => {
    const talk = new Conversation({ profile: { display: "busy", busyTimes: 5 } });
    talk.connect();
    talk.send(1, "Hello");
    talk.wait(5_999);
    talk.position();
    expect(talk.kinds()).toContain("acknowledged-position");
    talk.wait(54_000);
    expect(talk.shown()).toEqual([]);
    talk.wait(1);
    expect(talk.shown()).toEqual(["Hello"]);
    expect(talk.settlements).toEqual([delivered(1)]);
    expect(talk.closed).toBeNull();
  });

  it("truncated counts as delivered; not there and not configured do not", () => {
    const ends = (display: string) => {
      const talk = new Conversation({ profile: { display } });
      talk.connect();
      talk.send(1, "Hello, world");
      return talk.settlements;
    };
    expect(ends("truncated")).toEqual([delivered(1)]);
    expect(ends("none")).toEqual([{ type: "rejected", id: 1, reason: "the device answered 31: the display is not connected" }]);
    expect(ends("unconfigured")).toEqual([{ type: "rejected", id: 1, reason: "the device answered 30: not configured for a display" }]);
  });

  it("statuses are quick replies: as numbers, as texts, in the fleet's own words, or not at all", () => {
    const said = (profile: Record<string, unknown>) => {
      const talk = new Conversation({ profile }, profile);
      talk.connect();
      talk.position();
      talk.say("on trip");
      talk.position();
      talk.say("9");
      return talk.words();
    };
    expect(said({})).toEqual(["2", "9"]);
    expect(said({ driverStatus: "text" })).toEqual(["on trip", "ready"]);
    expect(said({ driverStatus: "text", statusTexts: { "9": "готов" } })).toEqual(["on trip", "готов"]);
    expect(said({ driverStatus: "off" })).toEqual([]);
  });

  it("a status that could not be stored is not acknowledged, and comes again", () => {
    const talk = new Conversation();
    talk.connect();
    talk.position();
    talk.storeDown = true;
    talk.say("2");
    expect(talk.words()).toEqual([]);
    talk.storeDown = false;
    talk.wait(20_000);
    expect(talk.words()).toEqual(["2"]);
    expect(talk.kinds().at(-1)).toBe("acknowledged");
  });

  it("the first status of a line is only compared with, unless the profile asks for it", () => {
    for (const firstStatus of ["silent", "report"]) {
      const talk = new Conversation({}, { firstStatus });
      talk.connect();
      talk.say("2");
      expect(talk.words()).toEqual(firstStatus === "report" ? ["2"] : []);
    }
  });
});

describe("a terminal behind the serial port", () => {
  it.each([{ cut: Infinity }, { cut: 1 }, { cut: 7 }])(
    "shows lines, says that they were read, and answers; $cut bytes at once",
    ({ cut }) => {
      const profile = { inner: "line" };
      const talk = new Conversation({ profile, reply: "Понял", keepAliveMs: 10_000 }, profile, cut);
      talk.connect();
      talk.send(1, "Где вы?");
      talk.say("На месте");
      talk.wait(30_000);
      expect(talk.shown()).toEqual(["Где вы?"]);
      expect(talk.words()).toEqual(["Понял", "На месте"]);
      expect(talk.kinds().filter((kind) => kind === "acknowledged")).toHaveLength(2);
      expect(talk.kinds()).not.toContain("puzzled");
      expect(talk.settlements).toEqual([delivered(1), read(1)]);
      expect(talk.notes).toEqual([]);
    },
  );
});

describe("half duplex", () => {
  it("commands that meet telemetry are lost: the text goes out instead of the acknowledgement, then the acknowledgement", () => {
    const talk = new Conversation({ profile: { loseCommands: true, readMs: null } });
    talk.connect();
    talk.deaf = true;
    talk.position();
    talk.deaf = false;
    talk.send(1, "Hello");
    expect(talk.shown()).toEqual([]);
    talk.wait(5_000);
    expect(talk.shown()).toEqual(["Hello"]);
    expect(talk.settlements).toEqual([delivered(1)]);
    talk.wait(15_000);
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(1);
  });

  it("pings and reports go on by themselves", () => {
    const talk = new Conversation({ keepAliveMs: 25_000 });
    talk.connect();
    talk.wait(100_000);
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(2);
    expect(talk.outputs.filter((output) => output.type === "write" && output.bytes.toString("hex") === "7f")).toHaveLength(2);
    expect(talk.notes).toEqual([]);
  });

  it("a gateway that is silent is left after a minute", () => {
    const talk = new Conversation();
    talk.deaf = true;
    talk.connect();
    talk.wait(60_000);
    expect(talk.kinds()).toEqual(["hangup"]);
  });
});
