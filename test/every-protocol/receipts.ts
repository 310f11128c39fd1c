/** A receipt that means no text of this line settles nothing. */
import { expect, it } from "vitest";
import type { DeviceOutput, Protocol } from "../../src/core/index.ts";
import type { Talk } from "../support/talk.ts";
import { ended, online } from "./conversation.ts";
import { named, type Stance, type Subject } from "./subject.ts";

/** Receipts that count only when nothing else was said in time have been counted by then. */
const LATER_MS = 60_000;

export function ignoresStrayReceipts({ protocol, stances }: Subject): void {
  const speaking = stances.filter(({ sayable, capabilities }) => sayable.length > 0 && capabilities.receipts !== "none");
  const tagged = speaking.filter(({ capabilities }) => capabilities.receipts === "by-tag");
  if (speaking.length === 0) return;

  it.each(named(speaking))("a receipt of nothing that is outstanding settles nothing under %s", async (_name, stance) => {
    await expectNothingSettled(await strayed(protocol, stance));
  });

  it("a receipt of nothing that is outstanding is noted", async () => {
    const lines = await Promise.all(speaking.map((stance) => strayed(protocol, stance)));
    const notes = lines.flatMap(({ line }) => line.notes.map(({ kind }) => kind));
    const advice = "`decode` must give a `receipt` event also for a receipt that it cannot place, with the tag it names";
    expect(notes, advice).toContain("stray-receipt");
  });

  it.each(named(tagged))("a receipt with the tag of another text settles nothing under %s", async (_name, stance) => {
    const [text = ""] = stance.sayable;
    const [first = [], second = []] = await receiptsOf(await online(protocol, stance), text);
    // What runs behind this profile names no text in its receipts: nobody can tell them apart.
    if (Buffer.concat(first).equals(Buffer.concat(second))) return;
    const talk = await online(protocol, stance, { receipts: "silent" });
    await talk.send(text);
    for (const bytes of second) await talk.inject(bytes);
    await expectNothingSettled(talk);
  });
}

/** A read that the line cannot place is asked of the store, which knows no such name either. */
async function expectNothingSettled({ line }: Talk): Promise<void> {
  expect(line.settlements.filter(({ type }) => type !== "late-read")).toEqual([]);
  expect((await line.states()).filter((state) => state !== "written")).toEqual([]);
}

/** A line that got the receipt of a text of another line. */
async function strayed(protocol: Protocol, stance: Stance): Promise<Talk> {
  const [text = ""] = stance.sayable;
  const [, stray = []] = await receiptsOf(await online(protocol, stance), text);
  const talk = await online(protocol, stance);
  for (const bytes of stray) await talk.inject(bytes);
  await talk.wait(LATER_MS);
  return talk;
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
