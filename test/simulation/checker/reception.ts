/** I6, I7: what a device may forget, and what becomes of the texts that it sends again. */
import type { Message } from "../../../src/chat/message.ts";
import { RESEND_MS } from "../../../src/chat/ports.ts";
import type { FinalTracker } from "../final-state.ts";
import type { EntryOf } from "../history.ts";
import type { Facts, Placed, Violation } from "./facts.ts";

/** A device that is online for so long has got rid of its texts. */
const PROMISE_MS = 60_000;

/** I6: when a device reads the acknowledgement of its text, that text is stored. */
export function checkStoredFirst(facts: Facts): readonly Violation[] {
  const wordsOf = new Map(facts.of("said").map(({ device, n, words }) => [`${device} ${n}`, words]));
  const stored = new Map<string, number>();
  const acknowledged = new Map<string, number>();
  const violations: Violation[] = [];
  const byName = new Map(facts.run.plan.devices.map(({ name, trackerId }) => [name, trackerId]));
  for (const entry of [...facts.of("message"), ...facts.of("acknowledged")].sort((one, other) => one.at - other.at)) {
    if (entry.op === "message") {
      const { message, before } = entry;
      if (message.direction === "INCOMING" && before === null) count(stored, `${message.trackerId} ${message.text}`);
      continue;
    }
    const key = `${byName.get(entry.device)} ${wordsOf.get(`${entry.device} ${entry.n}`)}`;
    if (count(acknowledged, key) <= (stored.get(key) ?? 0)) continue;
    violations.push({ invariant: "I6", t: entry.t, what: `${entry.device} may forget its text ${entry.n}, which is not stored` });
  }
  return violations;
}

/** I7: a text is stored once however often it came, and acknowledged in the end; equal words are texts of their own. */
export function checkOnce(facts: Facts): readonly Violation[] {
  return facts.run.final.trackers.flatMap((tracker) => [...checkWords(facts, tracker), ...checkForgotten(facts, tracker)]);
}

function checkWords(facts: Facts, { traits, messages }: FinalTracker): readonly Violation[] {
  const { name, serials } = traits;
  const acknowledged = new Set(
    facts
      .of("acknowledged")
      .filter(({ device }) => device === name)
      .map(({ n }) => n),
  );
  const said = new Map<string, Set<number>>();
  for (const { device, words, n } of facts.of("said")) {
    if (device === name) said.set(words, (said.get(words) ?? new Set()).add(n));
  }
  const violations: Violation[] = [];
  for (const [words, texts] of said) {
    const stored = messages.filter(({ direction, text }) => direction === "INCOMING" && text === words);
    const least = [...texts].filter((n) => acknowledged.has(n)).length;
    const copies = serials ? stored.length : withoutLateRepeats(stored);
    if (copies >= least && copies <= texts.size) continue;
    const what = `${name}: "${words}" was said ${texts.size} times, acknowledged ${least} times and stored ${copies} times`;
    violations.push({ invariant: "I7", t: lastSaid(facts, name, texts), what });
  }
  return violations;
}

/** Without a serial a repeat is recognised within ten minutes of the store's clock: beyond that it is a text of its own. */
function withoutLateRepeats(stored: readonly Message[]): number {
  return (
    stored.filter(({ submittedAt }, place) => submittedAt - (stored[place - 1]?.submittedAt ?? Number.NEGATIVE_INFINITY) <= RESEND_MS)
      .length + (stored.length > 0 ? 1 : 0)
  );
}

function checkForgotten(facts: Facts, { traits, waiting, deviceLine }: FinalTracker): readonly Violation[] {
  const since = facts.connections(traits.name).find(({ line }) => line === deviceLine)?.from ?? Number.POSITIVE_INFINITY;
  if (waiting === 0 || since + PROMISE_MS > facts.endedAt) return [];
  return [{ invariant: "I7", t: facts.endedAt, what: `${traits.name} still waits for the acknowledgement of ${waiting} texts` }];
}

function lastSaid(facts: Facts, name: string, texts: ReadonlySet<number>): number {
  return facts.of("said").findLast((entry: Placed<EntryOf<"said">>) => entry.device === name && texts.has(entry.n))?.t ?? 0;
}

function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
