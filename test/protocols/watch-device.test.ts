/** The simulated watch: every duty of the simulator, and the gateway's answers to them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINK_MISSES, LINK_MS, LIVELY_MS } from "../../protocols/watch/device.ts";
import { RESEND_MS } from "../../protocols/watch/device-sender.ts";
import { watch } from "../../protocols/watch/index.ts";
import type { DeviceOptions, DeviceOutput } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const ID = "8800000015";

function talking(options: Partial<DeviceOptions> = {}, gatewayProfile: Readonly<Record<string, unknown>> = {}): CarrierConversation {
  const talk = new CarrierConversation(watch, { deviceId: ID, ...options }, { gatewayProfile });
  talk.connect();
  return talk;
}

function lines(outputs: readonly DeviceOutput[]): readonly string[] {
  return outputs.map((output) => (output.type === "write" ? output.bytes.toString("latin1") : output.type));
}

function device(options: Partial<DeviceOptions> = {}): ReturnType<typeof watch.device> {
  const defaults = { deviceId: ID, password: null, profile: {}, receipts: "ok", lateMs: 0, reply: null, keepAliveMs: 0 } as const;
  return watch.device({ ...defaults, ...options });
}

const LK = Buffer.from("[3G*8800000015*0002*LK]");

describe("texts", () => {
  it.each([{}, { maker: "ZJ" }, { maker: "CS", lengthCase: "lower" }, { maker: "ZJ", lengthCase: "lower" }, { receipt: "whole" }])(
    "%j",
    (profile) => {
      const talk = talking({ profile });
      talk.send(1, "Где ты?");
      talk.send(2, "好123 😀");
      expect(talk.shown()).toEqual(["Где ты?", "好123 😀"]);
      expect(talk.settled()).toEqual(["delivered 1", "delivered 2"]);
      expect([talk.notes, talk.kinds().includes("puzzled")]).toEqual([[], false]);
    },
  );

  it("any text arrives as it was written, whole and in order, or is told to be altered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 250 }), fc.constantFrom(20, 190), (text, maxBytes) => {
        const talk = talking({}, { maxBytes });
        talk.send(1, text);
        expect(talk.kinds()).not.toContain("puzzled");
        const { lost, empty, parts } = watch.preview(text, { maxBytes });
        expect(talk.settled().at(-1)).toBe(empty ? "rejected 1" : "delivered 1");
        if (empty) return;
        expect(talk.shown()).toHaveLength(parts);
        if (lost.length === 0 && !/[\p{Control}\u2028\u2029]/u.test(text)) expect(talk.shown().join("")).toBe(text);
        expect(talk.settled().includes("altered 1")).toBe(lost.length > 0);
      }),
    );
  });
});

describe("receipts", () => {
  it("silent shows the text and says nothing; reject and garbled do not even show it", () => {
    for (const [receipts, shown] of [
      ["silent", 1],
      ["reject", 0],
      ["garbled", 0],
    ] as const) {
      const talk = talking({ receipts });
      talk.send(1, "Hello");
      expect([talk.settled(), talk.shown().length]).toEqual([[], shown]);
    }
  });

  it("late says it after its time, duplicate says it twice", () => {
    const late = talking({ receipts: "late", lateMs: 14_000 });
    late.send(1, "Hello");
    late.wait(13_999);
    expect(late.settled()).toEqual([]);
    late.wait(1);
    expect(late.settled()).toEqual(["delivered 1"]);
    const twice = talking({ receipts: "duplicate" });
    twice.send(1, "Hello");
    expect([twice.settled(), twice.notes]).toEqual([["delivered 1"], ["stray-receipt"]]);
  });

  it("later than the gateway waits it still means its own text", () => {
    const talk = talking({ receipts: "late", lateMs: 20_000 });
    talk.send(1, "one");
    talk.wait(25_000);
    expect([talk.settled(), talk.shown(), talk.closed]).toEqual([["closing"], ["one"], "no-receipt"]);
    const patient = talking({ receipts: "late", lateMs: 20_000, keepAliveMs: 10_000 });
    patient.send(1, "one");
    patient.wait(25_000);
    expect([patient.settled(), patient.shown()]).toEqual([["delivered 1"], ["one"]]);
  });

  it("a receipt that is lost with its line: the text comes again", () => {
    const talk = talking();
    talk.deaf = true;
    talk.send(1, "Hello");
    talk.connect();
    expect([talk.shown(), talk.settled()]).toEqual([["Hello", "Hello"], ["delivered 1"]]);
  });
});

describe("the link", () => {
  it("LK each minute, after half an hour every five", () => {
    const talk = talking({ keepAliveMs: LINK_MS });
    talk.wait(LIVELY_MS);
    const links = () => talk.outputs.filter((output) => output.type === "write").length;
    expect(links()).toBe(31);
    talk.wait(50 * LINK_MS);
    expect(links()).toBe(41);
    expect(talk.kinds()).toEqual(["online"]);
  });

  it("nothing is said until LK is answered", () => {
    const one = device();
    expect(lines(one.say("hello", 0))).toEqual([]);
    expect(lines(one.connected(0))).toEqual(["[3G*8800000015*000C*LK,50,100,80]"]);
    expect(lines(one.position(0))).toEqual([]);
    expect(lines(one.tick(LINK_MS - 1))).toEqual([]);
    expect(lines(one.received(LK, LINK_MS - 1))).toEqual(["online", "[3G*8800000015*000E*TK,#!AMR\nhello]"]);
  });

  it("after five LK without an answer it hangs up, and begins anew", () => {
    const one = device();
    one.connected(0);
    const seen = Array.from({ length: LINK_MISSES }, (_, index) => lines(one.tick((index + 1) * LINK_MS))[0]?.slice(0, 22));
    expect(seen).toEqual([...Array.from({ length: LINK_MISSES - 1 }, () => "[3G*8800000015*000C*LK"), "hangup"]);
    expect(one.deadline).toBeNull();
    expect(lines(one.connected(0))).toHaveLength(1);
    expect(lines(one.received(LK, 0))).toEqual(["online"]);
    expect(one.deadline).toBeNull();
  });

  it("a watch that is not in the fleet hears nothing", () => {
    const one = device();
    expect(lines(one.received(Buffer.from("[3G*8800000016*0002*LK]"), 0))).toEqual(["puzzled"]);
  });
});

describe("alarms and positions", () => {
  it("a position with a network in brackets is taken and not answered", () => {
    const talk = talking();
    talk.position();
    expect([talk.notes, talk.kinds()]).toEqual([[], ["online"]]);
    const echoed = talking({}, { positionReply: "echo" });
    echoed.position();
    expect(echoed.kinds()).toEqual(["online", "puzzled"]);
  });

  it.each([
    ["AL", {}],
    ["AL_LTE", {}],
    ["AL_LTE", { alarmReply: "AL" }],
  ])("%s is repeated until it is acknowledged %j", (positions, gatewayProfile) => {
    const talk = talking({ profile: { positions } }, gatewayProfile);
    talk.mute = true;
    talk.position();
    talk.position();
    const alarms = () => talk.outputs.filter((output) => output.type === "write" && output.bytes.includes("*AL")).length;
    talk.wait(3 * RESEND_MS - 1);
    expect(alarms()).toBe(3);
    talk.mute = false;
    talk.wait(1);
    expect(talk.kinds()).toEqual(["online", "acknowledged-position", "acknowledged-position"]);
    talk.wait(10 * RESEND_MS);
    expect(alarms()).toBe(5);
  });
});

describe("voice", () => {
  it("TK is acknowledged; it is a text only where the profile wants a note", () => {
    const talk = talking({ reply: "I am ]here[, *soon* }" });
    talk.send(1, "Where are you?");
    expect([talk.acknowledged(), talk.stored]).toEqual([["I am ]here[, *soon* }"], []]);
    const noted = talking({}, { media: "note" });
    noted.say("one");
    noted.say("two");
    expect([noted.acknowledged(), noted.stored]).toEqual([
      ["one", "two"],
      ["[voice message]", "[voice message]"],
    ]);
  });

  it("it is repeated until it is acknowledged, and noted once", () => {
    const talk = talking({}, { media: "note" });
    talk.mute = true;
    talk.say("one");
    talk.wait(RESEND_MS);
    expect([talk.stored, talk.acknowledged()]).toEqual([["[voice message]"], []]);
    talk.connect();
    expect([talk.stored, talk.acknowledged()]).toEqual([["[voice message]"], ["one"]]);
    talk.storeDown = true;
    talk.say("two");
    expect([talk.closed, talk.acknowledged()]).toEqual([null, ["one"]]);
    talk.storeDown = false;
    talk.wait(RESEND_MS);
    expect([talk.stored.length, talk.acknowledged()]).toEqual([2, ["one", "two"]]);
  });
});

describe("what the gateway never sends", () => {
  it("other words, texts that are none and frames for others puzzle it and nothing more", () => {
    const one = device();
    one.connected(0);
    one.received(LK, 0);
    for (const content of ["RESET", "MESSAGE,00G0", "MESSAGE,004", "MESSAGE", "TK,1", "LK,1", "-"])
      expect(lines(one.received(Buffer.from(`[3G*${ID}*${content.length.toString(16).padStart(4, "0")}*${content}]`), 0))).toEqual([
        "puzzled",
      ]);
    expect(lines(one.received(Buffer.from("[3G*8800000016*000C*MESSAGE,0041]hello"), 0))).toEqual(["puzzled", "puzzled"]);
    expect(lines(one.received(Buffer.from("[SG*8800000015*000c*MESSAGE,0041]"), 0))).toEqual(["shown", "[3G*8800000015*0007*MESSAGE]"]);
  });
});
