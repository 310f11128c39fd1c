/** A node's way to the store, on which calls are late, lost, done unheard of, or done twice. */
import type { UserId } from "../../src/chat/fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "../../src/chat/message.ts";
import {
  type Cancelled,
  type DeadLetter,
  type Draft,
  type DrainRequest,
  type Fullness,
  type ListQuery,
  type LoggedIn,
  type Login,
  type MessageStore,
  type OutboxState,
  type Owner,
  type Received,
  type Reception,
  type Removed,
  type RosterEntry,
  StoreUnavailable,
  type Submitted,
} from "../../src/chat/ports.ts";
import type { TimelineEntry } from "../../src/chat/timeline.ts";
import type { DrainResult, OpenQuestion } from "../../src/core/index.ts";
import type { Command, StoreHost } from "./store-host.ts";

/** How the network treats one call; times in milliseconds from its start. Commands of one connection never overtake each other. */
export interface Course {
  /** When the command is executed: never, once or twice. */
  readonly runs: readonly number[];
  /** How long the answer travels; null: it is lost. */
  readonly answerMs: number | null;
}

export interface Road {
  readonly node: string;
  readonly host: StoreHost;
  /** Draws what happens to the next call, and records it when it is a fault. */
  course(name: string, trackerId: number | null): Course;
  /** Inside the store's machine. */
  atStore(ms: number, run: () => void): void;
  /** Inside the node's process: later when that is stopped, never when it is gone. */
  atNode(ms: number, run: () => void): void;
}

/** A call is given up after this. */
const PATIENCE_MS = 2_000;

export class StorePort implements MessageStore {
  readonly #road: Road;

  constructor(road: Road) {
    this.#road = road;
  }

  submit(draft: Draft, underway?: () => void): Promise<Submitted> {
    const submitted = this.#call("submit", [draft.trackerId], (store) => store.submit(draft));
    underway?.();
    return submitted;
  }

  claimKey(userId: UserId, key: string, bodyDigest: string): Promise<"new" | "same" | "other"> {
    return this.#call("claimKey", [], (store) => store.claimKey(userId, key, bodyDigest));
  }

  findByKey(trackerId: TrackerId, idempotencyKey: string): Promise<MessageId | null> {
    return this.#call("findByKey", [], (store) => store.findByKey(trackerId, idempotencyKey));
  }

  cancel(trackerId: TrackerId, id: MessageId): Promise<Cancelled> {
    return this.#call("cancel", [trackerId], (store) => store.cancel(trackerId, id));
  }

  timeline(trackerId: TrackerId, id: MessageId): Promise<readonly TimelineEntry[]> {
    return this.#call("timeline", [], (store) => store.timeline(trackerId, id));
  }

  list(query: ListQuery): Promise<readonly Message[]> {
    return this.#call("list", [], (store) => store.list(query));
  }

  find(ids: readonly MessageId[]): Promise<readonly (Message | null)[]> {
    return this.#call("find", [], (store) => store.find(ids));
  }

  markRead(trackerId: TrackerId, ids: readonly MessageId[]): Promise<void> {
    return this.#call("markRead", [trackerId], (store) => store.markRead(trackerId, ids));
  }

  markAllRead(trackerIds: readonly TrackerId[]): Promise<void> {
    return this.#call("markAllRead", trackerIds, (store) => store.markAllRead(trackerIds));
  }

