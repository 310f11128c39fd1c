/** A message as the page knows it: what never changes, and how far it has come. */
import { isOlder, type Position } from "./position.ts";

export type MessageId = number;
export type TrackerId = number;
/** Milliseconds since 1970-01-01 UTC. */
export type Instant = number;

/** In the API's words; of an INCOMING message the last two. */
export const MESSAGE_STATES = [
  "queued",
  "written",
  "delivered",
  "read",
  "answered",
  "rejected",
  "unconfirmed",
  "expired",
  "cancelled",
  "dead-lettered",
  "unread",
  "marked-read",
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** The part of a message that changes. */
export interface Progress {
  readonly state: MessageState;
  /** When the device acknowledged it. */
  readonly updatedAt: Instant | null;
  readonly reason: string | null;
  readonly receipt: "device" | "implied" | null;
  /** Some characters went out as '?'. */
  readonly altered: boolean;
  /** Where this was known. */
  readonly at: Position;
}

export interface Message {
  readonly id: MessageId;
  readonly trackerId: TrackerId;
  readonly direction: "INCOMING" | "OUTGOING";
  readonly text: string;
  readonly submittedAt: Instant;
  /** Of a question: what the driver may choose from. */
  readonly choices: readonly string[];
  /** Of an INCOMING text: the message it answers. */
  readonly answers: MessageId | null;
  readonly progress: Progress;
}

/** Not delivered, and it still may be without anybody's help. */
export function isPending({ progress: { state } }: Pick<Message, "progress">): boolean {
  return state === "queued" || state === "written";
}

/** The device acknowledged it. */
export function isDelivered({ state }: Pick<Progress, "state">): boolean {
  return state === "delivered" || state === "read" || state === "answered";
}

/** The newer of what is known and what was heard; a dispatcher's reading of a text is never taken back. */
export function newerProgress(known: Progress, heard: Progress): Progress {
  if (known.state === "marked-read" && heard.state === "unread") return known;
  if (heard.state === "marked-read" && known.state === "unread") return heard;
  return isOlder(heard.at, known.at) ? known : heard;
}

/** One message from two sources. */
export function mergeMessages(known: Message, heard: Message): Message {
  const progress = newerProgress(known.progress, heard.progress);
  return progress === known.progress ? known : { ...known, progress };
}

/** `list` ascends by id, and so does the result; a message that is in both is merged. */
export function mergeLists(list: readonly Message[], more: readonly Message[]): readonly Message[] {
  const [newest, first] = [list.at(-1), more[0]];
  if (newest === undefined || first === undefined) return newest === undefined ? more : list;
  if (newest.id < first.id) return [...list, ...more];
  const merged = new Map(list.map((message) => [message.id, message]));
  for (const message of more) {
    const known = merged.get(message.id);
    merged.set(message.id, known === undefined ? message : mergeMessages(known, message));
  }
  return [...merged.values()].sort((one, other) => one.id - other.id);
}

/** Where a message is, or would be. */
export function indexOfId(list: readonly Message[], id: MessageId): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The message of this id in a list that ascends by id. */
export function messageOf(list: readonly Message[], id: MessageId): Message | undefined {
  const found = list[indexOfId(list, id)];
  return found?.id === id ? found : undefined;
}
