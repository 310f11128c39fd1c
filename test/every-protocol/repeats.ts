/** A driver's text whose acknowledgement was lost comes again: it is stored once, and acknowledged again. */
import { expect, it } from "vitest";
import type { Protocol } from "../../src/core/index.ts";
import type { Talk } from "../support/talk.ts";
import { online } from "./conversation.ts";
import { named, type Stance, type Subject } from "./subject.ts";

const PATIENCE_MS = 15 * 60_000;
const WORDS = "On my way";

export function storesRepeatsOnce({ protocol, stances }: Subject): void {
  const repeating = stances.filter(({ capabilities: { textUp, repeats = true } }) => textUp && repeats);
  if (repeating.length === 0) return;

  it("a driver's text can be typed on some simulated device", async () => {
    const words = await Promise.all(repeating.map((stance) => typed(protocol, stance)));
    const advice = "`say` of the device must send a text under some profile of the transcripts; else `textUp` or `repeats` is false";
    expect(
      words.filter((one) => one !== null),
      advice,
    ).not.toEqual([]);
  });

  it.each(named(repeating))("a driver's text that comes again is stored once under %s", async (_name, stance) => {
    const words = await typed(protocol, stance);
    if (words === null) return;
    await comesAgain(protocol, stance, words, (talk) => talk.connect());
    const { line } = await spokenOnce(protocol, stance, words);
    // Without a serial nobody can tell a repetition on the same line from a text that was typed twice; TCP loses nothing there.
    if (line.received.every(({ serial }) => serial !== null)) await comesAgain(protocol, stance, words, (talk) => unmute(talk));
  });
}

/** Words that this device's driver can send: any, or only those of a transcript; null: none. */
async function typed(protocol: Protocol, stance: Stance): Promise<string | null> {
  for (const words of [WORDS, ...stance.spoken]) {
    const { line } = await spokenOnce(protocol, stance, words);
    if (line.texts.length > 0) return words;
  }
  return null;
}

async function spokenOnce(protocol: Protocol, stance: Stance, words: string): Promise<Talk> {
  const talk = await online(protocol, stance);
  await talk.say(words);
  await talk.until(() => talk.acknowledged().length > 0, PATIENCE_MS);
  return talk;
}

/** The acknowledgement is lost; then whatever lets the device try again happens. */
async function comesAgain(protocol: Protocol, stance: Stance, words: string, again: (talk: Talk) => Promise<void>): Promise<void> {
  const talk = await online(protocol, stance);
  const known = talk.line.texts.length;
  talk.mute = true;
  await talk.say(words);
  await talk.until(() => talk.line.texts.length > known, PATIENCE_MS);
  expect(talk.acknowledged()).toEqual([]);
  await again(talk);
  await talk.until(() => talk.acknowledged().length > 0, PATIENCE_MS);
  expect(talk.acknowledged(), "the repetition is acknowledged").toEqual([words]);
  expect(talk.line.texts.slice(known), "stored once").toHaveLength(1);
}

function unmute(talk: Talk): Promise<void> {
  talk.mute = false;
  return Promise.resolve();
}
