/** I8: one owner at a time. A device that went on over another line gets nothing more over the first, and sees it closed. */
import type { Facts, LineLife, Violation } from "./facts.ts";

/** An older line is closed this long after a newer login at the latest, unless something kept its node from knowing. */
const GRACE_MS = 2_000;

export function checkOwners(facts: Facts): readonly Violation[] {
  return [...checkWrites(facts), ...checkClosings(facts)];
}

function checkWrites(facts: Facts): readonly Violation[] {
  return facts.overheard.flatMap(({ device, line, n, t }): readonly Violation[] => {
    const older = facts.lines.get(line);
    const newer = older && successor(facts, older);
    if (older === undefined || newer === undefined || t <= newer.online + GRACE_MS || isHindered(facts, older, newer, t)) return [];
    const what = `${device} got text ${n} over line ${line} of node ${older.node}, ${(t - newer.online).toFixed(0)} ms after it logged in over line ${newer.line}`;
    return [{ invariant: "I8", t, what }];
  });
}

function checkClosings(facts: Facts): readonly Violation[] {
  return [...facts.lines.values()].flatMap((older): readonly Violation[] => {
    if (older.left === Number.POSITIVE_INFINITY) return [];
    const newer = successor(facts, older);
    const by = (newer?.online ?? Number.POSITIVE_INFINITY) + GRACE_MS;
    // A line that the device forgets is not seen to be closed; one that ends with it neither.
    if (newer === undefined || older.closed <= by || older.forgotten || by > facts.endAt || isHindered(facts, older, newer, by)) return [];
    return [
      { invariant: "I8", t: by, what: `line ${older.line} of ${older.device} at node ${older.node} stayed open beside line ${newer.line}` },
    ];
  });
}

function successor(facts: Facts, older: LineLife): LineLife | undefined {
  return (facts.linesOf.get(older.device) ?? []).find(({ line, online }) => line > older.line && online < Number.POSITIVE_INFINITY);
}

/** Redis or one of the nodes was hurt, so that the older line could not know. */
function isHindered(facts: Facts, older: LineLife, newer: LineLife, t: number): boolean {
  return [older.node, newer.node].some((node) => facts.disturbances(newer.online - GRACE_MS, t, { node }).length > 0);
}
