/** Where in the account's stream of events something was known. */

/** Of an event: its id, `<ms>-<n>` as Redis streams number. `read`: what was read after that event, so it is at least as new. */
export interface Position {
  readonly ms: number;
  readonly n: number;
  readonly read: 0 | 1;
}

/** Before every event. */
export const ORIGIN: Position = { ms: 0, n: 0, read: 0 };

const EVENT_ID = /^(\d{1,15})-(\d{1,15})$/;

/** Null: not the id of an event. */
export function positionOf(eventId: string): Position | null {
  const [, ms, n] = EVENT_ID.exec(eventId) ?? [];
  return ms === undefined || n === undefined ? null : { ms: Number(ms), n: Number(n), read: 0 };
}

/** Of an answer to a call that was made when everything up to `position` was known. */
export function readAfter(position: Position): Position {
  return { ...position, read: 1 };
}

/** Equal positions are not older than each other: what comes last wins. */
export function isOlder(one: Position, other: Position): boolean {
  if (one.ms !== other.ms) return one.ms < other.ms;
  return one.n !== other.n ? one.n < other.n : one.read < other.read;
}

export function later(one: Position, other: Position): Position {
  return isOlder(one, other) ? other : one;
}
