/** Message ids for whoever wants some in one turn of the event loop, taken by one call: alone a call costs more than what it does. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import { fitting, IdReserve } from "./id-reserve.ts";
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
  /** Of this turn of the event loop. */
  #wishes: Wish[] = [];
  /** For ids that are on their way. */
  #waiting: readonly Wish[] = [];
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
      if (this.#wishes.length === 1) setImmediate(() => this.#turnEnded());
    });
  }

  #turnEnded(): void {
    const now = this.#now();
    const wishes = this.#wishes;
    this.#wishes = [];
    if (wishes.some(({ fresh }) => fresh)) this.#reserve?.rest(now);
    this.#reserve?.want(countOf(wishes), now);
    this.#waiting = [...this.#waiting, ...wishes];
    this.#grant();
  }

  /** Of those who find no id here as many wait as are on their way, which come sooner than those of another call. */
  #grant(): void {
    this.#indexAgain();
    const now = this.#now();
    const wishes = this.#waiting.slice(0, MOST_WISHES);
    const counts = wishes.map(({ count }) => count);
    const { first = 0, wishes: served = 0 } = this.#reserve?.use(counts, now) ?? {};
    const [given, left] = [wishes.slice(0, served), wishes.slice(served)];
    const waiting = left.some(({ fresh }) => fresh) ? 0 : fitting(counts.slice(served), this.#reserve?.coming ?? 0).wishes;
    const called = left.slice(waiting);
    const further = this.#waiting.slice(wishes.length);
    this.#waiting = [...left.slice(0, waiting), ...further];
    const most = given.length + called.length > 0 ? (this.#reserve?.order(countOf([...given, ...called]), now) ?? 0) : 0;
    if (given.length > 0) this.#give(given, first, called.length === 0 ? most : 0);
    if (called.length > 0) void this.#take(called, most);
    if (further.length > 0) this.#grant();
  }

  #give(wishes: readonly Wish[], first: MessageId, most: number): void {
    const indexed = this.#index(first, packed(wishes), most);
    indexed.catch(() => this.#grant());
    give(wishes, { first, ahead: true, indexed });
  }

  async #take(wishes: readonly Wish[], most: number): Promise<void> {
    try {
      const taken = await this.#call(packed(wishes), 0, most);
      this.#reserve?.passedBy(taken.first);
      this.#reserve?.add({ first: taken.first + countOf(wishes), count: taken.ahead, of: most }, this.#now());
      give(wishes, { first: taken.first, ahead: false, indexed: INDEXED });
    } catch (error) {
      this.#reserve?.missed(most);
      for (const { reject } of wishes) reject(error);
    }
    this.#grant();
  }

  #indexAgain(): void {
    const unindexed = this.#unindexed;
    this.#unindexed = [];
    for (const { first, ...owners } of unindexed) this.#index(first, owners, 0).catch(() => undefined);
  }

  /** Of ids that were taken ahead: who has them may store a message although this call fails, so it is made again at once, and then with each next one. */
  async #index(first: MessageId, owners: Owners, most: number): Promise<void> {
    try {
      const taken = await this.#call(owners, first, most);
      this.#reserve?.add({ first: taken.first, count: taken.ahead, of: most }, this.#now());
      // Before the reply to a later call passes what has just come.
      this.#grant();
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

function countOf(wishes: readonly Wish[]): number {
  return wishes.reduce((sum, { count }) => sum + count, 0);
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
