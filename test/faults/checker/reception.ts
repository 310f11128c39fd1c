/** I6, I7, I10: what a device may forget is stored, once however often it was sent, and unread until somebody marks it. */
import type { StoredMessage } from "../history.ts";
import type { Facts, Spoken, Violation } from "./facts.ts";

/** Beyond this, by the store's clock, a text without a serial is a text of its own. */
const REPEAT_S = 600;
/** Devices of this protocol say a text again, on the same line, when nobody has answered it for so long. */
const SAYS_AGAIN_MS: ReadonlyMap<string, number> = new Map([["navtelecom", 20_000]]);

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
    const trouble = troubleWith(facts, n, spoken);
    if (trouble !== null)
      violations.push({ invariant: "I7", t: spoken.said.at(-1) ?? 0, what: `text ${n} of ${spoken.device} ${trouble}` });
  }
  for (const [device, count] of facts.unacknowledged) {
    if (count > 0) violations.push({ invariant: "I7", t: facts.endAt, what: `${device} still waits for ${count} acknowledgements` });
  }
  return violations;
}

function troubleWith(facts: Facts, n: number, spoken: Spoken): string | null {
  const stored = facts.storedOf("INCOMING", n);
  if (stored.some(({ intact }) => !intact)) return "is stored with other words";
  const { said, acknowledged, device } = spoken;
  const copies = facts.traits.get(device)?.serials === false ? withoutRepeats(facts, n, spoken) : stored.length;
  const lost = stored.length > 0 && stored.length < acknowledged.length;
  if (copies <= said.length && !lost) return null;
  return `was typed ${said.length} times, acknowledged ${acknowledged.length} times and stored ${stored.length} times`;
}

/**
 * Without serials a repeat is known only by its place: on the next line, before anything else was said, within ten minutes. What RELIABILITY.md
 * does not promise is not counted: a frame of the device that crossed our acknowledgement, and what was said again on the same line.
 */
function withoutRepeats(facts: Facts, n: number, { said, acknowledged, device }: Spoken): number {
  const stored = facts.storedOf("INCOMING", n);
  if (stored.length < 2) return stored.length;
  const far = stored.some((message, place) => message.submitted - (stored[place - 1]?.submitted ?? message.submitted) > REPEAT_S);
  const [from = 0] = said;
  const to = acknowledged.at(-1) ?? facts.endAt;
  const crossed = (facts.receiptsOf.get(device) ?? []).some((t) => t >= from && t <= to);
  const again = SAYS_AGAIN_MS.get(facts.traits.get(device)?.protocol ?? "") ?? Number.POSITIVE_INFINITY;
  return far || crossed ? 1 : Math.max(1, stored.length - Math.floor((to - from) / again));
}

/** I10: the count is the number of messages that nobody marked; what was marked is read, and nothing else is. */
export function checkUnread(facts: Facts): readonly Violation[] {
  const incoming = facts.stored.filter(({ direction }) => direction === "INCOMING");
  const listed = new Map<number, number>();
  for (const { trackerId, status } of incoming) if (status === "PENDING") listed.set(trackerId, (listed.get(trackerId) ?? 0) + 1);
  const miscounted = [...facts.unread].filter(([trackerId, count]) => count !== (listed.get(trackerId) ?? 0));
  const marks = marksOf(facts);
  return [
    ...miscounted.map(([trackerId, count]) => `tracker ${trackerId}: ${count} unread counted, ${listed.get(trackerId) ?? 0} listed`),
    ...incoming.flatMap((message) => wrongMark(message, marks.get(facts.byTracker.get(message.trackerId)?.user ?? -1) ?? NO_MARKS)),
  ].map((what): Violation => ({ invariant: "I10", t: facts.endAt, what }));
}

interface Marks {
  /** Messages that a call named which said that it did. */
  readonly sure: ReadonlySet<number>;
  readonly possible: ReadonlySet<number>;
  /** Some call named all there were. */
  readonly all: boolean;
}

const NO_MARKS: Marks = { sure: new Set(), possible: new Set(), all: false };

function wrongMark({ id, status }: StoredMessage, { sure, possible, all }: Marks): readonly string[] {
  if (status === "PENDING") return sure.has(id) ? [`message ${id} was marked and is unread`] : [];
  return all || possible.has(id) ? [] : [`message ${id} is read though nobody marked it`];
}

/** By user. */
function marksOf(facts: Facts): ReadonlyMap<number, Marks> {
  const users = new Set(facts.marked.map(({ user }) => user));
  return new Map(
    [...users].map((user) => {
      const own = facts.marked.filter((mark) => mark.user === user);
      const idsOf = (marks: typeof own): Set<number> => new Set(marks.flatMap(({ ids }) => ids ?? []));
      const sure = idsOf(own.filter(({ outcome }) => outcome === "ok"));
      return [user, { sure, possible: idsOf(own), all: own.some(({ ids }) => ids === null) }];
    }),
  );
}
