/** How late the event loop is: a timer that should fire every 100 ms says by how much it missed that. */

const BEAT_MS = 100;

export interface LoopDelayOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told of each beat by how many milliseconds it was late. */
  readonly onBeat: (lateMs: number) => void;
}

export class LoopDelay {
  readonly #options: LoopDelayOptions;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;

  constructor(options: LoopDelayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#dueAt = this.#options.now() + BEAT_MS;
    this.#timer = setTimeout(() => this.#beat(), BEAT_MS).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #beat(): void {
    this.#options.onBeat(Math.max(0, this.#options.now() - this.#dueAt));
    this.start();
  }
}
