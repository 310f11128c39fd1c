/**
 * Message ids that were taken ahead of their use, while texts come so quickly that the next one is sure to follow. Each is above all that this
 * node gave before; that it is above those of other nodes is compared where it is used (lua/parts/ids.lua).
 */
import type { MessageId } from "../chat/message.ts";

/** As many ids as were wanted in the last so many milliseconds are held, and none longer. */
export const RESERVE_MS = 20;
/** Nothing is taken ahead for so long when another node takes ids as well: it would be overtaken before its use. */
export const REST_MS = 1_000;
/** Ids held, and on their way. */
export const RESERVE_IDS = 256;

interface Range {
  readonly first: MessageId;
  readonly count: number;
  readonly since: number;
}

/** Times are monotonic milliseconds. */
export class IdReserve {
  #ranges: readonly Range[] = [];
  #wanted: readonly { readonly count: number; readonly at: number }[] = [];
  #coming = 0;
  #restsUntil = 0;

  /** How many are on their way, at most. */
  get coming(): number {
    return this.#coming;
  }

  /** So many more ids are wanted. */
  want(count: number, now: number): void {
    this.#wanted = [...this.#wanted.filter(({ at }) => now - at <= RESERVE_MS), { count, at: now }];
  }

  /** Ids in a row for the first of these wishes, as many of them as there are ids for: theirs from now on. */
  use(counts: readonly number[], now: number): { readonly first: MessageId; readonly wishes: number } {
    const [range, ...others] = this.#ranges.filter(({ since }) => now - since <= RESERVE_MS);
    if (range === undefined) return { first: 0, wishes: 0 };
    const { wishes, used } = fitting(counts, range.count);
    // A rest that is too short for the next one is left: a gap among ids does not matter.
    const left = { ...range, first: range.first + used, count: range.count - used };
    this.#ranges = wishes === counts.length && left.count > 0 ? [left, ...others] : others;
    return { first: range.first, wishes };
  }

  /** How many to take ahead along with a call for `count` of those that are wanted; `add` or `missed` tells what became of them. */
  order(count: number, now: number): number {
    if (now < this.#restsUntil) return 0;
    const usual = this.#wanted.filter(({ at }) => now - at <= RESERVE_MS).reduce((sum, wanted) => sum + wanted.count, -count);
    const held = this.#ranges.reduce((sum, range) => sum + range.count, this.#coming);
    const ahead = Math.max(0, Math.min(usual, RESERVE_IDS) - held);
    this.#coming += ahead;
    return ahead;
  }

  /** `count` of the `of` that were ordered, in the order in which they were taken; none when another node took the last ids. */
  add({ first, count, of }: { readonly first: MessageId; readonly count: number; readonly of: number }, now: number): void {
    this.#coming -= of;
    if (of > 0 && count === 0) this.rest(now);
    if (count === 0) return;
    const before = this.#ranges.slice(0, -1);
    const last = this.#ranges.at(-1);
    // While no other node takes any, what is taken ahead goes on where the last call ended.
    const continued = last !== undefined && last.first + last.count === first ? { ...last, count: last.count + count, since: now } : null;
    this.#ranges = continued === null ? [...this.#ranges, { first, count, since: now }] : [...before, continued];
  }

  /** Ids from `first` on were given without being taken ahead: none below them is given any more. */
  passedBy(first: MessageId): void {
    this.#ranges = this.#ranges.filter((range) => range.first > first);
  }

  /** The call failed: what its server knows may not be what this node was told before. */
  missed(of: number): void {
    this.#coming -= of;
    this.#ranges = [];
  }

  rest(now: number): void {
    this.#ranges = [];
    this.#restsUntil = now + REST_MS;
  }
}

/** How many of these wishes, from the first on, so many ids are enough for, and how many of the ids they use. */
export function fitting(counts: readonly number[], ids: number): { readonly wishes: number; readonly used: number } {
  let [wishes, used] = [0, 0];
  for (const count of counts) {
    if (used + count > ids) break;
    used += count;
    wishes += 1;
  }
  return { wishes, used };
}
