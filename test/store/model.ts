/** Random operations, done on two stores at once; ids, epochs and times differ, everything else must not. */
import fc from "fast-check";
import { expect } from "vitest";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import type { Settlement } from "../../src/core/session-io.ts";
import { shardOf } from "../../src/store/keys.ts";
import { draft } from "./world.ts";

/** One store, and what its history called the n-th message and the n-th line. */
interface Side {
  readonly store: MessageStore;
  readonly messages: MessageId[];
  readonly lines: { readonly which: number; readonly epoch: number; held: readonly MessageId[] }[];
}

type Operation = (side: Side, trackers: readonly TrackerId[]) => Promise<unknown>;

export class Pair {
  readonly #sides: readonly [Side, Side];
  readonly #trackers: readonly TrackerId[];

  constructor(one: MessageStore, other: MessageStore, trackers: readonly TrackerId[]) {
    this.#sides = [
      { store: one, messages: [], lines: [] },
      { store: other, messages: [], lines: [] },
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
    ids: (value) => (value as MessageId[]).map(place),
    submittedAt: (value) => typeof value,
    updatedAt: (value) => typeof value,
    at: (value) => typeof value,
    sinceClosingMs: (value) => typeof value,
    epoch: (epoch) => side.lines.findIndex((line) => line.epoch === epoch),
  };
  return JSON.parse(
    JSON.stringify(outcome ?? null, (key, value: unknown) => {
      const known = fields[key];
      return known === undefined || value === null ? value : known(value);
    }),
  );
}

const which = fc.nat({ max: 1 });
const some = fc.nat({ max: 30 });
const at = <T>(list: readonly T[], n: number): T | undefined => (list.length === 0 ? undefined : list[n % list.length]);
const tracker = (trackers: readonly TrackerId[], n: number): TrackerId => trackers[n] ?? 0;
const idAt = (side: Side, n: number): MessageId => at(side.messages, n) ?? 2_000_000_000;

const submits = fc
  .record({ n: which, urgent: fc.boolean(), gone: fc.boolean(), rejected: fc.boolean(), employeeId: fc.option(fc.integer()) })
  .map(
    ({ n, urgent, gone, rejected, employeeId }): Operation =>
      async (side, trackers) => {
        // A text that has no time at all is overdue on both stores at once, whatever their clocks.
        const changes = { urgent, employeeId, rejected: rejected ? "never" : null, ...(gone ? { ttlMs: 0 } : {}) };
        const result = await side.store.submit(draft(tracker(trackers, n), changes));
        if (result.type === "stored") side.messages.push(result.id);
        return result;
      },
  );

const texts = fc.array(
  fc.record({
    text: fc.constantFrom("a", "b"),
    serial: fc.constantFrom(null, null, "1", "2"),
    lossy: fc.boolean(),
    answers: fc.option(some, { freq: 3 }),
  }),
  { maxLength: 3 },
);

const receptions = fc.record({ n: some, texts, early: fc.boolean() }).map(
  ({ n, texts: sent, early }): Operation =>
    async (side, trackers) => {
      const line = at(side.lines, n);
      const answered = sent.map(({ answers, ...text }) => ({
        ...text,
        answers: answers === null ? null : { messageId: idAt(side, answers), choice: null },
      }));
      const target = tracker(trackers, line?.which ?? 0);
      const result = await side.store.receive({ trackerId: target, epoch: line?.epoch ?? 1, employeeId: null, texts: answered, early });
      for (const id of result.ids) if (!side.messages.includes(id)) side.messages.push(id);
      return result;
    },
);

const logins = fc.record({ n: which, node: fc.constantFrom("a", "b") }).map(
  ({ n, node }): Operation =>
    async (side, trackers) => {
      const result = await side.store.login({ trackerId: tracker(trackers, n), node, protocol: "test" });
      side.lines.push({ which: n, epoch: result.epoch, held: [] });
      return result;
    },
);

const settlements = fc.array(
  fc.record({
    type: fc.constantFrom(
      "delivered",
      "implied",
      "read",
      "progress",
      "rejected",
      "lapsed",
      "lapsed",
      "unconfirmed",
      "altered",
      "proven",
      "closing",
    ),
    n: some,
  }),
  { maxLength: 4 },
);

function settlementOf(type: string, id: MessageId): Settlement {
  if (type === "delivered") return { type, id, receipt: "device" };
  if (type === "implied") return { type: "delivered", id, receipt: "implied" };
  if (type === "progress") return { type, id, parts: 2 };
  if (type === "rejected") return { type, id, reason: "причина" };
  if (type === "proven" || type === "closing") return { type };
  return { type, id } as Settlement;
}

