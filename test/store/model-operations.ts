/** Random operations on a store, each shown by its name and choices when a history fails. */
import fc from "fast-check";
import type { MessageId, TrackerId } from "../../src/chat/message.ts";
import type { Owner } from "../../src/chat/ports.ts";
import type { Settlement } from "../../src/core/session-io.ts";
import { shardOf } from "../../src/store/keys.ts";
import { removeAll } from "./contract/removal.ts";
import type { Operation, Side } from "./model.ts";
import { draft } from "./world.ts";

const which = fc.nat({ max: 1 });
const some = fc.nat({ max: 30 });
const at = <T>(list: readonly T[], n: number): T | undefined => (list.length === 0 ? undefined : list[n % list.length]);
const tracker = (trackers: readonly TrackerId[], n: number): TrackerId => trackers[n] ?? 0;
const idAt = (side: Side, n: number): MessageId => at(side.messages, n) ?? 2_000_000_000;

/** Which line of this side's history an owner is. */
function lineOf(side: Side, n: number, owner: Owner | null): number {
  return side.lines.findIndex((line) => line.which === n && line.epoch === owner?.epoch);
}

function shown<Choices>(name: string, choices: fc.Arbitrary<Choices>, make: (choices: Choices) => Operation): fc.Arbitrary<Operation> {
  return choices.map((chosen) => Object.assign(make(chosen), { [fc.toStringMethod]: () => `${name} ${JSON.stringify(chosen)}` }));
}

const submits = shown(
  "submit",
  fc.record({
    n: which,
    urgent: fc.boolean(),
    // A text that has no time at all is overdue on both stores at once, whatever their clocks; one for later stays so.
    times: fc.constantFrom({}, {}, { ttlMs: 0 }, { notBeforeMs: 3_600_000 }),
    rejected: fc.constantFrom(null, "never"),
    employeeId: fc.option(fc.integer()),
    choices: fc.option(fc.constantFrom(["a", "b"], ["да", "нет", "может быть"]), { freq: 2 }),
    replaces: fc.option(some, { freq: 3 }),
    idempotencyKey: fc.option(fc.constantFrom("one", "other"), { freq: 4 }),
  }),
  ({ n, times, replaces, ...given }) =>
    async (side, trackers) => {
      const wishes = { ...given, ...times, replaces: replaces === null ? null : idAt(side, replaces) };
      const result = await side.store.submit(draft(tracker(trackers, n), wishes));
      if (result.type !== "stored") return result;
      if (!result.repeated) side.messages.push(result.id);
      return [result, lineOf(side, n, result.owner)];
    },
);

const deviceTexts = fc.array(
  fc.record({
    text: fc.constantFrom("a", "b"),
    serial: fc.constantFrom(null, null, "1", "2"),
    lossy: fc.boolean(),
    answers: fc.option(some, { freq: 3 }),
  }),
  { maxLength: 3 },
);

const receptions = shown(
  "receive",
  fc.record({ n: some, sent: deviceTexts, early: fc.boolean(), moved: fc.boolean() }),
  ({ n, sent, early, moved }) =>
    async (side, trackers) => {
      const line = at(side.lines, n);
      const texts = sent.map(({ answers, ...text }) => ({
        ...text,
        answers: answers === null ? null : { messageId: idAt(side, answers), choice: null },
      }));
      const trackerId = tracker(trackers, line?.which ?? 0);
      const passed = moved ? (side.messages.at(-1) ?? null) : null;
      const result = await side.store.receive({ trackerId, epoch: line?.epoch ?? 1, employeeId: null, texts, early, passed });
      for (const id of result.ids) if (!side.messages.includes(id)) side.messages.push(id);
      return result;
    },
);

const logins = shown("login", fc.record({ n: which, node: fc.constantFrom("a", "b") }), ({ n, node }) => async (side, trackers) => {
  const result = await side.store.login({ trackerId: tracker(trackers, n), node, protocol: "test" });
  side.lines.push({ which: n, epoch: result.epoch, held: [] });
  return [result, lineOf(side, n, result.previous)];
});

const KINDS = [
  "delivered",
  "implied",
  "read",
  "late-read",
  "late-read",
  "progress",
  "rejected",
  "lapsed",
  "lapsed",
  "unconfirmed",
  "altered",
  "proven",
  "closing",
] as const;
/** Few, so that they are used again and asked for. */
const WIRE_TAGS = ["1", "2", "0003beef"] as const;
const settlements = fc.array(fc.record({ type: fc.constantFrom(...KINDS), n: some }), { maxLength: 4 });

function settlementOf(type: (typeof KINDS)[number], id: MessageId, n: number): Settlement {
  if (type === "late-read") return { type, tag: WIRE_TAGS[n % WIRE_TAGS.length] ?? "" };
  if (type === "delivered") return { type, id, receipt: "device" };
  if (type === "implied") return { type: "delivered", id, receipt: "implied" };
  if (type === "progress") return { type, id, parts: 2 };
  if (type === "rejected") return { type, id, reason: "причина" };
  if (type === "proven" || type === "closing") return { type };
  return { type, id };
}

