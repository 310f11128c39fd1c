/** A line that an upstream server of the same protocol shares: the chat stays here, all else is answered there or by nobody. */
import { describe, expect, it } from "vitest";
import type { Protocol } from "../../src/core/index.ts";
import type { Talk } from "../support/talk.ts";
import { ended, online } from "./conversation.ts";
import { named, type Stance, type Subject } from "./subject.ts";

const TARGET = "upstream.example:5000";
/** A device has its answer by then, or the same position goes out again, or its line is made anew. */
const ANSWER_MS = 3_000;
/** Whatever a device does without answers, it is through with it. */
const AWAY_MS = 10 * 60_000;

export function sharesItsLine({ protocol, stances }: Subject): void {
  if (protocol.tee === undefined) return;
  const speaking = stances.filter(({ sayable }) => sayable.length > 0);

  describe("with an upstream", () => {
    it.each(named(stances))("positions are acknowledged by it alone, as they would be without us, under %s", async (_name, stance) => {
      const alone = await online(protocol, stance);
      await position(alone);
      const talk = await teed(protocol, stance);
      await position(talk);
      expect(positions(talk), "acknowledged").toBe(positions(alone));
      talk.upstream.mute = true;
      await position(talk);
      expect(positions(talk), "while it says nothing").toBe(positions(alone));
      expect(talk.upstream.line.notes, "what it makes of what it is told").toEqual([]);
    });

    it.each(named(speaking))("a text is delivered, and a driver's text stays here, under %s", async (_name, stance) => {
      const talk = await teed(protocol, stance);
      await converses(talk, stance);
      await position(talk);
      expect(talk.upstream.line.received, "the driver's texts at the upstream").toEqual([]);
      expect(talk.upstream.line.notes).toEqual([]);
    });

    it.each(named(speaking))("texts go both ways while it is away, and positions wait, under %s", async (_name, stance) => {
      const talk = await teed(protocol, stance);
      await talk.upstream.lost(talk.line);
      await converses(talk, stance);
      const before = positions(talk);
      await position(talk);
      await talk.wait(AWAY_MS);
      expect(positions(talk), "acknowledged by nobody").toBe(before);
      await talk.upstream.back(talk.line);
      await talk.until(() => positions(talk) > before, AWAY_MS);
      await position(talk);
      const alone = await online(protocol, stance);
      await position(alone);
      expect(positions(talk) > before, "once it is back").toBe(positions(alone) > 0);
      await converses(talk, stance);
    });

    it.each(named(speaking))("its own texts do not reach the driver, and mean none of ours, under %s", async (_name, stance) => {
      const talk = await teed(protocol, stance);
      const shown = talk.shown().length;
      await talk.pass(await talk.upstream.send(stance.sayable[0] ?? ""));
      await talk.wait(ANSWER_MS);
      expect(talk.shown().length).toBe(shown);
      expect(talk.line.settlements).toEqual([]);
      await converses(talk, stance);
    });
  });
}

async function teed(protocol: Protocol, stance: Stance): Promise<Talk> {
  return await online(protocol, { ...stance, profile: { ...stance.profile, tee: TARGET } });
}

/** A text down with its receipt, and one up with its acknowledgement where drivers can write. */
async function converses(talk: Talk, { sayable, spoken, capabilities }: Stance): Promise<void> {
  const [text = ""] = sayable;
  expect(await ended(talk, text), text).toBe(capabilities.receipts === "none" ? "unconfirmed" : "delivered");
  const [words] = spoken;
  if (!capabilities.textUp || words === undefined) return;
  const before = { acknowledged: talk.acknowledged().length, stored: talk.line.texts.length };
  await talk.say(words);
  expect(await talk.until(() => talk.acknowledged().length > before.acknowledged, AWAY_MS), `"${words}" is acknowledged`).toBe(true);
  expect(talk.line.texts.length, "stored here, once").toBe(before.stored + 1);
}

async function position(talk: Talk): Promise<void> {
  const before = positions(talk);
  await talk.position();
  await talk.until(() => positions(talk) > before, ANSWER_MS);
}

function positions(talk: Talk): number {
  return talk.outputs.filter(({ type }) => type === "acknowledged-position").length;
}
