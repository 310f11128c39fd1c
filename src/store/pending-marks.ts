/**
 * Marks of trackers in the pending index, each good for many texts. A tracker is in the index while its mark is above the last that its outbox was taken out
 * with, which the script that stores a text compares (erased trackers too); so a known mark need not be made anew, unless that script says so.
 */
import type { TrackerId } from "../chat/message.ts";
import { pendingKey, pendingMarks, shardOf } from "./keys.ts";
import { asNumber } from "./redis-reply.ts";
import type { Scripts } from "./redis-scripts.ts";

/** An index that lost its entry (a failover) has it again after so long: the sweeper's own beat. */
const GOOD_MS = 5_000;

export interface Mark {
  readonly mark: number;
  /** It serves for the first time. */
  readonly fresh: boolean;
}

/** Of a text that does not go to the outbox. */
export const NO_MARK: Mark = { mark: 0, fresh: true };

interface Known {
  readonly mark: number;
  /** When it was asked for. */
  readonly since: number;
}

export class PendingMarks {
  readonly #scripts: Scripts;
  readonly #now: () => number;
  /** In the order in which they were made. */
  readonly #marks = new Map<TrackerId, Known>();

  /** `now`: monotonic milliseconds. */
  constructor(scripts: Scripts, now: () => number = () => performance.now()) {
    this.#scripts = scripts;
    this.#now = now;
  }

  /** A mark of this tracker, already in the index; `fresh`: one that was never used. */
  async take(trackerId: TrackerId, fresh: boolean): Promise<Mark> {
    this.#forgetOld();
    const known = fresh ? undefined : this.#marks.get(trackerId);
    return known === undefined ? { mark: await this.#make(trackerId), fresh: true } : { mark: known.mark, fresh: false };
  }

  async #make(trackerId: TrackerId): Promise<number> {
    const [shard, since] = [shardOf(trackerId), this.#now()];
    const mark = asNumber(await this.#scripts.run("mark-pending", [pendingKey(shard), pendingMarks(shard)], [trackerId]));
    this.#marks.delete(trackerId);
    this.#marks.set(trackerId, { mark, since });
    return mark;
  }

  #forgetOld(): void {
    const before = this.#now() - GOOD_MS;
    for (const [trackerId, { since }] of this.#marks) {
      if (since > before) return;
      this.#marks.delete(trackerId);
    }
  }
}
