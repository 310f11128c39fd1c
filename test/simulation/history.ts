/** What happened in a run, as every actor saw it: the only thing the checker reads besides the final state. */
import type { ListInput } from "../../src/chat/calls.ts";
import type { TrackerEvent } from "../../src/chat/events.ts";
import type { Message } from "../../src/chat/message.ts";
import type { ClaimedText } from "../../src/core/index.ts";

/** `info`: nobody knows whether it happened. */
export type Outcome = "ok" | "fail" | "info";

export type Happening =
  | {
      readonly op: "fault";
      readonly kind: string;
      readonly node: string | null;
      readonly trackerId: number | null;
      readonly detail: string;
    }
  /** The store's clock was moved. */
  | { readonly op: "clock"; readonly before: number; readonly after: number }
  /** The healing is over: from now on nothing goes wrong. */
  | { readonly op: "healed" }
  /** A client's text; `id` is null where the call does not tell it (broadcast) or failed. */
  | {
      readonly op: "sent";
      readonly client: string;
      readonly n: number;
      readonly trackerId: number;
      readonly began: number;
      readonly outcome: Outcome;
      readonly id: number | null;
      /** The message that it shall take the place of. */
      readonly replaces: number | null;
    }
  | { readonly op: "cancelled"; readonly id: number; readonly outcome: Outcome }
  | {
      readonly op: "listed";
      readonly user: number;
      readonly input: ListInput;
      readonly began: number;
      readonly messages: readonly Message[];
    }
  | { readonly op: "counted"; readonly user: number; readonly trackers: readonly number[] }
  | { readonly op: "marked"; readonly user: number; readonly ids: readonly number[]; readonly began: number; readonly outcome: Outcome }
  | { readonly op: "marked-all"; readonly user: number; readonly began: number; readonly outcome: Outcome }
  /** A call on what belongs to somebody else: `ok` is a leak. */
  | { readonly op: "foreign"; readonly user: number; readonly what: string; readonly outcome: Outcome }
  /** Inside the store, at the moment of the change. */
  | { readonly op: "login"; readonly trackerId: number; readonly epoch: number; readonly node: string }
  | {
      readonly op: "claimed";
      readonly trackerId: number;
      readonly epoch: number;
      readonly node: string;
      readonly texts: readonly ClaimedText[];
      readonly storeNow: number;
    }
  | {
      readonly op: "message";
      readonly cause: string;
      readonly message: Message;
      readonly before: Message | null;
      readonly storeNow: number;
    }
  | { readonly op: "unread"; readonly trackerId: number; readonly count: number; readonly listed: number }
  /** Events that a command wrote. */
  | { readonly op: "told"; readonly trackerId: number; readonly first: number; readonly events: readonly TrackerEvent[] }
  /** A gateway's line. */
  | { readonly op: "line-opened"; readonly line: number; readonly trackerId: number; readonly epoch: number; readonly node: string }
  | { readonly op: "line-closed"; readonly line: number; readonly node: string; readonly reason: string }
  /** The device's side. */
  | { readonly op: "online"; readonly device: string; readonly line: number; readonly node: string }
  | { readonly op: "offline"; readonly device: string; readonly line: number; readonly reason: string }
  | {
      readonly op: "received";
      readonly device: string;
      readonly line: number;
      readonly n: number;
      readonly part: number;
      readonly tag: string | null;
    }
  | {
      readonly op: "receipt";
      readonly device: string;
      readonly line: number;
      readonly n: number;
      readonly part: number;
      readonly outcome: "accepted" | "rejected" | "garbled" | "read";
    }
  /** A receipt that this copy would have deserved was not sent when it came. */
  | { readonly op: "withheld"; readonly device: string; readonly line: number; readonly n: number; readonly part: number }
  | {
      readonly op: "said";
      readonly device: string;
      readonly line: number;
      readonly n: number;
      readonly words: string;
      readonly serial: string | null;
    }
  | { readonly op: "acknowledged"; readonly device: string; readonly line: number; readonly n: number };

export type Entry = Happening & { readonly t: number };
export type EntryOf<K extends Happening["op"]> = Extract<Entry, { readonly op: K }>;

export class History {
  readonly entries: Entry[] = [];
  /** Faults that were injected. */
  injections = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(happening: Happening): void {
    if (happening.op === "fault") this.injections += 1;
    this.entries.push({ ...happening, t: this.#now() });
  }

  of<K extends Happening["op"]>(op: K): readonly EntryOf<K>[] {
    return this.entries.filter((entry): entry is EntryOf<K> => entry.op === op);
  }
}

/** One line of a log for people. */
export function show(entry: Entry): string {
  const { t, op, ...rest } = entry;
  return `${(t / 1_000).toFixed(3).padStart(9)} ${op.padEnd(12)} ${JSON.stringify(rest, brief)}`;
}

function brief(key: string, value: unknown): unknown {
  if (key === "messages" && Array.isArray(value)) return value.length;
  if (!isMessage(value)) return value;
  const { id, trackerId, direction, state, text, submittedAt, updatedAt } = value;
  return `${id} of ${trackerId} ${direction} ${state} "${text}" ${submittedAt}${updatedAt === null ? "" : ` ${updatedAt}`}`;
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "submittedAt" in value && "direction" in value;
}
