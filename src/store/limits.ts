/** Rules of numbers that both stores share. */
import type { Instant, MessageId, TrackerId } from "../chat/message.ts";

/** Message ids are signed 32-bit: the API's clients hold them in such. */
export const LAST_ID: MessageId = 0x7fff_ffff;

/** The next owner epoch. Seconds of the clock keep it rising even when all that was known of the tracker was erased. */
export function firstEpoch(last: number, now: Instant): number {
  return Math.max(last + 1, Math.floor(now / 1_000));
}

/** Which part of the pending index a tracker belongs to; ids may be negative. */
export function pendingShard(trackerId: TrackerId, shards: number): number {
  return ((trackerId % shards) + shards) % shards;
}
