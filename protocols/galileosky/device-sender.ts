/** The device's packs: one at a time, each sent again until 02 and its checksum come back. */

/** How long a device waits; no source says. */
export const ANSWER_MS = 30_000;
/** Then the link counts as dead. */
const TRIES = 3;
const CRC_BYTES = 2;

export interface Own {
  readonly kind: "head" | "position" | "reply";
  readonly bytes: Buffer;
}

export class Sender {
  #waiting: readonly Own[] = [];
  #awaited: { readonly own: Own; readonly tries: number; readonly dueAt: number } | null = null;

  get deadline(): number | null {
    return this.#awaited?.dueAt ?? null;
  }

  /** A new link: the head pack goes first, then what was not confirmed. */
  restart(head: Own): void {
    const unanswered = this.#awaited === null ? [] : [this.#awaited.own];
    this.#awaited = null;
    this.#waiting = [head, ...[...unanswered, ...this.#waiting].filter(({ kind }) => kind !== "head")];
  }

  add(own: Own): void {
    this.#waiting = [...this.#waiting, own];
  }

  /** What goes out now; nothing else before the head pack is confirmed. */
  pump(now: number): readonly Buffer[] {
    const [own, ...rest] = this.#waiting;
    if (this.#awaited !== null || own === undefined) return [];
    this.#waiting = rest;
    return this.#send(own, 1, now);
  }

  /** Null: not the checksum that is waited for. */
  confirmed(acknowledgement: Buffer): Own | null {
    const own = this.#awaited?.own;
    if (own === undefined || !acknowledgement.subarray(1).equals(own.bytes.subarray(-CRC_BYTES))) return null;
    this.#awaited = null;
    return own;
  }

  /** A wrong checksum came back, or none in time. */
  again(now: number): { readonly send: readonly Buffer[]; readonly dead: boolean } {
    if (this.#awaited === null) return { send: [], dead: false };
    const { own, tries } = this.#awaited;
    return tries >= TRIES ? { send: [], dead: true } : { send: this.#send(own, tries + 1, now), dead: false };
  }

  #send(own: Own, tries: number, now: number): readonly Buffer[] {
    this.#awaited = { own, tries, dueAt: now + ANSWER_MS };
    return [own.bytes];
  }
}
