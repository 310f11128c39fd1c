/**
 * The one place where the model changes. Every change may come twice, late, or be overtaken by the answer to a call: each datum has
 * the position where it was known, and the newer one stays.
 */
import type { Change, RosterEntry } from "./change.ts";
import { indexOfId, type Message, type MessageId, mergeLists, mergeMessages, messageOf, newerProgress, type Progress } from "./message.ts";
import { BLANK_ROW, type Conversation, EMPTY, type Model, REMEMBERED, type Row } from "./model.ts";
import { isOlder, later, ORIGIN } from "./position.ts";

/** The model after these changes, in this order. Parts that did not change are the same objects. */
export function reduce(model: Model, changes: readonly Change[]): Model {
  const draft = new Draft(model);
  for (const change of changes) apply(draft, change);
  return draft.finished();
}

/** Copies each map of the model at its first write. */
class Draft {
  #model: Model;
  readonly #copied = new Set<keyof Model>();

  constructor(model: Model) {
    this.#model = model;
  }

  get model(): Model {
    return this.#model;
  }

  set(part: Partial<Model>): void {
    this.#model = { ...this.#model, ...part };
  }

  map<K extends Exclude<keyof Model, "cursor" | "loaded">>(
    name: K,
  ): Model[K] extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : never {
    if (!this.#copied.has(name)) {
      this.#copied.add(name);
      this.set({ [name]: new Map(this.#model[name] as ReadonlyMap<unknown, unknown>) });
    }
    return this.#model[name] as never;
  }

  finished(): Model {
    return this.#model;
  }
}

function apply(draft: Draft, change: Change): void {
  switch (change.type) {
    case "message":
      pass(draft, change);
      return arrive(draft, change.message);
    case "status":
      pass(draft, change);
      return proceed(draft, change);
    case "unread":
      pass(draft, change);
      return count(draft, change);
    case "presence":
      pass(draft, change);
      return appear(draft, change);
    case "fleet":
      return draft.set({ trackers: new Map(change.trackers.map((tracker) => [tracker.id, tracker])) });
    case "roster":
      pass(draft, change);
      for (const entry of change.entries) enter(draft, entry, change);
      if (!change.isWhole) return;
      dropOthers(draft, change);
      return draft.set({ loaded: true });
    case "open":
      return open(draft, change.trackerId);
    case "page":
      return turn(draft, change);
    case "follow":
      return follow(draft, change);
    case "marked-read":
      return markRead(draft, change);
    case "reset":
      return reset(draft, change);
  }
}

function pass(draft: Draft, { at }: { readonly at: Model["cursor"] }): void {
  const event = { ...at, read: 0 } as const;
  if (isOlder(draft.model.cursor, event)) draft.set({ cursor: event });
}

type Of<Type extends Change["type"]> = Extract<Change, { readonly type: Type }>;

function rowOf(draft: Draft, trackerId: number): Row {
  return draft.model.rows.get(trackerId) ?? BLANK_ROW;
}

function setRow(draft: Draft, trackerId: number, part: Partial<Row>): void {
  draft.map("rows").set(trackerId, { ...rowOf(draft, trackerId), ...part });
}

function arrive(draft: Draft, heard: Message): void {
  const message = patched(draft, heard);
  const { last } = rowOf(draft, message.trackerId);
  setRow(draft, message.trackerId, { last: newerLast(last, message) });
  witness(draft, message.id, message.progress);
  const conversation = draft.model.conversations.get(message.trackerId);
  if (conversation === undefined || isBeforeLoaded(conversation, message.id)) return;
  setMessages(draft, message.trackerId, conversation, mergeLists(conversation.messages, [message]));
}

/** An old event, seen again: older messages come as pages, without gaps. */
function isBeforeLoaded({ loaded, complete, messages }: Conversation, id: MessageId): boolean {
  return loaded && !complete && id < (messages[0]?.id ?? 0);
}

function setMessages(draft: Draft, trackerId: number, conversation: Conversation, messages: readonly Message[]): void {
  draft.map("conversations").set(trackerId, { ...conversation, messages });
}

function newerLast(last: Message | null, message: Message): Message {
  if (last === null || last.id < message.id) return message;
  return last.id === message.id ? mergeMessages(last, message) : last;
}

/** With what was heard of it before it came. */
function patched(draft: Draft, message: Message): Message {
  const heard = draft.model.floating.get(message.id);
  return heard === undefined ? message : { ...message, progress: newerProgress(message.progress, heard) };
}

function proceed(draft: Draft, { trackerId, id, progress }: Of<"status">): void {
  const { last } = rowOf(draft, trackerId);
  if (last?.id === id) setRow(draft, trackerId, { last: { ...last, progress: newerProgress(last.progress, progress) } });
  witness(draft, id, progress);
  const conversation = draft.model.conversations.get(trackerId);
  const known = conversation && messageOf(conversation.messages, id);
  if (conversation === undefined || known === undefined) return float(draft, id, progress);
  const newer = newerProgress(known.progress, progress);
  if (newer === known.progress) return;
  setMessages(
    draft,
    trackerId,
    conversation,
    conversation.messages.with(indexOfId(conversation.messages, id), { ...known, progress: newer }),
  );
}

function float(draft: Draft, id: MessageId, progress: Progress): void {
  const known = draft.model.floating.get(id);
  const floating = draft.map("floating");
  floating.delete(id);
  floating.set(id, known === undefined ? progress : newerProgress(known, progress));
  for (const oldest of floating.keys()) {
    if (floating.size <= REMEMBERED.floating) break;
    floating.delete(oldest);
  }
}

function witness(draft: Draft, id: MessageId, progress: Progress): void {
  const known = draft.model.watched.get(id);
  if (known !== undefined) draft.map("watched").set(id, newerProgress(known, progress));
}

function count(draft: Draft, { trackerId, count: unread, at }: Of<"unread">): void {
  const row = rowOf(draft, trackerId);
  const readUpTo = unread === 0 ? later(row.readUpTo, at) : row.readUpTo;
  setRow(draft, trackerId, { unread: isOlder(at, row.unread.at) ? row.unread : { count: unread, at }, readUpTo });
}

function appear(draft: Draft, { trackerId, online, since, protocol, at }: Of<"presence">): void {
  const { presence } = rowOf(draft, trackerId);
  if (!isOlder(at, presence.at)) setRow(draft, trackerId, { presence: { online, since, protocol, at } });
}

function enter(draft: Draft, entry: RosterEntry, { at }: Of<"roster">): void {
  const { trackerId, online, since, protocol, unread, pending, last } = entry;
  const row = rowOf(draft, trackerId);
  if (last !== null) witness(draft, last.id, last.progress);
  setRow(draft, trackerId, {
    presence: isOlder(at, row.presence.at) ? row.presence : { online, since, protocol, at },
    unread: isOlder(at, row.unread.at) ? row.unread : { count: unread, at },
    readUpTo: unread === 0 ? later(row.readUpTo, at) : row.readUpTo,
    pending,
    last: last === null ? row.last : newerLast(row.last, patched(draft, last)),
  });
}

/** Trackers that cannot chat any more; not those that were first heard of after the roster was read. */
function dropOthers(draft: Draft, { entries, at }: Of<"roster">): void {
  const listed = new Set(entries.map(({ trackerId }) => trackerId));
  for (const [id, { presence, unread }] of draft.model.rows) {
    if (!listed.has(id) && isOlder(presence.at, at) && isOlder(unread.at, at)) draft.map("rows").delete(id);
  }
}

function open(draft: Draft, trackerId: number): void {
  const conversations = draft.map("conversations");
  const known = conversations.get(trackerId) ?? { messages: [], loaded: false, complete: false };
  conversations.delete(trackerId);
  conversations.set(trackerId, known);
  for (const oldest of conversations.keys()) {
    if (conversations.size <= REMEMBERED.conversations) break;
    conversations.delete(oldest);
  }
}

function turn(draft: Draft, { trackerId, messages, complete }: Of<"page">): void {
  const conversation = draft.model.conversations.get(trackerId);
  // Meanwhile forgotten: it is asked for again when somebody opens it.
  if (conversation === undefined) return;
  const page = messages.map((message) => patched(draft, message));
  const oldest = page[0]?.id ?? 0;
  // Only the first page says from where on nothing is missing.
  const known = conversation.loaded ? conversation.messages : conversation.messages.filter(({ id }) => id >= oldest);
  draft.map("conversations").set(trackerId, {
    messages: mergeLists(known, page),
    loaded: true,
    complete: conversation.complete || complete,
  });
}

function follow(draft: Draft, { ids, at }: Of<"follow">): void {
  const watched = draft.map("watched");
  for (const id of ids) {
    const queued: Progress = { state: "queued", updatedAt: null, reason: null, receipt: null, altered: false, at };
    const heard = draft.model.floating.get(id) ?? progressHere(draft.model, id);
    watched.set(id, heard === undefined ? queued : newerProgress(queued, heard));
  }
}

function progressHere({ conversations }: Model, id: MessageId): Progress | undefined {
  for (const { messages } of conversations.values()) {
    const message = messageOf(messages, id);
    if (message !== undefined) return message.progress;
  }
  return undefined;
}

function markRead(draft: Draft, { trackerId, ids, at }: Of<"marked-read">): void {
  const conversation = draft.model.conversations.get(trackerId);
  if (conversation === undefined) return;
  const read = new Set(ids);
  const messages = conversation.messages.map((message) =>
    read.has(message.id) && message.progress.state === "unread"
      ? { ...message, progress: { ...message.progress, state: "marked-read" as const, at } }
      : message,
  );
  setMessages(draft, trackerId, conversation, messages);
}

function reset(draft: Draft, { at }: Of<"reset">): void {
  const { loaded, trackers, rows, watched } = draft.model;
  const unplaced = [...watched].map(([id, progress]) => [id, { ...progress, at: ORIGIN }] as const);
  const kept = [...rows].map(([id, row]) => [id, withoutPositions(row)] as const);
  draft.set({ ...EMPTY, cursor: { ...at, read: 0 }, loaded, trackers, rows: new Map(kept), watched: new Map(unplaced) });
}

/** Still shown until the next roster comes, which replaces it. */
function withoutPositions(row: Row): Row {
  const { presence, unread, pending } = row;
  return { presence: { ...presence, at: ORIGIN }, unread: { ...unread, at: ORIGIN }, readUpTo: ORIGIN, pending, last: null };
}