const drains = fc
  .record({
    n: some,
    settlements,
    own: fc.boolean(),
    lost: fc.boolean(),
    room: fc.nat({ max: 3 }),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
  })
  .map(
    ({ n, settlements: told, own, lost, room, maxAttempts }): Operation =>
      async (side, trackers) => {
        const line = at(side.lines, n);
        if (line === undefined) return null;
        // What the line holds is what it most likely settles.
        const named = told.map((one) => settlementOf(one.type, own ? (at(line.held, one.n) ?? idAt(side, one.n)) : idAt(side, one.n)));
        const ended = new Set(named.map((one) => ("id" in one && one.type !== "altered" && one.type !== "progress" ? one.id : 0)));
        line.held = line.held.filter((id) => !ended.has(id));
        const request = { trackerId: tracker(trackers, line.which), epoch: line.epoch, settlements: named, held: line.held, room };
        const result = await side.store.drain({ ...request, maxAttempts, tagBytes: 3 });
        if (result.type === "drained" && !lost) line.held = [...line.held, ...result.texts.map(({ id }) => id)];
        return result;
      },
  );

const onLine = fc.record({ n: some, ends: fc.boolean() }).map(
  ({ n, ends }): Operation =>
    (side, trackers) => {
      const line = at(side.lines, n);
      if (line === undefined) return Promise.resolve();
      const id = tracker(trackers, line.which);
      return ends ? side.store.logout(id, line.epoch) : side.store.passed(id, line.epoch);
    },
);

const marks = fc.record({ n: which, ids: fc.array(some), all: fc.boolean() }).map(
  ({ n, ids, all }): Operation =>
    (side, trackers) => {
      const id = tracker(trackers, n);
      return all
        ? side.store.markAllRead([id])
        : side.store.markRead(
            id,
            ids.map((one) => idAt(side, one)),
          );
    },
);

const retries = fc.record({ n: which, m: some }).map(
  ({ n, m }): Operation =>
    (side, trackers) =>
      side.store.retryDeadLetter(tracker(trackers, n), idAt(side, m)),
);

const sweeps = fc.record({ n: which, expire: fc.boolean() }).map(
  ({ n, expire }): Operation =>
    async (side, trackers) => {
      const id = tracker(trackers, n);
      if (expire) return side.store.expire(id);
      // Only an outbox that was looked at leaves the index.
      return [await side.store.outbox(id), (await side.store.pending(shardOf(id))).includes(id)];
    },
);

const handOvers = fc.record({ n: which, erase: fc.boolean() }).map(
  ({ n, erase }): Operation =>
    async (side, trackers) => {
      if (!erase) return side.store.disown(tracker(trackers, n));
      await side.store.erase(tracker(trackers, n));
      // The lines of an erased tracker are closed by whoever erases it.
      for (const line of [...side.lines]) if (line.which === n) side.lines.splice(side.lines.indexOf(line), 1);
      return null;
    },
);

const lists = fc.record({ n: which, limit: fc.integer({ min: 1, max: 5 }), ascending: fc.boolean() }).map(
  ({ n, limit, ascending }): Operation =>
    (side, trackers) =>
      side.store.list({ trackerId: tracker(trackers, n), from: null, to: null, limit, ascending }),
);

/** Any operation; those that empty everything are rare. */
export const operations: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: submits, weight: 12 },
  { arbitrary: drains, weight: 20 },
  { arbitrary: receptions, weight: 8 },
  { arbitrary: logins, weight: 6 },
  { arbitrary: onLine, weight: 4 },
  { arbitrary: marks, weight: 3 },
  { arbitrary: retries, weight: 4 },
  { arbitrary: sweeps, weight: 3 },
  { arbitrary: lists, weight: 3 },
  { arbitrary: handOvers, weight: 1 },
);

/** Everything that can be seen of both trackers. */
const looks: readonly Operation[] = [
  (side) => side.store.find(side.messages),
  (side, trackers) =>
    Promise.all(trackers.map((id) => side.store.list({ trackerId: id, from: null, to: null, limit: 1_024, ascending: false }))),
  async (side, trackers) => [...(await side.store.unreadCounts(trackers)).values()],
  async (side, trackers) => [...(await side.store.lastTimes(trackers)).keys()],
  (side, trackers) => Promise.all(trackers.map((id) => side.store.outbox(id))),
  async (side, trackers) => {
    const letters = (await side.store.deadLetters(10_000)).filter(({ trackerId }) => trackers.includes(trackerId));
    // Their order is that of times, and the clocks differ.
    return letters.sort((one, other) => one.id - other.id);
  },
];
