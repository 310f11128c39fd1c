/** Marsaglia's xorshift128: a stream of numbers per seed, cheap enough for millions of inputs. */
export class Xorshift {
  #x: number;
  #y = 0x159a55e5;
  #z = 0x1f123bb5;
  #w = 0x5491333d;

  constructor(seed: number) {
    this.#x = (seed ^ 0x075bcd15) | 0;
    // Near seeds begin alike without it.
    for (let turn = 0; turn < 12; turn += 1) this.next();
  }

  /** A whole number of 32 bits. */
  next(): number {
    const mixed = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = this.#w ^ (this.#w >>> 19) ^ mixed ^ (mixed >>> 8);
    return this.#w >>> 0;
  }

  /** At least 0, less than `count`. */
  below(count: number): number {
    return this.next() % count;
  }

  /** Once in so many times. */
  once(inTimes: number): boolean {
    return this.next() % inTimes === 0;
  }

  /** One of these; throws when there is none. */
  pick<T>(choices: readonly T[]): T {
    const picked = choices[this.below(choices.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }
}
