/** What a line of the stage shares with the stage. */
import type { DrainRequest, MessageStore } from "../../../src/chat/ports.ts";
import type { Protocol } from "../../../src/core/index.ts";

export interface StageOptions {
  readonly protocol: Protocol;
  /** Texts that are sent: the first of them before anything else. */
  readonly texts: number;
  readonly ready: number;
  readonly nodes: readonly string[];
  /** The device has acknowledged a text before. */
  readonly proven: boolean;
  /** How often each kind of thing may happen. */
  readonly bounds: Readonly<Partial<Record<ActionKind, number>>>;
  /** The store answers at once: what is not looked at is not interleaved. */
  readonly promptStore: boolean;
  /** Once everything goes well, every text reaches the device within this. */
  readonly patienceMs: number;
  /** Off in a broken variant: nothing makes up for lost hints. */
  readonly sweeps: boolean;
  /** A broken variant of the store. */
  readonly scripts?: (store: MessageStore) => MessageStore;
}

export type ActionKind =
  | "connect"
  | "submit"
  | "mail"
  | "lose"
  | "exec"
  | "reply"
  | "down"
  | "ack"
  | "unheard"
  | "again"
  | "skip"
  | "ping"
  | "timeout"
  | "cut"
  | "crash"
  | "sweep";

export const TRACKER = 1;

/** The stage as its lines see it. */
export interface StageWorld {
  now: number;
  readonly options: StageOptions;
  readonly store: MessageStore;
  /** Asks the store something; what was asked decides what it will answer later. */
  ask(question: string, work: () => Promise<unknown>): Promise<void>;
  loggedIn(epoch: number): void;
  claimed(request: DrainRequest, texts: readonly { readonly id: number; readonly attempt: number }[]): void;
  /** A hint is on its way to a node. */
  hinted(node: string, epoch: number): void;
  /** A newer line is in on this node: older ones end. */
  displace(node: string, epoch: number): void;
  /** A text reached the device; it acknowledged one. */
  reached(id: number): void;
  acknowledged(id: number): void;
  /** The message that a frame carries. */
  idOf(frame: string): number;
  fail(what: string): void;
}
