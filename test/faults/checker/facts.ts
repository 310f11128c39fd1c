/** A history arranged for the checker: by text, by message, by line, by fault. One pass. */
import type { Entry, EntryOf, Scope, StoredMessage, Traits } from "../history.ts";

export type Invariant = "I1" | "I1b" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I10" | "I11" | "I16" | "I17";

export interface Violation {
  readonly invariant: Invariant;
  /** Milliseconds of the campaign at which it shows. */
  readonly t: number;
  readonly what: string;
}

/** A fault from its beginning to its end; what never happened is null. */
export interface Fault {
  readonly f: number;
  readonly kind: string;
  readonly detail: string;
  readonly scope: Scope;
  readonly begins: number;
  readonly healed: number | null;
  readonly flows: number | null;
  readonly ends: number;
}

export interface LineLife {
  readonly line: number;
  readonly device: string;
  readonly node: number;
  opened: number;
  online: number;
  /** When the device went on over another line. */
  left: number;
  closed: number;
  /** The device does not even read it any more. */
  forgotten: boolean;
}

export type Arrival = EntryOf<"arrived">;

export interface Spoken {
  readonly device: string;
  readonly said: number[];
  readonly acknowledged: number[];
}

const NEVER = Number.POSITIVE_INFINITY;

export class Facts {
  /** What was to happen. */
  run: EntryOf<"run"> | null = null;
  readonly traits = new Map<string, Traits>();
  readonly byTracker = new Map<number, Traits>();
  readonly sent: EntryOf<"sent">[] = [];
  readonly called: EntryOf<"called">[] = [];
  readonly marked: EntryOf<"marked">[] = [];
  readonly arrivals = new Map<number, Arrival[]>();
  /** When a device acknowledged, or was to acknowledge, any text. */
  readonly receiptsOf = new Map<string, number[]>();
  readonly vouched = new Map<number, EntryOf<"vouched">[]>();
  /** Texts that a device could not take at first. */
  readonly dropped = new Set<number>();
  readonly overheard: EntryOf<"overheard">[] = [];
  readonly shown = new Map<number, EntryOf<"shown">[]>();
  readonly spoken = new Map<number, Spoken>();
  readonly seen: EntryOf<"seen">[] = [];
  readonly stored: EntryOf<"stored">[] = [];
  /** By direction and number of the text. */
  readonly storedAs = new Map<string, StoredMessage[]>();
  readonly states = new Map<number, string>();
  readonly deadLetters = new Map<number, number>();
  readonly unread = new Map<number, number>();
  readonly unacknowledged = new Map<string, number>();
  readonly lines = new Map<number, LineLife>();
  readonly linesOf = new Map<string, LineLife[]>();
  readonly faults: readonly Fault[];
  /** Times in which the machine stood still, as faults that touch everything. */
  readonly stalls: Fault[] = [];
  readonly measured: EntryOf<"measured">[] = [];
  readonly clocks: EntryOf<"clock">[] = [];
  readonly peaceAt: number;
  readonly endAt: number;
  readonly finished: boolean;
  readonly #faults = new Map<number, { -readonly [K in keyof Fault]: Fault[K] }>();
  #peace = NEVER;

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.#take(entry);
    this.endAt = entries.at(-1)?.t ?? 0;
    this.peaceAt = Math.min(this.#peace, this.endAt);
    this.finished = entries.some(({ op }) => op === "end");
    this.faults = [...this.#faults.values()].map((fault) => ({ ...fault, ends: Math.min(fault.ends, this.endAt) }));
  }

  storedOf(direction: "INCOMING" | "OUTGOING", n: number): readonly StoredMessage[] {
    return this.storedAs.get(`${direction} ${n}`) ?? [];
  }

  /** Faults that touch Redis, a node or a device within these times, their aftermath included. */
  disturbances(from: number, to: number, whom: { readonly node?: number; readonly device?: string }): readonly Fault[] {
    return [...this.faults, ...this.stalls].filter(
      ({ scope, begins, ends }) =>
        begins <= to &&
        ends + AFTERMATH_MS >= from &&
        (scope.store ||
          (whom.node !== undefined && scope.nodes.includes(whom.node)) ||
          (scope.device !== null && scope.device === whom.device)),
    );
  }

  #take(entry: Entry): void {
    switch (entry.op) {
      case "cast":
        this.traits.set(entry.device, entry);
        this.byTracker.set(entry.trackerId, entry);
        return;
      case "fault":
        return this.#fault(entry);
      case "line":
        return this.#line(entry);
      case "arrived":
        if (entry.receipt !== "no") push(this.receiptsOf, entry.device, entry.t);
        return push(this.arrivals, entry.n, entry);
      case "vouched":
        return push(this.vouched, entry.n, entry);
      case "shown":
        return push(this.shown, entry.n, entry);
      case "said":
        return void this.#spokenOf(entry.n, entry.device).said.push(entry.t);
      case "acknowledged":
        return void this.#spokenOf(entry.n, entry.device).acknowledged.push(entry.t);
      case "stored":
        this.stored.push(entry);
        return entry.n === null ? undefined : push(this.storedAs, `${entry.direction} ${entry.n}`, entry);
      default:
        return this.#takeRest(entry);
    }
  }

