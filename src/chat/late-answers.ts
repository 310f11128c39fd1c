/** Answers to orders that an earlier line brought: only the store knows which messages those were. */
import type { DeviceText } from "../core/session-io.ts";
import type { TrackerId } from "./message.ts";
import type { MessageStore } from "./ports.ts";

/** The same texts, each late answer with its message and the words of its choice. Throws StoreUnavailable. */
export async function linkLate(
  store: Pick<MessageStore, "recall">,
  trackerId: TrackerId,
  texts: readonly DeviceText[],
): Promise<readonly DeviceText[]> {
  const tags = texts.flatMap(({ late }) => (late === undefined ? [] : [late.tag]));
  if (tags.length === 0) return texts;
  const recalled = await store.recall(trackerId, tags);
  return texts.map(({ late, ...text }) => {
    const order = late === undefined ? null : (recalled[tags.indexOf(late.tag)] ?? null);
    if (late === undefined || order === null) return text;
    const words = late.choice === null ? undefined : order.choices[late.choice];
    return { ...text, text: words ?? text.text, answers: { messageId: order.messageId, choice: late.choice } };
  });
}
