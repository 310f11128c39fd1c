/** Where a broadcast stands: for each recipient one message that counts, or why there is none. */
import type { Recipient, Round } from "./broadcast.ts";
import { isSettled, type Message, type MessageId, type TrackerId } from "./message.ts";

export interface Standing {
  readonly trackerId: TrackerId;
  /** `unknown`: nobody can tell any more, or not yet, whether there is a message, or what became of it. */
  readonly type: "delivered" | "pending" | "failed" | "cancelled" | "not-sent" | "unknown";
  readonly messageId: MessageId | null;
  /** Null: there is none, or it is not kept any more. */
  readonly message: Message | null;
  /** Times that it was given its text. */
  readonly rounds: number;
  readonly reason: string | null;
}

export type StandingType = Standing["type"];
/** Of several messages the one that arrived counts, else one that still may, else the last. */
export function standingOf({ trackerId, rounds }: Recipient, found: ReadonlyMap<MessageId, Message>): Standing {
  const messages = rounds.flatMap(({ messageId }) => {
    const message = messageId === null ? undefined : found.get(messageId);
    return message?.trackerId === trackerId ? [message] : [];
  });
  const last = rounds.at(-1);
  const own = { trackerId, rounds: rounds.length };
  const arrived = messages.find(({ state }) => ARRIVED.has(state)) ?? messages.find(({ state }) => !isSettled(state));
  if (arrived !== undefined) return { ...own, ...told(arrived) };
  if (last === undefined || last.messageId === null) return { ...own, ...untold(last), messageId: null, message: null };
  const kept = messages.find(({ id }) => id === last.messageId);
  if (kept === undefined) return { ...own, type: "unknown", messageId: last.messageId, message: null, reason: NOT_KEPT };
  return { ...own, ...told(kept) };
}

/** How many recipients stand how. */
export function tally(standings: readonly Standing[]): Readonly<Record<StandingType, number>> {
  const counts = { delivered: 0, pending: 0, failed: 0, cancelled: 0, "not-sent": 0, unknown: 0 };
  for (const { type } of standings) counts[type] += 1;
  return counts;
}

const ARRIVED: ReadonlySet<Message["state"]> = new Set(["delivered", "read", "answered"]);
const NOT_KEPT = "the message is not kept any more";

function told(message: Message): Pick<Standing, "type" | "messageId" | "message" | "reason"> {
  return { type: typeOf(message), messageId: message.id, message, reason: message.reason };
}

function typeOf({ state }: Message): StandingType {
  if (ARRIVED.has(state)) return "delivered";
  if (state === "cancelled") return "cancelled";
  return isSettled(state) ? "failed" : "pending";
}

function untold(round: Round | undefined): Pick<Standing, "type" | "reason"> {
  switch (round?.result) {
    case "full":
      return { type: "not-sent", reason: "its outbox was full" };
    case "textless":
      return { type: "not-sent", reason: "its device cannot take texts" };
    case "unstored":
      return { type: "not-sent", reason: "the store could not be reached" };
    default:
      return { type: "unknown", reason: "the store could not be reached: it is not known whether the text was stored" };
  }
}
