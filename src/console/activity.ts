/** What else follows from events: counts that no event carries, and what a person who looks elsewhere should notice. */
import { alertIncoming, announceDelivered, isLookedAt } from "./alerts.ts";
import { fleet, roster } from "./calls.ts";
import { loadNewest } from "./conversations.ts";
import { failureOf, namesUnknown } from "./failure.ts";
import type { StreamEvent } from "./model/change.ts";
import type { MessageId, TrackerId } from "./model/message.ts";
import { openTracker } from "./route.ts";
import { apply, model, session } from "./state.ts";

/** Rows are read again at most this often, all that changed meanwhile at once. */
const REREAD_MS = 1_500;
/** After a call that failed. */
const RETRY_MS = 5_000;
/** Beyond this the whole roster is one call. */
const REREAD_ROWS = 200;

const changed = new Set<TrackerId>();
let isDue = false;

/** `calls`: this tab is the one that calls a dispatcher who looks elsewhere. Gives the texts that a dispatcher looks at here. */
export function hearEvents(events: readonly StreamEvent[], calls: boolean): readonly MessageId[] {
  for (const event of events) {
    tell(event, calls);
    if (needsReading(event)) changed.add(trackerOf(event));
  }
  readLater(REREAD_MS);
  return events.flatMap((event) => (event.type === "message" && isLookedAt(event.message) ? [event.message.id] : []));
}

function readLater(ms: number): void {
  if (isDue || changed.size === 0) return;
  isDue = true;
  setTimeout(() => void reread(), ms);
}

/** The open conversation comes anew; others when they are opened. */
export function resetConversations(): void {
  const id = openTracker();
  if (id !== null) void loadNewest(id);
}

function trackerOf(event: StreamEvent): TrackerId {
  return event.type === "message" ? event.message.trackerId : event.trackerId;
}

/** No event says how many texts wait, and of a tracker that is new none says its name. */
function needsReading(event: StreamEvent): boolean {
  const isOutgoing = event.type === "status" || (event.type === "message" && event.message.direction === "OUTGOING");
  return isOutgoing || !model.value.trackers.has(trackerOf(event));
}

function tell(event: StreamEvent, calls: boolean): void {
  if (event.type === "message" && event.message.direction === "INCOMING") alertIncoming(event.message, calls);
  if (event.type === "status" && event.progress.state === "delivered" && event.trackerId === openTracker()) announceDelivered(event.id);
}

async function reread(): Promise<void> {
  const hash = session.value?.hash;
  const ids = [...changed];
  changed.clear();
  let againMs = REREAD_MS;
  try {
    if (hash === undefined) return;
    if (ids.some((id) => !model.value.trackers.has(id))) apply([{ type: "fleet", trackers: await fleet(hash) }]);
    const known = ids.filter((id) => model.value.trackers.has(id));
    const wanted = known.length > REREAD_ROWS ? null : known;
    if (wanted?.length === 0) return;
    const { at, entries } = await roster(hash, wanted, model.value.cursor);
    apply([{ type: "roster", at, entries, isWhole: wanted === null }]);
  } catch (error) {
    // Where one of them is unknown everything is read again, these rows as well.
    if (namesUnknown(failureOf(error))) return;
    for (const id of ids) changed.add(id);
    againMs = RETRY_MS;
  } finally {
    isDue = false;
    // What changed while the answer was on its way is not in it.
    readLater(againMs);
  }
}
