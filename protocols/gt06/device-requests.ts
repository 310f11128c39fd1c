/** What the device must have an answer to: sent again after 5 s, three times in all, then the link counts as dead (VL03). */

export const ANSWER_MS = 5_000;
const TRIES = 3;

export interface Request {
  readonly type: number;
  readonly serial: number;
  readonly bytes: Buffer;
}

interface Open extends Request {
  tries: number;
  dueAt: number;
}

export class Requests {
  #open: readonly Open[] = [];

  get deadline(): number | null {
    return this.#open.length === 0 ? null : Math.min(...this.#open.map(({ dueAt }) => dueAt));
  }

  /** The link is gone: what was asked is asked no more. */
  restart(): void {
    this.#open = [];
  }

  add(request: Request, now: number): Buffer {
    this.#open = [...this.#open, { ...request, tries: 1, dueAt: now + ANSWER_MS }];
    return request.bytes;
  }

  /** The server answered, with the same number and serial; false: nobody waits for that. */
  answered(type: number, serial: number): boolean {
    const rest = this.#open.filter((open) => open.type !== type || open.serial !== serial);
    const known = rest.length < this.#open.length;
    this.#open = rest;
    return known;
  }

  /** Packets to send again; `dead`: one had no answer to the end. */
  tick(now: number): { readonly send: readonly Buffer[]; readonly dead: boolean } {
    const due = this.#open.filter(({ dueAt }) => dueAt <= now);
    if (due.some(({ tries }) => tries >= TRIES)) {
      this.#open = [];
      return { send: [], dead: true };
    }
    for (const open of due) {
      open.tries += 1;
      open.dueAt = now + ANSWER_MS;
    }
    return { send: due.map(({ bytes }) => bytes), dead: false };
  }
}
