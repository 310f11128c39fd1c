/** What may be sent to a command interpreter: nothing by default, then what the profile allows, whole and unchanged. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allows } from "../../protocols/console/allowed.ts";
import { commandOf, previewCommand } from "../../protocols/console/command.ts";
import { Replies } from "../../protocols/console/device-replies.ts";
import { CONSOLE_DEFAULTS, CONSOLE_PROPERTIES } from "../../protocols/console/profile.ts";
import type { ReceiptMode } from "../../src/core/index.ts";
import { Profiles } from "../../src/fleet/profiles.ts";
import { byTag } from "../support/scripted-protocol.ts";

const FORM = { charset: "ascii", maxBytes: 20 } as const;
const OPEN = { ...CONSOLE_DEFAULTS, console: true };

describe("a command", () => {
  it("is not sent unless the profile opens the console", () => {
    expect(commandOf("STATUS#", CONSOLE_DEFAULTS, FORM)).toMatchObject({ type: "refused", reason: expect.stringContaining("(console)") });
    expect(commandOf("STATUS#", OPEN, FORM)).toEqual({ type: "command", bytes: Buffer.from("STATUS#") });
  });

  it.each([
    ["STATUS# \r\n", "STATUS#"],
    [" Setio 2,1", " Setio 2,1"],
    ["x".repeat(20), "x".repeat(20)],
    ["x".repeat(21), null],
    ["one\ntwo", null],
    ["one\0two", null],
    ["naïve", null],
    [" ", null],
    ["", null],
  ])("%j goes out as %j", (text, sent) => {
    const command = commandOf(text, OPEN, FORM);
    expect(command.type === "command" ? command.bytes.toString() : null).toBe(sent);
    expect(previewCommand(text, OPEN, FORM).empty).toBe(sent === null);
  });

  it("is never changed: it is in its text, or nothing is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const command = commandOf(text, OPEN, FORM);
        if (command.type === "command") expect(command.bytes.toString()).toBe(text.trimEnd());
        else expect(command.reason).toBe("a command is 1 to 20 ASCII characters on one line");
      }),
    );
  });

  it("that cannot be sent is said to be so, with the reason", () => {
    expect(previewCommand("grün", OPEN, FORM)).toMatchObject({ lost: ["ü"], empty: true, refusal: expect.stringContaining("ASCII") });
    expect(previewCommand("ok", { console: true, allowedCommands: [] }, FORM)).toMatchObject({
      lost: [],
      empty: true,
      refusal: "the profile allows other commands only (allowedCommands)",
    });
  });
});

describe("the whitelist", () => {
  it.each([
    ["STATUS#", "STATUS#", true],
    ["STATUS#", "status#", false],
    ["STATUS#", "STATUS#RESET#", false],
    ["TIMER,*#", "TIMER,10,60#", true],
    ["TIMER,*#", "TIMER,#", true],
    ["TIMER,*#", "TIMER,1#RELAY,1#", false],
    ["TIMER,*#", "TIMER,1;RELAY,1#", false],
    ["TIMER,*", "TIMER,1\nRELAY,1", false],
    ["TIMER,*", "RELAY,1", false],
    ["*#", "RELAY,1#", true],
    ["ab*ba", "aba", false],
    ["*", "RELAY,1", true],
    ["*", "RELAY,1#", false],
  ])("entry %j, command %j: %s", (entry, command, allowed) => {
    expect(allows(["NOTHING", entry], command)).toBe(allowed);
  });

  it("is checked with the profile", () => {
    const profiles = new Profiles([{ ...byTag, profile: { type: "object", properties: CONSOLE_PROPERTIES } }]);
    const problems = (allowedCommands: unknown) => profiles.check({ allowedCommands }, byTag.name, "profile").length;
    expect([null, [], ["STATUS#"], ["A*B"]].map(problems)).toEqual([0, 0, 0, 0]);
    expect(["STATUS#", [""], ["A*B*C"], [7], Array(65).fill("A")].map(problems).every((count) => count > 0)).toBe(true);
    expect(profiles.effective({}, byTag.name)).toEqual(CONSOLE_DEFAULTS);
  });
});

describe("a simulated interpreter", () => {
  const said = (receipts: ReceiptMode, at: number): number => {
    const replies = new Replies({ receipts, lateMs: 500 }, 100);
    const first = replies.add(Buffer.of(1), 0).length;
    return first + replies.tick(at).length;
  };

  it("replies as its receipts say, after its time", () => {
    expect([said("ok", 99), said("ok", 100), said("duplicate", 100), said("late", 499), said("late", 500)]).toEqual([0, 1, 2, 0, 1]);
    expect([said("silent", 1_000), said("garbled", 1_000)]).toEqual([0, 0]);
  });

  it("forgets what it had to say when the link ends", () => {
    const replies = new Replies({ receipts: "ok", lateMs: 0 }, 100);
    replies.add(Buffer.of(1), 0);
    expect(replies.deadline).toBe(100);
    replies.restart();
    expect(replies.deadline).toBeNull();
  });
});
