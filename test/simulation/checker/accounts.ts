/** I9, I10: nobody sees or changes what is not theirs, and the unread are exactly those that nobody marked. */
import type { Message } from "../../../src/chat/message.ts";
import type { Facts, Violation } from "./facts.ts";

export function checkTenants(facts: Facts): readonly Violation[] {
  const ownerOf = new Map(facts.run.plan.devices.map(({ trackerId, userId }) => [trackerId, userId]));
  const violations: Violation[] = [];
  for (const { user, what, outcome, t } of facts.of("foreign")) {
    if (outcome === "ok") violations.push({ invariant: "I9", t, what: `user ${user} may ${what}, which is not theirs` });
  }
  for (const { user, trackers, t } of facts.of("counted")) {
    for (const id of trackers)
      if (ownerOf.get(id) !== user) violations.push({ invariant: "I9", t, what: `user ${user} is told of tracker ${id}` });
  }
  for (const { user, messages, t } of facts.of("listed")) {
    const foreign = messages.find(({ trackerId }) => ownerOf.get(trackerId) !== user);
    if (foreign !== undefined) violations.push({ invariant: "I9", t, what: `user ${user} is shown message ${foreign.id}` });
  }
  return violations;
}

export function checkUnread(facts: Facts): readonly Violation[] {
  return [...checkCounts(facts), ...checkMarks(facts)];
}

function checkCounts(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { trackerId, count, listed, t } of facts.of("unread")) {
    if (count !== listed) violations.push({ invariant: "I10", t, what: `${trackerId}: ${count} unread are counted, ${listed} listed` });
  }
  for (const { traits, messages, unread } of facts.run.final.trackers) {
    const listed = messages.filter(({ state }) => state === "unread").length;
    if (unread !== listed)
      violations.push({ invariant: "I10", t: facts.endedAt, what: `${traits.trackerId}: ${unread} unread in the end, ${listed} listed` });
  }
  return violations;
}

/** A call that may have marked some messages; `sure`: it said that it did. */
interface Mark {
  readonly covers: (id: number, storedAt: number) => boolean;
  readonly sure: boolean;
}

/** What was marked is read; what is read was marked by its own user. */
function checkMarks(facts: Facts): readonly Violation[] {
  return facts.run.final.trackers.flatMap(({ traits, messages }) => {
    const marks = marksOf(facts, traits.userId);
    return messages.filter(({ direction }) => direction === "INCOMING").flatMap((message) => checkMark(facts, message, marks));
  });
}

function checkMark(facts: Facts, { id, state }: Message, marks: readonly Mark[]): readonly Violation[] {
  const storedAt = facts.looks.get(id)?.[0]?.t ?? 0;
  const covering = marks.filter(({ covers }) => covers(id, storedAt));
  if (state === "unread" && covering.some(({ sure }) => sure)) return [lost(facts, id, "was marked as read and is unread")];
  return state === "marked-read" && covering.length === 0 ? [lost(facts, id, "is read though nobody marked it")] : [];
}

function marksOf(facts: Facts, userId: number): readonly Mark[] {
  const some = facts.of("marked").filter(({ user }) => user === userId);
  const all = facts.of("marked-all").filter(({ user }) => user === userId);
  return [
    ...some.map(({ ids, outcome }): Mark => ({ covers: (id) => ids.includes(id), sure: outcome === "ok" })),
    // What came while the call was under way may or may not be covered: only what was there before surely is.
    ...all.map(({ outcome, began }): Mark => ({ covers: (_, storedAt) => storedAt <= began, sure: outcome === "ok" })),
    ...all.map(({ t, outcome }): Mark => ({ covers: (_, storedAt) => outcome !== "ok" || storedAt <= t + AGAIN_MS, sure: false })),
  ];
}

/** A command may be done once more so long after its answer; one that was never answered may be done at any time. */
const AGAIN_MS = 20_000;

function lost(facts: Facts, id: number, what: string): Violation {
  return { invariant: "I10", t: facts.endedAt, what: `message ${id} ${what}` };
}
