/** I8: one owner at a time. Epochs rise, only the newest claims, an older line goes, and nobody takes the newest one's presence. */
import type { EntryOf } from "../history.ts";
import type { Facts, Placed, Violation } from "./facts.ts";

/** An older line is closed this long after a newer login at the latest, unless something kept it from knowing. */
const GRACE_MS = 2_000;
/** A line this old is known to everybody. */
const SETTLED_MS = 30_000;

export function checkOwners(facts: Facts): readonly Violation[] {
  return [...checkEpochs(facts), ...checkTakeovers(facts), ...checkPresence(facts)];
}

function checkEpochs(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const owners = new Map<number, { readonly epoch: number; readonly node: string }>();
  for (const entry of [...facts.of("login"), ...facts.of("claimed")].sort((one, other) => one.at - other.at)) {
    const { trackerId, epoch, node, t } = entry;
    const owner = owners.get(trackerId);
    if (entry.op === "login") {
      if (owner !== undefined && epoch <= owner.epoch)
        violations.push({ invariant: "I8", t, what: `${trackerId}: epoch ${epoch} after ${owner.epoch}` });
      owners.set(trackerId, { epoch, node });
    } else if (owner?.epoch !== epoch || owner.node !== node) {
      violations.push({
        invariant: "I8",
        t,
        what: `${node} claimed for ${trackerId} under ${epoch}; ${owner?.node} owns it under ${owner?.epoch}`,
      });
    }
  }
  return violations;
}

function checkTakeovers(facts: Facts): readonly Violation[] {
  const closed = new Map(facts.of("line-closed").map(({ line, t }) => [line, t]));
  const lines = facts.of("line-opened");
  const violations: Violation[] = [];
  for (const older of lines) {
    const newer = lines.find(({ trackerId, epoch }) => trackerId === older.trackerId && epoch > older.epoch);
    if (newer === undefined || (closed.get(older.line) ?? Number.POSITIVE_INFINITY) <= newer.t + GRACE_MS) continue;
    if (newer.t + GRACE_MS > facts.endedAt || hindered(facts, older, newer)) continue;
    violations.push({
      invariant: "I8",
      t: newer.t,
      what: `line ${older.line} of ${older.trackerId} stayed open beside line ${newer.line}`,
    });
  }
  return violations;
}

type Opened = Placed<EntryOf<"line-opened">>;

/** The mail, the nodes or the store kept the older line from knowing. */
function hindered(facts: Facts, older: Opened, newer: Opened): boolean {
  const touches = ({ kind, node, trackerId }: EntryOf<"fault">): boolean => {
    if (kind.startsWith("mail-")) return trackerId === older.trackerId;
    if (kind === "store-down") return true;
    return node === older.node || node === newer.node;
  };
  return facts.faults(newer.t - LONGEST_STOP_MS, newer.t + GRACE_MS, touches).length > 0;
}

const LONGEST_STOP_MS = 70_000;

/**
 * In the end a connected device's line is the one that the store names, unless that is one which never came to be: its
 * login was done and its node died, or its peer had left. The next text finds that out.
 */
function checkPresence(facts: Facts): readonly Violation[] {
  const { trackers, lines } = facts.run.final;
  const opened = new Set(facts.of("line-opened").map(({ trackerId, epoch }) => `${trackerId} ${epoch}`));
  return trackers.flatMap(({ traits, owner, deviceLine }): readonly Violation[] => {
    const since = facts.connections(traits.name).find((connection) => connection.line === deviceLine)?.from;
    if (deviceLine === null || since === undefined || since + SETTLED_MS > facts.endedAt) return [];
    const line = lines.find((one) => one.line === deviceLine);
    if (line === undefined || (owner?.node === line.node && owner.epoch === line.epoch)) return [];
    if (owner !== null && owner.epoch > line.epoch && !opened.has(`${traits.trackerId} ${owner.epoch}`)) return [];
    const what = `${traits.name} is on ${line.node} under ${line.epoch}, the store says ${owner?.node} under ${owner?.epoch}`;
    return [{ invariant: "I8", t: facts.endedAt, what }];
  });
}
