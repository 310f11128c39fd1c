/** A dispatcher's text reaches the driver's screen as it was written, and the device's receipt delivers that text. */
import { expect, it } from "vitest";
import { encodeText, type Protocol } from "../../src/core/index.ts";
import type { Talk } from "../support/talk.ts";
import { ended, online } from "./conversation.ts";
import { named, type Stance, type Subject } from "./subject.ts";

export function deliversTexts({ protocol, stances }: Subject): void {
  const speaking = stances.filter(({ sayable }) => sayable.length > 0);

  it("texts go down under some profile of its transcripts, if at all", () => {
    const advice = "a transcript needs a `profile` under which a text can be sent; else `textDown` is none";
    expect(speaking.length > 0, advice).toBe(protocol.capabilities.textDown !== "none");
  });

  it.each(named(speaking))(
    "a text is shown as it is, in parts where it is long, and delivered by its receipts under %s",
    async (_name, stance) => {
      const talk = await online(protocol, stance);
      for (const text of stance.sayable) await arrives(talk, protocol, stance, text);
      expect(talk.outputs.filter(({ type }) => type === "puzzled" || type === "hangup")).toEqual([]);
    },
  );
}

async function arrives(talk: Talk, protocol: Protocol, stance: Stance, text: string): Promise<void> {
  const before = talk.shown().length;
  const { parts, bytesPerPart } = protocol.preview(text, stance.profile);
  expect(await ended(talk, text), text).toBe(stance.capabilities.receipts === "none" ? "unconfirmed" : "delivered");
  const shown = talk.shown().slice(before);
  // An interpreter may be shown a password before the command.
  if (stance.capabilities.textDown === "console") expect(shown.join(""), "what the device runs").toContain(text);
  else expect(shown.join(""), "what the device shows").toBe(text);
  expect(shown, "one part, one text on the screen").toHaveLength(parts);
  expect(shown.filter((part) => bytesOf(protocol, stance, part) > bytesPerPart)).toEqual([]);
}

function bytesOf(protocol: Protocol, { profile }: Stance, text: string): number {
  return encodeText(text, protocol.preview(text, profile).charset).bytes.length;
}
