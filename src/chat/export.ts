/** An account's chats, all of them, a page at a time: however much there is, one page is in memory. */
import type { Tracker } from "./fleet.ts";
import type { Instant, Message } from "./message.ts";
import type { MessageStore } from "./ports.ts";

/** Messages of one page. */
const PAGE = 128;

export interface ExportRange {
  /** Inclusive; null: no bound. */
  readonly from: Instant | null;
  readonly to: Instant | null;
}

export interface ExportedPage {
  readonly tracker: Tracker;
  readonly messages: readonly Message[];
}

/** Tracker by tracker, oldest message first. What comes while it is read may or may not be in it; nothing is in it twice. */
export async function* exportChats(
  store: Pick<MessageStore, "list">,
  trackers: readonly Tracker[],
  range: ExportRange,
): AsyncGenerator<ExportedPage, void, undefined> {
  for (const tracker of trackers) {
    for (let after = 0, more = true; more; ) {
      const messages = await store.list({ trackerId: tracker.id, ...range, limit: PAGE, ascending: true, after });
      if (messages.length > 0) yield { tracker, messages };
      after = messages.at(-1)?.id ?? after;
      more = messages.length === PAGE;
    }
  }
}
