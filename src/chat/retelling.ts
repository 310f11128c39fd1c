/** Turns what a stream holds into what its account's listeners hear. */
import { isChatTracker } from "./access.ts";
import type { ChatEvent, EventBatch, StreamEntry, TrackerEvent } from "./events.ts";
import type { Directory, UserId } from "./fleet.ts";
import type { Message, MessageId, MessageState, TrackerId } from "./message.ts";
import type { MessageStore } from "./ports.ts";

export interface RetellingDeps {
  readonly directory: Directory;
  readonly messages: Pick<MessageStore, "find">;
}

/** Messages looked up in one call of the store. */
const FIND_AT_ONCE = 1_024;

/**
 * Leaves out trackers that are not there for this account's chat now, and messages that are not there any more: a tracker that changed
 * hands takes its earlier messages out of everybody's sight. Throws StoreUnavailable.
 */
export async function retell(
  userId: UserId,
  entries: readonly StreamEntry[],
  { directory, messages }: RetellingDeps,
): Promise<readonly EventBatch[]> {
  const seen = entries.map((entry) =>
    isChatTracker(directory, userId, directory.tracker(entry.trackerId)) ? entry : { ...entry, events: [] },
  );
  const found = await lookUp(messages, seen);
  return seen.map(({ id, trackerId, events }) => {
    const protocol = directory.tracker(trackerId)?.protocol ?? null;
    return { id, events: events.flatMap((event) => toldOf(event, { trackerId, protocol, found }) ?? []) };
  });
}

async function lookUp(messages: RetellingDeps["messages"], entries: readonly StreamEntry[]): Promise<ReadonlyMap<MessageId, Message>> {
  const ids = [...new Set(entries.flatMap(({ events }) => events.flatMap((event) => ("id" in event ? event.id : []))))];
  const found = new Map<MessageId, Message>();
  for (let at = 0; at < ids.length; at += FIND_AT_ONCE) {
    for (const message of await messages.find(ids.slice(at, at + FIND_AT_ONCE))) if (message) found.set(message.id, message);
  }
  return found;
}

interface Known {
  readonly trackerId: TrackerId;
  readonly protocol: string | null;
  readonly found: ReadonlyMap<MessageId, Message>;
}

function toldOf(event: TrackerEvent, { trackerId, protocol, found }: Known): ChatEvent | null {
  switch (event.type) {
    case "message":
    case "status": {
      const message = found.get(event.id);
      return message?.trackerId === trackerId ? { type: event.type, trackerId, message: asOf(message, event.state) } : null;
    }
    case "unread":
      return { type: "unread", trackerId, unread: event.unread };
    case "presence":
      return { type: "presence", trackerId, online: event.online, at: event.at, protocol };
    case "lost":
      return { type: "lost", trackerId };
  }
}

/** The message when it was in this state. What a dispatcher has read is told by the number of unread ones, so that an INCOMING one is as it is now. */
function asOf(message: Message, state: MessageState): Message {
  if (message.direction === "INCOMING" || message.state === state) return message;
  const arrived = ARRIVED.has(state);
  return {
    ...message,
    state,
    updatedAt: arrived ? message.updatedAt : null,
    receipt: arrived ? message.receipt : null,
    reason: null,
  };
}

const ARRIVED: ReadonlySet<MessageState> = new Set(["delivered", "read", "answered"]);
