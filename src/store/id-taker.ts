/** Message ids for whoever wants some in one turn of the event loop, taken by one call: alone a call costs more than what it does. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import { IdReserve } from "./id-reserve.ts";
import { ID_BLOCKS, IDS } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { asNumber } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

export interface TakenIds {
  readonly first: MessageId;
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
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export class IdTaker {
  readonly #scripts: Pick<Scripts, "run">;
  readonly #now: () => number;
  readonly #reserve: IdReserve | null;
  #wishes: Wish[] = [];
  #unindexed: (Owners & { readonly first: MessageId })[] = [];

  constructor(scripts: Pick<Scripts, "run">, { ahead, now = () => performance.now() }: IdTakerOptions) {
    this.#scripts = scripts;
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
    const first = wishes.some(({ fresh }) => fresh) ? null : (this.#reserve?.use(count, now) ?? null);
    const ahead = this.#reserve?.order(count, now) ?? 0;
    const owners = packed(wishes);
    if (first !== null) {
      const indexed = this.#index(first, owners, ahead);
      // Who waits for it may still be waiting for something else.
      indexed.catch(() => undefined);
      give(wishes, first, indexed);
      return;
    }
    try {
      const taken = await this.#call(owners, 0, ahead);
      if (taken === null) throw new IdsUsedUp();
      this.#reserve?.add(taken + count, ahead, this.#now());
      give(wishes, taken, INDEXED);
    } catch (error) {
      this.#reserve?.missed(ahead);
      for (const { reject } of wishes) reject(error);
    }
  }

  /** Of ids that were taken ahead: who has them may store a message although this call fails, so it is made again with the next one. */
  async #index(first: MessageId, owners: Owners, ahead: number): Promise<void> {
    try {
      const taken = await this.#call(owners, first, ahead);
      if (taken === null) this.#reserve?.missed(ahead);
      else this.#reserve?.add(taken, ahead, this.#now());
    } catch (error) {
      this.#reserve?.missed(ahead);
      this.#unindexed = [...this.#unindexed, { first, ...owners }].slice(-MOST_UNINDEXED);
      throw error;
    }
  }

  /** The first of the ids that it took; null: they are used up. */
  async #call({ trackers, counts }: Owners, known: MessageId, ahead: number): Promise<MessageId | null> {
    const first = asNumber(await this.#scripts.run("take-ids", [IDS, ID_BLOCKS], [LAST_ID, trackers, counts, known, ahead]));
    return first < 0 ? null : first;
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

function give(wishes: readonly Wish[], from: MessageId, indexed: Promise<void>): void {
  let first = from;
  for (const { count, resolve } of wishes) {
    resolve({ first, indexed });
    first += count;
  }
}
