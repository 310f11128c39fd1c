/** A message of the chat and the life it leads inside; outside `state` folds to PENDING or DELIVERED. */

/** Signed 32-bit, increasing, unique over the installation. */
export type MessageId = number;
/** Signed 32-bit. */
export type TrackerId = number;
/** Milliseconds since 1970-01-01 UTC, by the store's clock. */
export type Instant = number;

export type Direction = "INCOMING" | "OUTGOING";
export type Status = "PENDING" | "DELIVERED";

/** OUTGOING: where the text is. INCOMING: `unread` or `marked-read` (read by a dispatcher). The order is stored: only ever append. */
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

export interface Message {
  readonly id: MessageId;
  readonly trackerId: TrackerId;
  readonly direction: Direction;
  readonly state: MessageState;
  readonly text: string;
  readonly submittedAt: Instant;
  /** When the device acknowledged it; set once. Null for INCOMING. */
  readonly updatedAt: Instant | null;
  readonly employeeId: number | null;
  /** Some characters went out as '?'. */
  readonly altered: boolean;
  /** What vouches for `delivered`: the device's own receipt, or (opt-in) the order of TCP bytes. */
  readonly receipt: "device" | "implied" | null;
  /** Of `rejected`: the device's or the encoder's words. Of `cancelled`: by which message it was replaced. */
  readonly reason: string | null;
  /** Of an INCOMING text: the OUTGOING message it answers. */
  readonly answers: MessageId | null;
  /** Of a question: what its driver may choose from; absent: it is none. */
  readonly choices?: readonly string[];
}

/** The documented two values. */
export function statusOf(message: Pick<Message, "state">): Status {
  return DELIVERED_STATES.has(message.state) ? "DELIVERED" : "PENDING";
}

/** An OUTGOING text in one of these has left the outbox for good (a genuine late receipt may still deliver some). */
export function isSettled(state: MessageState): boolean {
  return state !== "queued" && state !== "written";
}

const DELIVERED_STATES: ReadonlySet<MessageState> = new Set(["delivered", "read", "answered", "marked-read"]);
