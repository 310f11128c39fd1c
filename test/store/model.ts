/** One history on two stores at once: ids, epochs and times differ, everything else must not. */
import { expect } from "vitest";
import type { EventStore, TrackerEvent } from "../../src/chat/events.ts";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";

/** One store, and what its history called the n-th message and the n-th line. */
export interface Side {
  readonly store: MessageStore;
  readonly events: EventStore;
  readonly messages: MessageId[];
  readonly lines: { readonly which: number; readonly epoch: number; held: readonly MessageId[] }[];
}

export type Operation = (side: Side, trackers: readonly TrackerId[]) => Promise<unknown>;

export class Pair {
  readonly #sides: readonly [Side, Side];
  readonly #trackers: readonly TrackerId[];

  constructor(one: Pick<Side, "store" | "events">, other: Pick<Side, "store" | "events">, trackers: readonly TrackerId[]) {
    this.#sides = [
      { store: one.store, events: one.events, messages: [], lines: [] },
      { store: other.store, events: other.events, messages: [], lines: [] },
    ];
    this.#trackers = trackers;
  }

  /** Does it on both sides and gives both outcomes in comparable form. */
  async both(operation: Operation): Promise<readonly [unknown, unknown]> {
    const [one, other] = this.#sides;
    return [plain(one, await operation(one, this.#trackers)), plain(other, await operation(other, this.#trackers))];
  }

  async expectSameEnd(): Promise<void> {
    for (const look of looks) {
      const [one, other] = await this.both(look);
      expect(other).toEqual(one);
    }
  }
}

export async function expectAlike(pair: Pair, operation: Operation): Promise<void> {
  const [one, other] = await pair.both(operation);
  expect(other).toEqual(one);
}

/** The places of ids in this side's history stand for them; times only say whether they are there. */
function plain(side: Side, outcome: unknown): unknown {
  const place = (id: unknown): unknown => (typeof id === "number" ? side.messages.indexOf(id) : id);
  const fields: Readonly<Record<string, (value: unknown) => unknown>> = {
    id: place,
    answers: place,
    messageId: place,
    ids: (value) => (value as MessageId[]).map(place),
    submittedAt: (value) => typeof value,
    updatedAt: (value) => typeof value,
    at: (value) => typeof value,
    dueInMs: (value) => typeof value,
    // "replaced by 17"
    reason: (value) => String(value).replace(/\d+$/, (id) => String(place(Number(id)))),
    sinceClosingMs: (value) => typeof value,
    epoch: () => "named by the operation",
  };
  return JSON.parse(
    JSON.stringify(outcome ?? null, (key, value: unknown) => {
      const known = fields[key];
      return known === undefined || value === null ? value : known(value);
    }),
  );
}

/** Everything that can be seen of both trackers. */
const looks: readonly Operation[] = [
  (side) => side.store.find(side.messages),
  (side, trackers) =>
    Promise.all(trackers.map((id) => side.store.list({ trackerId: id, from: null, to: null, limit: 1_024, ascending: false }))),
  async (side, trackers) => [...(await side.store.unreadCounts(trackers)).values()],
  async (side, trackers) => (await side.store.roster(trackers)).map(({ trackerId: _, since, ...entry }) => [typeof since, entry]),
  // One call may bring several messages to their ends in another order: what is told of each must be the same.
  async (side, trackers) => {
    const runs = await Promise.all(trackers.map((id) => side.events.waiting(id)));
    const place = (event: TrackerEvent): number => ("id" in event ? side.messages.indexOf(event.id) : -1);
    return runs.map((run) => [...(run?.events ?? [])].sort((one, other) => place(one) - place(other)));
  },
  async (side, trackers) => [...(await side.store.lastTimes(trackers)).keys()],
  (side, trackers) => Promise.all(trackers.map((id) => side.store.outbox(id))),
  (side, trackers) => Promise.all(trackers.flatMap((tracker) => side.messages.map((id) => side.store.timeline(tracker, id)))),
  async (side, trackers) => {
    const letters = (await side.store.deadLetters(10_000)).filter(({ trackerId }) => trackers.includes(trackerId));
    // Their order is that of times, and the clocks differ.
    return letters.sort((one, other) => one.id - other.id);
  },
];
