/** A Garmin navigator at the serial port of a Navtelecom tracker: both simulated sides against the real session. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { navtelecom } from "../../protocols/navtelecom/index.ts";
import type { DeviceOptions } from "../../src/core/index.ts";
import { CarrierConversation } from "./carrier-conversation.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const EPOCH = Date.UTC(2026, 10, 22);

function talk(options: Partial<DeviceOptions> = {}): CarrierConversation {
  const profile = { inner: "garmin-fmi", fmiResendSeconds: 5, ...options.profile };
  const conversation = new CarrierConversation(navtelecom, { deviceId: "866795031410689", ...options, profile }, { epoch: EPOCH });
  conversation.connect();
  conversation.wait(2 * SECOND);
  expect(conversation.kinds()).toEqual(["online"]);
  return conversation;
}

const removed = ({ outputs }: CarrierConversation): readonly string[] =>
  outputs.flatMap((output) => (output.type === "removed" ? [output.text] : []));

describe("a navigator behind ~P", () => {
  it("shows texts, acknowledges and reads them, and the driver answers", () => {
    const conversation = talk({ reply: "understood" });
    conversation.send(1, "Call me");
    expect(conversation.shown()).toEqual(["Call me"]);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
    conversation.say("On my way");
    expect(conversation.stored).toEqual(["understood", "On my way"]);
    // 0026 says which text it replies to.
    expect(conversation.answered).toEqual(["1:null"]);
    expect(conversation.acknowledged()).toEqual(["understood", "On my way"]);
    expect(conversation.notes).toEqual([]);
  });

  it("asks questions with canned responses", () => {
    const conversation = talk();
    conversation.send(1, "Arrived?", { choices: ["yes", "no", "пробка"] });
    const tag = expect.any(String);
    expect(conversation.outputs).toContainEqual({ type: "shown", text: "Arrived?", tag, choices: ["yes", "no", "пробка"] });
    conversation.choose(2);
    expect([conversation.stored, conversation.answered]).toEqual([["пробка"], ["1:2"]]);
    conversation.wait(5 * MINUTE);
    expect(conversation.stored).toHaveLength(1);
    expect(conversation.settled()).toEqual(["delivered 1", "read 1"]);
  });

  it.each([
    ["A604", {}],
    ["A611", { fmiLevel: "a611", navigatorProtocols: [602, 604, 611] }],
    ["A602", { fmiLevel: "a602" }],
    ["A611 by its own word", { navigatorProtocols: [602, 604, 611] }],
  ])("%s: whatever is said arrives as it was said, in both directions", (_name, profile) => {
    const character = fc.constantFrom(..."abc Привет 你好 %~\n\u0010\u0003\u007f");
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 300 }), (characters) => {
        const text = `x${characters.join("")}`;
        const conversation = talk({ profile });
        conversation.send(1, text);
        conversation.wait(SECOND);
        expect(conversation.shown().join("")).toBe(text);
        expect(conversation.settled()).toContain("delivered 1");
        conversation.say(text.slice(0, 60));
        expect(conversation.stored).toEqual([text.slice(0, 60)]);
        expect(conversation.notes).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it("goes on while telemetry is sent, commands are lost and acknowledgements of the link too", () => {
    const profile = { loseCommands: true, navigatorLosesAcks: 4 };
    const conversation = talk({ profile, keepAliveMs: 3 * SECOND });
    for (let turn = 1; turn <= 5; turn += 1) {
      conversation.send(turn, `text ${turn}`);
      conversation.say(`words ${turn}`);
      conversation.wait(2 * MINUTE);
    }
    expect(conversation.shown()).toEqual(["text 1", "text 2", "text 3", "text 4", "text 5"]);
    expect(conversation.stored).toEqual(["words 1", "words 2", "words 3", "words 4", "words 5"]);
    expect(conversation.settled().filter((one) => one.startsWith("delivered"))).toHaveLength(5);
    expect(conversation.closed).toBeNull();
  });

  it("refuses, and is silent, late or wrong, as any other", () => {
    const settled = (receipts: DeviceOptions["receipts"]): readonly string[] => {
      const conversation = talk({ receipts, lateMs: 8 * SECOND });
      conversation.send(1, "text");
      conversation.wait(14 * SECOND);
      expect(conversation.shown().length).toBeLessThanOrEqual(1);
      return [...conversation.settled(), ...conversation.notes];
    };
    expect(settled("ok")).toEqual(["delivered 1", "read 1"]);
    expect(settled("reject")).toEqual(["rejected 1"]);
    expect(settled("garbled")).toEqual(["delivered 1"]);
    expect(settled("late")).toEqual(["delivered 1"]);
    expect(settled("silent")).toEqual([]);
    expect(settled("wrong-tag")).toEqual(["stray-receipt"]);
  });

  it("loses no text of the driver while the store is away", () => {
    const conversation = talk();
    conversation.storeDown = true;
    conversation.say("On my way");
    expect(conversation.acknowledged()).toEqual([]);
    conversation.storeDown = false;
    conversation.wait(3 * MINUTE);
    expect([conversation.stored, conversation.acknowledged()]).toEqual([["On my way"], ["On my way"]]);
  });

  it("gets a text whose line broke once, over the next line", () => {
    const conversation = talk();
    conversation.deaf = true;
    conversation.send(1, "text");
    conversation.wait(SECOND);
    conversation.connect();
    conversation.wait(MINUTE);
    expect(conversation.shown()).toEqual(["text"]);
    expect(conversation.settled()).toContain("delivered 1");
  });

  it("deletes what was withdrawn, and the next text goes out", () => {
    const conversation = talk({ receipts: "silent" });
    conversation.send(1, "go to gate 4");
    conversation.send(2, "go to gate 5");
    conversation.cancel(1);
    conversation.wait(SECOND);
    expect(removed(conversation)).toEqual(["go to gate 4"]);
    expect(conversation.shown()).toEqual(["go to gate 4", "go to gate 5"]);
  });
});

describe("questions on the display", () => {
  it("are numbered text", () => {
    const conversation = new CarrierConversation(navtelecom, { deviceId: "866795031410689" });
    conversation.connect();
    conversation.send(1, "Arrived?", { choices: ["yes", "no"] });
    conversation.wait(SECOND);
    expect(conversation.shown()).toEqual(["Arrived?\n1. yes\n2. no"]);
  });
});
