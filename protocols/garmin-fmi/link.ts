/** Garmin's link layer, one side of it: one packet at a time, repeated until it is acknowledged. */

/** Transmissions of one packet: the first and three repetitions. */
const TRANSMISSIONS = 4;
/** A packet that is sent until it is acknowledged is repeated ever more slowly, to this. */
const SLOWEST_MS = 300_000;
/** Packets that may wait; more are a fault of ours, not of the other side. */
const MAX_WAITING = 256;

export interface Outgoing<Key> {
  readonly bytes: Buffer;
  /** The packet id, which is all that an acknowledgement names. */
  readonly packet: number;
  readonly key: Key;
  /** Repeat it until it is acknowledged. */
  readonly forever?: boolean;
}

interface Current<Key> {
  readonly outgoing: Outgoing<Key>;
  transmissions: number;
  /** Null: at the next tick. */
  dueAt: number | null;
}

export interface LinkTick<Key> {
  readonly send: readonly Buffer[];
  readonly at: number | null;
  /** Packets that were given up. */
  readonly lost: readonly Key[];
}

export class Link<Key> {
  readonly #resendMs: number;
  #replies: Buffer[] = [];
  #waiting: Outgoing<Key>[] = [];
  #current: Current<Key> | null = null;

  constructor(resendMs: number) {
    this.#resendMs = resendMs;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#current === null && this.#waiting.length === 0;
  }

  add(outgoing: Outgoing<Key>): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(outgoing);
  }

  /** An acknowledgement, which waits for nobody. */
  reply(bytes: Buffer): void {
    this.#replies.push(bytes);
  }

  /** The other side has the packet with this id; gives its key, null if none was under way. */
  acknowledged(packet: number): Key | null {
    const current = this.#current;
    if (current === null || current.transmissions === 0 || current.outgoing.packet !== packet) return null;
    this.#current = null;
    return current.outgoing.key;
  }

  /** The other side wants it again. */
  complained(packet: number): void {
    if (this.#current?.outgoing.packet === packet && this.#current.outgoing.forever !== true) this.#current.dueAt = null;
  }

  /** Send what is under way again now. */
  hurry(): void {
    if (this.#current !== null) this.#current.dueAt = null;
  }

  /** Forgets the packets of which this is true. */
  drop(which: (key: Key) => boolean): void {
    this.#waiting = this.#waiting.filter(({ key }) => !which(key));
    if (this.#current !== null && which(this.#current.outgoing.key)) this.#current = null;
  }

  /** As `drop`, but for what is under way: its acknowledgement would be taken for the next packet's. */
  recall(which: (key: Key) => boolean): void {
    const begun = this.#current !== null && this.#current.transmissions > 0;
    this.drop((key) => which(key) && !(begun && key === this.#current?.outgoing.key));
  }

  tick(now: number): LinkTick<Key> {
    const send = this.#replies;
    this.#replies = [];
    const lost: Key[] = [];
    for (let current = this.#next(); current !== null; current = this.#next()) {
      if (current.dueAt !== null && now < current.dueAt) break;
      if (current.outgoing.forever !== true && current.transmissions >= TRANSMISSIONS) {
        lost.push(current.outgoing.key);
        this.#current = null;
        continue;
      }
      current.transmissions += 1;
      current.dueAt = now + this.#patience(current);
      send.push(current.outgoing.bytes);
    }
    return { send, at: this.#current?.dueAt ?? null, lost };
  }

  #next(): Current<Key> | null {
    const outgoing = this.#current === null ? this.#waiting.shift() : undefined;
    if (outgoing !== undefined) this.#current = { outgoing, transmissions: 0, dueAt: null };
    return this.#current;
  }

  #patience({ transmissions }: Current<Key>): number {
    const slower = Math.max(0, transmissions - TRANSMISSIONS);
    return Math.max(this.#resendMs, Math.min(SLOWEST_MS, this.#resendMs * 2 ** Math.min(slower, 10)));
  }
}
