/** Which conversation is whose, over which door, and what each may store. */
import type { Conversation } from "./conversation.ts";
import { KINDS, type Kind } from "./kinds.ts";
import type { Bench, Seat } from "./seats.ts";
import { Twin } from "./twin.ts";

/** What a seat does, in order. */
export interface Part {
  readonly seat: Seat;
  readonly conversations: readonly Planned[];
}

export interface Planned extends Conversation {
  /** The texts that it may add. */
  readonly adds: readonly string[];
}

const BYTE_MS = 10;

/** `only`: kinds of attacks; null: all. */
export async function plan(bench: Bench, only: readonly string[] | null): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const seat of [...bench.seats, bench.slow, ...(bench.answering === null ? [] : [bench.answering])]) {
    const conversations = conversationsOf(bench, seat).filter(({ kind }) => only?.includes(kind) ?? true);
    parts.push({ seat, conversations: await foretold(seat, conversations) });
  }
  return parts;
}

function conversationsOf(bench: Bench, seat: Seat): readonly Conversation[] {
  const place = bench.seats.indexOf(seat);
  if (place !== -1) return KINDS.flatMap((kind) => shareOf(kind, seat, { place, of: bench.seats.length }));
  if (seat === bench.slow) return [byteByByte(seat)];
  return KINDS.flatMap((kind) => shareOf(kind, seat, { place: 0, of: 1 }));
}

/** Conversations in turn over the one door and over the other. */
function shareOf(kind: Kind, seat: Seat, { place, of }: { readonly place: number; readonly of: number }): readonly Conversation[] {
  const mine = kind.of(seat).filter((_, index) => kind.everySeat === true || index % of === place);
  return mine.map((writes, index) => ({ kind: kind.name, door: (index + place) % 2 === 0 ? "universal" : "own", writes, paceMs: 0 }));
}

function byteByByte(seat: Seat): Conversation {
  const { login, telemetry, text } = seat.words;
  const last = text ?? telemetry ?? login;
  const all = Buffer.concat([...last.before, ...(telemetry === null || last === telemetry ? [] : [telemetry.bytes]), last.bytes]);
  return { kind: "byte by byte", door: "universal", writes: Array.from(all, (byte) => Buffer.of(byte)), paceMs: BYTE_MS };
}

async function foretold(seat: Seat, conversations: readonly Conversation[]): Promise<readonly Planned[]> {
  const twin = new Twin(seat);
  const planned: Planned[] = [];
  for (const conversation of conversations) planned.push({ ...conversation, adds: await twin.hear(conversation) });
  return planned;
}
