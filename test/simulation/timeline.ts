/** Virtual time: events in the order of their time, then of their making. */
interface Event {
  readonly at: number;
  readonly made: number;
  readonly run: () => void;
}

export class Timeline {
  readonly #heap: Event[] = [];
  #made = 0;
  #now = 0;

  /** Milliseconds since the run began. */
  get now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): void {
    this.#push({ at: this.#now + Math.max(0, ms), made: this.#made, run });
    this.#made += 1;
  }

  /** Moves to the next event and gives what is to be done; null: nothing will ever happen again. */
  next(): (() => void) | null {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return null;
    if (this.#heap.length > 0) this.#sink(last);
    this.#now = first.at;
    return first.run;
  }

  #push(event: Event): void {
    let at = this.#heap.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !sooner(event, parent)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = event;
  }

  #sink(event: Event): void {
    let at = 0;
    for (;;) {
      const below = this.#soonerChild(at);
      const child = this.#heap[below];
      if (child === undefined || !sooner(child, event)) break;
      this.#heap[at] = child;
      at = below;
    }
    this.#heap[at] = event;
  }

  #soonerChild(at: number): number {
    const left = this.#heap[2 * at + 1];
    const right = this.#heap[2 * at + 2];
    return left !== undefined && right !== undefined && sooner(right, left) ? 2 * at + 2 : 2 * at + 1;
  }
}

function sooner(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.made < other.made);
}
