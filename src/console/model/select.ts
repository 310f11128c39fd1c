/** Views of the model: which rows, in which order, and what is still unread. */
import { type Message, type MessageId, messageOf, type TrackerId } from "./message.ts";
import { folded, type Model, type Row, type Tracker } from "./model.ts";
import { isOlder } from "./position.ts";

export interface RosterFilter {
  /** Words that a row must have: in its label, its driver, its model or its device id. */
  readonly search: string;
  readonly show: "all" | "unread" | "online";
  /** Null: of every group. */
  readonly group: number | null;
}

/** Nothing is looked for. */
export const UNFILTERED: RosterFilter = { search: "", show: "all", group: null };

export interface Entry {
  readonly tracker: Tracker;
  readonly row: Row;
}

/** Rows that the filter lets through: unread ones first, then those with the newest message, then by label. */
export function entriesOf({ trackers, rows }: Pick<Model, "trackers" | "rows">, filter: RosterFilter): readonly Entry[] {
  const words = folded(filter.search).split(/\s+/u).filter(Boolean);
  const entries: Entry[] = [];
  for (const [id, tracker] of trackers) {
    // Without a row it is a tracker that cannot chat.
    const row = rows.get(id);
    if (row !== undefined && isShown(row, filter) && isInGroup(tracker, filter) && hasWords(tracker, words)) entries.push({ tracker, row });
  }
  return entries.sort(compareEntries);
}

/** The account's groups, ascending; none when all trackers are in one. */
export function groupsOf({ trackers }: Pick<Model, "trackers">): readonly number[] {
  const groups = new Set([...trackers.values()].map(({ group }) => group));
  return groups.size < 2 ? [] : [...groups].sort((one, other) => one - other);
}

export function unreadTotal({ trackers, rows }: Pick<Model, "trackers" | "rows">): number {
  let total = 0;
  for (const id of trackers.keys()) total += rows.get(id)?.unread.count ?? 0;
  return total;
}

/** Texts of the driver that nobody of the account has read, of those that are loaded. */
export function unreadIds(messages: readonly Message[], row: Row): readonly MessageId[] {
  return messages.filter((message) => isUnread(message, row)).map(({ id }) => id);
}

/** The row below (`step` 1) or above (-1) the current one that has something unread, around the end. */
export function nextUnread(entries: readonly Entry[], current: TrackerId | null, step: 1 | -1): TrackerId | null {
  const start = entries.findIndex(({ tracker }) => tracker.id === current);
  for (let distance = 1; distance <= entries.length; distance += 1) {
    const from = start < 0 && step < 0 ? 0 : start;
    const entry = entries[(from + step * distance + 2 * entries.length) % entries.length];
    if (entry !== undefined && entry.row.unread.count > 0 && entry.tracker.id !== current) return entry.tracker.id;
  }
  return null;
}

/** The loaded message of this id, whoever's it is. */
export function findMessage({ conversations }: Pick<Model, "conversations">, id: MessageId): Message | null {
  for (const { messages } of conversations.values()) {
    const message = messageOf(messages, id);
    if (message !== undefined) return message;
  }
  return null;
}

function isUnread({ direction, progress }: Message, { readUpTo }: Row): boolean {
  return direction === "INCOMING" && progress.state === "unread" && !isOlder(progress.at, readUpTo);
}

function isShown({ presence, unread }: Row, { show }: RosterFilter): boolean {
  if (show === "unread") return unread.count > 0;
  return show === "all" || presence.online;
}

function isInGroup({ group }: Tracker, filter: RosterFilter): boolean {
  return filter.group === null || filter.group === group;
}

function hasWords({ searched }: Tracker, words: readonly string[]): boolean {
  return words.every((word) => searched.includes(word));
}

function compareEntries(one: Entry, other: Entry): number {
  const unread = Number(other.row.unread.count > 0) - Number(one.row.unread.count > 0);
  if (unread !== 0) return unread;
  const newest = (other.row.last?.id ?? 0) - (one.row.last?.id ?? 0);
  return newest === 0 ? COLLATOR.compare(one.tracker.label, other.tracker.label) || one.tracker.id - other.tracker.id : newest;
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true });
