/**
 * Record packets that an upstream server counts. A count has no number of its own: the device takes any for the packet that it
 * sent last, so each goes to the packet that it belongs to or nowhere.
 */
import { COUNT_BYTES } from "./upstream-framer.ts";
import { countAnswer } from "./wire.ts";

/** Counts that are owed at once: a device waits for each. */
const MAX_OWED = 64;

export class SharedCounts {
  readonly #patienceMs: number;
  /** The device has a count, or was told that none was taken. */
  readonly #answered: () => void;
  /** Of what was relayed, oldest first; false: nobody waits for its count any more. */
  #owed: readonly boolean[] = [];
  #outstanding: "no" | "fresh" | number = "no";

  constructor(patienceMs: number, answered: () => void) {
    this.#patienceMs = patienceMs;
    this.#answered = answered;
  }

  /** The device waits for a count: nothing else may be said to it. */
  get outstanding(): boolean {
    return this.#outstanding !== "no";
  }

  /** A record packet came. */
  came(): void {
    this.#outstanding = "fresh";
  }

  relayed(): void {
    this.#owed = [...this.#owed, true].slice(-MAX_OWED);
  }

  /** May the device hear this of the upstream? */
  passes(frame: Buffer): boolean {
    if (frame.length !== COUNT_BYTES) return true;
    const [awaited = false, ...rest] = this.#owed;
    this.#owed = rest;
    if (awaited) this.#end();
    return awaited;
  }

  /** The upstream is gone, and with it what it owed. */
  lost(): void {
    this.#owed = [];
  }

  /** A count of 0 once patience is over: the device keeps its records, sends them again, and can be spoken to in between. */
  tick(now: number): { readonly send: readonly Buffer[]; readonly at: number | null } {
    if (this.#outstanding === "fresh") this.#outstanding = now + this.#patienceMs;
    if (this.#outstanding === "no" || this.#patienceMs === 0) return { send: [], at: null };
    if (now < this.#outstanding) return { send: [], at: this.#outstanding };
    this.#owed = this.#owed.map(() => false);
    this.#end();
    return { send: [countAnswer(0)], at: null };
  }

  #end(): void {
    this.#outstanding = "no";
    this.#answered();
  }
}
