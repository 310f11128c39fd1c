/** One timer of one line. Deadlines mostly move away, so a timer that comes early only looks again. */

export interface TimerOwner {
  /** When something is due (monotonic ms); null: not until something else happens. */
  readonly deadline: number | null;
  due(now: number): void;
}

/** Node's longest timer; a longer one fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

export class LineTimer {
  readonly #owner: TimerOwner;
  readonly #now: () => number;
  #timeout: NodeJS.Timeout | null = null;
  /** When it looks; null: it is not set. */
  #at: number | null = null;
  #stopped = false;

  constructor(owner: TimerOwner, now: () => number) {
    this.#owner = owner;
    this.#now = now;
  }

  /** Call after anything that may have brought the deadline nearer. */
  arm(): void {
    const at = this.#owner.deadline;
    if (this.#stopped || at === null || (this.#at !== null && at >= this.#at)) return;
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#at = at;
    this.#timeout = setTimeout(look, Math.min(LONGEST_MS, Math.max(1, Math.ceil(at - this.#now()))), this);
  }

  stop(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#stopped = true;
  }

  look(): void {
    this.#at = null;
    const at = this.#owner.deadline;
    const now = this.#now();
    if (at !== null && now >= at) this.#owner.due(now);
    this.arm();
  }
}

function look(timer: LineTimer): void {
  timer.look();
}