/** Settlements after which a line no longer holds the text. */
function endsHold(settlement: Settlement): boolean {
  return "id" in settlement && settlement.type !== "altered" && settlement.type !== "progress";
}

const drainChoices = fc.record({
  n: some,
  told: settlements,
  own: fc.boolean(),
  lost: fc.boolean(),
  room: fc.nat({ max: 3 }),
  urgentOnly: fc.boolean(),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  frames: fc.array(fc.record({ n: some, direction: fc.constantFrom("down", "up") }), { maxLength: 2 }),
  tags: fc.array(fc.record({ n: some, tag: fc.constantFrom(...WIRE_TAGS), whole: fc.boolean() }), { maxLength: 2 }),
});

const drains = shown("drain", drainChoices, ({ n, told, own, lost, maxAttempts, frames, tags, ...lanes }) => async (side, trackers) => {
  const line = at(side.lines, n);
  if (line === undefined) return null;
  // What the line holds is what it most likely settles.
  const settled = told.map((one) => settlementOf(one.type, (own ? at(line.held, one.n) : undefined) ?? idAt(side, one.n), one.n));
  const ended = new Set(settled.filter(endsHold).map((one) => ("id" in one ? one.id : 0)));
  line.held = line.held.filter((id) => !ended.has(id));
  const request = { trackerId: tracker(trackers, line.which), epoch: line.epoch, settlements: settled, held: line.held, ...lanes };
  const traces = frames.map((frame) => ({ ...frame, id: idAt(side, frame.n), bytes: Buffer.from("frame"), ageMs: 0 }));
  const named = tags.map((one) => ({ id: idAt(side, one.n), tag: one.tag, whole: one.whole }));
  const result = await side.store.drain({ ...request, maxAttempts, tagBytes: 3, traces, tags: named });
  if (result.type === "drained" && !lost) line.held = [...line.held, ...result.texts.map(({ id }) => id)];
  return result;
});

const onLine = shown("line", fc.record({ n: some, ends: fc.boolean() }), ({ n, ends }) => (side, trackers) => {
  const line = at(side.lines, n);
  if (line === undefined) return Promise.resolve();
  const id = tracker(trackers, line.which);
  return ends ? side.store.logout(id, line.epoch) : side.store.passed(id, side.messages.at(-1) ?? 0);
});

const marks = shown("mark", fc.record({ n: which, which: fc.array(some), all: fc.boolean() }), (chosen) => (side, trackers) => {
  const id = tracker(trackers, chosen.n);
  const ids = chosen.which.map((one) => idAt(side, one));
  return chosen.all ? side.store.markAllRead([id]) : side.store.markRead(id, ids);
});

const retries = shown(
  "retry",
  fc.record({ n: which, m: some }),
  ({ n, m }) =>
    (side, trackers) =>
      side.store.retryDeadLetter(tracker(trackers, n), idAt(side, m)),
);

const recalls = shown(
  "recall",
  fc.record({ n: which }),
  ({ n }) =>
    (side, trackers) =>
      side.store.recall(tracker(trackers, n), WIRE_TAGS),
);

const cancels = shown(
  "cancel",
  fc.record({ n: which, m: some }),
  ({ n, m }) =>
    (side, trackers) =>
      side.store.cancel(tracker(trackers, n), idAt(side, m)),
);

const sweeps = shown("sweep", fc.record({ n: which, expire: fc.boolean() }), ({ n, expire }) => async (side, trackers) => {
  const id = tracker(trackers, n);
  if (expire) return side.store.expire(id, ["a"]);
  // Only an outbox that was looked at leaves the index.
  return [await side.store.outbox(id), (await side.store.pending(shardOf(id))).includes(id)];
});

const handOvers = shown("hand over", fc.record({ n: which, erase: fc.boolean() }), ({ n, erase }) => async (side, trackers) => {
  if (!erase) return side.store.disown(tracker(trackers, n));
  await side.store.erase(tracker(trackers, n));
  // The lines of an erased tracker are closed by whoever erases it.
  side.lines.splice(0, side.lines.length, ...side.lines.filter((line) => line.which !== n));
  return null;
});

const lists = shown(
  "list",
  fc.record({ n: which, limit: fc.integer({ min: 1, max: 5 }), ascending: fc.boolean() }),
  ({ n, limit, ascending }) =>
    (side, trackers) =>
      side.store.list({ trackerId: tracker(trackers, n), from: null, to: null, limit, ascending }),
);

const removals = shown(
  "remove",
  // Everything is old, or nothing is: the clocks of both stores differ.
  fc.record({ n: which, ageMs: fc.constantFrom(0, 0, 3_600_000), clears: fc.boolean() }),
  ({ n, ageMs, clears }) =>
    (side, trackers) =>
      clears ? side.store.clear(tracker(trackers, n)) : removeAll(side.store, tracker(trackers, n), ageMs),
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
  { arbitrary: cancels, weight: 4 },
  { arbitrary: recalls, weight: 2 },
  { arbitrary: sweeps, weight: 3 },
  { arbitrary: lists, weight: 3 },
  { arbitrary: removals, weight: 2 },
  { arbitrary: handOvers, weight: 1 },
);
