/** The one owner of the live connection: brings the page up to date, follows the stream, and comes back when it is lost. */
import { ApiError } from "./api.ts";
import { fleet, roster } from "./calls.ts";
import { failureOf } from "./failure.ts";
import type { Change, StreamEvent } from "./model/change.ts";
import type { MessageId } from "./model/message.ts";
import { ORIGIN, positionOf } from "./model/position.ts";
import { apply, type Connection, connection, model, type Session } from "./state.ts";
import { follow, type RawEvent } from "./stream.ts";
import { type TabMessage, Tabs } from "./tabs.ts";
import { eventOf } from "./wire.ts";

export interface LiveEvents {
  /** Connected, and what was missed is on its way. */
  live(): void;
  /** These happened just now; the model has them already. `leads`: of the browser's tabs this one calls the dispatcher. Gives the texts looked at. */
  heard(events: readonly StreamEvent[], leads: boolean): readonly MessageId[];
  /** Another tab shows these texts to the dispatcher. */
  seen(ids: readonly MessageId[]): void;
  /** What was loaded may have gaps: the model dropped it. */
  reset(): void;
  /** The session is over. */
  ended(): void;
}

/** Waits between attempts; a random part keeps pages from coming back all at once. */
const BACKOFF = { firstMs: 1_000, mostMs: 15_000, jitter: 0.3 };
/** Between readings of fleet and roster beside the stream: no event tells of a name, a driver, or a tracker that is new or gone. */
const REFRESH = { everyMs: 5 * 60_000, afterFailureMs: 5_000, afterDoubtMs: 1_000 };

export class Live {
  readonly #session: Session;
  readonly #events: LiveEvents;
  readonly #tabs: Tabs;
  readonly #stopped = new AbortController();
  #lastEventId = "";
  #failures = 0;
  #nextRefresh: ReturnType<typeof setTimeout> | null = null;
  #wake: () => void = () => undefined;

  constructor(session: Session, events: LiveEvents) {
    this.#session = session;
    this.#events = events;
    this.#tabs = new Tabs(`user-${session.user.id}`, (message) => this.#told(message));
  }

  /** Runs until it is stopped or the session ends. */
  async run(): Promise<void> {
    const wake = (): void => this.retryNow();
    addEventListener("online", wake);
    await this.#tabs.lead(() => this.#lead(), this.#stopped.signal);
    removeEventListener("online", wake);
    this.#tabs.close();
  }

  /** Waits no longer. */
  retryNow(): void {
    if (this.#tabs.leads) this.#wake();
    else this.#tabs.tell({ type: "retry" });
  }

  /** What is known of the fleet turned out to be old. */
  doubtFleet(): void {
    this.#refreshIn(REFRESH.afterDoubtMs);
  }

  stop(): void {
    this.#stopped.abort();
    this.#refreshNoMore();
    this.#wake();
  }

  async #lead(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#show({ type: "connecting" });
      if (await this.#attempt()) return;
      await this.#pause();
    }
  }

  /** True: there is nothing more to try. */
  async #attempt(): Promise<boolean> {
    const { hash } = this.#session;
    try {
      if (this.#lastEventId === "") await this.#refresh();
      const listener = { opened: () => this.#opened(), heard: (events: readonly RawEvent[]) => this.#relay(events) };
      await follow(hash, this.#lastEventId, listener, this.#stopped.signal);
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
    if (this.#stopped.signal.aborted) return;
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
    this.#show({ type: "live" });
    if (missed) void this.#refreshAside();
    else if (this.#nextRefresh === null) this.#refreshIn(REFRESH.everyMs);
  }

  #relay(events: readonly RawEvent[]): void {
    this.#tabs.tell({ type: "events", events });
    this.#heard(events);
  }

  /** From the tab that leads, or from one that does not. */
  #told(message: TabMessage): void {
    switch (message.type) {
      case "events":
        return this.#heard(message.events);
      case "seen":
        return this.#events.seen(message.ids);
      case "connection":
        return this.#follow(message.connection);
      case "who":
        if (this.#tabs.leads) this.#tabs.tell({ type: "connection", connection: connection.value });
        return;
      case "retry":
        return this.#wake();
    }
  }

  /** What the leading tab lost, this one lost as well: it reads the roster when that tab does. */
  #follow(state: Connection): void {
    const isBack = state.type === "live" && connection.value.type !== "live";
    this.#become(state);
    if (isBack) void this.#refreshAside();
  }

  #show(state: Connection): void {
    this.#tabs.tell({ type: "connection", connection: state });
    this.#become(state);
  }

  #become(state: Connection): void {
    connection.value = state;
    if (state.type === "live") this.#events.live();
  }

  /** Until it succeeds: a stream that goes on, or is another tab's, says nothing of what is missing here. */
  async #refreshAside(): Promise<void> {
    this.#refreshNoMore();
    let againMs = REFRESH.everyMs;
    try {
      await this.#refresh();
    } catch (error) {
      againMs = failureOf(error).retryMs ?? REFRESH.afterFailureMs;
    }
    // What was wished for meanwhile comes first.
    if (this.#nextRefresh === null) this.#refreshIn(againMs);
  }

  #refreshIn(ms: number): void {
    this.#refreshNoMore();
    if (this.#stopped.signal.aborted) return;
    this.#nextRefresh = setTimeout(() => void this.#refreshAside(), ms * (1 + BACKOFF.jitter * Math.random()));
  }

  #refreshNoMore(): void {
    if (this.#nextRefresh !== null) clearTimeout(this.#nextRefresh);
    this.#nextRefresh = null;
  }

  #heard(raw: readonly RawEvent[]): void {
    const changes: Change[] = [];
    const events: StreamEvent[] = [];
    let isReset = false;
    for (const { type, id, data } of raw) {
      this.#lastEventId = id;
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
    const ids = this.#events.heard(events, this.#tabs.leads);
    if (ids.length > 0) this.#tabs.tell({ type: "seen", ids });
    if (!isReset) return;
    this.#events.reset();
    void this.#refreshAside();
  }

  async #pause(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const wait = Math.min(BACKOFF.firstMs * 2 ** this.#failures, BACKOFF.mostMs) * (1 + BACKOFF.jitter * Math.random());
    this.#failures += 1;
    this.#show({ type: "waiting", until: Date.now() + wait });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
