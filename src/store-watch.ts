/** Looks at the store now and then, for the metrics: how fast a write is, how full it is, how many dead letters wait. */
import type { Fullness, MessageStore } from "./chat/ports.ts";

const BEAT_MS = 5_000;
/** Beats between two looks at what changes slowly. */
const SLOW_BEATS = 6;
/** Dead letters are counted up to this many. */
const DEAD_LETTERS_COUNTED = 1_000;

export interface StoreWatchOptions {
  readonly store: Pick<MessageStore, "healthy" | "fullness" | "deadLetters">;
  readonly now: () => number;
  /** Told how long each write took that was done. */
  readonly onWrite: (ms: number) => void;
}

export class StoreWatch {
  readonly #options: StoreWatchOptions;
  #timer: NodeJS.Timeout | null = null;
  #beats = 0;
  up = false;
  fullness: Fullness = { ids: 0, usedBytes: 0, maxBytes: 0 };
  deadLetters = 0;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#beat();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One look. */
  async look(): Promise<void> {
    const { store, now, onWrite } = this.#options;
    const from = now();
    this.up = await store.healthy();
    if (!this.up) return;
    onWrite(now() - from);
    if (this.#beats % SLOW_BEATS === 0) await this.#lookSlowly();
    this.#beats += 1;
  }

  async #lookSlowly(): Promise<void> {
    const { store } = this.#options;
    const [fullness, letters] = await Promise.all([store.fullness(), store.deadLetters(DEAD_LETTERS_COUNTED)]);
    this.fullness = fullness;
    this.deadLetters = letters.length;
  }

  async #beat(): Promise<void> {
    const timer = setTimeout(() => void this.#beat(), BEAT_MS).unref();
    this.#timer = timer;
    // An outage is what `up` says; the next beat looks again.
    await this.look().catch(() => undefined);
  }
}