  #takeRest(entry: Entry): void {
    switch (entry.op) {
      case "run":
        this.run = entry;
        return;
      case "sent":
        return void this.sent.push(entry);
      case "called":
        return void this.called.push(entry);
      case "marked":
        return void this.marked.push(entry);
      case "dropped":
        return void this.dropped.add(entry.n);
      case "overheard":
        return void this.overheard.push(entry);
      case "seen":
        return void this.seen.push(entry);
      case "measured":
        return void this.measured.push(entry);
      case "clock":
        return void this.clocks.push(entry);
      case "stalled":
        return void this.stalls.push(stallOf(entry));
      case "peace":
        this.#peace = entry.t;
        return;
      default:
        return this.#takeEnd(entry);
    }
  }

  #takeEnd(entry: Entry): void {
    if (entry.op === "state") this.states.set(entry.id, entry.state);
    else if (entry.op === "dead-letter") this.deadLetters.set(entry.id, entry.t);
    else if (entry.op === "unread") this.unread.set(entry.trackerId, entry.count);
    else if (entry.op === "unacknowledged") this.unacknowledged.set(entry.device, entry.count);
  }

  #fault({ f, kind, phase, scope, detail, t }: EntryOf<"fault">): void {
    const known = this.#faults.get(f);
    if (known === undefined) {
      this.#faults.set(f, { f, kind, detail, scope, begins: t, healed: null, flows: null, ends: NEVER });
      return;
    }
    known.scope = { ...scope, store: known.scope.store || scope.store, nodes: [...new Set([...known.scope.nodes, ...scope.nodes])] };
    if (phase === "healed") known.healed = t;
    else if (phase === "flows") known.flows = t;
    else if (phase === "ends") known.ends = t;
  }

  #line({ line, device, node, change, reason, t }: EntryOf<"line">): void {
    const known = this.lines.get(line);
    if (known === undefined) {
      const life = { line, device, node, opened: NEVER, online: NEVER, left: NEVER, closed: NEVER, forgotten: false, [change]: t };
      this.lines.set(line, life);
      push(this.linesOf, device, life);
      return;
    }
    known[change] = Math.min(known[change], t);
    if (change === "left") known.forgotten = reason === "forgotten";
  }

  #spokenOf(n: number, device: string): Spoken {
    const known = this.spoken.get(n);
    if (known !== undefined) return known;
    const spoken = { device, said: [], acknowledged: [] };
    this.spoken.set(n, spoken);
    return spoken;
  }
}

function stallOf({ t, ms }: EntryOf<"stalled">): Fault {
  const scope = { store: true, nodes: [], device: null, near: null };
  return { f: 0, kind: "stall", detail: `${ms} ms`, scope, begins: t - ms, healed: t, flows: t, ends: t };
}

/** How long a fault goes on having effects after texts flow again: settlements that are tried once more, links that are made anew. */
const AFTERMATH_MS = 6_000;

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
