/** The device's own packets: one at a time, each sent again until its answer comes. */

/** How long a tracker waits for an answer; no source says. */
export const ANSWER_MS = 30_000;
const TRIES = 3;

export interface Own {
  readonly command: number;
  /** Command of its answer. */
  readonly answer: number;
  readonly bytes: Buffer;
}

interface Awaited {
  readonly own: Own;
  readonly tries: number;
  readonly dueAt: number;
}

export class Sender {
  #waiting: readonly Own[] = [];
  #awaited: Awaited | null = null;

  get idle(): boolean {
    return this.#awaited === null && this.#waiting.length === 0;
  }

  get deadline(): number | null {
    return this.#awaited?.dueAt ?? null;
  }

  /** A new link: what `keep` says of the packets that had no answer goes out again. */
  restart(keep: (own: Own) => boolean): void {
    const unanswered = this.#awaited === null ? [] : [this.#awaited.own];
    this.#awaited = null;
    this.#waiting = [...unanswered, ...this.#waiting].filter(keep);
  }

  add(own: Own): void {
    this.#waiting = [...this.#waiting, own];
  }

  /** Goes out before all others. */
  first(own: Own): void {
    this.#waiting = [own, ...this.#waiting];
  }

  /** What goes out now. */
  pump(now: number): readonly Buffer[] {
    const [own, ...rest] = this.#waiting;
    if (this.#awaited !== null || own === undefined) return [];
    this.#waiting = rest;
    return this.#send(own, 1, now);
  }

  /** Null: nobody waits for that. */
  answered(answer: number): Own | null {
    const own = this.#awaited?.own ?? null;
    if (own?.answer !== answer) return null;
    this.#awaited = null;
    return own;
  }

  /** The answer was negative: the same packet again. */
  again(own: Own, now: number): readonly Buffer[] {
    return this.#send(own, 1, now);
  }

  tick(now: number): { readonly send: readonly Buffer[]; readonly dead: boolean } {
    if (this.#awaited === null || now < this.#awaited.dueAt) return { send: [], dead: false };
    const { own, tries } = this.#awaited;
    return tries >= TRIES ? { send: [], dead: true } : { send: this.#send(own, tries + 1, now), dead: false };
  }

  #send(own: Own, tries: number, now: number): readonly Buffer[] {
    this.#awaited = { own, tries, dueAt: now + ANSWER_MS };
    return [own.bytes];
  }
}
