/**
 * Message ids that were taken ahead of their use, while texts come so quickly that the next one is sure to follow. Each is above all that this
 * node gave before; that it is above those of other nodes is compared where it is used (lua/parts/ids.lua).
 */
import type { MessageId } from "../chat/message.ts";

/** As many ids as were wanted in the last so many milliseconds are held, and none longer. */
export const RESERVE_MS = 20;
/** Nothing is taken ahead for so long when another node was faster: where nodes take turns it would be in vain. */
export const REST_MS = 1_000;
/** Ids held, and on their way. */
export const RESERVE_IDS = 256;

interface Range {
  first: MessageId;
  count: number;
  readonly since: number;
}

/** Times are monotonic milliseconds. */
export class IdReserve {
  #ranges: Range[] = [];
  #wanted: { readonly count: number; readonly at: number }[] = [];
  #coming = 0;
  #restsUntil = 0;

  /** The first of `count` ids in a row, which are the caller's from now on; null: there are none. */
  use(count: number, now: number): MessageId | null {
    for (let range = this.#ranges[0]; range !== undefined; range = this.#ranges[0]) {
      if (range.count >= count && now - range.since <= RESERVE_MS) {
        const { first } = range;
        range.first += count;
        range.count -= count;
        return first;
      }
      // The rest of a range that is too short is left: a gap among ids does not matter.
      this.#ranges.shift();
    }
    return null;
  }

  /** How many to take ahead along with a call for `count` more; `add` or `missed` tells what became of them. */
  order(count: number, now: number): number {
    this.#wanted = this.#wanted.filter(({ at }) => now - at <= RESERVE_MS);
    const usual = now < this.#restsUntil ? 0 : this.#wanted.reduce((sum, wanted) => sum + wanted.count, 0);
    this.#wanted.push({ count, at: now });
    const held = this.#ranges.reduce((sum, range) => sum + range.count, this.#coming);
    const ahead = Math.max(0, Math.min(usual, RESERVE_IDS) - held);
    this.#coming += ahead;
    return ahead;
  }

  /** Ids from `first` on were given without being taken ahead: none below them is given any more. */
  passedBy(first: MessageId): void {
    this.#ranges = this.#ranges.filter((range) => range.first > first);
  }

  /** `count` of the `of` that were ordered, in the order in which they were taken. */
  add({ first, count, of }: { readonly first: MessageId; readonly count: number; readonly of: number }, now: number): void {
    this.#coming -= of;
    if (count > 0) this.#ranges.push({ first, count, since: now });
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
