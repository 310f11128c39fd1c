/** The calls of the API over one way to the store. */
import type { BroadcastStore } from "../../src/chat/broadcast.ts";
import { Broadcasts } from "../../src/chat/broadcasts.ts";
import { Calls } from "../../src/chat/calls.ts";
import type { Directory } from "../../src/chat/fleet.ts";
import type { Clock, MessageStore, Outbox } from "../../src/chat/ports.ts";
import { Sender } from "../../src/chat/sender.ts";

export interface CallsParts {
  readonly store: MessageStore;
  /** Reliable: what its own faults do is shown by test/chat/broadcast-faults.test.ts. */
  readonly broadcasts: BroadcastStore;
  readonly directory: Directory;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

export const TTL_MS = 7 * 24 * 60 * 60_000;

export function callsOver({ store, broadcasts, directory, outbox, clock }: CallsParts): Calls {
  const onHintFailed = (): void => {};
  const sender = new Sender({ store, directory, outbox, ttlMs: TTL_MS, onHintFailed });
  const spoken = { store, directory, outbox, onHintFailed, clock, sender };
  const meter = { count: () => undefined };
  return new Calls({ ...spoken, broadcasts: new Broadcasts({ ...spoken, broadcasts, pace: { count: 1_000_000, perMs: 1_000 }, meter }) });
}
