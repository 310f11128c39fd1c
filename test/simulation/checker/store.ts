/** I5, I12, I16: times, lists and the end of a text's life. */
import type { ListInput } from "../../../src/chat/calls.ts";
import { type Message, statusOf } from "../../../src/chat/message.ts";
import type { EntryOf } from "../history.ts";
import type { Facts, Violation } from "./facts.ts";

/** An expired text leaves the outbox within this. */
const SWEPT_MS = 40_000;

/** I5: stamps come from the store's clock and never run back; an update time is set once, with the status, and never before the submit time. */
export function checkTimes(facts: Facts): readonly Violation[] {
  const lastSubmit = new Map<number, number>();
  return facts.of("message").flatMap((look) => {
    const { message, before, storeNow, t, at } = look;
    const previous = lastSubmit.get(message.trackerId) ?? 0;
    if (before === null) lastSubmit.set(message.trackerId, message.submittedAt);
    // Stamps never run back: after a jump they stay where the clock was before it.
    const latest = latestClock(facts, at, storeNow);
    const wrong = [wrongUpdate(message), wrongChange(message, before), wrongStamp(look, { previous, latest })].filter(
      (what) => what !== null,
    );
    return wrong.map((what): Violation => ({ invariant: "I5", t, what: `message ${message.id} ${what}` }));
  });
}

/** The latest that the store's clock ever said before this place of the history. */
function latestClock(facts: Facts, at: number, storeNow: number): number {
  return facts.of("clock").reduce((late, clock) => (clock.at < at ? Math.max(late, clock.before) : late), storeNow);
}

function wrongUpdate(message: Message): string | null {
  const { submittedAt, updatedAt, state, direction } = message;
  const pending = direction === "INCOMING" || statusOf(message) === "PENDING";
  if ((updatedAt === null) !== pending) return `is ${state} with update time ${updatedAt}`;
  return updatedAt !== null && updatedAt < submittedAt ? `was updated at ${updatedAt}, before ${submittedAt}` : null;
}

function wrongChange({ submittedAt, updatedAt }: Message, before: Message | null): string | null {
  if (before === null) return null;
  if (before.submittedAt !== submittedAt) return `was submitted at ${before.submittedAt} and at ${submittedAt}`;
  return before.updatedAt !== null && before.updatedAt !== updatedAt ? `was updated at ${before.updatedAt} and at ${updatedAt}` : null;
}

function wrongStamp(look: EntryOf<"message">, bounds: { readonly previous: number; readonly latest: number }): string | null {
  const { message, before, storeNow } = look;
  const stamp = before === null ? message.submittedAt : before.updatedAt === null ? message.updatedAt : null;
  if (stamp !== null && (stamp < storeNow || stamp > bounds.latest))
    return `has a stamp of ${stamp} when the store's clock says ${storeNow}`;
  return before === null && message.submittedAt < bounds.previous
    ? `was submitted at ${message.submittedAt}, before the one before it`
    : null;
}

/** I12: a list is what its bounds say of what is stored: in order, without repeats or holes. */
export function checkLists(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { traits, messages, lists } of facts.run.final.trackers) {
    const stored = [...facts.looks.values()]
      .flatMap((looks) => looks.at(-1)?.message ?? [])
      .filter(({ trackerId }) => trackerId === traits.trackerId);
    stored.sort((one, other) => one.id - other.id);
    const all: ListInput = { trackerId: traits.trackerId, from: 0, to: null, limit: stored.length + 1, ascending: true };
    for (const { input, messages: given } of [{ input: all, messages: messages.filter(known(facts)) }, ...lists]) {
      const want = expected(stored, input).join();
      const got = given
        .filter(known(facts))
        .map(({ id }) => id)
        .join();
      if (want !== got)
        violations.push({ invariant: "I12", t: facts.endedAt, what: `list ${JSON.stringify(input)} gives [${got}] for [${want}]` });
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
function misses(facts: Facts, listed: EntryOf<"listed">): string | null {
  const { input, messages } = listed;
  const ids = messages.map(({ id }) => id);
  const sign = input.ascending ? 1 : -1;
  if (ids.some((id, place) => place > 0 && (id - (ids[place - 1] ?? 0)) * sign <= 0)) return `a list out of order: [${ids.join()}]`;
  if (ids.length > input.limit) return `a list of ${ids.length} for ${input.limit}`;
  const missing = ids.length < input.limit ? thereBefore(facts, listed).find((id) => !ids.includes(id)) : undefined;
  return missing === undefined ? null : `a list without ${missing}, which was there before`;
}

function thereBefore(facts: Facts, { input, began }: EntryOf<"listed">): readonly number[] {
  const { trackerId, from, to } = input;
  const within = ({ submittedAt }: Message): boolean => from !== null && submittedAt >= from && (to === null || submittedAt <= to);
  const first = [...facts.looks.values()].flatMap((looks) => looks[0] ?? []);
  return first.filter(({ message, t }) => message.trackerId === trackerId && t < began && within(message)).map(({ message }) => message.id);
}

/** I16: nothing is handed out after its time to live, and it leaves the outbox then, not before. */
export function checkExpiry(facts: Facts): readonly Violation[] {
  return [...facts.outgoing()].flatMap(({ message, n, looks }) => {
    const { ttlMs = Number.POSITIVE_INFINITY, notBeforeMs = 0 } = facts.run.texts.get(n) ?? {};
    const due = message.submittedAt + notBeforeMs;
    const end = due + ttlMs;
    const isEarly = (at: number, storeNow: number): boolean => notBeforeMs > 0 && latestClock(facts, at, storeNow) < due;
    const early = (facts.claims.get(message.id) ?? []).find(({ entry }) => isEarly(entry.at, entry.storeNow))?.entry;
    const claimed = (facts.claims.get(message.id) ?? []).find(({ entry }) => entry.storeNow >= end)?.entry;
    const last = looks.at(-1);
    const swept = facts.run.final.storeNow - end > SWEPT_MS && (last?.t ?? 0) < facts.endedAt - SWEPT_MS;
    const expired = looks.find((look) => look.message.state === "expired");
    const wrong: readonly [boolean, number, string][] = [
      [early !== undefined, early?.t ?? 0, "was handed out before its time"],
      [claimed !== undefined, claimed?.t ?? 0, "was handed out after its end"],
      [message.state === "queued" && swept, facts.endedAt, "is still queued after its end"],
      [expired !== undefined && expired.storeNow < end, expired?.t ?? 0, "expired early"],
    ];
    return wrong.filter(([is]) => is).map(([, t, what]): Violation => ({ invariant: "I16", t, what: `message ${message.id} ${what}` }));
  });
}
