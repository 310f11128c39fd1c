/** The calls that the page makes, in its own words. All reject with ApiError. */
import { call } from "./api.ts";
import type { RosterEntry } from "./model/change.ts";
import type { Message, MessageId, MessageState, TrackerId } from "./model/message.ts";
import type { Tracker } from "./model/model.ts";
import { type Position, positionOf, readAfter } from "./model/position.ts";
import {
  messageOfWire,
  rosterEntryOf,
  trackersOf,
  type WireEmployee,
  type WireMessage,
  type WireRosterEntry,
  type WireTracker,
} from "./wire.ts";

export interface User {
  readonly id: number;
  readonly login: string;
  readonly timeZone: string;
}

/** How one device takes texts, and how this text would go out; what is null is not known yet. */
export interface Capabilities {
  /** The text that the last three are about; empty: none. */
  readonly text: string;
  readonly textDown: "chat" | "console" | "none" | null;
  readonly receipt: "by-tag" | "in-order" | "none" | null;
  readonly read: boolean;
  readonly choices: boolean;
  readonly charset: string | null;
  readonly bytesPerPart: number | null;
  readonly parts: number | null;
  readonly lost: readonly string[];
  readonly sendable: boolean;
}

export interface TimelineEntry {
  readonly at: number;
  readonly state: MessageState;
  readonly node: string | null;
  readonly attempt: number | null;
  readonly reason: string | null;
  readonly frame: { readonly direction: "down" | "up"; readonly hex: string } | null;
}

export interface Outgoing {
  readonly key: string;
  readonly text: string;
  readonly choices: readonly string[];
}

/** How many messages one page of history has. */
export const PAGE = 200;
/** The API gives no more at once. */
export const LARGEST_PAGE = 1_024;
/** Recipients of one broadcast. */
export const MAX_RECIPIENTS = 300;
/** Before every message. */
const BEGINNING = "2000-01-01T00:00:00Z";

export async function signIn(login: string, password: string): Promise<string> {
  return (await call<{ hash: string }>(null, "user/auth", { login, password })).hash;
}

export async function signOut(hash: string): Promise<void> {
  await call(hash, "user/logout");
}

interface UserInfo {
  readonly id: number;
  readonly login: string;
  readonly time_zone: string;
}

export async function userInfo(hash: string): Promise<User> {
  const { value } = await call<{ value: UserInfo }>(hash, "user/get_info");
  return { id: value.id, login: value.login, timeZone: value.time_zone };
}

export async function fleet(hash: string): Promise<readonly Tracker[]> {
  const [trackers, employees] = await Promise.all([
    call<{ list: readonly WireTracker[] }>(hash, "tracker/list"),
    call<{ list: readonly WireEmployee[] }>(hash, "employee/list"),
  ]);
  return trackersOf(trackers.list, employees.list);
}

export interface Roster {
  readonly eventId: string;
  readonly at: Position;
  readonly entries: readonly RosterEntry[];
}

/** Of these trackers; null: of all that can chat. `cursor`: what is known already. */
export async function roster(hash: string, trackers: readonly TrackerId[] | null, cursor: Position): Promise<Roster> {
  const answer = await call<{ event_id: string; list: readonly WireRosterEntry[] }>(
    hash,
    "tracker/chat/roster",
    trackers === null ? {} : { trackers },
  );
  const at = readAfter(positionOf(answer.event_id) ?? cursor);
  return { eventId: answer.event_id, at, entries: answer.list.map((entry) => rosterEntryOf(entry, at)) };
}

export interface HistoryQuery {
  readonly trackerId: TrackerId;
  /** Up to this second; null: up to now. */
  readonly to: number | null;
  readonly limit: number;
  /** What is known already. */
  readonly known: Position;
}

