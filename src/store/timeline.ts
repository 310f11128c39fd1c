/** What both stores make of a timeline's entries, and what they count as a text's bytes. */
import type { Message, MessageState } from "../chat/message.ts";
import type { StateEntry, TimelineEntry } from "../chat/timeline.ts";

/** Frames of a message stop being kept when its entries have this many bytes, states at twice as many (lua/parts/timeline.lua). */
export const FRAMES_BYTES = 8_192;
/** A packed state beside its node and reason, a packed frame beside its bytes. */
export const STATE_OVERHEAD = 11;
export const FRAME_OVERHEAD = 9;

/**
 * The entries in order of time, behind the one that every message begins with. Of a message whose entries are forgotten
 * the delivery is known from the message itself.
 */
export function wholeTimeline(message: Message, entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const first = state(message.submittedAt, message.direction === "OUTGOING" ? "queued" : "unread");
  if (entries.length === 0 && message.updatedAt !== null) return [first, state(message.updatedAt, "delivered")];
  return [first, ...[...entries].sort((one, other) => one.at - other.at)];
}

/** Bytes that an outbox counts for a text: with its choices as a device without questions of its own gets them ("\n1. yes"). */
export function outboxBytes(text: string, choices: readonly string[] | null | undefined): number {
  const lines = (choices ?? []).map((choice, place) => `\n${place + 1}. ${choice}`);
  return Buffer.byteLength([text, ...lines].join(""));
}

function state(at: number, name: MessageState): StateEntry {
  return { type: "state", at, state: name, node: null, attempt: null, reason: null };
}
