/** Message ids for whoever wants some in one turn of the event loop, taken by one call: alone a call costs more than what it does. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import { IdReserve } from "./id-reserve.ts";
import { ID_BLOCKS, ID_HOLDER, IDS } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { asArray, asNumber } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

export interface TakenIds {
  readonly first: MessageId;
  /** They were taken ahead: they hold as long as no other node has taken any since. */
  readonly ahead: boolean;
  /** Settles when the index says whose they are, which nobody may be told of before. What is asked of the same Redis from now on comes behind it. */
  readonly indexed: Promise<void>;
}

interface Wish {
  readonly trackerId: TrackerId;
  readonly count: number;
  /** Ids that were taken ahead will not do: another writer was faster. */
  readonly fresh: boolean;
  readonly resolve: (taken: TakenIds) => void;
  readonly reject: (error: unknown) => void;
}

/** Whose ids are: packed trackers and counts, as take-ids.lua has them. */
interface Owners {
  readonly trackers: Buffer;
  readonly counts: Buffer;
}

/** Ids of one call. */
const MOST_WISHES = 500;
/** Calls that failed whose ids may be in use, kept for being said again; beyond them the oldest is not. */
const MOST_UNINDEXED = 1_000;
const WORD = 4;
const INDEXED = Promise.resolve();

export interface IdTakerOptions {
  /** What is asked behind a call is done behind it, as one connection to one Redis does: ids may be taken ahead. */
  readonly ahead: boolean;
  /** What tells this node from others: 8 bytes. */
  readonly mark: Buffer;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export class IdTaker {
  readonly #scripts: Pick<Scripts, "run">;
  readonly #mark: Buffer;
  readonly #now: () => number;
  readonly #reserve: IdReserve | null;
  #wishes: Wish[] = [];
  #unindexed: (Owners & { readonly first: MessageId })[] = [];

  constructor(scripts: Pick<Scripts, "run">, { ahead, mark, now = () => performance.now() }: IdTakerOptions) {
    this.#scripts = scripts;
    this.#mark = mark;
    this.#now = now;
    this.#reserve = ahead ? new IdReserve() : null;
  }

  /** `count` ids in a row that are this tracker's from now on. Rejects with IdsUsedUp, or as the call does. */
  take(trackerId: TrackerId, count: number, fresh = false): Promise<TakenIds> {
    return new Promise((resolve, reject) => {
      this.#wishes.push({ trackerId, count, fresh, resolve, reject });
      if (this.#wishes.length === 1) setImmediate(() => this.#fulfil());
    });
  }

  #fulfil(): void {
    const unindexed = this.#unindexed;
    this.#unindexed = [];
    for (const { first, ...owners } of unindexed) this.#index(first, owners, 0).catch(() => undefined);
    const wishes = this.#wishes;
    this.#wishes = [];
    for (let at = 0; at < wishes.length; at += MOST_WISHES) void this.#grant(wishes.slice(at, at + MOST_WISHES));
  }

  async #grant(wishes: readonly Wish[]): Promise<void> {
    const count = wishes.reduce((sum, wish) => sum + wish.count, 0);
    const now = this.#now();
    if (wishes.some(({ fresh }) => fresh)) this.#reserve?.rest(now);
    const first = this.#reserve?.use(count, now) ?? null;
    const most = this.#reserve?.order(count, now) ?? 0;
    const owners = packed(wishes);
    if (first !== null) {
      const indexed = this.#index(first, owners, most);
      // Who waits for it may still be waiting for something else.
      indexed.catch(() => undefined);
      give(wishes, { first, ahead: true, indexed });
      return;
    }
    try {
      const taken = await this.#call(owners, 0, most);
      this.#reserve?.passedBy(taken.first);
      this.#reserve?.add({ first: taken.first + count, count: taken.ahead, of: most }, this.#now());
      give(wishes, { first: taken.first, ahead: false, indexed: INDEXED });
    } catch (error) {
      this.#reserve?.missed(most);
      for (const { reject } of wishes) reject(error);
    }
  }

  /** Of ids that were taken ahead: who has them may store a message although this call fails, so it is made again with the next one. */
  async #index(first: MessageId, owners: Owners, most: number): Promise<void> {
    try {
      const taken = await this.#call(owners, first, most);
      this.#reserve?.add({ first: taken.first, count: taken.ahead, of: most }, this.#now());
    } catch (error) {
      this.#reserve?.missed(most);
      this.#unindexed = [...this.#unindexed, { first, ...owners }].slice(-MOST_UNINDEXED);
      throw error;
    }
  }

  /** The first of the ids that it took, and how many of them are ahead. */
  async #call(
    { trackers, counts }: Owners,
    known: MessageId,
    most: number,
  ): Promise<{ readonly first: MessageId; readonly ahead: number }> {
    const args = [LAST_ID, trackers, counts, known, most, this.#mark];
    const [first = 0, ahead = 0] = asArray(await this.#scripts.run("take-ids", [IDS, ID_BLOCKS, ID_HOLDER], args)).map(asNumber);
    if (first < 0) throw new IdsUsedUp();
    return { first, ahead };
  }
}

function packed(wishes: readonly Wish[]): Owners {
  const [trackers, counts] = [Buffer.alloc(wishes.length * WORD), Buffer.alloc(wishes.length * WORD)];
  for (const [place, { trackerId, count }] of wishes.entries()) {
    trackers.writeInt32BE(trackerId, place * WORD);
    counts.writeUInt32BE(count, place * WORD);
  }
  return { trackers, counts };
}

function give(wishes: readonly Wish[], taken: TakenIds): void {
  let { first } = taken;
  for (const { count, resolve } of wishes) {
    resolve({ ...taken, first });
    first += count;
  }
}
