/**
 * The place where the scripts of the store run: one at a time, in virtual time, each watched. What every script does to
 * messages is read back through the store's own ports, so that the checker needs no access to its insides.
 */
import type { EventRun, EventStore, TrackerEvent } from "../../src/chat/events.ts";
import type { Direction, Message } from "../../src/chat/message.ts";
import { type DrainRequest, type ListQuery, type LoggedIn, type MessageStore, StoreUnavailable } from "../../src/chat/ports.ts";
import type { DrainResult } from "../../src/core/index.ts";
import type { History } from "./history.ts";

/** One command on its way to the store; the client library may bring it twice. */
export interface Command<T> {
  readonly name: keyof MessageStore;
  readonly node: string;
  readonly trackers: readonly number[];
  readonly work: (store: MessageStore) => Promise<T>;
  /** What the first execution gave. */
  first?: { readonly result: T };
}

export interface HostOptions {
  readonly store: MessageStore;
  readonly history: History;
  readonly now: () => number;
  /** Off in a broken variant: a command that comes twice is simply done twice. */
  readonly idempotent: boolean;
  readonly events: Pick<EventStore, "waiting" | "settle">;
  /** What of these events is told. */
  readonly tells: (events: readonly TrackerEvent[]) => readonly TrackerEvent[];
}

/** No store holds more of one tracker in a run. */
const ALL = 1_000_000;

export class StoreHost {
  readonly store: MessageStore;
  up = true;
  readonly #options: HostOptions;
  readonly #known = new Map<number, Message>();
  /** The last command of its kind that a tracker's script remembers by its nonce. */
  readonly #last = new Map<string, unknown>();
  readonly #latest = new Map<string, number>();
  readonly #tags = new Map<number, Set<number>>();
  /** By tracker the number of the next event that was not heard. */
  readonly #heard = new Map<number, number>();

  constructor(options: HostOptions) {
    this.#options = options;
    this.store = options.store;
  }

  /** Whether a tag was given to a text of this tracker. */
  ownsTag(trackerId: number, tag: number): boolean {
    return this.#tags.get(trackerId)?.has(tag) === true;
  }

  /** The last message of this tracker in a direction. */
  latestOf(trackerId: number, direction: Direction): number | null {
    return this.#latest.get(`${trackerId} ${direction}`) ?? null;
  }

  /** What is there before the run is nobody's doing. */
  async ignore(trackerId: number): Promise<void> {
    for (const message of await this.store.list(all(trackerId))) this.#known.set(message.id, message);
    await this.#hear(trackerId);
  }

  /** Runs a command now. Rejects with StoreUnavailable while the store is down. */
  async run<T>(command: Command<T>): Promise<T> {
    if (!this.up) throw new StoreUnavailable("the store is down");
    const known = this.#repeated(command);
    if (known !== null) return known.result;
    const result = await command.work(this.store);
    command.first ??= { result };
    if (!isStale(result)) this.#last.set(keyOf(command), command);
    for (const trackerId of command.trackers) {
      await this.#observe(trackerId, command.name);
      await this.#tell(trackerId);
    }
    return result;
  }

  async #tell(trackerId: number): Promise<void> {
    const { history, tells } = this.#options;
    const run = await this.#hear(trackerId);
    if (run !== null) history.add({ op: "told", trackerId, first: run.first, events: tells(run.events) });
  }

  async #hear(trackerId: number): Promise<EventRun | null> {
    const { events } = this.#options;
    const run = await events.waiting(trackerId);
    if (run === null) return null;
    // Another command's events may be heard at the same time.
    const first = Math.max(run.first, this.#heard.get(trackerId) ?? 0);
    const end = run.first + run.events.length;
    this.#heard.set(trackerId, Math.max(first, end));
    await events.settle(trackerId, end - 1);
    return first < end ? { trackerId, first, events: run.events.slice(first - run.first) } : null;
  }

  /** What changed since the last look. */
  async #observe(trackerId: number, cause: string): Promise<void> {
    const { history, now } = this.#options;
    const messages = await this.store.list(all(trackerId));
    let unread = 0;
    for (const message of messages) {
      if (message.state === "unread") unread += 1;
      const before = this.#known.get(message.id) ?? null;
      if (before !== null && same(before, message)) continue;
      this.#known.set(message.id, message);
      this.#latest.set(`${trackerId} ${message.direction}`, message.id);
      history.add({ op: "message", cause, message, before, storeNow: now() });
    }
    if (cause !== "receive" && cause !== "markRead" && cause !== "markAllRead") return;
    const counts = await this.store.unreadCounts([trackerId]);
    history.add({ op: "unread", trackerId, count: counts.get(trackerId) ?? 0, listed: unread });
  }

  /** As the scripts do: a message id is stored once, `receive` and `login` know the last nonce of their tracker. */
  #repeated<T>(command: Command<T>): { readonly result: T } | null {
    if (command.first === undefined || !this.#options.idempotent) return null;
    if (command.name === "submit") return command.first;
    const remembers = command.name === "receive" || command.name === "login";
    return remembers && this.#last.get(keyOf(command)) === command ? command.first : null;
  }

  noteLogin(login: { readonly trackerId: number; readonly node: string }, { epoch }: LoggedIn): void {
    this.#options.history.add({ op: "login", trackerId: login.trackerId, epoch, node: login.node });
  }

  noteDrain(node: string, request: DrainRequest, result: DrainResult): void {
    if (result.type !== "drained" || result.texts.length === 0) return;
    const { trackerId, epoch } = request;
    const tags = this.#tags.get(trackerId) ?? new Set();
    this.#tags.set(trackerId, tags);
    for (const { tag, text } of result.texts) for (let at = 0; at < text.length; at += 1) tags.add(tag + at);
    this.#options.history.add({ op: "claimed", trackerId, epoch, node, texts: result.texts, storeNow: this.#options.now() });
  }
}

/** A reception that was refused leaves no trace, not even its nonce. */
function isStale(result: unknown): boolean {
  return typeof result === "object" && result !== null && "stale" in result;
}

function all(trackerId: number): ListQuery {
  return { trackerId, from: null, to: null, limit: ALL, ascending: true };
}

function keyOf(command: Command<unknown>): string {
  return `${command.name} ${command.trackers.join()}`;
}

function same(one: Message, other: Message): boolean {
  return (
    one === other ||
    (one.state === other.state &&
      one.updatedAt === other.updatedAt &&
      one.submittedAt === other.submittedAt &&
      one.text === other.text &&
      one.receipt === other.receipt)
  );
}
