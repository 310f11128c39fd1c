/** Lets so many pass at once, the others wait in the order in which they came: a crowd takes its turns and leaves room for everybody else. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  #served = 0;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does the work when its turn comes. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** The place goes on to who waits longest. */
  #next(): void {
    const next = this.#waiting[this.#served];
    if (next === undefined) {
      this.#waiting.length = 0;
      this.#served = 0;
      this.#free += 1;
      return;
    }
    this.#served += 1;
    next();
  }
}
