/** Message ids for whoever wants some in one turn of the event loop, taken by one call: alone a call costs more than what it does. */
import type { MessageId, TrackerId } from "../chat/message.ts";
import { ID_BLOCKS, IDS } from "./keys.ts";
import { IdsUsedUp, LAST_ID } from "./limits.ts";
import { asNumber } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

interface Wish {
  readonly trackerId: TrackerId;
  readonly count: number;
  readonly resolve: (first: MessageId) => void;
  readonly reject: (error: unknown) => void;
}

/** Ids of one call. */
const MOST_WISHES = 500;
const WORD = 4;

export class IdTaker {
  readonly #scripts: Scripts;
  #wishes: Wish[] = [];

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
  }

  /** `count` ids in a row that are this tracker's from now on; gives the first. Rejects with IdsUsedUp, or as the call does. */
  take(trackerId: TrackerId, count: number): Promise<MessageId> {
    return new Promise((resolve, reject) => {
      this.#wishes.push({ trackerId, count, resolve, reject });
      if (this.#wishes.length === 1) setImmediate(() => this.#fulfil());
    });
  }

  #fulfil(): void {
    const wishes = this.#wishes;
    this.#wishes = [];
    for (let at = 0; at < wishes.length; at += MOST_WISHES) void this.#run(wishes.slice(at, at + MOST_WISHES));
  }

  async #run(wishes: readonly Wish[]): Promise<void> {
    const [trackers, counts] = [Buffer.alloc(wishes.length * WORD), Buffer.alloc(wishes.length * WORD)];
    for (const [place, { trackerId, count }] of wishes.entries()) {
      trackers.writeInt32BE(trackerId, place * WORD);
      counts.writeUInt32BE(count, place * WORD);
    }
    try {
      let first = asNumber(await this.#scripts.run("take-ids", [IDS, ID_BLOCKS], [LAST_ID, trackers, counts]));
      if (first < 0) throw new IdsUsedUp();
      for (const { count, resolve } of wishes) {
        resolve(first);
        first += count;
      }
    } catch (error) {
      for (const { reject } of wishes) reject(error);
    }
  }
}
