/** The attacks on the frames of any protocol, as data: each kind makes conversations out of what a seat says. */
import { identities } from "./identities.ts";
import { lengths } from "./lengths.ts";
import { NO_TEXT } from "./no-text.ts";
import { OWN_KINDS } from "./own-kinds.ts";
import type { Utterance } from "./recorded.ts";
import { MANY, type Seat } from "./seats.ts";

/** Of each conversation the writes. */
export interface Kind {
  readonly name: string;
  /** Each seat does all of it; absent: the seats share it. */
  readonly everySeat?: true;
  of(seat: Seat): readonly (readonly Buffer[])[];
}

/** Bytes from the end of a frame in which a check may stand. */
const TAIL_BYTES = 8;
const FLIPS = [0x80, 0xff];
const ENDLESS_BYTES = 128 * 1024;
const ENDLESS = [Buffer.from("a"), Buffer.of(0), Buffer.from("9,")];

/** What is stored once is not stored again: what stores for certain comes last, so that a text that should not be there shows. */
export const KINDS: readonly Kind[] = [
  { name: "truncated", of: (seat) => framesOf(seat).flatMap((one) => cuts(one.bytes).map((part) => followed(one, part))) },
  { name: "lengths", of: (seat) => framesOf(seat).flatMap((one) => lengths(seat, one).map((bytes) => followed(one, bytes))) },
  { name: "checks", of: (seat) => framesOf(seat).flatMap((one) => falseChecks(one.bytes).map((bytes) => followed(one, bytes))) },
  { name: "endless", of: (seat) => framesOf(seat).flatMap((one) => endless(one.bytes).map((bytes) => followed(one, bytes))) },
  { name: "before login", of: ({ words }) => [words.telemetry, words.text].flatMap((one) => (one === null ? [] : [backwards(one)])) },
  { name: "identities", of: identities },
  {
    name: "charsets",
    of: (seat) =>
      framesOf(seat)
        .filter(({ kind }) => kind === "text")
        .flatMap((one) => noText(one, seat.deviceId)),
  },
  ...OWN_KINDS,
  { name: "many", everySeat: true, of: (seat) => twice(many(seat)) },
  { name: "again", of: (seat) => twice(again(seat)) },
  { name: "whole", everySeat: true, of: (seat) => framesOf(seat).flatMap((one) => twice(followed(one, one.bytes))) },
];

function framesOf({ words: { login, telemetry, text } }: Seat): readonly Utterance[] {
  return [login, telemetry, text].filter((one) => one !== null);
}

function followed({ before }: Utterance, bytes: Buffer): readonly Buffer[] {
  return [...before, bytes];
}

/** Once over each door. */
function twice(writes: readonly Buffer[]): readonly (readonly Buffer[])[] {
  return [writes, writes];
}

function cuts(bytes: Buffer): readonly Buffer[] {
  return Array.from(bytes, (_, length) => bytes.subarray(0, length));
}

function falseChecks(bytes: Buffer): readonly Buffer[] {
  const tail = Array.from({ length: Math.min(TAIL_BYTES, bytes.length) }, (_, index) => bytes.length - 1 - index);
  return tail.flatMap((at) =>
    FLIPS.map((flip) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ flip;
      return copy;
    }),
  );
}

/** A frame whose end does not come, behind its first byte and behind all but its last two. */
function endless(bytes: Buffer): readonly Buffer[] {
  const starts = [bytes.subarray(0, 1), bytes.subarray(0, Math.max(1, bytes.length - 2))];
  return starts.flatMap((start) => ENDLESS.map((filler) => Buffer.concat([start, Buffer.alloc(ENDLESS_BYTES, filler)])));
}

/** Texts one behind the other in one write; where drivers cannot write, positions. */
function many({ words: { texts, telemetry, text, login } }: Seat): readonly Buffer[] {
  if (texts.length > 0) return [...(text ?? login).before, ...texts];
  const { before, bytes } = telemetry ?? text ?? login;
  return [...before, Buffer.concat(Array.from({ length: MANY }, () => bytes))];
}

/** The same login and the same text over and over: one text. */
function again({ words: { text, login } }: Seat): readonly Buffer[] {
  const { before, bytes } = text ?? login;
  return [...before, Buffer.concat(Array.from({ length: MANY }, () => bytes))];
}

function backwards({ before, bytes }: Utterance): readonly Buffer[] {
  return [bytes, ...before];
}

/** In place of the first and of the last letters of the words, and of all of them. */
function noText(text: Utterance, deviceId: string): readonly (readonly Buffer[])[] {
  const at = Math.max(text.bytes.lastIndexOf(" says "), text.bytes.lastIndexOf(deviceId.slice(-4)));
  const start = at === -1 ? Math.floor(text.bytes.length / 2) : at;
  return NO_TEXT.flatMap((bad) =>
    [start, start + 3, Math.max(start, text.bytes.length - bad.length - 4)].map((place) => {
      const copy = Buffer.from(text.bytes);
      bad.copy(copy, place);
      return followed(text, copy);
    }),
  );
}
