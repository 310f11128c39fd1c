/** All that the server said and all that is on its way to it, as signals; views only read them. */
import { computed, signal } from "@preact/signals";
import type { Capabilities, TimelineEntry, User } from "./calls.ts";
import type { Change } from "./model/change.ts";
import type { Message, MessageId, TrackerId } from "./model/message.ts";
import { BLANK_ROW, EMPTY, type Model, type Row } from "./model/model.ts";
import { reduce } from "./model/reduce.ts";
import { type Entry, entriesOf, groupsOf, type RosterFilter, unreadTotal } from "./model/select.ts";
import { type Times, timesIn } from "./model/times.ts";
import type { UnsentText } from "./model/unsent.ts";
import { prefs } from "./prefs.ts";

export interface Session {
  readonly hash: string;
  readonly user: User;
}

export type Connection =
  | { readonly type: "connecting" }
  | { readonly type: "live" }
  /** Lost, and tried again at this time. */
  | { readonly type: "waiting"; readonly until: number };

/** A text sent to several trackers from this page. */
export interface Broadcast {
  readonly key: string;
  readonly text: string;
  readonly sentAt: number;
  readonly recipients: readonly { readonly trackerId: TrackerId; readonly messageId: MessageId | null }[];
}

/** The life of one message, as asked for. */
export interface ShownTimeline {
  readonly message: Message;
  /** Null: on its way. */
  readonly entries: readonly TimelineEntry[] | "failed" | null;
}

/** What is being written to several; one key is for one text to one set of recipients. */
export interface BroadcastDraft {
  readonly key: string;
  readonly chosen: ReadonlySet<TrackerId>;
  readonly text: string;
}

export type StartState = "starting" | "signed-out" | "ready";

export const start = signal<StartState>("starting");
export const session = signal<Session | null>(null);
/** A call was answered that there is no session any more. */
export const isRefused = signal(false);
export const model = signal<Model>(EMPTY);
export const connection = signal<Connection>({ type: "connecting" });
export const unsent = signal<readonly UnsentText[]>([]);
export const broadcasts = signal<readonly Broadcast[]>([]);
/** Null: nothing is begun. */
export const broadcastDraft = signal<BroadcastDraft | null>(null);
export const shownTimeline = signal<ShownTimeline | null>(null);
/** Words that are looked for in the open conversation, and the message that is shown; null: nothing is. */
export const finding = signal<{ readonly words: string; readonly at: MessageId | null } | null>(null);
export const filter = signal<RosterFilter>({ search: "", show: "all", group: null });
/** Unsent words by tracker. */
export const drafts = signal<ReadonlyMap<TrackerId, string>>(new Map());
/** What the devices can do, as far as it was asked. */
export const deviceCapabilities = signal<ReadonlyMap<TrackerId, Capabilities>>(new Map());
/** Something that a person should know now, in words. */
export const notice = signal<string | null>(null);
/** Which dialog covers the page. */
export const dialog = signal<"settings" | "help" | null>(null);

/** How each language writes dates. */
const LOCALES = { en: "en-GB", ru: "ru" } as const;

export const entries = computed<readonly Entry[]>(() => entriesOf(model.value, filter.value));
export const groups = computed<readonly number[]>(() => groupsOf(model.value));
export const unread = computed<number>(() => unreadTotal(model.value));
export const times = computed<Times>(() => timesIn(session.value?.user.timeZone ?? "UTC", LOCALES[prefs.value.language]));

/** The one way to change the model. */
export function apply(changes: readonly Change[]): void {
  model.value = reduce(model.value, changes);
}

export function rowOf(trackerId: TrackerId): Row {
  return model.value.rows.get(trackerId) ?? BLANK_ROW;
}
