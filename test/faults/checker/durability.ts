/** I1, I1b, I11: what was promised is there once, as it was written, under a number of its own, and arrives. */
import { isLong } from "../texts.ts";
import type { Facts, Violation } from "./facts.ts";

/** A device that is connected and acknowledges for so long has received what waited for it. */
const PROMISE_MS = 60_000;
/** What happened so long before has no effects any more. */
const SETTLED_MS = 10_000;
/** After one of these a text need not arrive any more. */
const OVER: ReadonlySet<string> = new Set(["rejected", "unconfirmed", "expired", "cancelled"]);

/** I1: an accepted text is stored once, under its id, as it was written; I1b: every other one at most once. */
export function checkStored(facts: Facts): readonly Violation[] {
  return facts.sent.flatMap(({ n, id, outcome, trackerId, t }): readonly Violation[] => {
    const stored = facts.storedOf("OUTGOING", n);
    const ids = stored.map((one) => one.id).join();
    const what = `text ${n} to tracker ${trackerId}, sent ${outcome} as ${id}, is stored as [${ids}]`;
    if (stored.length > 1) return [{ invariant: "I1b", t, what }];
    if (outcome === "fail" && stored.length > 0) return [{ invariant: "I1b", t, what: `${what} though it was refused` }];
    if (outcome !== "ok") return [];
    const [message] = stored;
    if (message === undefined || message.id !== id || message.trackerId !== trackerId) return [{ invariant: "I1", t, what }];
    return message.intact ? [] : [{ invariant: "I1", t, what: `${what} with other words` }];
  });
}

/** I1: in the end every stored text has arrived whole, unless it ended in another way for all to see; and texts flow soon after every fault. */
export function checkArrived(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  if (!facts.finished) violations.push({ invariant: "I1", t: facts.endAt, what: "the campaign did not come to its end" });
  for (const { id, n, direction, trackerId } of facts.stored) {
    if (direction !== "OUTGOING" || n === null) continue;
    const state = facts.states.get(id) ?? "delivered";
    const at = arrivedAt(facts, n);
    const trouble = OVER.has(state) ? null : troubleWith(state, at, facts.peaceAt);
    if (trouble === null) continue;
    const what = `message ${id} (text ${n}, ${state}) for ${facts.byTracker.get(trackerId)?.device} ${trouble}`;
    violations.push({ invariant: "I1", t: at ?? facts.endAt, what });
  }
  return [...violations, ...checkFlows(facts), ...checkPrompt(facts)];
}

/** A device that has read a text, or answered it, has it. */
const SETTLED: ReadonlySet<string> = new Set(["delivered", "read", "answered", "dead-lettered"]);

function troubleWith(state: string, came: number | null, peaceAt: number): string | null {
  if (came === null) return "never arrived";
  if (came > peaceAt + PROMISE_MS) return "took more than a minute of peace";
  return SETTLED.has(state) ? null : "is never settled";
}

/** I1: texts flow again within a minute after a fault of Redis or of a node. */
function checkFlows(facts: Facts): readonly Violation[] {
  const stuck = facts.faults.filter(({ scope, flows }) => flows === null && (scope.store || scope.nodes.length > 0));
  return stuck.map(({ kind, f, detail, ends }) => ({
    invariant: "I1",
    t: ends,
    what: `no text flows a minute after fault ${f}, ${kind} ${detail}`,
  }));
}

/** I1: a device that was connected and undisturbed for a minute after a text was accepted has it by then. */
function checkPrompt(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { n, trackerId, outcome, id, t } of facts.sent) {
    const traits = facts.byTracker.get(trackerId);
    const at = arrivedAt(facts, n) ?? facts.endAt;
    if (outcome !== "ok" || traits === undefined || at <= t + PROMISE_MS || OVER.has(facts.states.get(id ?? 0) ?? "")) continue;
    const calm = (facts.linesOf.get(traits.device) ?? []).find(({ online, closed, left, node }) => {
      const from = Math.max(online, t);
      const to = from + PROMISE_MS;
      if (to > Math.min(closed, left, at)) return false;
      const disturbances = facts.disturbances(from - SETTLED_MS, to, { node, device: traits.device });
      // Losing a hint costs seconds, never a text.
      return disturbances.every(({ kind }) => kind === "mail-lost");
    });
    if (calm !== undefined)
      violations.push({ invariant: "I1", t, what: `text ${n} did not reach ${traits.device} within an undisturbed minute` });
  }
  return violations;
}

/** When the last of its parts came for the first time; null: not all of them did. */
function arrivedAt(facts: Facts, n: number): number | null {
  const arrivals = facts.arrivals.get(n) ?? [];
  const head = arrivals.find(({ part }) => part === "head")?.t;
  const tail = isLong(n) ? arrivals.find(({ part }) => part === "tail")?.t : head;
  return head === undefined || tail === undefined ? null : Math.max(head, tail);
}

/** I11: numbers are given once, and rise in the order of one client's calls and of one tracker's messages. */
export function checkIds(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const owners = new Map<number, string>();
  const last = new Map<string, number>();
  for (const { id, n, client, t } of facts.sent) {
    if (id === null) continue;
    const before = last.get(client ?? "") ?? 0;
    if (client !== null && id <= before) violations.push({ invariant: "I11", t, what: `${client} was given ${id} after ${before}` });
    last.set(client ?? "", Math.max(before, id));
    claim(owners, { id, what: `OUTGOING ${n}`, t }, violations);
  }
  for (const { id, n, direction, trackerId, t } of [...facts.seen, ...facts.stored]) {
    claim(owners, { id, what: `${direction} ${n ?? `of ${trackerId}`}`, t }, violations);
  }
  return violations;
}

function claim(
  owners: Map<number, string>,
  owner: { readonly id: number; readonly what: string; readonly t: number },
  violations: Violation[],
): void {
  const known = owners.get(owner.id);
  if (known === undefined) owners.set(owner.id, owner.what);
  else if (known !== owner.what)
    violations.push({ invariant: "I11", t: owner.t, what: `number ${owner.id} is text ${known} and text ${owner.what}` });
}
