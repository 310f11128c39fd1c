/** The truth behind the model's tests: a server with a few trackers, its events, and its answers at any moment. */
import type { Change, StreamEvent } from "../../src/console/model/change.ts";
import type { Message, MessageState } from "../../src/console/model/message.ts";
import { type Position, readAfter } from "../../src/console/model/position.ts";

export const TRACKERS: readonly number[] = [1, 2];
/** Small, so that histories have several pages. */
const PAGE = 4;

interface PlayedTracker {
  online: boolean;
  readonly unread: Set<number>;
  readonly messages: Message[];
}

/** Where a text may go from each state; it may be queued again, and a late receipt delivers what was given up. */
const NEXT: Readonly<Partial<Record<MessageState, readonly MessageState[]>>> = {
  queued: ["written", "expired", "cancelled", "rejected"],
  written: ["delivered", "queued", "unconfirmed", "dead-lettered"],
  delivered: ["read", "answered"],
  read: ["answered"],
  expired: ["delivered"],
  cancelled: ["delivered"],
  "dead-lettered": ["queued", "delivered"],
};

export class PlayedServer {
  readonly events: StreamEvent[] = [];
  readonly #trackers = new Map<number, PlayedTracker>(TRACKERS.map((id) => [id, { online: false, unread: new Set(), messages: [] }]));
  #lastId = 0;

  tracker(id: number): PlayedTracker {
    const tracker = this.#trackers.get(id);
    if (tracker === undefined) throw new Error(`no tracker ${id}`);
    return tracker;
  }

  message(id: number): Message | undefined {
    return [...this.#trackers.values()].flatMap(({ messages }) => messages).find((message) => message.id === id);
  }

  appear(trackerId: number, online: boolean): void {
    this.tracker(trackerId).online = online;
    this.events.push({ type: "presence", at: this.#next(), trackerId, online, since: null, protocol: null });
  }

  write(trackerId: number, direction: Message["direction"]): Message {
    this.#lastId += 1;
    const at = this.#next();
    const state = direction === "INCOMING" ? "unread" : "queued";
    const message: Message = {
      id: this.#lastId,
      trackerId,
      direction,
      text: `text ${this.#lastId}`,
      submittedAt: this.#lastId * 1_000,
      choices: [],
      answers: null,
      progress: { state, updatedAt: null, reason: null, receipt: null, altered: false, at },
    };
    const { messages, unread } = this.tracker(trackerId);
    messages.push(message);
    this.events.push({ type: "message", at, message });
    if (direction === "INCOMING") {
      unread.add(message.id);
      this.#count(trackerId);
    }
    return message;
  }

  /** Some OUTGOING text takes a step that is possible. */
  proceed(pick: number): void {
    const all = [...this.#trackers.values()].flatMap((tracker) => tracker.messages);
    const moving = all.filter((text) => NEXT[text.progress.state] !== undefined);
    const message = moving[pick % Math.max(1, moving.length)];
    const choices = message === undefined ? [] : (NEXT[message.progress.state] ?? []);
    const state = choices[pick % Math.max(1, choices.length)];
    if (message === undefined || state === undefined) return;
    const at = this.#next();
    const progress = { ...message.progress, state, updatedAt: state === "delivered" ? at.n : message.progress.updatedAt, at };
    const { messages } = this.tracker(message.trackerId);
    messages[messages.indexOf(message)] = { ...message, progress };
    this.events.push({ type: "status", at, trackerId: message.trackerId, id: message.id, progress });
  }

  readAll(trackerId: number): void {
    const { unread, messages } = this.tracker(trackerId);
    if (unread.size === 0) return;
    unread.clear();
    for (const [index, message] of messages.entries()) {
      if (message.direction === "INCOMING") messages[index] = { ...message, progress: { ...message.progress, state: "marked-read" } };
    }
    this.#count(trackerId);
  }

  /** As answered now; its position is that of the newest event. */
  roster(): Change {
    const at = readAfter(this.#now());
    const entries = TRACKERS.map((trackerId) => {
      const { online, unread, messages } = this.tracker(trackerId);
      const last = messages.at(-1);
      const read = last === undefined ? null : { ...last, progress: { ...last.progress, at } };
      return { trackerId, online, since: null, protocol: null, unread: unread.size, pending: 0, last: read };
    });
    return { type: "roster", at, entries, isWhole: true };
  }

  /** The newest messages before this one (null: of all), as answered now to a client that asked at this position. */
  page(trackerId: number, before: number | null, at: Position): Change {
    const older = this.tracker(trackerId).messages.filter(({ id }) => before === null || id <= before);
    const messages = older.slice(-PAGE).map((message) => ({ ...message, progress: { ...message.progress, at } }));
    return { type: "page", trackerId, messages, complete: older.length <= PAGE };
  }

  #count(trackerId: number): void {
    this.events.push({ type: "unread", at: this.#next(), trackerId, count: this.tracker(trackerId).unread.size });
  }

  #now(): Position {
    return { ms: 1, n: this.events.length, read: 0 };
  }

  #next(): Position {
    return { ms: 1, n: this.events.length + 1, read: 0 };
  }
}
