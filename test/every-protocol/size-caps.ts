/** Nobody picks our memory: whatever length a frame declares, and however long its end stays away, little is held back. */
import { expect, it } from "vitest";
import { type Framer, HELD_BYTES, type Protocol } from "../../src/core/index.ts";
import { LIMITS } from "../support/limits.ts";
import { declarationsOf } from "./declarations.ts";
import { hear, newSession } from "./effects.ts";
import { codecAt, type Opening, openingsOf } from "./openings.ts";
import type { Subject } from "./subject.ts";

/** What Node hands over at once. */
const READ_BYTES = 64 * 1024;
/** Filler for the false lengths of one opening: so many of them get all the bytes that they may want. */
const FILL_BYTES = 1024 * 1024;
const MIN_FED = 2;
/** What may follow a false length or a missing end. */
const FILLERS: readonly number[] = [0x41, 0x00, 0x31, 0xff];

export function holdsLittle(subject: Subject): void {
  const { protocol } = subject;
  const openings = openingsOf(subject);
  const held = protocol.heldBytes ?? HELD_BYTES;
  const bound = held + READ_BYTES;
  const fed = Math.max(MIN_FED, Math.floor(FILL_BYTES / held));

  it("holds back little for a length that is 0, 1, the largest it takes, one more, or huge", () => {
    const greedy = openings.flatMap((opening) => {
      const waits = (bytes: Buffer): boolean => pull(codecAt(protocol, opening).framer, bytes) === "waits";
      const waited = spread(declarationsOf(opening.bytes, waits).filter(waits), fed);
      return waited.filter((bytes, index) => exceeds(codecAt(protocol, opening).framer, bytes, fillerOf(index))).map(told(opening));
    });
    expect(greedy, advice(bound)).toEqual([]);
  });

  it("holds back little of a frame whose end stays away", () => {
    const greedy = openings.flatMap((opening, index) => {
      const half = opening.bytes.subarray(0, -2);
      const worse = [fillerOf(index), fillerOf(index + 1)].filter((filler) => exceeds(codecAt(protocol, opening).framer, half, filler));
      return worse.map(() => told(opening)(half));
    });
    expect(greedy, advice(bound)).toEqual([]);
  });

  it("a device that stops in the middle of a frame loses its line in time", () => {
    const reasons = openings.map((opening) => closedAfter(protocol, opening));
    expect(reasons).not.toContain(null);
    expect(reasons, "`buffered` of the framer must count the bytes it holds back").toContain("half-frame");
  });

  /** Is more than the bound held back after a read, while nothing but filler follows? */
  function exceeds(framer: Framer, start: Buffer, filler: number): boolean {
    let state = pull(framer, start);
    for (let given = 0; state === "waits" && given <= bound + READ_BYTES; given += READ_BYTES) {
      if (framer.buffered > bound) return true;
      state = pull(framer, Buffer.alloc(READ_BYTES, filler));
    }
    return framer.buffered > bound;
  }
}

/** `waits`: bytes are held back for the rest of a frame. */
function pull(framer: Framer, bytes: Buffer): "waits" | "free" | "broken" {
  framer.push(Buffer.from(bytes));
  for (let unit = framer.next(); unit !== null; unit = framer.next()) if (unit.kind === "broken") return "broken";
  return framer.buffered > 0 ? "waits" : "free";
}

/** Why the line is closed when half of the opening is the last that comes; null: it never is. */
function closedAfter(protocol: Protocol, { identity, before, bytes }: Opening): string | null {
  const session = newSession(protocol);
  const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
  const close = hear(session, [...before, half].map(Buffer.from), identity.profile).find((effect) => effect.type === "close");
  if (close !== undefined) return close.reason;
  for (let at = session.deadline; at !== null && at <= LIMITS.idleMs; at = session.deadline) {
    const closed = session.step({ type: "tick" }, at).find((effect) => effect.type === "close");
    if (closed !== undefined) return closed.reason;
  }
  return null;
}

/** At most so many, from the first to the last. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  const stride = Math.max(1, all.length / most);
  return all.filter((_, index) => index === 0 || Math.floor(index / stride) > Math.floor((index - 1) / stride));
}

function fillerOf(index: number): number {
  return FILLERS[index % FILLERS.length] ?? 0;
}

function told({ title }: Opening): (bytes: Buffer) => string {
  return (bytes) => `${title}: ${bytes.toString("hex").slice(0, 120)}`;
}

function advice(bound: number): string {
  return `each of these must end as a frame, as noise or broken before ${bound} bytes are held; a larger bound is \`heldBytes\` of the protocol`;
}
