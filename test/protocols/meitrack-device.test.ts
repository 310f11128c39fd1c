/** The simulated Meitrack tracker: every duty of the simulator, and the gateway's answers to them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESEND_MS } from "../../protocols/meitrack/device.ts";
import { meitrack } from "../../protocols/meitrack/index.ts";
import { writePacket } from "../../protocols/meitrack/wire.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const IMEI = "867000000000001";
const NAVIGATOR = { inner: "garmin-fmi" };

function talking(options: Partial<DeviceOptions> = {}, gatewayProfile?: Readonly<Record<string, unknown>>): CarrierConversation {
  const world = { epoch: Date.UTC(2026, 10, 22), ...(gatewayProfile === undefined ? {} : { gatewayProfile }) };
  const talk = new CarrierConversation(meitrack, { deviceId: IMEI, ...options }, world);
  talk.connect();
  return talk;
}

function lines(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.map((output) => (output.type === "write" ? output.bytes.toString("latin1").trim() : output.type));
}

function device(options: Partial<DeviceOptions> = {}): ReturnType<typeof meitrack.device> {
  const defaults = { deviceId: IMEI, password: null, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
  return meitrack.device({ ...defaults, ...options });
}

function down(command: string, data: string, letter = "A", imei = IMEI): Buffer {
  return writePacket({ direction: "down", letter, imei, command, data });
}

describe("texts on an LCD", () => {
  it.each([
    {},
    { command: "C10", sender: "GW" },
    { charset: "utf16be" },
    { charset: "utf16be", unicodeForm: "raw" },
    { strictFields: true },
  ])("%j", (profile) => {
    const talk = talking({ profile });
    talk.send(1, "Gate 5 now");
    talk.send(2, "Hurry", { urgent: true });
    expect(talk.shown()).toEqual(["Gate 5 now", "Hurry"]);
    expect(talk.settled()).toEqual(["delivered 1", "delivered 2"]);
    expect(talk.kinds()).not.toContain("puzzled");
  });

  it("other letters as what they sound like", () => {
    const talk = talking();
    talk.send(1, "Где вы?");
    expect(talk.shown()).toEqual(["Gde vy?"]);
    expect(talk.settled()).toEqual(["altered 1", "delivered 1"]);
  });

  it("a long one in parts, each with its receipt", () => {
    const talk = talking();
    talk.send(1, "x".repeat(700));
    expect(talk.shown().map(({ length }) => length)).toEqual([150, 150, 150, 150, 100]);
    expect(talk.settled().at(-1)).toBe("delivered 1");
  });

  it("a tracker of the other generation refuses, or says nothing", () => {
    const refusing = talking({ profile: { command: "C10" } }, {});
    refusing.send(1, "Hello");
    expect(refusing.settlements).toMatchObject([{ type: "rejected", id: 1, reason: "the tracker answered C13,Error" }]);
    const silent = talking({ profile: { command: "C10", faults: "silence" } }, {});
    silent.send(1, "Hello");
    expect(silent.settled()).toEqual([]);
    expect(silent.shown()).toEqual([]);
  });

  it("nobody can type on it", () => {
    const talk = talking({ reply: "yes" });
    talk.send(1, "Hello");
    expect(talk.settled()).toEqual(["delivered 1"]);
    expect(lines(device().say("x", 0))).toEqual(["puzzled"]);
  });
});

describe("receipts", () => {
  it("silent, garbled and wrong-tag settle nothing; only the first shows nothing but the text", () => {
    for (const [receipts, shown, notes] of [
      ["silent", 1, []],
      ["garbled", 0, []],
      ["wrong-tag", 1, ["stray-receipt"]],
    ] as const) {
      const talk = talking({ receipts });
      talk.send(1, "Hello");
      expect([talk.settled(), talk.shown().length, talk.notes]).toEqual([[], shown, notes]);
    }
  });

  it("wrong-tag is enough where the profile says that letters change", () => {
    const talk = talking({ receipts: "wrong-tag", profile: { letters: "oldest" } });
    talk.send(1, "Hello");
    expect(talk.settled()).toEqual(["delivered 1"]);
  });

  it("reject is a refusal in words", () => {
    const talk = talking({ receipts: "reject" });
    talk.send(1, "Hello");
    expect(talk.settled()).toEqual(["rejected 1"]);
    expect(talk.shown()).toEqual([]);
  });

  it("late counts however late, duplicate counts once", () => {
    const late = talking({ receipts: "late", lateMs: 14_000 });
    late.send(1, "Hello");
    late.wait(13_999);
    expect(late.settled()).toEqual([]);
    late.wait(1);
    expect(late.settled()).toEqual(["delivered 1"]);
    expect(late.device.deadline).toBeNull();
    const twice = talking({ receipts: "duplicate" });
    twice.send(1, "Hello");
    expect([twice.settled(), twice.notes]).toEqual([["delivered 1"], ["stray-receipt"]]);
  });

  it("a receipt that is lost: the text comes again under its letter", () => {
    const talk = talking();
    talk.deaf = true;
    talk.send(1, "Hello");
    talk.connect();
    expect(talk.shown()).toEqual(["Hello", "Hello"]);
    expect(talk.settled()).toEqual(["delivered 1"]);
    const [first, second] = talk.written.filter((bytes) => bytes.includes("C13"));
    expect(first).toEqual(second);
  });
});

describe("what the gateway never sends", () => {
  const online = (options: Partial<DeviceOptions> = {}) => {
    const one = device(options);
    one.connected(0);
    return one;
  };

  it("a wrong checksum, a wrong length and another's IMEI are not answered", () => {
    const damaged = down("C13", "0,E,Hello");
    damaged[damaged.length - 3] = 0x30;
    const long = Buffer.from("@@f47,867000000000001,C02,0,15360853789,Meitrack*C0\r\n");
    for (const bytes of [damaged, long, down("C13", "0,E,Hello", "A", "867000000000002"), Buffer.from("hello\r\n")])
      expect(lines(online().received(bytes, 0))).toEqual(["puzzled"]);
  });

  it("level, type, length and sender are checked", () => {
    const text = "x".repeat(150);
    expect(lines(online().received(down("C13", `1,E,${text}`), 0))).toEqual(["shown", "$$A28,867000000000001,C13,OK*C8"]);
    for (const data of [`2,E,${text}`, `0,X,${text}`, `0,E,${text}x`, "0,E,", "0,E", ""])
      expect(lines(online().received(down("C13", data), 0))).toEqual(["puzzled", expect.stringContaining(",C13,Error*")]);
    const c10 = online({ profile: { command: "C10" } });
    expect(lines(c10.received(down("C10", `0,GW,E,${text}`), 0))[0]).toBe("shown");
    for (const data of [`0,${"x".repeat(17)},E,a`, "0,GW", "0"]) expect(lines(c10.received(down("C10", data), 0))[0]).toBe("puzzled");
  });

  it("an SMS is sent, not shown", () => {
    expect(lines(online().received(down("C02", "0,15360853789,Meitrack", "f"), 0))).toEqual(["$$f28,867000000000001,C02,OK*EB"]);
    for (const data of ["2,15360853789,x", "0,153608537891536085378915,x", `0,15360853789,${"x".repeat(141)}`, "0,1536"])
      expect(lines(online().received(down("C02", data), 0))[0]).toBe("puzzled");
  });

  it("other commands puzzle it", () => {
    expect(lines(online().received(Buffer.concat([down("A10", ""), down("D76", "1,08,00000001,0041,2")]), 0))).toEqual([
      "puzzled",
      "puzzled",
      expect.stringContaining("D76,Error"),
    ]);
  });
});

describe("events", () => {
  it.each(["AAA", "CCE", "CCC", "AAC"])("%s under rotating letters, answered as it needs", (positions) => {
    const talk = talking({ profile: { positions }, keepAliveMs: 30_000 });
    talk.wait(60 * 30_000);
    const sent = talk.outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("latin1")] : []));
    expect(sent).toHaveLength(61);
    expect(new Set(sent.map((line) => line[2])).size).toBe(58);
    const answers = talk.kinds().filter((kind) => kind === "acknowledged-position").length;
    expect(answers).toBe(positions === "CCC" || positions === "AAC" ? 61 : 0);
    expect([talk.notes, talk.kinds().includes("puzzled")]).toEqual([[], false]);
  });

  it("with C03,1 the next event goes out when the last was confirmed", () => {
    const talk = talking({ profile: { awaitsAff: true }, keepAliveMs: 10_000 }, { confirm: "AFF" });
    talk.wait(20_000);
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(3);
    talk.deaf = true;
    talk.wait(30_000);
    talk.connect();
    expect(talk.kinds().filter((kind) => kind === "acknowledged-position")).toHaveLength(7);
    expect(talk.notes).toEqual([]);
  });

  it("without AFF it repeats the first for ever", () => {
    const talk = talking({ profile: { awaitsAff: true } }, {});
    talk.position();
    talk.wait(5 * RESEND_MS);
    const sent = talk.outputs.flatMap((output) => (output.type === "write" ? [output.bytes.toString("latin1").slice(3)] : []));
    expect(sent).toHaveLength(6);
    expect(new Set(sent.map((line) => line.split("*")[0])).size).toBe(1);
  });
});

describe("a navigator at a T622", () => {
  it("texts both ways, with the text that is answered", () => {
    const talk = talking({ profile: NAVIGATOR, reply: "На месте 🚚" });
    talk.send(1, "Где вы?");
    expect(talk.shown()).toEqual(["Где вы?"]);
    expect(talk.settled()).toEqual(["delivered 1"]);
    expect(talk.stored).toEqual(["На месте 🚚"]);
    expect(talk.acknowledged()).toEqual(["На месте 🚚"]);
    expect(talk.answered).toEqual(["1:null"]);
    talk.say("ok");
    talk.say("ok");
    expect(talk.stored).toEqual(["На месте 🚚", "ok", "ok"]);
  });

  it("a question as text, the answer by its number", () => {
    const talk = talking({ profile: NAVIGATOR });
    talk.send(1, "Arrived?", { choices: ["yes", "no"] });
    talk.choose(1);
    expect(talk.shown()).toEqual(["Arrived?\n1. yes\n2. no"]);
    expect(talk.stored).toEqual(["2"]);
    expect(talk.answered).toEqual(["1:null"]);
  });

  it("a driver's text is repeated until it is stored, and stored once", () => {
    const talk = talking({ profile: NAVIGATOR });
    talk.mute = true;
    talk.say("first");
    expect([talk.stored, talk.acknowledged()]).toEqual([["first"], []]);
    talk.wait(RESEND_MS - 1);
    talk.mute = false;
    talk.wait(1);
    expect([talk.stored, talk.acknowledged()]).toEqual([["first"], ["first"]]);
    talk.storeDown = true;
    talk.say("second");
    expect([talk.closed, talk.acknowledged()]).toEqual(["not-stored", ["first"]]);
    talk.storeDown = false;
    talk.connect();
    expect([talk.stored, talk.acknowledged()]).toEqual([
      ["first", "second"],
      ["first", "second"],
    ]);
  });

  it("what was written before it was connected waits", () => {
    const one = device({ profile: NAVIGATOR });
    expect(one.say("early", 0)).toEqual([]);
    expect(one.deadline).toBeNull();
    expect(lines(one.connected(0)).map((line) => line.split(",")[2] ?? line)).toEqual(["AAA", "online", "D75"]);
    expect(lines(one.received(down("D75", "OK", "z"), 0))).toEqual(["puzzled"]);
    expect(lines(one.received(down("D75", "2", "A"), 0))).toEqual(["puzzled"]);
    expect(lines(one.received(down("D75", "OK", "A"), 0))).toEqual(["acknowledged"]);
  });

  it("a text that it has is shown once; the second reply is an error, unless the profile knows it", () => {
    for (const [knownIdError, end] of [
      ["", "rejected 1"],
      ["2", "delivered 1"],
    ] as const) {
      const talk = talking({ profile: { ...NAVIGATOR, knownIdError } });
      talk.deaf = true;
      talk.send(1, "Hello");
      talk.connect();
      expect([talk.shown(), talk.settled()]).toEqual([["Hello"], [end]]);
    }
  });

  it("fields that are none are refused", () => {
    const one = device({ profile: NAVIGATOR });
    one.connected(0);
    for (const data of [
      "x,08,00000001,0041,2",
      "1,8,0000001,0041,2",
      "1,08,00000001,004,2",
      "1,08,00000001,0041,1",
      "1,08,00000001,0041,2,3",
      "",
    ])
      expect(lines(one.received(down("D76", data), 0))).toEqual(["puzzled", expect.stringContaining("D76,Error")]);
    expect(lines(one.received(down("C13", "0,E,Hello"), 0))[0]).toBe("puzzled");
    expect(lines(one.received(down("D76", "1,8,00000001,0041,2"), 0))[0]).toBe("shown");
  });

  it("any text arrives as it was written, whole and in order, or is told to be altered", () => {
    const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 250 });
    fc.assert(
      fc.property(words, fc.constantFrom<Readonly<Record<string, unknown>>>(NAVIGATOR, {}, { charset: "utf16be" }), (text, profile) => {
        const talk = talking({ profile });
        talk.send(1, text);
        expect(talk.kinds()).not.toContain("puzzled");
        const { lost, empty, parts } = meitrack.preview(text, profile);
        expect(talk.settled().at(-1)).toBe(empty ? "rejected 1" : "delivered 1");
        if (empty) return;
        expect(talk.shown()).toHaveLength(parts);
        if (lost.length === 0 && !/[\p{Control}\u00a0\u2028\u2029]/u.test(text)) expect(talk.shown().join("")).toBe(text);
        expect(talk.settled().includes("altered 1")).toBe(lost.length > 0);
      }),
    );
  });

  it("any driver's text is stored as it was typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), (text) => {
        fc.pre(text.trim() !== "" && !/[\0\p{Surrogate}]/u.test(text));
        const talk = talking({ profile: NAVIGATOR });
        talk.say(text);
        expect([talk.stored, talk.acknowledged()]).toEqual([[text], [text]]);
      }),
    );
  });
});
