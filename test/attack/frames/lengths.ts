/** A frame with another length in it, wherever a length may stand: nobody says where a protocol has its own. */
import { declarationsOf } from "../../every-protocol/declarations.ts";
import { codecAt } from "../../every-protocol/openings.ts";
import { unitsOf } from "../../every-protocol/units.ts";
import type { Utterance } from "./recorded.ts";
import type { Seat } from "./seats.ts";

/** Bytes from the start of a frame in which each number is overwritten. */
const HEAD_BYTES = 32;
const WIDTHS = [1, 2, 4] as const;
/** Of the largest positive number, the first byte. */
const LARGEST = 0x7f;

/**
 * None, one, the largest that is waited for and one more, and the largest that can be written: in binary of either order, in
 * decimal and in hexadecimal digits; and the largest that is positive, after which a number may be less than nothing.
 */
export function lengths(seat: Seat, said: Utterance): readonly Buffer[] {
  const made = [...declarationsOf(said.bytes, (bytes) => isWaitedFor(seat, said, bytes)), ...overwritten(said.bytes)];
  const different = new Map(made.map((bytes) => [bytes.toString("latin1"), bytes]));
  different.delete(said.bytes.toString("latin1"));
  return [...different.values()];
}

/** Does the gateway hold bytes back for more of them? */
function isWaitedFor({ protocol, trackerId, deviceId, profile }: Seat, { before, bytes }: Utterance, falsified: Buffer): boolean {
  const identity = { trackerId, deviceId, profile, secret: null };
  const { framer } = codecAt(protocol, { title: deviceId, identity, before, bytes });
  const broken = unitsOf(framer, Buffer.from(falsified)).some(({ kind }) => kind === "broken");
  return !broken && framer.buffered > 0;
}

function overwritten(bytes: Buffer): readonly Buffer[] {
  const head = Math.min(HEAD_BYTES, bytes.length);
  return WIDTHS.flatMap((width) =>
    Array.from({ length: Math.max(0, head - width + 1) }, (_, at) => {
      const copy = Buffer.from(bytes);
      copy.fill(0xff, at, at + width);
      copy[at] = LARGEST;
      return copy;
    }),
  );
}
