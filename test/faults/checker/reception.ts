/** I6, I7, I10: what a device may forget is stored, once however often it was sent, and unread until somebody marks it. */
import type { EntryOf } from "../history.ts";
import type { Facts, Spoken, Violation } from "./facts.ts";

/** Beyond this, by the store's clock, a text without a serial is a text of its own. */
const REPEAT_S = 600;

/** I6: acknowledged means stored. */
export function checkStoredFirst(facts: Facts): readonly Violation[] {
  return [...facts.spoken.entries()].flatMap(([n, { device, acknowledged }]): readonly Violation[] => {
    const stored = facts.storedOf("INCOMING", n).length;
    if (acknowledged.length === 0 || stored > 0) return [];
    return [{ invariant: "I6", t: acknowledged[0] ?? 0, what: `${device} was told that its text ${n} is stored, and it is not` }];
  });
}

/** I7: stored as often as it was typed, not as often as it was sent, and acknowledged in the end. */
export function checkOnce(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  for (const [n, spoken] of facts.spoken) {
    const stored = facts.storedOf("INCOMING", n);
    const copies = facts.traits.get(spoken.device)?.serials === false ? withoutRepeats(facts, n, spoken) : stored.length;
    const { said, acknowledged, device } = spoken;
    const t = said.at(-1) ?? 0;
    const what = `text ${n} of ${device} was typed ${said.length} times, acknowledged ${acknowledged.length} times and stored ${stored.length} times`;
    if (copies > said.length || (stored.length > 0 && stored.length < acknowledged.length)) violations.push({ invariant: "I7", t, what });
    if (stored.some(({ intact }) => !intact))
      violations.push({ invariant: "I7", t, what: `text ${n} of ${device} is stored with other words` });
  }
  for (const [device, count] of facts.unacknowledged) {
    if (count > 0) violations.push({ invariant: "I7", t: facts.endAt, what: `${device} still waits for ${count} acknowledgements` });
  }
  return violations;
}

/**
 * Without serials a repeat is known only by its place: on the next line, before anything else was said, within ten minutes. What RELIABILITY.md
 * does not promise is not counted: a frame of the device that crossed our acknowledgement.
 */
function withoutRepeats(facts: Facts, n: number, { said, acknowledged, device }: Spoken): number {
  const stored = facts.storedOf("INCOMING", n);
  if (stored.length < 2) return stored.length;
  const far = stored.some((message, place) => message.submitted - (stored[place - 1]?.submitted ?? message.submitted) > REPEAT_S);
  const [from = 0] = said;
  const to = acknowledged.at(-1) ?? facts.endAt;
  const crossed = (facts.receiptsOf.get(device) ?? []).some((t) => t >= from && t <= to);
  return far || crossed ? 1 : stored.length;
}

/** I10: the count is the number of messages that nobody marked; what was marked is read, and nothing else is. */
export function checkUnread(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const unread = new Map<number, number>();
  const marks = new Map<number, Marks>();
  for (const mark of facts.marked) {
    const own = marks.get(mark.user) ?? { sure: new Set<number>(), all: [], possible: new Set<number>(), possiblyAll: false };
    marks.set(mark.user, own);
    note(own, mark);
  }
  for (const { id, direction, status, trackerId } of facts.stored) {
    if (direction !== "INCOMING") continue;
    if (status === "PENDING") unread.set(trackerId, (unread.get(trackerId) ?? 0) + 1);
    const own = marks.get(facts.byTracker.get(trackerId)?.user ?? -1);
    const may = own !== undefined && (own.possiblyAll || own.possible.has(id));
    if (status === "DELIVERED" && !may)
      violations.push({ invariant: "I10", t: facts.endAt, what: `message ${id} is read though nobody marked it` });
    if (status === "PENDING" && own?.sure.has(id) === true)
      violations.push({ invariant: "I10", t: facts.endAt, what: `message ${id} was marked and is unread` });
  }
  for (const [trackerId, count] of facts.unread) {
    const listed = unread.get(trackerId) ?? 0;
    if (count !== listed)
      violations.push({ invariant: "I10", t: facts.endAt, what: `tracker ${trackerId}: ${count} unread counted, ${listed} listed` });
  }
  return violations;
}

interface Marks {
  readonly sure: Set<number>;
  readonly all: number[];
  readonly possible: Set<number>;
  possiblyAll: boolean;
}

function note(own: Marks, { ids, outcome }: EntryOf<"marked">): void {
  if (ids === null) own.possiblyAll = true;
  for (const id of ids ?? []) {
    own.possible.add(id);
    if (outcome === "ok") own.sure.add(id);
  }
}