/** The newest messages of a range, oldest first. */
export async function history(hash: string, { trackerId, to, limit, known }: HistoryQuery): Promise<readonly Message[]> {
  const until = to === null ? {} : { to: `${new Date(to).toISOString().slice(0, 19)}Z` };
  const { list } = await call<{ list: readonly WireMessage[] }>(hash, "tracker/chat/list", {
    tracker_id: trackerId,
    from: BEGINNING,
    limit,
    ascending: false,
    ...until,
  });
  return list.map((message) => messageOfWire(message, trackerId, readAfter(known))).sort((one, other) => one.id - other.id);
}

export async function send(hash: string, trackerId: TrackerId, { key, text, choices }: Outgoing): Promise<MessageId> {
  const { id } = await call<{ id: number }>(hash, "tracker/chat/send", { tracker_id: trackerId, ...wished({ key, text, choices }) });
  return id;
}

export interface BroadcastResult {
  /** Of those whose text was stored. */
  readonly messages: ReadonlyMap<TrackerId, MessageId>;
  readonly notSent: readonly TrackerId[];
}

export async function broadcast(hash: string, trackers: readonly TrackerId[], outgoing: Outgoing): Promise<BroadcastResult> {
  const answer = await call<{ not_sent_to: readonly number[]; message_ids: Readonly<Record<string, number>> }>(
    hash,
    "tracker/chat/broadcast",
    { trackers, ...wished(outgoing) },
  );
  const messages = new Map(Object.entries(answer.message_ids).map(([tracker, id]) => [Number(tracker), id]));
  return { messages, notSent: answer.not_sent_to };
}

function wished({ key, text, choices }: Outgoing): object {
  return { message: text, idempotency_key: key, ...(choices.length === 0 ? {} : { choices }) };
}

export async function markRead(hash: string, ids: readonly MessageId[]): Promise<void> {
  await call(hash, "tracker/chat/mark_read", { message_ids: ids });
}

export async function markAllRead(hash: string, trackers: readonly TrackerId[] | null): Promise<void> {
  await call(hash, "tracker/chat/mark_read_all", trackers === null ? {} : { trackers });
}

export async function cancel(hash: string, id: MessageId): Promise<void> {
  await call(hash, "tracker/chat/message/cancel", { message_id: id });
}

interface WireTimelineEntry {
  readonly time: string;
  readonly state: MessageState;
  readonly node?: string;
  readonly attempt?: number;
  readonly reason?: string;
  readonly frame?: TimelineEntry["frame"];
}

export async function timeline(hash: string, id: MessageId): Promise<readonly TimelineEntry[]> {
  const answer = await call<{ timeline: readonly WireTimelineEntry[] }>(hash, "tracker/chat/message/timeline", { message_id: id });
  return answer.timeline.map(({ time, state, node = null, attempt = null, reason = null, frame = null }) => ({
    at: Date.parse(time),
    state,
    node,
    attempt,
    reason,
    frame,
  }));
}

interface WireCapabilities {
  readonly text_down: Capabilities["textDown"];
  readonly receipt: Capabilities["receipt"];
  readonly read: boolean | null;
  readonly choices: boolean | null;
  readonly charset: string | null;
  readonly bytes_per_part: number | null;
  readonly parts?: number | null;
  readonly lost?: readonly string[] | null;
  readonly sendable?: boolean | null;
}

/** `text` empty: of the device alone. */
export async function capabilities(hash: string, trackerId: TrackerId, text: string): Promise<Capabilities> {
  const parameters = { tracker_id: trackerId, ...(text === "" ? {} : { message: text }) };
  const { value } = await call<{ value: WireCapabilities }>(hash, "tracker/chat/capabilities", parameters);
  return {
    text,
    textDown: value.text_down,
    receipt: value.receipt,
    read: value.read === true,
    choices: value.choices === true,
    charset: value.charset,
    bytesPerPart: value.bytes_per_part,
    parts: value.parts ?? null,
    lost: value.lost ?? [],
    sendable: value.sendable ?? value.text_down !== "none",
  };
}
