/** No text can say more than a text: whatever is in it, the wire carries the announced frames and nothing else. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Framer, Protocol } from "../../src/core/index.ts";
import { ended, online } from "./conversation.ts";
import { named, type Stance, type Subject } from "./subject.ts";
import { unitsOf } from "./units.ts";

/** Runs over all profiles of a protocol. */
const RUNS = 120;
const MAX_FRAGMENTS = 6;
/** Characters of a frame that are put into a text. */
const FRAME_CHARACTERS = 80;

export function carriesNothingElse(subject: Subject): void {
  const { protocol, stances } = subject;
  const speaking = stances.filter(({ sayable }) => sayable.length > 0);
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...CHARACTERS), fc.constantFrom(...framesOf(subject)), fc.string({ unit: "binary", maxLength: 20 })), {
      minLength: 1,
      maxLength: MAX_FRAGMENTS,
    })
    .map((fragments) => fragments.join(""));

  it.each(named(speaking))("any text becomes the announced frames and as many texts on the screen under %s", async (_name, stance) => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        encodedCleanly(protocol, stance, text);
        await shownCleanly(protocol, stance, text);
      }),
      { numRuns: Math.ceil(RUNS / speaking.length) },
    );
  });
}

/** Where parts are what goes on the wire, each is one frame. */
function encodedCleanly(protocol: Protocol, { deviceId, profile }: Stance, text: string): void {
  const codec = protocol.connect();
  codec.identified({ trackerId: 1, deviceId, profile, secret: null });
  const encoded = codec.encode({ type: "text", text, urgent: false, tag: 1 });
  if (encoded.type === "refused" || codec.send !== undefined) return;
  const units = unitsOf(listener(protocol), Buffer.concat(encoded.parts.map(({ bytes }) => bytes)));
  expect(
    units.map(({ kind }) => kind),
    "frames on the wire",
  ).toEqual(encoded.parts.map(() => "frame"));
}

async function shownCleanly(protocol: Protocol, stance: Stance, text: string): Promise<void> {
  const talk = await online(protocol, stance);
  const { down, outputs } = talk;
  const [wrote, did] = [down.length, outputs.length];
  const ending = await ended(talk, text);
  const { empty, parts } = protocol.preview(text, stance.profile);
  const framer = listener(protocol);
  const units = unitsOf(framer, Buffer.concat(down.slice(wrote)));
  expect(ending === "rejected", "rejected exactly when the preview is `empty`").toBe(empty);
  expect(
    units.filter(({ kind }) => kind !== "frame"),
    "bytes that are no frame",
  ).toEqual([]);
  expect(framer.buffered, "half a frame").toBe(0);
  const news = outputs.slice(did);
  expect(
    news.filter(({ type }) => type === "shown"),
    "texts on the screen",
  ).toHaveLength(empty ? 0 : parts);
  expect(news.filter(({ type }) => type === "puzzled" || type === "hangup" || type === "acknowledged")).toEqual([]);
}

function listener(protocol: Protocol): Framer {
  return protocol.listen?.("down") ?? protocol.connect().framer;
}

/** Frames of both sides as text, as far as a text can hold them. */
function framesOf({ transcripts }: Subject): readonly string[] {
  const frames = transcripts.flatMap(({ transcript }) =>
    transcript.steps.flatMap((step) => {
      if (step.type === "up") return [step.bytes];
      return step.type === "down" ? [Buffer.from(step.pattern.map((byte) => byte ?? 0))] : [];
    }),
  );
  return frames.flatMap((bytes) => [bytes.toString("latin1"), bytes.toString("utf8")]).map((text) => text.slice(0, FRAME_CHARACTERS));
}

/** What frames, escapes, screens and terminals may give a meaning to. */
const CHARACTERS: readonly string[] = [
  ...["\r\n", "\n", "\r", "\0", "\t", "\x1b[2J", "\x10\x03", "\x02", "\x03", "\x04", "\x7f", "\x85", "\x1a"],
  ...[..."#;,$|*~%\\\"'{}[]()<>=+-@!&:/?^_`."],
  ...["}\x01", "}\x02", "~~", "\u2028", "\u202e", "\u200f", "\ufeff", "\ufffd", "\uffff", "\ud800", "😀", "é", "№", "ÿ"],
];
