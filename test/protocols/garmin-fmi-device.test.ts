/** The simulated navigator behind a Teltonika against the real session: every duty of the specification's page. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Navigator } from "../../protocols/garmin-fmi/navigator.ts";
import { TeltonikaDevice } from "../../protocols/teltonika/device.ts";
import { teltonika } from "../../protocols/teltonika/index.ts";
import type { DeviceOptions } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const EPOCH = Date.UTC(2026, 10, 22);

function started(options: Partial<DeviceOptions> = {}): CarrierConversation {
  const profile = { inner: "garmin-fmi", fmiResendSeconds: 5, ...options.profile };
  const conversation = new CarrierConversation(teltonika, { deviceId: "356307042441013", ...options, profile }, { epoch: EPOCH });
  conversation.connect();
  return conversation;
}

function talk(options: Partial<DeviceOptions> = {}): CarrierConversation {
  const conversation = started(options);
  conversation.wait(2 * SECOND);
  return conversation;
}

describe("texts to the navigator", () => {
  it("are stored, acknowledged and read", () => {
    const conversation = talk();
    conversation.send(1, "Hello driver");
    expect(conversation.shown()).toEqual(["Hello driver"]);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
    expect(conversation.notes).toEqual([]);
    expect(conversation.kinds()).not.toContain("puzzled");
  });

  it("wait for the handshake", () => {
    const conversation = started();
    conversation.send(1, "early");
    expect(conversation.shown()).toEqual([]);
    conversation.wait(2 * SECOND);
    expect(conversation.shown()).toEqual(["early"]);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
  });

  it.each([
    ["A604", {}],
    ["A611", { fmiLevel: "a611" }],
    ["A602", { fmiLevel: "a602" }],
  ])("%s: arrive as they were sent, and so do the driver's", (_name, profile) => {
    const character = fc.constantFrom(..."abc Привет 你好 %~\n\u0010\u0003");
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 400 }), (characters) => {
        const text = `x${characters.join("")}`;
        const conversation = talk({ profile });
        conversation.send(1, text);
        expect(conversation.shown().join("")).toBe(text);
        expect(conversation.settled()).toContain("delivered 1");
        conversation.say(text.slice(0, 60));
        expect(conversation.stored).toEqual([text.slice(0, 60)]);
        expect(conversation.acknowledged()).toEqual([text.slice(0, 60)]);
        expect(conversation.notes).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("a unit without Unicode gets ASCII", () => {
    const conversation = started({ profile: { navigatorUnicode: false } });
    conversation.wait(MINUTE);
    conversation.send(1, "Вы where?");
    expect(conversation.shown()).toEqual(["?? where?"]);
    expect(conversation.settled()).toContain("altered 1");
  });
});

describe("withdrawn texts", () => {
  const removed = ({ outputs }: CarrierConversation): readonly string[] =>
    outputs.flatMap((output) => (output.type === "removed" ? [output.text] : []));

  it("are deleted from the screen, and the next one goes out", () => {
    const conversation = talk({ receipts: "silent" });
    conversation.send(1, "go to gate 4");
    conversation.send(2, "go to gate 5");
    expect(conversation.shown()).toEqual(["go to gate 4"]);
    conversation.cancel(1);
    expect(removed(conversation)).toEqual(["go to gate 4"]);
    conversation.wait(SECOND);
    expect(conversation.shown()).toEqual(["go to gate 4", "go to gate 5"]);
    expect(conversation.settled()).toEqual([]);
  });

  it("that were not shown yet never are", () => {
    const conversation = started();
    conversation.send(1, "never");
    conversation.cancel(1);
    conversation.wait(2 * SECOND);
    conversation.send(2, "next");
    expect(conversation.shown()).toEqual(["next"]);
  });

  it("are deleted part by part", () => {
    const conversation = talk({ receipts: "late", lateMs: 10 * SECOND });
    conversation.send(1, "x".repeat(500));
    conversation.wait(12 * SECOND);
    expect(conversation.shown().map(({ length }) => length)).toEqual([199, 199]);
    conversation.cancel(1);
    expect(removed(conversation)).toHaveLength(2);
    conversation.wait(MINUTE);
    expect(conversation.shown()).toHaveLength(2);
  });

  it("are deleted when the unit is on again", () => {
    const conversation = talk({ receipts: "silent" });
    conversation.send(1, "text");
    navigatorOf(conversation).power(false);
    conversation.cancel(1);
    conversation.wait(2 * MINUTE);
    navigatorOf(conversation).power(true);
    conversation.wait(10 * MINUTE);
    expect(removed(conversation)).toEqual(["text"]);
    expect(conversation.shown()).toEqual(["text"]);
  });

  it("that the driver has read by then are read", () => {
    const conversation = talk();
    conversation.deaf = true;
    conversation.send(1, "text");
    conversation.cancel(1);
    conversation.deaf = false;
    conversation.wait(MINUTE);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
  });
});

describe("receipts", () => {
  const settled = (receipts: DeviceOptions["receipts"], ms = 0): readonly string[] => {
    const conversation = talk({ receipts });
    conversation.send(1, "text");
    conversation.wait(ms);
    expect(conversation.shown().length).toBeLessThanOrEqual(1);
    return [...conversation.settled(), ...conversation.notes];
  };

  it("accepted, refused, damaged on the way, twice", () => {
    expect(settled("ok")).toEqual(["delivered 1", "read 1"]);
    expect(settled("reject")).toEqual(["rejected 1"]);
    expect(settled("garbled")).toEqual(["delivered 1"]);
    expect(settled("duplicate")).toEqual(["delivered 1", "stray-receipt"]);
  });

  it("late, or never, or for something else", () => {
    expect(settled("late", MINUTE).filter((one) => one === "delivered 1")).toHaveLength(1);
    expect(settled("silent", MINUTE)).not.toContain("delivered 1");
    expect(settled("wrong-tag", 10 * SECOND)).toEqual(["stray-receipt"]);
    expect(settled("wrong-tag", MINUTE)).not.toContain("delivered 1");
  });

  it("lost with the link: the unit refuses the text the second time, and says that it has it when asked", () => {
    const conversation = talk({ receipts: "late", lateMs: 3 * MINUTE });
    conversation.deaf = true;
    conversation.send(1, "text");
    conversation.connect();
    conversation.wait(2 * MINUTE);
    expect(conversation.settled()).not.toContain("delivered 1");
    conversation.wait(2 * MINUTE);
    expect(conversation.shown()).toEqual(["text"]);
    expect(conversation.settled()).toContain("delivered 1");
    const honest = talk();
    honest.deaf = true;
    honest.send(1, "text");
    honest.connect();
    honest.wait(MINUTE);
    expect(honest.shown()).toEqual(["text"]);
    // It says so again on the new line, which does not know the text yet.
    expect(honest.settled()).toEqual(["late-read", "delivered 1", "read 1"]);
  });

  it("lost on the way down: nothing was shown, and the text comes again", () => {
    const conversation = talk();
    conversation.mute = true;
    conversation.send(1, "text");
    conversation.connect();
    conversation.wait(5 * SECOND);
    expect(conversation.shown()).toEqual(["text"]);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
  });
});

describe("the link", () => {
  it.each([2, 3, 5])("every %s. acknowledgement is lost: all arrives once, nothing is puzzled", (navigatorLosesAcks) => {
    const conversation = talk({ profile: { navigatorLosesAcks } });
    for (let turn = 1; turn <= 4; turn += 1) {
      conversation.send(turn, `text ${turn}`);
      conversation.say(`words ${turn}`);
      conversation.wait(3 * MINUTE);
    }
    expect(new Set(conversation.shown())).toEqual(new Set(["text 1", "text 2", "text 3", "text 4"]));
    expect(conversation.shown()).toHaveLength(4);
    expect(conversation.settled().filter((one) => one.startsWith("delivered"))).toHaveLength(4);
    expect(conversation.stored).toEqual(["words 1", "words 2", "words 3", "words 4"]);
  });

  it("a navigator that is switched off holds texts back, and gets them when it is on", () => {
    const conversation = talk({ keepAliveMs: MINUTE });
    navigatorOf(conversation).power(false);
    conversation.send(1, "text");
    conversation.send(2, "more");
    conversation.wait(60 * MINUTE);
    expect(conversation.closed).toBeNull();
    expect(conversation.settled()).toEqual(["lapsed 1"]);
    navigatorOf(conversation).power(true);
    conversation.wait(10 * MINUTE);
    expect(conversation.shown()).toEqual(["text", "more"]);
    expect(conversation.settled()).toEqual(["lapsed 1", "delivered 1", "read 1", "delivered 2", "read 2"]);
  });

  it("a navigator that was switched off and on is enabled again when it says nothing to a text", () => {
    const conversation = talk();
    conversation.send(1, "before");
    navigatorOf(conversation).power(true);
    conversation.send(2, "after");
    expect(conversation.shown()).toEqual(["before"]);
    conversation.wait(MINUTE);
    expect(conversation.shown()).toEqual(["before", "after"]);
    expect(conversation.settled()).toContain("delivered 2");
  });
});

function navigatorOf({ device }: CarrierConversation): Navigator {
  if (device instanceof TeltonikaDevice && device.terminal instanceof Navigator) return device.terminal;
  throw new Error("no navigator");
}

describe("questions", () => {
  it("are asked with canned responses and answered by one", () => {
    const conversation = talk();
    conversation.send(1, "Arrived?", { choices: ["yes", "no", "пробка"] });
    expect(conversation.outputs).toContainEqual({
      type: "shown",
      text: "Arrived?",
      tag: expect.any(String),
      choices: ["yes", "no", "пробка"],
    });
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
    conversation.choose(2);
    expect(conversation.stored).toEqual(["пробка"]);
    expect(conversation.answered).toEqual(["1:2"]);
    conversation.wait(5 * MINUTE);
    expect(conversation.stored).toHaveLength(1);
    expect(conversation.notes).toEqual([]);
  });

  it("are answered after a reconnect and while the store is away", () => {
    const conversation = talk();
    conversation.send(1, "Arrived?", { choices: ["yes", "no"] });
    conversation.storeDown = true;
    conversation.choose(0);
    expect(conversation.stored).toEqual([]);
    conversation.storeDown = false;
    conversation.wait(5 * MINUTE);
    expect(conversation.stored).toEqual(["yes"]);
  });

  it("that do not fit go as numbered text", () => {
    const conversation = talk({ profile: { fmiChoices: false } });
    conversation.send(1, "Arrived?", { choices: ["yes", "no"] });
    expect(conversation.shown()).toEqual(["Arrived?\n1. yes\n2. no"]);
    const long = talk();
    long.send(1, "Arrived?", { choices: ["y".repeat(50), "no"] });
    expect(long.shown()).toEqual([`Arrived?\n1. ${"y".repeat(50)}\n2. no`]);
  });

  it("of which there are many never mix up their answers", () => {
    const conversation = talk();
    for (let turn = 1; turn <= 6; turn += 1) {
      conversation.send(turn, `Question ${turn}?`, { choices: [`a${turn}`, `b${turn}`] });
      conversation.choose(1);
    }
    expect(conversation.stored).toEqual(["b1", "b2", "b3", "b4", "b5", "b6"]);
    expect(conversation.answered).toEqual(["1:1", "2:1", "3:1", "4:1", "5:1", "6:1"]);
  });
});

describe("texts from the driver", () => {
  it("are acknowledged once stored, and stored once", () => {
    const conversation = talk();
    conversation.storeDown = true;
    conversation.say("On my way");
    expect(conversation.acknowledged()).toEqual([]);
    conversation.storeDown = false;
    conversation.wait(5 * MINUTE);
    expect(conversation.stored).toEqual(["On my way"]);
    expect(conversation.acknowledged()).toEqual(["On my way"]);
  });

  it("reply to the text they answer", () => {
    const conversation = talk({ reply: "understood" });
    conversation.send(1, "Call me");
    expect(conversation.stored).toEqual(["understood"]);
    expect(conversation.answered).toEqual(["1:null"]);
  });

  it("wait until the unit is enabled", () => {
    const conversation = started();
    conversation.say("early");
    expect(conversation.stored).toEqual([]);
    conversation.wait(2 * SECOND);
    expect(conversation.stored).toEqual(["early"]);
  });
});
