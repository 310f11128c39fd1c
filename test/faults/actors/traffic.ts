/** Texts in both directions at a steady pace, and the calls of dispatchers in between. */
import type { Random } from "../../simulation/random.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Handset } from "./handset.ts";

export interface TrafficOptions {
  readonly random: Random;
  readonly dispatchers: readonly Dispatcher[];
  readonly handsets: readonly Handset[];
  readonly nextText: () => number;
  /** Accepted texts that have not arrived, by tracker. */
  readonly backlog: (trackerId: number) => number;
}

const BEAT_MS = 20;
/** Shares of what is due. */
const SHARES = { down: 55, up: 40, read: 5 };
/** A driver types the same words again. */
const TWICE = 0.05;
/** Texts of a driver that wait, and of one outbox: no more than the slowest line carries within a minute. */
const MOST_WAITING = 10;
const MOST_BACKLOG = 30;
/** What could not be done in an outage is made up for at most to this extent. */
const MOST_DUE = 200;

export class Traffic {
  readonly #options: TrafficOptions;
  #timer: NodeJS.Timeout | null = null;
  #due = 0;
  #last = 0;
  #perSecond = 0;
  texts = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  set perSecond(perSecond: number) {
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Resolves when no call is under way any more. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    while (this.#options.dispatchers.some(({ busy }) => busy)) await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
  }

  #beat(): void {
    const now = performance.now();
    this.#due = Math.min(MOST_DUE, this.#due + ((now - this.#last) / 1_000) * this.#perSecond);
    this.#last = now;
    while (this.#due >= 1 && this.#act()) this.#due -= 1;
  }

  /** False: nobody is free. */
  #act(): boolean {
    const { random } = this.#options;
    const what = random.weighted(SHARES);
    return what === "up" ? this.#speak() : this.#dispatch(what);
  }

  #speak(): boolean {
    const { random, handsets, nextText } = this.#options;
    const handset = random.pick(handsets);
    if (handset.puzzled || handset.waiting >= MOST_WAITING) return false;
    const n = nextText();
    const times = handset.traits.serials && random.chance(TWICE) ? 2 : 1;
    for (let time = 0; time < times; time += 1) handset.say(n);
    this.texts += times;
    return true;
  }

  #dispatch(what: "down" | "read"): boolean {
    const { random, dispatchers, handsets, backlog } = this.#options;
    const free = dispatchers.filter(({ busy }) => !busy);
    if (free.length === 0) return false;
    const dispatcher = random.pick(free);
    const own = handsets.filter(({ traits }) => traits.user === dispatcher.user && backlog(traits.trackerId) < MOST_BACKLOG);
    if (own.length === 0) return false;
    dispatcher.busy = true;
    if (what === "down") this.texts += 1;
    const work = what === "down" ? dispatcher.send(random.pick(own).traits) : dispatcher.read();
    void Promise.resolve(work).finally(() => {
      dispatcher.busy = false;
    });
    return true;
  }
}
