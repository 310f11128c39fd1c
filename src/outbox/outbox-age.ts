/** How long texts for connected devices have been waiting: a bounded sample, taken along with the sweeps. */
import type { TrackerId } from "../chat/message.ts";
import type { MessageStore } from "../chat/ports.ts";

/** Trackers of one shard that are asked for at one sweep; the next sweep asks for others. */
const SAMPLE = 8;

export class OutboxAge {
  readonly #store: Pick<MessageStore, "oldestWait">;
  /** Of each shard at its last sweep. */
  readonly #shards = new Map<number, number>();
  #turn = 0;

  constructor(store: Pick<MessageStore, "oldestWait">) {
    this.#store = store;
  }

  /** The longest wait found in the last sweep of all shards. */
  get oldestMs(): number {
    return Math.max(0, ...this.#shards.values());
  }

  /** `trackers`: those of a shard with a line here that may have texts waiting. */
  async look(shard: number, trackers: readonly TrackerId[]): Promise<void> {
    const from = trackers.length === 0 ? 0 : (this.#turn * SAMPLE) % trackers.length;
    this.#turn += 1;
    const sample = [...trackers.slice(from), ...trackers.slice(0, from)].slice(0, SAMPLE);
    const waits = await Promise.all(sample.map((trackerId) => this.#store.oldestWait(trackerId)));
    this.#shards.set(shard, Math.max(0, ...waits.map((wait) => wait ?? 0)));
  }
}
