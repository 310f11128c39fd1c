/** What the reference store knows of the names that parts have on the wire. */
import type { Message } from "../chat/message.ts";
import { REMEMBERED_TAGS } from "../chat/ports.ts";
import type { OpenQuestion, WireTag } from "../core/session-io.ts";
import { type TrackerState, visible } from "./memory-tracker.ts";

/** Names are used again after a while: the newest counts. */
export function keepTags(tracker: TrackerState, tags: readonly WireTag[] = []): void {
  tracker.tags = [...tracker.tags, ...tags].slice(-REMEMBERED_TAGS);
}

/** The message that this name last stood for, if it is the present owner's; `whole`: a read of that part means all of it. */
export function messageOf(tracker: TrackerState, tag: string): { readonly message: Message; readonly whole: boolean } | null {
  const named = tracker.tags.findLast((one) => one.tag === tag);
  const message = named === undefined ? undefined : visible(tracker, named.id);
  return named === undefined || message?.direction !== "OUTGOING" ? null : { message, whole: named.whole };
}

export function recall(tracker: TrackerState, tag: string): OpenQuestion | null {
  const message = messageOf(tracker, tag)?.message;
  return message === undefined ? null : { messageId: message.id, choices: message.choices ?? [] };
}
