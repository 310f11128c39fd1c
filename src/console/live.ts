/** The one owner of the live connection: brings the page up to date, follows the stream, and comes back when it is lost. */
import { ApiError } from "./api.ts";
import { fleet, roster } from "./calls.ts";
import type { Change, StreamEvent } from "./model/change.ts";
import { ORIGIN, positionOf } from "./model/position.ts";
import { apply, connection, model, type Session } from "./state.ts";
import { follow, type RawEvent } from "./stream.ts";
import { eventOf } from "./wire.ts";

export interface LiveEvents {
  /** Connected, and what was missed is on its way. */
  live(): void;
  /** These happened just now; the model has them already. */
  heard(events: readonly StreamEvent[]): void;
  /** What was loaded may have gaps: the model dropped it. */
  reset(): void;
  /** The session is over. */
  ended(): void;
}

/** Waits between attempts; a random part keeps pages from coming back all at once. */
const BACKOFF = { firstMs: 1_000, mostMs: 15_000, jitter: 0.3 };

export class Live {
  readonly #session: Session;
  readonly #events: LiveEvents;
  readonly #stopped = new AbortController();
  #lastEventId = "";
  #failures = 0;
  #wake: () => void = () => undefined;

  constructor(session: Session, events: LiveEvents) {
    this.#session = session;
    this.#events = events;
  }

  /** Runs until it is stopped or the session ends. */
  async run(): Promise<void> {
    const wake = (): void => this.retryNow();
    addEventListener("online", wake);
    while (!this.#stopped.signal.aborted) {
      connection.value = { type: "connecting" };
      const ended = await this.#attempt();
      if (ended) return removeEventListener("online", wake);
      await this.#pause();
    }
    removeEventListener("online", wake);
  }

  /** Waits no longer. */
  retryNow(): void {
    this.#wake();
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake();
  }

  /** True: there is nothing more to try. */
  async #attempt(): Promise<boolean> {
    const { hash } = this.#session;
    try {
      if (this.#lastEventId === "") await this.#refresh();
      await follow(hash, this.#lastEventId, { opened: () => this.#opened(), heard: (events) => this.#heard(events) }, this.#stopped.signal);
      return false;
    } catch (error) {
      if (this.#stopped.signal.aborted) return true;
      if (!(error instanceof ApiError)) throw error;
      if (!error.isSignedOut) return false;
      this.#events.ended();
      return true;
    }
  }

  /** Everything that the left pane shows; the stream is followed from where this stands. */
  async #refresh(): Promise<void> {
    const { hash } = this.#session;
    const [trackers, { eventId, at, entries }] = await Promise.all([fleet(hash), roster(hash, null, model.value.cursor)]);
    apply([
      { type: "fleet", trackers },
      { type: "roster", at, entries, isWhole: true },
    ]);
    if (this.#lastEventId === "") this.#lastEventId = eventId;
  }

  #opened(): void {
    // A process that was killed tells nobody that its devices are gone: after a loss the roster is read again.
    const missed = this.#failures > 0;
    this.#failures = 0;
    connection.value = { type: "live" };
    this.#events.live();
    if (missed) this.#refreshAside();
  }

  /** A failure is the stream's too, which tries again. */
  #refreshAside(): void {
    this.#refresh().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  #heard(raw: readonly RawEvent[]): void {
    const changes: Change[] = [];
    const events: StreamEvent[] = [];
    let isReset = false;
    for (const { type, id, data } of raw) {
      if (id !== "") this.#lastEventId = id;
      if (type === "reset") {
        isReset = true;
        changes.push({ type: "reset", at: positionOf(id) ?? ORIGIN });
      }
      const event = eventOf(type, id, data);
      if (event === null) continue;
      events.push(event);
      changes.push(event);
    }
    if (changes.length === 0) return;
    apply(changes);
    this.#events.heard(events);
    if (!isReset) return;
    this.#events.reset();
    this.#refreshAside();
  }

  async #pause(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const wait = Math.min(BACKOFF.firstMs * 2 ** this.#failures, BACKOFF.mostMs) * (1 + BACKOFF.jitter * Math.random());
    this.#failures += 1;
    connection.value = { type: "waiting", until: Date.now() + wait };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
