/** What happened in a campaign as each actor saw it, on one monotonic clock: the only thing that the checker reads. */
import { createWriteStream, type WriteStream } from "node:fs";
import { open } from "node:fs/promises";

/** `info`: nobody knows whether it happened. */
export type Outcome = "ok" | "fail" | "info";
/** Will the device acknowledge this copy? `late` ones at `dueAt`. */
export type ReceiptPlan = "yes" | "late" | "no";

/** Who plays, as the checker needs to know it. */
export interface Traits {
  readonly device: string;
  readonly trackerId: number;
  readonly user: number;
  readonly kind: string;
  readonly protocol: string;
  /** The device numbers its own texts. */
  readonly serials: boolean;
  /** Deliveries of a text before it is given up, and copies on the wire that one delivery may make. */
  readonly attempts: number;
  readonly copies: number;
  /** The only node it connects to; null: any. */
  readonly home: number | null;
}

/** Whom a fault touches. */
export interface Scope {
  readonly store: boolean;
  readonly nodes: readonly number[];
  readonly device: string | null;
  /** The node where the device's line was. */
  readonly near: number | null;
}

export interface StoredMessage {
  readonly id: number;
  readonly trackerId: number;
  readonly direction: "INCOMING" | "OUTGOING";
  /** Of our texts; null: it is none. */
  readonly n: number | null;
  /** It says exactly what was written. */
  readonly intact: boolean;
  readonly status: "PENDING" | "DELIVERED";
  /** Seconds since 1970. */
  readonly submitted: number;
  readonly updated: number | null;
}

export type Happening =
  | {
      readonly op: "run";
      readonly seed: number;
      /** Faults of the schedule. */
      readonly planned: number;
      readonly versions: Readonly<Record<string, string>>;
    }
  | ({ readonly op: "cast" } & Traits)
  | {
      readonly op: "fault";
      /** Its number, from 1. */
      readonly f: number;
      readonly kind: string;
      /** `healed`: its cause is gone; `flows`: texts pass again where it struck. */
      readonly phase: "begins" | "healed" | "flows" | "ends";
      readonly scope: Scope;
      readonly detail: string;
    }
  /** Something that was measured about a fault. */
  | { readonly op: "measured"; readonly f: number; readonly kind: string; readonly what: string; readonly value: number }
  /** The store's clock is moved by so many seconds against the machine's. */
  | { readonly op: "clock"; readonly seconds: number }
  /** The machine had no time for this process, and most likely for no other, for so long until now. */
  | { readonly op: "stalled"; readonly ms: number }
  /** From now on nothing goes wrong. */
  | { readonly op: "peace" }
  | {
      readonly op: "sent";
      /** Whose calls follow each other; null: this one may overlap others. */
      readonly client: string | null;
      readonly n: number;
      readonly trackerId: number;
      readonly node: number;
      readonly began: number;
      readonly outcome: Outcome;
      readonly id: number | null;
      readonly ttlS: number | null;
    }
  /** A call that says nothing about messages. */
  | { readonly op: "called"; readonly node: number; readonly what: string; readonly began: number; readonly outcome: Outcome }
  /** `ids` null: all. */
  | {
      readonly op: "marked";
      readonly user: number;
      readonly ids: readonly number[] | null;
      readonly began: number;
      readonly outcome: Outcome;
    }
  | {
      readonly op: "line";
      readonly device: string;
      readonly line: number;
      readonly node: number;
      /** `left`: the device goes on over another one and reads this one no more, or only reads it. */
      readonly change: "opened" | "online" | "left" | "closed";
      readonly reason: string;
    }
  | {
      readonly op: "arrived";
      readonly device: string;
      readonly line: number;
      readonly n: number;
      readonly part: "head" | "tail";
      readonly receipt: ReceiptPlan;
      readonly dueAt: number | null;
    }
  /** The receipt of this part was kept back; from now on the device says that it has it when it is asked. */
  | { readonly op: "vouched"; readonly device: string; readonly n: number; readonly part: "head" | "tail" }
  /** It came at a time at which the device could not take it. */
  | { readonly op: "dropped"; readonly device: string; readonly n: number }
  /** Over a line that the device has left: nobody is shown it. */
  | { readonly op: "overheard"; readonly device: string; readonly line: number; readonly n: number }
  | { readonly op: "shown"; readonly device: string; readonly n: number; readonly tag: string | null }
  | { readonly op: "said"; readonly device: string; readonly n: number }
  | { readonly op: "acknowledged"; readonly device: string; readonly n: number }
  /** A message as a list showed it, when it was new or had changed. */
  | ({ readonly op: "seen" } & StoredMessage)
  | { readonly op: "dead-letter"; readonly id: number }
  /** In the end. */
  | ({ readonly op: "stored" } & StoredMessage)
  | { readonly op: "state"; readonly id: number; readonly state: string }
  | { readonly op: "unread"; readonly trackerId: number; readonly count: number }
  | { readonly op: "unacknowledged"; readonly device: string; readonly count: number }
  | { readonly op: "end" };

export type Entry = Happening & { readonly t: number };
export type EntryOf<K extends Happening["op"]> = Extract<Entry, { readonly op: K }>;

export interface Recorder {
  add(happening: Happening): void;
}

/** Writes JSON lines; `t` is milliseconds of this process. */
export class History implements Recorder {
  readonly file: string;
  readonly #out: WriteStream;

  constructor(file: string) {
    this.file = file;
    this.#out = createWriteStream(file);
  }

  add(happening: Happening): void {
    this.#out.write(`${JSON.stringify({ t: now(), ...happening })}\n`);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#out.end(resolve));
  }
}

/** Reads what `History` wrote. */
export async function readHistory(file: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const handle = await open(file);
  try {
    for await (const line of handle.readLines()) entries.push(JSON.parse(line) as Entry);
  } finally {
    await handle.close();
  }
  return entries;
}

/** Milliseconds since this process started, in tenths. */
export function now(): number {
  return Math.round(performance.now() * 10) / 10;
}
