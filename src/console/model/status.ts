/** How a message's progress is told: one place decides, so that words, shape and colour always agree. */
import type { Message, Progress } from "./message.ts";

export type StatusIcon = "clock" | "tick" | "ticks" | "eye" | "reply" | "cross" | "question" | "withdrawn";

export interface Status {
  readonly icon: StatusIcon;
  /** The key of its words. */
  readonly words: `state.${StatusName}`;
  readonly tone: "waiting" | "done" | "doubtful" | "failed";
  /** The time that belongs to the words: nothing tells when a driver read. */
  readonly at: number | null;
}

export type StatusName =
  | "queued"
  | "queuedOffline"
  | "written"
  | "delivered"
  | "read"
  | "answered"
  | "rejected"
  | "unconfirmed"
  | "expired"
  | "cancelled"
  | "deadLettered";

/** Of an OUTGOING message; `online`: its device is connected now. */
export function statusOf({ state, updatedAt }: Pick<Progress, "state" | "updatedAt">, online: boolean): Status {
  switch (state) {
    case "queued":
      return { icon: "clock", words: online ? "state.queued" : "state.queuedOffline", tone: "waiting", at: null };
    case "written":
      return { icon: "tick", words: "state.written", tone: "waiting", at: null };
    case "delivered":
      return { icon: "ticks", words: "state.delivered", tone: "done", at: updatedAt };
    case "read":
      return { icon: "eye", words: "state.read", tone: "done", at: null };
    case "answered":
      return { icon: "reply", words: "state.answered", tone: "done", at: null };
    case "rejected":
      return { icon: "cross", words: "state.rejected", tone: "failed", at: null };
    case "expired":
      return { icon: "cross", words: "state.expired", tone: "failed", at: null };
    case "dead-lettered":
      return { icon: "cross", words: "state.deadLettered", tone: "failed", at: null };
    case "cancelled":
      return { icon: "withdrawn", words: "state.cancelled", tone: "doubtful", at: null };
    case "unconfirmed":
      return { icon: "question", words: "state.unconfirmed", tone: "doubtful", at: null };
    case "unread":
    case "marked-read":
      // Of an INCOMING message, which has nothing to wait for.
      return { icon: "ticks", words: "state.read", tone: "done", at: null };
  }
}

/** Why it is not delivered, in one sentence; null: it is. */
export type WhyNot = "offline" | "turn" | "receipt" | "rejected" | "unconfirmed" | "expired" | "cancelled" | "deadLettered";

export function whyNot({ direction, progress: { state } }: Pick<Message, "direction" | "progress">, online: boolean): WhyNot | null {
  if (direction === "INCOMING") return null;
  switch (state) {
    case "queued":
      return online ? "turn" : "offline";
    case "written":
      return online ? "receipt" : "offline";
    case "dead-lettered":
      return "deadLettered";
    case "rejected":
    case "unconfirmed":
    case "expired":
    case "cancelled":
      return state;
    default:
      return null;
  }
}
