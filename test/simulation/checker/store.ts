/** I5, I12, I16: times, lists and the end of a text's life. */
import type { ListInput } from "../../../src/chat/calls.ts";
import { type Message, statusOf } from "../../../src/chat/message.ts";
import type { Facts, Violation } from "./facts.ts";

/** An expired text leaves the outbox within this. */
const SWEPT_MS = 40_000;

/** I5: stamps come from the store's clock and never run back; an update time is set once, with the status, and never before the submit time. */
export function checkTimes(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const lastSubmit = new Map<number, number>();
  const clocks = facts.of("clock");
  for (const { message, before, storeNow, t, at } of facts.of("message")) {
    // Stamps never run back: after a jump they stay where the clock was before it.
    const latest = clocks.reduce((late, clock) => (clock.at < at ? Math.max(late, clock.before) : late), storeNow);
    const found = (what: string): void => void violations.push({ invariant: "I5", t, what: `message ${message.id} ${what}` });
    const { submittedAt, updatedAt, trackerId } = message;
    if (message.direction === "OUTGOING" && (updatedAt === null) !== (statusOf(message) === "PENDING")) found(`is ${message.state} with update time ${updatedAt}`);
    if (updatedAt !== null && updatedAt < submittedAt) found(`was updated at ${updatedAt}, before ${submittedAt}`);
    if (before !== null) {
      if (before.submittedAt !== submittedAt) found(`was submitted at ${before.submittedAt} and at ${submittedAt}`);
      if (before.updatedAt !== null && before.updatedAt !== updatedAt) found(`was updated at ${before.updatedAt} and at ${updatedAt}`);
    }
    const stamp = before === null ? submittedAt : before.updatedAt === null ? updatedAt : null;
    if (stamp !== null && (stamp < storeNow || stamp > latest)) found(`has a stamp of ${stamp} when the store's clock says ${storeNow}`);
    if (before !== null) continue;
    if (submittedAt < (lastSubmit.get(trackerId) ?? 0)) found(`was submitted at ${submittedAt}, before the one before it`);
    lastSubmit.set(trackerId, submittedAt);
  }
  return violations;
}

/** I12: a list is what its bounds say of what is stored: in order, without repeats or holes. */
export function checkLists(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { traits, messages, lists } of facts.run.final.trackers) {
    const stored = [...facts.looks.values()].flatMap((looks) => looks.at(-1)?.message ?? []).filter(({ trackerId }) => trackerId === traits.trackerId);
    stored.sort((one, other) => one.id - other.id);
    const all: ListInput = { trackerId: traits.trackerId, from: 0, to: null, limit: stored.length + 1, ascending: true };
    for (const { input, messages: given } of [{ input: all, messages: messages.filter(known(facts)) }, ...lists]) {
      const want = expected(stored, input).join();
      const got = given.filter(known(facts)).map(({ id }) => id).join();
      if (want !== got) violations.push({ invariant: "I12", t: facts.endedAt, what: `list ${JSON.stringify(input)} gives [${got}] for [${want}]` });
    }
  }
  for (const entry of facts.of("listed")) {
    const hole = misses(facts, entry);
    if (hole !== null) violations.push({ invariant: "I12", t: entry.t, what: hole });
  }
  return violations;
}

/** What the run did not see come into being (the messages that used up tags) is left out of the comparison. */
function known(facts: Facts): (message: Message) => boolean {
  return ({ id }) => facts.looks.has(id);
}

function expected(stored: readonly Message[], { from, to, limit, ascending }: ListInput): readonly number[] {
  const within = stored.filter(({ submittedAt }) => (from === null || submittedAt >= from) && (to === null || submittedAt <= to));
  const ids = within.map(({ id }) => id);
  return (ascending ? ids : ids.reverse()).slice(0, limit);
}

/** While things change: in order, within the bounds, and nothing missing that was there before the call. */
function misses(facts: Facts, { input, messages, began }: { readonly input: ListInput; readonly messages: readonly Message[]; readonly began: number }): string | null {
  const ids = messages.map(({ id }) => id);
  const sign = input.ascending ? 1 : -1;
  if (ids.some((id, place) => place > 0 && (id - (ids[place - 1] ?? 0)) * sign <= 0)) return `a list out of order: [${ids.join()}]`;
  if (ids.length > input.limit) return `a list of ${ids.length} for ${input.limit}`;
  if (ids.length === input.limit || input.from === null) return null;
  for (const [id, looks] of facts.looks) {
    const first = looks[0];
    if (first === undefined || first.message.trackerId !== input.trackerId || first.t >= began || ids.includes(id)) continue;
    const { submittedAt } = first.message;
    if (submittedAt >= input.from && (input.to === null || submittedAt <= input.to)) return `a list without ${id}, which was there before`;
  }
  return null;
}

/** I16: nothing is handed out after its time to live, and it leaves the outbox. */
export function checkExpiry(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const sweptBy = facts.endedAt - SWEPT_MS;
  for (const { message, n, looks } of facts.outgoing()) {
    const ttlMs = facts.run.texts.get(n)?.ttlMs ?? Number.POSITIVE_INFINITY;
    const end = message.submittedAt + ttlMs;
    for (const { entry } of facts.claims.get(message.id) ?? []) {
      if (entry.storeNow >= end) violations.push({ invariant: "I16", t: entry.t, what: `message ${message.id} was handed out ${entry.storeNow - end} ms after its end` });
    }
    const last = looks.at(-1);
    const late = facts.run.final.storeNow - end > SWEPT_MS && (last?.t ?? 0) < sweptBy;
    if (message.state === "queued" && late) violations.push({ invariant: "I16", t: facts.endedAt, what: `message ${message.id} is still queued after its end` });
    if (message.state === "expired" && last !== undefined && last.storeNow < end) {
      violations.push({ invariant: "I16", t: last.t, what: `message ${message.id} expired ${end - last.storeNow} ms early` });
    }
  }
  return violations;
}
