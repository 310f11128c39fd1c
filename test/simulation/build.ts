/** What a run is made of. The default is the product; a broken variant replaces one piece. */
import type { Calls } from "../../src/chat/calls.ts";
import type { TrackerEvent } from "../../src/chat/events.ts";
import type { LineChat } from "../../src/chat/lines.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import { type Protocol, Session } from "../../src/core/index.ts";
import { LIMITS } from "../support/rehearse.ts";
import type { Chat, SessionLike } from "./sim-line.ts";

/** What a broken piece may know of the run around it. */
export interface Surroundings {
  /** The store's clock, milliseconds since 1970. */
  readonly storeNow: () => number;
  /** Calls back whenever the store goes down. */
  onCrash(listener: () => void): void;
}

/** The calls of the API as a client sees them. */
export type ChatCalls = Pick<Calls, keyof Calls>;

export interface Build {
  /** The store itself: what its scripts do. */
  readonly scripts: (store: MessageStore, around: Surroundings) => MessageStore;
  /** Whether a command that arrives twice is recognised by its nonce. */
  readonly idempotent: boolean;
  /** What of the events that a command wrote comes to be told. */
  readonly tells: (events: readonly TrackerEvent[]) => readonly TrackerEvent[];
  /** A node's own view of the store, above the network. */
  readonly port: (store: MessageStore, node: string) => MessageStore;
  readonly chat: (chat: LineChat, node: { later(ms: number, run: () => void): void }) => Chat;
  readonly calls: (calls: ChatCalls, store: MessageStore) => ChatCalls;
  readonly protocol: (protocol: Protocol) => Protocol;
  readonly session: (options: { readonly protocol: Protocol; readonly now: number }) => SessionLike;
  readonly sweeps: boolean;
  /** Hints are named after their job, and a name is used once. */
  readonly jobIds: boolean;
  /** What was written counts as delivered. */
  readonly trustsWrites: boolean;
}

export const PRODUCT: Build = {
  scripts: (store) => store,
  idempotent: true,
  tells: (events) => events,
  port: (store) => store,
  chat: (chat) => chat,
  calls: (calls) => calls,
  protocol: (protocol) => protocol,
  session: ({ protocol, now }) => new Session({ protocol, limits: LIMITS, now }),
  sweeps: true,
  jobIds: false,
  trustsWrites: false,
};
