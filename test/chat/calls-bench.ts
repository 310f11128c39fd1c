/** The calls of the chat over the memory store, with what tests want to see or replace of it. */
import { Broadcasts } from "../../src/chat/broadcasts.ts";
import { Calls, type CallsOptions } from "../../src/chat/calls.ts";
import { ChatError, type ErrorCode } from "../../src/chat/chat-error.ts";
import { type ChatText, isChatText } from "../../src/chat/chat-text.ts";
import type { User } from "../../src/chat/fleet.ts";
import { type Draft, type Outbox, StoreUnavailable, type Submitted } from "../../src/chat/ports.ts";
import { Sender } from "../../src/chat/sender.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { type FleetPlan, MemoryDirectory } from "../support/fleet.ts";

export const USER: User = { id: 1, login: "a", timeZone: "UTC", dealerId: null };
export const NOW = Date.UTC(2026, 10, 22);
export const TTL_MS = 1_234;

export interface Bench {
  readonly calls: Calls;
  readonly store: MemoryStore;
  readonly drafts: Draft[];
  readonly hints: unknown[];
  readonly failedHints: unknown[];
}

/** `submit` stands in front of the memory store's; `hint` in place of the outbox. */
export function bench(
  fleet: FleetPlan,
  over: {
    submit?: (draft: Draft) => Promise<Submitted> | null;
    hint?: () => Promise<void>;
    store?: Partial<CallsOptions["store"]>;
  } = {},
): Bench {
  const store = new MemoryStore(() => NOW);
  const drafts: Draft[] = [];
  const hints: unknown[] = [];
  const failedHints: unknown[] = [];
  const submit = (draft: Draft): Promise<Submitted> => {
    drafts.push(draft);
    return over.submit?.(draft) ?? store.submit(draft);
  };
  const directory = new MemoryDirectory(fleet);
  const outbox: Outbox = {
    hint: (trackerId, owner) => {
      hints.push([trackerId, owner]);
      return over.hint?.() ?? Promise.resolve();
    },
  };
  const onHintFailed = (error: unknown, trackerId: number): void => void failedHints.push([trackerId, error]);
  const shared = { directory, outbox, onHintFailed };
  const spoken = { ...shared, clock: { now: () => NOW }, sender: new Sender({ ...shared, store: { submit }, ttlMs: TTL_MS }) };
  const broadcasts = new MemoryBroadcasts(() => NOW);
  const calls = new Calls({
    ...spoken,
    broadcasts: new Broadcasts({
      ...spoken,
      store,
      broadcasts,
      pace: { count: 1_000_000, perMs: 1_000 },
      meter: { count: () => undefined },
    }),
    store: {
      list: (query) => store.list(query),
      find: (ids) => store.find(ids),
      markRead: (trackerId, ids) => store.markRead(trackerId, ids),
      markAllRead: (ids) => store.markAllRead(ids),
      lastTimes: (ids) => store.lastTimes(ids),
      unreadCounts: (ids) => store.unreadCounts(ids),
      claimKey: (userId, key, body) => store.claimKey(userId, key, body),
      ...over.store,
    },
  });
  return { calls, store, drafts, hints, failedHints };
}

export function text(plain: string): ChatText {
  if (!isChatText(plain)) throw new Error("not a text of a message");
  return plain;
}

export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 0> {
  try {
    await work;
    return 0;
  } catch (error) {
    if (error instanceof ChatError) return error.code;
    throw error;
  }
}

export const down = (): Promise<never> => Promise.reject(new StoreUnavailable("down"));
export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
export const trackers = (count: number): { id: number }[] => upTo(count).map((id) => ({ id }));
