/** A run's history arranged for the checker: by message, by text of a device, by line. `at` is the place in the history. */
import type { Message } from "../../../src/chat/message.ts";
import type { Entry, EntryOf } from "../history.ts";
import type { DeviceTraits } from "../plan.ts";
import type { Run } from "../run.ts";
import { parsePart } from "../texts.ts";

export type Invariant = "I1" | "I1b" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10" | "I11" | "I12" | "I16" | "I18";

export interface Violation {
  readonly invariant: Invariant;
  /** Virtual ms at which it shows. */
  readonly t: number;
  readonly what: string;
}

export type Placed<E> = E & { readonly at: number };

/** A time during which a device had this line, and no later one, for its texts. */
export interface Connection {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  /** Every part that came over it was acknowledged at once. */
  readonly clean: boolean;
}

export class Facts {
  readonly run: Run;
  readonly endedAt: number;
  readonly healedAt: number;
  readonly byOp: Readonly<Record<string, Placed<Entry>[]>>;
  /** Every look at a message, by id. */
  readonly looks = new Map<number, Placed<EntryOf<"message">>[]>();
  /** Ids of the OUTGOING messages with a text, by tracker and text: one, unless I1b is broken. */
  readonly idsOfText = new Map<string, number[]>();
  readonly receivedByText = new Map<string, Placed<EntryOf<"received">>[]>();
  readonly receiptsByText = new Map<string, Placed<EntryOf<"receipt">>[]>();
  readonly claims = new Map<number, Claim[]>();
  readonly nodeOfLine = new Map<number, string>();

  constructor(run: Run) {
    this.run = run;
    const byOp: Record<string, Placed<Entry>[]> = {};
    run.history.entries.forEach((entry, at) => {
      const placed = { ...entry, at };
      byOp[entry.op] ??= [];
      byOp[entry.op]?.push(placed);
      this.#index(placed);
    });
    this.byOp = byOp;
    this.endedAt = run.history.entries.at(-1)?.t ?? 0;
    this.healedAt = this.of("healed")[0]?.t ?? this.endedAt;
  }

  of<K extends Entry["op"]>(op: K): readonly Placed<EntryOf<K>>[] {
    return (this.byOp[op] ?? []).filter((entry): entry is Placed<EntryOf<K>> => entry.op === op);
  }

  traitsOf(trackerId: number): DeviceTraits | undefined {
    return this.run.plan.devices.find((traits) => traits.trackerId === trackerId);
  }

  received(device: string, n: number): readonly Placed<EntryOf<"received">>[] {
    return this.receivedByText.get(`${device} ${n}`) ?? [];
  }

  receipts(device: string, n: number): readonly Placed<EntryOf<"receipt">>[] {
    return this.receiptsByText.get(`${device} ${n}`) ?? [];
  }

  /** OUTGOING messages of clients as they were last seen, with what their text says. */
  *outgoing(): Generator<{
    readonly message: Message;
    readonly n: number;
    readonly parts: number;
    readonly looks: readonly Placed<EntryOf<"message">>[];
  }> {
    for (const looks of this.looks.values()) {
      const message = looks.at(-1)?.message;
      const part = message?.direction === "OUTGOING" ? parsePart(message.text) : null;
      if (message !== undefined && part !== null) yield { message, n: part.n, parts: part.parts, looks };
    }
  }

  connections(device: string): readonly Connection[] {
    const online = this.of("online").filter((entry) => entry.device === device);
    const offline = new Map(
      this.of("offline")
        .filter((entry) => entry.device === device)
        .map((entry) => [entry.line, entry.t]),
    );
    const withheld = new Set(this.of("withheld").map((entry) => entry.line));
    return online.map(({ line, t }, place) => ({
      line,
      from: t,
      to: Math.min(offline.get(line) ?? this.endedAt, online[place + 1]?.t ?? this.endedAt),
      clean: !withheld.has(line),
    }));
  }

  /** Faults within these times that `touches` says matter. */
  faults(from: number, to: number, touches: (fault: EntryOf<"fault">) => boolean): readonly EntryOf<"fault">[] {
    return this.of("fault").filter((fault) => fault.t >= from && fault.t <= to && touches(fault));
  }

  #index(entry: Placed<Entry>): void {
    if (entry.op === "message") this.#look(entry);
    else if (entry.op === "received") push(this.receivedByText, `${entry.device} ${entry.n}`, entry);
    else if (entry.op === "receipt") push(this.receiptsByText, `${entry.device} ${entry.n}`, entry);
    else if (entry.op === "online" || entry.op === "line-opened") this.nodeOfLine.set(entry.line, entry.node);
    else if (entry.op === "claimed") {
      for (const { id, attempt } of entry.texts) push(this.claims, id, { id, attempt, entry });
    }
  }

  #look(entry: Placed<EntryOf<"message">>): void {
    const { id, trackerId, direction, text } = entry.message;
    push(this.looks, id, entry);
    const part = direction === "OUTGOING" && entry.before === null ? parsePart(text) : null;
    if (part !== null) push(this.idsOfText, `${trackerId} ${part.n}`, id);
  }
}

export interface Claim {
  readonly id: number;
  readonly attempt: number;
  readonly entry: Placed<EntryOf<"claimed">>;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
