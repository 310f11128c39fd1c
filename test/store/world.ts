/** What the store's tests share: a store with a clock that can be waited for, and short names for its requests. */
import type { BroadcastStore } from "../../src/chat/broadcast.ts";
import type { EventStore } from "../../src/chat/events.ts";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import type { Draft, DrainRequest, LoggedIn, MessageStore, Received, Reception } from "../../src/chat/ports.ts";
import type { WebhookStore } from "../../src/chat/webhook.ts";
import type { ClaimedText, DeviceText, DrainResult, Settlement } from "../../src/core/session-io.ts";

/** A store under test. Trackers are the test's own, so that one Redis serves many tests. */
export interface World {
  readonly store: MessageStore;
  readonly events: EventStore;
  readonly broadcasts: BroadcastStore;
  readonly webhooks: WebhookStore;
  /** The name of this node. */
  readonly node: string;
  /** Returns once the store's clock has moved on by this much. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type OpenWorld = () => Promise<World>;

let lastTracker = 1_000;

/** A tracker that no other test of this file uses. */
export function freshTracker(): TrackerId {
  lastTracker += 1;
  return lastTracker;
}

export const DAY_MS = 24 * 60 * 60 * 1_000;

export function draft(trackerId: TrackerId, changes: Partial<Draft> = {}): Draft {
  return { trackerId, text: "hello", employeeId: null, urgent: false, altered: false, ttlMs: DAY_MS, rejected: null, ...changes };
}

/** Stores a text and gives its id. */
export async function submitted(store: MessageStore, trackerId: TrackerId, changes: Partial<Draft> = {}): Promise<MessageId> {
  const result = await store.submit(draft(trackerId, changes));
  if (result.type !== "stored") throw new Error("the outbox is full");
  return result.id;
}

/** So many texts a hundred at a time: the store has two seconds for each, also on a machine that has much else to do. */
export async function manySubmitted(
  store: MessageStore,
  trackerId: TrackerId,
  count: number,
  changes: Partial<Draft> = {},
): Promise<MessageId[]> {
  const ids: MessageId[] = [];
  while (ids.length < count) {
    const hundred = Array.from({ length: Math.min(100, count - ids.length) }, () => submitted(store, trackerId, changes));
    ids.push(...(await Promise.all(hundred)));
  }
  return ids;
}

export function deviceText(text: string, serial: string | null = null, changes: Partial<DeviceText> = {}): DeviceText {
  return { text, serial, lossy: false, answers: null, ...changes };
}

export function received(store: MessageStore, trackerId: TrackerId, changes: Partial<Reception>): Promise<Received> {
  return store.receive({ trackerId, epoch: 1, employeeId: null, early: false, texts: [], ...changes });
}

/** Stores one text without a serial, late enough on its line to be no re-send. */
export async function incoming(store: MessageStore, trackerId: TrackerId, text: string): Promise<MessageId> {
  const { ids } = await received(store, trackerId, { texts: [deviceText(text)] });
  return ids[0] ?? 0;
}

/** A line of a tracker as the session uses it: remembers what it holds. */
export class TestLine {
  readonly trackerId: TrackerId;
  readonly login: LoggedIn;
  readonly #store: MessageStore;
  held: readonly MessageId[] = [];

  static async open(store: MessageStore, trackerId: TrackerId, node = "node-a"): Promise<TestLine> {
    return new TestLine(store, trackerId, await store.login({ trackerId, node, protocol: "test" }));
  }

  constructor(store: MessageStore, trackerId: TrackerId, login: LoggedIn) {
    this.#store = store;
    this.trackerId = trackerId;
    this.login = login;
  }

  drain(changes: Partial<DrainRequest> = {}): Promise<DrainResult> {
    const { epoch } = this.login;
    const fixed = { trackerId: this.trackerId, epoch, settlements: [], held: this.held, room: 1, maxAttempts: 3, tagBytes: 100 };
    return this.#store.drain({ ...fixed, ...changes });
  }

  /** Claims up to `room` texts and holds them. */
  async claim(room = 1, changes: Partial<DrainRequest> = {}): Promise<readonly ClaimedText[]> {
    const result = await this.drain({ room, ...changes });
    if (result.type !== "drained") throw new Error(`drain was ${result.type}`);
    this.held = [...this.held, ...result.texts.map((text) => text.id)];
    return result.texts;
  }

  /** Applies settlements, claims nothing, and lets go of the texts they name. */
  settle(...settlements: readonly Settlement[]): Promise<DrainResult> {
    const named = new Set(settlements.map((settlement) => ("id" in settlement ? settlement.id : 0)));
    this.held = this.held.filter((id) => !named.has(id));
    return this.drain({ settlements, room: 0 });
  }
}

/** A text that was delivered as often as it may be, and given up. */
export async function deadLetter(store: MessageStore, trackerId: TrackerId, changes: Partial<Draft> = {}): Promise<MessageId> {
  const id = await submitted(store, trackerId, changes);
  const line = await TestLine.open(store, trackerId);
  await line.claim(1, { maxAttempts: 1 });
  await line.drain({ settlements: [{ type: "lapsed", id }], held: [], room: 0, maxAttempts: 1 });
  return id;
}

/** The one message with this id; throws when there is none. */
export async function message(store: MessageStore, id: MessageId) {
  const [found] = await store.find([id]);
  if (found === undefined || found === null) throw new Error(`message ${id} is not there`);
  return found;
}
