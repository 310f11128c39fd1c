/** I5, I16: times are set once, by one clock, and a text whose time is over stays where it is. */
import type { StoredMessage } from "../history.ts";
import { JUMP_SEEN_MS } from "../primitives/clocks.ts";
import type { Facts, Violation } from "./facts.ts";

/** The API shows whole seconds, and a jump of the clock is seen some time after it was made. */
const SLACK_S = 3;

/** I5: an update time is null while PENDING, set once and not before the submit time; submit times of a tracker never run back. */
export function checkTimes(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const known = new Map<number, StoredMessage>();
  for (const look of [...facts.seen, ...facts.stored]) {
    const wrong = wrongTime(look) ?? wrongChange(look, known.get(look.id));
    known.set(look.id, look);
    if (wrong !== null) violations.push({ invariant: "I5", t: look.t, what: `message ${look.id} ${wrong}` });
  }
  const last = new Map<number, StoredMessage>();
  for (const message of facts.stored) {
    const before = last.get(message.trackerId);
    if (before !== undefined && message.submitted < before.submitted)
      violations.push({ invariant: "I5", t: message.t, what: `message ${message.id} was submitted before message ${before.id}` });
    last.set(message.trackerId, message);
  }
  return violations;
}

function wrongTime({ direction, status, submitted, updated }: StoredMessage): string | null {
  if (direction === "INCOMING") return updated === null ? null : "is INCOMING and has an update time";
  if ((updated === null) !== (status === "PENDING")) return `is ${status} with update time ${updated}`;
  return updated !== null && updated < submitted ? `was updated ${submitted - updated} s before it was submitted` : null;
}

function wrongChange(look: StoredMessage, before: StoredMessage | undefined): string | null {
  if (before === undefined) return null;
  if (before.submitted !== look.submitted) return `was submitted at ${before.submitted} and at ${look.submitted}`;
  return before.updated !== null && before.updated !== look.updated ? `was updated at ${before.updated} and at ${look.updated}` : null;
}

/** I16: nothing is delivered anew after its time. */
export function checkExpiry(facts: Facts): readonly Violation[] {
  return facts.sent.flatMap(({ n, id, ttlS, began }): readonly Violation[] => {
    if (ttlS === null || id === null) return [];
    const ends = storeTime(facts, began) + ttlS + SLACK_S;
    // As long as the store may not have seen a jump, its clock is what it was.
    const timeAt = (t: number): number => storeTime(facts, t - JUMP_SEEN_MS);
    const late = (facts.arrivals.get(n) ?? []).find(({ t }) => timeAt(t) > ends);
    if (late === undefined) return [];
    return [
      {
        invariant: "I16",
        t: late.t,
        what: `message ${id} (text ${n}) came to ${late.device} ${(timeAt(late.t) - ends).toFixed(0)} s after its end`,
      },
    ];
  });
}

/** Seconds on the store's clock, since the beginning. */
function storeTime({ clocks }: Facts, t: number): number {
  let ahead = 0;
  for (const clock of clocks) if (clock.t <= t) ahead = clock.seconds;
  return t / 1_000 + ahead;
}
