/** What a conversation shows, line by line: days, the mark of what is new, messages, and texts that the server has not taken yet. */
import type { Message, MessageId } from "./message.ts";
import type { UnsentText } from "./unsent.ts";

export type Item =
  | { readonly type: "day"; readonly key: string; readonly day: string; readonly at: number }
  | { readonly type: "new"; readonly key: string }
  /** `joined`: by the same side, right after the one before. */
  | { readonly type: "message"; readonly key: string; readonly message: Message; readonly joined: boolean }
  | { readonly type: "unsent"; readonly key: string; readonly unsent: UnsentText };

export interface ItemsOptions {
  readonly messages: readonly Message[];
  readonly unsent: readonly UnsentText[];
  /** The first message below the mark of what is new. */
  readonly firstNew: MessageId | null;
  /** The calendar day of an instant in the account's zone, as a text that is equal for equal days. */
  readonly dayOf: (at: number) => string;
}

/** Messages of one side closer together than this are shown as one run. */
const RUN_MS = 5 * 60_000;

export function itemsOf({ messages, unsent, firstNew, dayOf }: ItemsOptions): readonly Item[] {
  const items: Item[] = [];
  let before: Message | null = null;
  let today = "";
  for (const message of messages) {
    const day = dayOf(message.submittedAt);
    if (day !== today) items.push({ type: "day", key: `d${day}`, day, at: message.submittedAt });
    if (message.id === firstNew) items.push({ type: "new", key: "new" });
    const joined = before !== null && day === today && message.id !== firstNew && isRun(before, message);
    items.push({ type: "message", key: `m${message.id}`, message, joined });
    before = message;
    today = day;
  }
  for (const text of unsent) items.push({ type: "unsent", key: `u${text.key}`, unsent: text });
  return items;
}

function isRun(one: Message, other: Message): boolean {
  return one.direction === other.direction && other.submittedAt - one.submittedAt < RUN_MS;
}
