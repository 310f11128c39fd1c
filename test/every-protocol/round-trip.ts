/** A dispatcher's text reaches the driver's screen as it was written, and the device's receipt delivers that text. */
import { describe, expect, it } from "vitest";
import { encodeText, type Protocol } from "../../src/core/index.ts";
import { ended, online } from "./conversation.ts";
import type { Stance, Subject } from "./subject.ts";

export function deliversTexts({ protocol, stances }: Subject): void {
  const { textDown, receipts } = protocol.capabilities;
  const speaking = stances.filter(({ sayable }) => sayable.length > 0);

  it.skipIf(textDown === "none")("some profile of its transcripts carries plain texts", () => {
    expect(speaking, "a transcript needs a `profile` under which a text can be sent").not.toEqual([]);
  });

  describe.each(speaking.map((stance) => [stance.name, stance] as const))("under %s", (_name, stance) => {
    it("what is sent is shown, in parts where it is long, and its receipts deliver it", async () => {
      const talk = await online(protocol, stance);
      for (const text of stance.sayable) {
        const before = talk.shown().length;
        expect(await ended(talk, text), text).toBe(receipts === "none" ? "unconfirmed" : "delivered");
        const shown = talk.shown().slice(before);
        expect(shown.join(""), "what the device shows").toBe(text);
        expect(shown, "one part, one text on the screen").toHaveLength(protocol.preview(text, stance.profile).parts);
        expect(shown.filter((part) => bytesOf(protocol, stance, part) > protocol.preview(text, stance.profile).bytesPerPart)).toEqual([]);
      }
      expect(talk.outputs.filter(({ type }) => type === "puzzled" || type === "hangup")).toEqual([]);
    });
  });
}

function bytesOf(protocol: Protocol, { profile }: Stance, text: string): number {
  return encodeText(text, protocol.preview(text, profile).charset).bytes.length;
}