  lastTimes(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>> {
    return this.#call("lastTimes", [], (store) => store.lastTimes(trackerIds));
  }

  unreadCounts(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    return this.#call("unreadCounts", [], (store) => store.unreadCounts(trackerIds));
  }

  roster(trackerIds: readonly TrackerId[]): Promise<readonly RosterEntry[]> {
    return this.#call("roster", [], (store) => store.roster(trackerIds));
  }

  receive(reception: Reception): Promise<Received> {
    return this.#call("receive", [reception.trackerId], (store) => store.receive(reception));
  }

  recall(trackerId: TrackerId, tags: readonly string[]): Promise<readonly (OpenQuestion | null)[]> {
    return this.#call("recall", [trackerId], (store) => store.recall(trackerId, tags));
  }

  login(login: Login): Promise<LoggedIn> {
    return this.#call("login", [login.trackerId], async (store) => {
      const loggedIn = await store.login(login);
      this.#road.host.noteLogin(login, loggedIn);
      return loggedIn;
    });
  }

  logout(trackerId: TrackerId, epoch: number): Promise<void> {
    return this.#call("logout", [trackerId], (store) => store.logout(trackerId, epoch));
  }

  passed(trackerId: TrackerId, id: MessageId): Promise<void> {
    return this.#call("passed", [trackerId], (store) => store.passed(trackerId, id));
  }

  drain(request: DrainRequest): Promise<DrainResult> {
    return this.#call("drain", [request.trackerId], async (store) => {
      const result = await store.drain(request);
      this.#road.host.noteDrain(this.#road.node, request, result);
      return result;
    });
  }

  pending(shard: number): Promise<readonly TrackerId[]> {
    return this.#call("pending", [], (store) => store.pending(shard));
  }

  outbox(trackerId: TrackerId): Promise<OutboxState> {
    return this.#call("outbox", [], (store) => store.outbox(trackerId));
  }

  oldestWait(trackerId: TrackerId): Promise<number | null> {
    return this.#call("oldestWait", [trackerId], (store) => store.oldestWait(trackerId));
  }

  expire(trackerId: TrackerId, liveNodes: readonly string[]): Promise<number> {
    return this.#call("expire", [trackerId], (store) => store.expire(trackerId, liveNodes));
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#call("deadLetters", [], (store) => store.deadLetters(limit));
  }

  retryDeadLetter(trackerId: TrackerId, id: MessageId): Promise<boolean> {
    return this.#call("retryDeadLetter", [trackerId], (store) => store.retryDeadLetter(trackerId, id));
  }

  ages(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    return this.#call("ages", [], (store) => store.ages(trackerIds));
  }

  removeOld(trackerId: TrackerId, ageMs: number, from: MessageId): Promise<Removed> {
    return this.#call("removeOld", [trackerId], (store) => store.removeOld(trackerId, ageMs, from));
  }

  tidyIds(): Promise<boolean> {
    return this.#call("tidyIds", [], (store) => store.tidyIds());
  }

  clear(trackerId: TrackerId): Promise<void> {
    return this.#call("clear", [trackerId], (store) => store.clear(trackerId));
  }

  disown(trackerId: TrackerId): Promise<void> {
    return this.#call("disown", [trackerId], (store) => store.disown(trackerId));
  }

  erase(trackerId: TrackerId, userId?: UserId): Promise<void> {
    return this.#call("erase", [trackerId], (store) => store.erase(trackerId, userId));
  }

  forget(userId: UserId): Promise<void> {
    return this.#call("forget", [], (store) => store.forget(userId));
  }

  renewLease(node: string, ttlMs: number): Promise<"kept" | "taken"> {
    return this.#call("renewLease", [], (store) => store.renewLease(node, ttlMs));
  }

  dropLease(node: string): Promise<void> {
    return this.#call("dropLease", [], (store) => store.dropLease(node));
  }

  liveNodes(): Promise<readonly string[]> {
    return this.#call("liveNodes", [], (store) => store.liveNodes());
  }

  owners(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    return this.#call("owners", [], (store) => store.owners(trackerIds));
  }

  healthy(): Promise<boolean> {
    return this.#call("healthy", [], (store) => store.healthy());
  }

  fullness(): Promise<Fullness> {
    return this.#call("fullness", [], (store) => store.fullness());
  }

  #call<T>(name: keyof MessageStore, trackers: readonly TrackerId[], work: Command<T>["work"]): Promise<T> {
    const road = this.#road;
    const command: Command<T> = { name, node: road.node, trackers, work };
    const { runs, answerMs } = road.course(name, trackers[0] ?? null);
    const lastRun = runs.at(-1) ?? null;
    return new Promise((resolve, reject) => {
      if (lastRun === null || answerMs === null || lastRun + answerMs >= PATIENCE_MS) {
        road.atNode(PATIENCE_MS, () => reject(new StoreUnavailable("no answer in time")));
      }
      for (const at of runs) {
        road.atStore(at, () => {
          road.host.run(command).then(
            (result) => {
              if (at === lastRun && answerMs !== null) road.atNode(answerMs, () => resolve(result));
            },
            (error: Error) => road.atNode(answerMs ?? 0, () => reject(error)),
          );
        });
      }
    });
  }
}
