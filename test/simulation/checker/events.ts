/** I18: whoever replays the events of a tracker has what `list` and `unread/count` show. */
import type { TrackerEvent } from "../../../src/chat/events.ts";
import type { Message, MessageState } from "../../../src/chat/message.ts";
import type { FinalTracker } from "../final-state.ts";
import type { Facts, Violation } from "./facts.ts";

export function checkEvents(facts: Facts): readonly Violation[] {
  return facts.run.final.trackers.flatMap((tracker) => {
    const runs = facts.of("told").filter(({ trackerId }) => trackerId === tracker.traits.trackerId);
    const gaps = runs.filter((run, at) => at > 0 && run.first !== endOf(runs[at - 1]));
    const replayed = replay(runs.flatMap(({ events }) => events));
    const wrong = [...gaps.map(({ first }) => `event ${first} comes after a gap`), ...differences(facts, tracker, replayed)];
    return wrong.map((what): Violation => ({ invariant: "I18", t: facts.endedAt, what: `${tracker.traits.name}: ${what}` }));
  });
}

interface Replayed {
  readonly states: ReadonlyMap<number, MessageState>;
  /** Ids as they came. */
  readonly messages: readonly number[];
  readonly unread: number;
}

function replay(events: readonly TrackerEvent[]): Replayed {
  const states = new Map<number, MessageState>();
  const messages: number[] = [];
  let unread = 0;
  for (const event of events) {
    if (event.type === "message") messages.push(event.id);
    if (event.type === "message" || event.type === "status") states.set(event.id, event.state);
    if (event.type === "unread") unread = event.unread;
  }
  return { states, messages, unread };
}

function differences(facts: Facts, { messages, unread }: FinalTracker, replayed: Replayed): readonly string[] {
  // What the run did not see come into being was never told.
  const known = messages.filter(({ id }) => facts.looks.has(id));
  const told = new Set(replayed.messages);
  const untold = known.filter(({ id }) => !told.has(id)).map(({ id }) => `message ${id} was never told`);
  const twice = replayed.messages.length === told.size ? [] : ["a message came twice"];
  const other = known.filter((message) => told.has(message.id) && differs(message, replayed.states.get(message.id)));
  const count = unread === replayed.unread ? [] : [`${replayed.unread} unread were told, there are ${unread}`];
  return [...untold, ...twice, ...other.map(({ id, state }) => `message ${id} is ${state}, told was ${replayed.states.get(id)}`), ...count];
}

/** What a dispatcher has read is told by the number of unread ones. */
function differs({ direction, state }: Message, told: MessageState | undefined): boolean {
  return direction === "OUTGOING" && state !== told;
}

function endOf(run: { readonly first: number; readonly events: readonly unknown[] } | undefined): number {
  return (run?.first ?? 0) + (run?.events.length ?? 0);
}
