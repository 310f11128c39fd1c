/** Taking a text back: in the store, and from the line that may have it on its way. */
import type { MessageId, TrackerId } from "./message.ts";
import type { MessageStore, Outbox } from "./ports.ts";

export interface Withdrawing {
  readonly store: Pick<MessageStore, "cancel">;
  readonly outbox: Outbox;
  /** A line was not told that its text was withdrawn: it learns of it when it next asks the store. */
  readonly onHintFailed: (error: unknown, trackerId: TrackerId) => void;
}

/** `withdrawn` also when it was withdrawn before. May throw StoreUnavailable. */
export async function withdraw(
  { store, outbox, onHintFailed }: Withdrawing,
  trackerId: TrackerId,
  id: MessageId,
): Promise<"withdrawn" | "not-pending"> {
  const cancelled = await store.cancel(trackerId, id);
  if (cancelled.type === "not-pending") return "not-pending";
  // Not waited for: the text is withdrawn, whenever its line hears of it.
  if (cancelled.owner !== null)
    outbox.hint(trackerId, cancelled.owner, "withdrawal").catch((error: unknown) => onHintFailed(error, trackerId));
  return "withdrawn";
}
