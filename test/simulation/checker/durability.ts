/** I1, I1b, I11: what was promised is there once, arrives, and has a number of its own. */
import type { MessageState } from "../../../src/chat/message.ts";
import { parsePart } from "../texts.ts";
import type { Connection, Facts, Violation } from "./facts.ts";

/** An acknowledging device that is connected for so long has received what waited for it. */
const PROMISE_MS = 60_000;
/** States after which a text need not arrive any more. */
const OVER: ReadonlySet<MessageState> = new Set([
  "delivered",
  "read",
  "answered",
  "rejected",
  "unconfirmed",
  "expired",
  "cancelled",
  "dead-lettered",
]);

/** I1: an acknowledged send is listed exactly once with its text; I1b: any other send at most once. */
export function checkStored(facts: Facts): readonly Violation[] {
  const listed = new Map<string, number[]>();
  for (const { messages, traits } of facts.run.final.trackers) {
    for (const { id, text, direction } of messages) {
      const n = direction === "OUTGOING" ? parsePart(text)?.n : undefined;
      if (n !== undefined && text === facts.run.texts.get(n)?.text) {
        const key = `${traits.trackerId} ${n}`;
        listed.set(key, [...(listed.get(key) ?? []), id]);
      }
    }
  }
  return facts.of("sent").flatMap(({ n, trackerId, outcome, id, t }): readonly Violation[] => {
    const ids = listed.get(`${trackerId} ${n}`) ?? [];
    const what = `text ${n} to ${trackerId}, sent ${outcome} as ${id}, is listed as [${ids.join()}]`;
    if (outcome === "ok" && (ids.length !== 1 || (id !== null && ids[0] !== id)))
      return [{ invariant: ids.length > 1 ? "I1b" : "I1", t, what }];
    return ids.length > 1 ? [{ invariant: "I1b", t, what }] : [];
  });
}

/** I1: who is connected and acknowledges for a minute after the healing has received everything that is not over. */
export function checkArrival(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  if (!facts.run.quiet) violations.push({ invariant: "I1", t: facts.endedAt, what: "something that must arrive never did" });
  const connections = new Map(facts.run.plan.devices.map(({ name }) => [name, facts.connections(name)]));
  for (const { message, n, parts, looks } of facts.outgoing()) {
    const traits = facts.traitsOf(message.trackerId);
    const stored = looks[0]?.t ?? 0;
    if (traits === undefined || !traits.acknowledges || facts.run.texts.get(n)?.notBeforeMs !== 0) continue;
    const over = looks.find((look) => OVER.has(look.message.state))?.t ?? Number.POSITIVE_INFINITY;
    const got = lastFirst(facts, traits.name, n, parts);
    const deadline = promised(connections.get(traits.name) ?? [], Math.max(facts.healedAt, stored));
    if (deadline !== null && Math.min(over, got) > deadline) {
      violations.push({
        invariant: "I1",
        t: deadline,
        what: `message ${message.id} (text ${n}) did not reach ${traits.name} within a minute`,
      });
    }
  }
  return violations;
}

/** I1: a message is withdrawn when a client says so, and then it is; otherwise nobody withdraws it. */
export function checkWithdrawn(facts: Facts): readonly Violation[] {
  const asked = new Set([...facts.of("cancelled").map(({ id }) => id), ...facts.of("sent").map(({ replaces }) => replaces)]);
  const withdrawn = facts.of("message").filter(({ message }) => message.state === "cancelled");
  const unasked = withdrawn.find(({ message }) => !asked.has(message.id));
  const kept = facts
    .of("cancelled")
    .find(({ id, outcome, at }) => outcome === "ok" && !withdrawn.some((look) => look.message.id === id && look.at < at));
  const violations: Violation[] = [];
  if (unasked !== undefined)
    violations.push({ invariant: "I1", t: unasked.t, what: `message ${unasked.message.id} was withdrawn by nobody` });
  if (kept !== undefined) violations.push({ invariant: "I1", t: kept.t, what: `message ${kept.id} was withdrawn in vain` });
  return violations;
}

/** I11: numbers are given once and rise: per client in the order of its sends, per tracker in the order of storing. */
export function checkIds(facts: Facts): readonly Violation[] {
  const violations: Violation[] = [];
  const textOfId = new Map<number, string>();
  const lastOf = new Map<string, number>();
  const rises = (who: string, id: number, t: number): void => {
    const last = lastOf.get(who) ?? 0;
    if (id <= last) violations.push({ invariant: "I11", t, what: `${who}: ${id} after ${last}` });
    lastOf.set(who, Math.max(last, id));
  };
  for (const { client, id, n, trackerId, t } of facts.of("sent")) {
    if (id === null) continue;
    rises(client, id, t);
    const text = `text ${n} to ${trackerId}`;
    if ((textOfId.get(id) ?? text) !== text) violations.push({ invariant: "I11", t, what: `${id} is ${textOfId.get(id)} and ${text}` });
    textOfId.set(id, text);
  }
  for (const { message, before, t } of facts.of("message")) {
    if (before === null) rises(`tracker ${message.trackerId}`, message.id, t);
    else if (before.text !== message.text)
      violations.push({ invariant: "I11", t, what: `${message.id} was "${before.text}", is "${message.text}"` });
  }
  return violations;
}

/** When the last of a text's parts came for the first time. */
function lastFirst(facts: Facts, device: string, n: number, parts: number): number {
  const received = facts.received(device, n);
  let last = 0;
  for (let part = 0; part < parts; part += 1) {
    last = Math.max(last, received.find((entry) => entry.part === part)?.t ?? Number.POSITIVE_INFINITY);
  }
  return last;
}

/** By when a text must have arrived; null: the device was never connected and acknowledging for long enough. */
function promised(connections: readonly Connection[], since: number): number | null {
  for (const { from, to, clean } of connections) {
    const deadline = Math.max(from, since) + PROMISE_MS;
    if (clean && deadline <= to) return deadline;
  }
  return null;
}
