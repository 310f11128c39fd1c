/** I2, I3, I4: what counts as delivered, in which order texts come, and how often. */
import type { StoredMessage, Traits } from "../history.ts";
import { isLong } from "../texts.ts";
import type { Arrival, Facts, Violation } from "./facts.ts";

/** A receipt that was sent at once has been settled after this, where nothing is disturbed. */
const SETTLED_MS = 3_000;
/** Two entries about one moment are written within this. */
const SAME_MS = 20;

/** I2: DELIVERED only after the device acknowledged that very text, all of it. */
export function checkReceipts(facts: Facts): readonly Violation[] {
  const told = new Set<number>();
  const looks: readonly (StoredMessage & { readonly t: number })[] = [...facts.seen, ...facts.stored];
  return looks.flatMap((look): readonly Violation[] => {
    const { id, n, direction, status, trackerId, t } = look;
    if (direction !== "OUTGOING" || status !== "DELIVERED" || n === null || told.has(id)) return [];
    told.add(id);
    if (isVouchedFor(facts, n, t)) return [];
    const { device } = facts.byTracker.get(trackerId) ?? {};
    return [{ invariant: "I2", t, what: `message ${id} (text ${n}) is DELIVERED, and ${device} has not acknowledged it` }];
  });
}

function isVouchedFor(facts: Facts, n: number, before: number): boolean {
  const acknowledged = (facts.arrivals.get(n) ?? []).filter((arrival) => acknowledgedAt(facts, arrival) <= before + SAME_MS);
  const asked = (facts.vouched.get(n) ?? []).filter(({ t }) => t <= before + SAME_MS);
  const has = (part: string): boolean => [...acknowledged, ...asked].some((one) => one.part === part);
  return has("head") && (!isLong(n) || has("tail"));
}

/** When the device sent its receipt for this copy; never, if it did not or its line was gone before. */
function acknowledgedAt(facts: Facts, { receipt, dueAt, line, t }: Arrival): number {
  if (receipt === "yes") return t;
  if (receipt === "no" || dueAt === null) return Number.POSITIVE_INFINITY;
  const { closed = 0, left = 0 } = facts.lines.get(line) ?? {};
  return Math.min(closed, left) < dueAt - SAME_MS ? Number.POSITIVE_INFINITY : dueAt;
}

/** I2: no device gets what is meant for another, whoever would acknowledge it. */
export function checkAddressee(facts: Facts): readonly Violation[] {
  return facts.stored.flatMap(({ n, trackerId, direction }): readonly Violation[] => {
    if (n === null || direction !== "OUTGOING") return [];
    const own = facts.byTracker.get(trackerId)?.device;
    const strayed = (facts.arrivals.get(n) ?? []).filter(({ device }) => device !== own);
    return strayed.map(({ t, device }) => ({ invariant: "I2", t, what: `${device} got text ${n}, which is meant for ${own}` }));
  });
}

/** I3: what comes to a device for the first time comes in the order of the numbers; what was given up, or the device could not take at first, may come behind. */
export function checkOrder(facts: Facts): readonly Violation[] {
  const idOf = new Map<number, number>();
  for (const { n, id, direction } of facts.stored) if (n !== null && direction === "OUTGOING") idOf.set(n, id);
  const firsts = [...facts.arrivals.entries()].flatMap(([n, arrivals]) => {
    const first = arrivals.find(({ part }) => part === "head");
    return first === undefined ? [] : [{ n, first }];
  });
  firsts.sort((one, other) => one.first.t - other.first.t);
  const last = new Map<string, number>();
  const violations: Violation[] = [];
  for (const { n, first } of firsts) {
    const id = idOf.get(n);
    if (id === undefined) continue;
    const before = last.get(first.device) ?? 0;
    if (id < before && !facts.deadLetters.has(id) && !facts.dropped.has(n)) {
      violations.push({ invariant: "I3", t: first.t, what: `${first.device} got message ${id} after ${before}` });
    }
    last.set(first.device, Math.max(before, id));
  }
  return violations;
}

/** I4: a copy has a cause, copies are bounded, and a text keeps its wire number. */
export function checkCopies(facts: Facts): readonly Violation[] {
  return [...facts.arrivals].flatMap(([n, arrivals]): readonly Violation[] => {
    const heads = arrivals.filter(({ part }) => part === "head");
    const [first] = heads;
    const last = heads.at(-1);
    const traits = facts.traits.get(first?.device ?? "");
    if (first === last || last === undefined || traits === undefined) return [];
    const tags = new Set((facts.shown.get(n) ?? []).map(({ tag }) => tag));
    const violation = (what: string): Violation => ({ invariant: "I4", t: last.t, what: `text ${n} came to ${traits.device} ${what}` });
    return [
      ...withoutCause(facts, heads).map(violation),
      ...(heads.length > mostCopies(facts, n, traits) ? [violation(`${heads.length} times`)] : []),
      ...(tags.size > mostTags(facts, n) ? [violation(`as ${[...tags].join(" and ")}`)] : []),
    ];
  });
}

function withoutCause(facts: Facts, heads: readonly Arrival[]): readonly string[] {
  return heads.flatMap((copy, place) => {
    const earlier = heads[place - 1];
    if (earlier === undefined || hasCause(facts, earlier, copy)) return [];
    return [`once more, ${(copy.t - earlier.t).toFixed(0)} ms after it was acknowledged`];
  });
}

/** A dead letter that was put back has as many attempts again. */
function mostCopies(facts: Facts, n: number, { attempts, copies }: Traits): number {
  return attempts * copies * mostTags(facts, n);
}

/** A dead letter that was put back is a new one for the device. */
function mostTags(facts: Facts, n: number): number {
  return facts.storedOf("OUTGOING", n).some(({ id }) => facts.deadLetters.has(id)) ? 2 : 1;
}

/** The receipt was lost or late, or the line, its node or Redis were hurt before it was settled. */
function hasCause(facts: Facts, earlier: Arrival, copy: Arrival): boolean {
  if (earlier.receipt !== "yes") return true;
  const line = facts.lines.get(earlier.line);
  const settled = Math.min(copy.t, earlier.t + SETTLED_MS);
  if (line === undefined || Math.min(line.closed, line.left) <= settled) return true;
  return facts.disturbances(earlier.t, settled, { node: line.node, device: earlier.device }).length > 0;
}
