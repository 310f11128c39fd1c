/** Everything the page knows of the server, as plain data: what it is, and nothing of how it is shown. */
import type { Message, MessageId, Progress, TrackerId } from "./message.ts";
import { ORIGIN, type Position } from "./position.ts";

/** What the fleet says of a tracker; changes rarely. */
export interface Tracker {
  readonly id: TrackerId;
  readonly label: string;
  /** The employee assigned to it; empty: nobody. */
  readonly driver: string;
  readonly group: number;
  readonly model: string | null;
  readonly deviceId: string;
  /** All of these words, as a search compares them. */
  readonly searched: string;
}

/** Without case and accents. */
export function folded(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();
}

export interface Presence {
  readonly online: boolean;
  readonly since: number | null;
  readonly protocol: string | null;
  readonly at: Position;
}

/** What the roster shows of a tracker. */
export interface Row {
  readonly presence: Presence;
  readonly unread: { readonly count: number; readonly at: Position };
  /** Everything up to here was read by somebody of the account. */
  readonly readUpTo: Position;
  /** Texts that wait for the device; as of the last roster. */
  readonly pending: number;
  readonly last: Message | null;
}

/** The newest part of a tracker's messages, without gaps once it is loaded. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly loaded: boolean;
  /** There is nothing older. */
  readonly complete: boolean;
}

export interface Model {
  /** The newest event, or the position of the first roster. */
  readonly cursor: Position;
  /** All trackers that can chat are here; before, that nothing is here says nothing. */
  readonly loaded: boolean;
  readonly trackers: ReadonlyMap<TrackerId, Tracker>;
  readonly rows: ReadonlyMap<TrackerId, Row>;
  /** The most recently opened last. */
  readonly conversations: ReadonlyMap<TrackerId, Conversation>;
  /** Progress of messages that are not here (yet): a list that is being fetched may hold them. */
  readonly floating: ReadonlyMap<MessageId, Progress>;
  /** Recipients' messages of broadcasts, whose conversations need not be here. */
  readonly watched: ReadonlyMap<MessageId, Progress>;
}

export const EMPTY: Model = {
  cursor: ORIGIN,
  loaded: false,
  trackers: new Map(),
  rows: new Map(),
  conversations: new Map(),
  floating: new Map(),
  watched: new Map(),
};

export const BLANK_ROW: Row = {
  presence: { online: false, since: null, protocol: null, at: ORIGIN },
  unread: { count: 0, at: ORIGIN },
  readUpTo: ORIGIN,
  pending: 0,
  last: null,
};

/** Bounds of what is remembered; beyond them the oldest goes. */
export const REMEMBERED = { conversations: 8, floating: 4_000 } as const;
