/** What the reference store shows of a tracker in a list. */
import type { TrackerId } from "../chat/message.ts";
import type { RosterEntry } from "../chat/ports.ts";
import type { TrackerState } from "./memory-tracker.ts";

/** `live`: nodes with a lease; a device on another one counts as gone. */
export function rosterEntry(trackerId: TrackerId, tracker: TrackerState | undefined, live: readonly string[]): RosterEntry {
  if (tracker === undefined) return { trackerId, online: false, since: null, unread: 0, pending: 0, last: null };
  const [id, last] = [...tracker.messages].at(-1) ?? [0, null];
  return {
    trackerId,
    online: tracker.node !== null && live.includes(tracker.node),
    since: tracker.presenceAt,
    unread: tracker.unread.size,
    pending: tracker.outbox.size,
    last: id > tracker.floor ? last : null,
  };
}
