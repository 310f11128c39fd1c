/** A receipt that means no text of this line settles nothing. */
import { describe, expect, it } from "vitest";
import type { DeviceOutput } from "../../src/core/index.ts";
import type { Talk } from "../support/talk.ts";
import { ended, online } from "./conversation.ts";
import type { Subject } from "./subject.ts";

/** Receipts that count only when nothing else was said in time have been counted by then. */
const LATER_MS = 60_000;

export function ignoresStrayReceipts({ protocol, stances }: Subject): void {
  const { receipts } = protocol.capabilities;
  const speaking = stances.filter(({ sayable }) => sayable.length > 0);

  describe.skipIf(receipts === "none")("a receipt of nothing that is outstanding", () => {
    const noted: string[] = [];

    it.each(speaking.map((stance) => [stance.name, stance] as const))("settles nothing under %s", async (_name, stance) => {
      const [text = ""] = stance.sayable;
      const [, stray = []] = await receiptsOf(await online(protocol, stance), text);
      const talk = await online(protocol, stance);
      for (const bytes of stray) await talk.inject(bytes);
      await talk.wait(LATER_MS);
      expect(talk.line.settlements).toEqual([]);
      noted.push(...talk.line.notes.map(({ kind }) => kind));
    });

    it("is noted", () => {
      expect(noted, "`decode` must give a `receipt` event for a receipt that it cannot place, with the tag it names").toContain(
        "stray-receipt",
      );
    });
  });

  describe.skipIf(receipts !== "by-tag")("a receipt with the tag of another text", () => {
    it.each(speaking.map((stance) => [stance.name, stance] as const))("settles nothing under %s", async (_name, stance) => {
      const [text = ""] = stance.sayable;
      const [first = [], second = []] = await receiptsOf(await online(protocol, stance), text);
      // What runs behind this profile names no text in its receipts: nobody can tell them apart.
      if (Buffer.concat(first).equals(Buffer.concat(second))) return;
      const talk = await online(protocol, stance, { receipts: "silent" });
      await talk.send(text);
      for (const bytes of second) await talk.inject(bytes);
      expect(talk.line.settlements.filter(({ type }) => type !== "altered")).toEqual([]);
    });
  });
}

/** What the device writes when a text arrives, and when it arrives again as another message. */
async function receiptsOf(talk: Talk, text: string): Promise<readonly (readonly Buffer[])[]> {
  const receipts: (readonly Buffer[])[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const before = talk.outputs.length;
    await ended(talk, text);
    receipts.push(talk.outputs.slice(before).flatMap(bytesOf));
  }
  return receipts;
}

function bytesOf(output: DeviceOutput): readonly Buffer[] {
  return output.type === "write" ? [output.bytes] : [];
}
