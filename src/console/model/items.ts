/** What a conversation shows, line by line: days, the mark of what is new, messages, and texts that the server has not taken yet. */
import type { Message, MessageId } from "./message.ts";
import type { UnsentText } from "./unsent.ts";

export type Item =
  | { readonly type: "day"; readonly key: string; readonly day: string; readonly at: number }
  | { readonly type: "new"; readonly key: string }
  /** `joined`: the next one is by the same side, right after it. What comes before a message changes nothing of how it is shown. */
  | { readonly type: "message"; readonly key: string; readonly message: Message; readonly joined: boolean }
  | { readonly type: "unsent"; readonly key: string; readonly unsent: UnsentText };

export interface ItemsOptions {
  readonly messages: readonly Message[];
  /** Nothing is before the first of them. */
  readonly complete: boolean;
  readonly unsent: readonly UnsentText[];
  /** The first message below the mark of what is new. */
  readonly firstNew: MessageId | null;
  /** The calendar day of an instant in the account's zone, as a text that is equal for equal days. */
  readonly dayOf: (at: number) => string;
}

/** Messages of one side closer together than this are shown as one run. */
const RUN_MS = 5 * 60_000;

export function itemsOf({ messages, complete, unsent, firstNew, dayOf }: ItemsOptions): readonly Item[] {
  const items: Item[] = [];
  const days = messages.map(({ submittedAt }) => dayOf(submittedAt));
  messages.forEach((message, index) => {
    const day = days[index] ?? "";
    const after = messages[index + 1];
    // The first day here may have begun before what is here: its line would move when that comes, and what one reads with it.
    if (index === 0 ? complete : day !== days[index - 1]) items.push({ type: "day", key: `d${day}`, day, at: message.submittedAt });
    if (message.id === firstNew) items.push({ type: "new", key: "new" });
    const joined = after !== undefined && days[index + 1] === day && after.id !== firstNew && isRun(message, after);
    items.push({ type: "message", key: `m${message.id}`, message, joined });
  });
  for (const text of unsent) items.push({ type: "unsent", key: `u${text.key}`, unsent: text });
  return items;
}

function isRun(one: Message, other: Message): boolean {
  return one.direction === other.direction && other.submittedAt - one.submittedAt < RUN_MS;
}
