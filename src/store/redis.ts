/** The store on Redis: each change of a tracker is one Lua script (lua/), atomic and safe to send twice. */
import { randomBytes } from "node:crypto";
import type { UserId } from "../chat/fleet.ts";
import type { Instant, Message, MessageId, TrackerId } from "../chat/message.ts";
import {
  type Cancelled,
  type DeadLetter,
  type Draft,
  type DrainRequest,
  type Fullness,
  IDEMPOTENCY_MS,
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
  type Submitted,
} from "../chat/ports.ts";
import type { TimelineEntry } from "../chat/timeline.ts";
import type { DrainResult, OpenQuestion } from "../core/session-io.ts";
import type { RedisConnection } from "./connection.ts";
import { IdTaker } from "./id-taker.ts";
import { HEALTH, headKey, LEASES, pendingKey, scriptKeys, shardOf } from "./keys.ts";
import type { NodeEvents } from "./node-events.ts";
import { PendingMarks } from "./pending-marks.ts";
import { claimKey, forgetAccount } from "./redis-account.ts";
import { deadLetters } from "./redis-dead.ts";
import { drain } from "./redis-drain.ts";
import { fullness } from "./redis-fullness.ts";
import { unpackSpeech } from "./redis-message.ts";
import { reach } from "./redis-reach.ts";
import { find, lastTimes, list, roster, unreadCounts } from "./redis-read.ts";
import { RedisRemoval } from "./redis-removal.ts";
import { asArray, asBytes, asNumber, asText, ownerOf, type Reply } from "./redis-reply.ts";
import { type ScriptArgument, type ScriptName, Scripts } from "./redis-scripts.ts";
import { unpackTimeline } from "./redis-timeline.ts";
import { keyDigest, receive, retryDeadLetter, submit } from "./redis-write.ts";

/** Messages marked as read by one call of the script: below a millisecond of Redis each. */
const MARKED_AT_ONCE = 1_000;
const HEALTH_MS = 60_000;

export class RedisStore implements MessageStore {
  readonly #connection: RedisConnection;
  readonly #scripts: Scripts;
  readonly #events: NodeEvents | null;
  readonly #removal: RedisRemoval;
  readonly #ids: IdTaker;
  readonly #marks: PendingMarks;
  readonly #instance = randomBytes(8);
  #calls = 0;

  /**
   * `connection`: of role `requests`; whoever opened it closes it. `events`: told of what is written; without it
   * events are written all the same, and wait for a node that has one. `replicas`: so many must have what is acknowledged.
   */
  constructor(connection: RedisConnection, events: NodeEvents | null = null, replicas = 0) {
    this.#connection = connection;
    this.#events = events;
    this.#scripts = new Scripts(connection, { told: (told) => events?.told(told), replicas });
    this.#ids = new IdTaker(this.#scripts, { ahead: !connection.isCluster && replicas === 0, mark: this.#instance });
    this.#marks = new PendingMarks(this.#scripts);
    this.#removal = new RedisRemoval(connection, this.#scripts);
  }

  submit(draft: Draft, underway: () => void = () => undefined): Promise<Submitted> {
    const means = { ids: this.#ids, marks: this.#marks, underway };
    return this.#change(draft.trackerId, (named) => submit(this.#scripts, draft, { ...means, named }));
  }

  claimKey(userId: UserId, key: string, bodyDigest: string): Promise<"new" | "same" | "other"> {
    return reach(claimKey(this.#scripts, { userId, key }, bodyDigest));
  }

  async findByKey(trackerId: TrackerId, key: string): Promise<MessageId | null> {
    return asNumber(await this.#run("find-key", trackerId, [keyDigest(key), IDEMPOTENCY_MS])) || null;
  }

  async cancel(trackerId: TrackerId, id: MessageId): Promise<Cancelled> {
    const [code, node, epoch] = asArray(await this.#runChange("cancel", trackerId, [id]));
    return code === 1 ? { type: "cancelled", owner: ownerOf(node, epoch) } : { type: "not-pending" };
  }

  async timeline(trackerId: TrackerId, id: MessageId): Promise<readonly TimelineEntry[]> {
    const reply = await this.#run("timeline", trackerId, [id]);
    return reply === null ? [] : unpackTimeline(trackerId, id, asArray(reply));
  }

  list(query: ListQuery): Promise<readonly Message[]> {
    return reach(list(this.#scripts, query));
  }

  find(ids: readonly MessageId[]): Promise<readonly (Message | null)[]> {
    return reach(find(this.#connection, this.#scripts, ids));
  }

  async markRead(trackerId: TrackerId, ids: readonly MessageId[]): Promise<void> {
    for (let at = 0; at < ids.length; at += MARKED_AT_ONCE) {
      await this.#runChange("mark-read", trackerId, ids.slice(at, at + MARKED_AT_ONCE));
    }
  }

  async markAllRead(trackerIds: readonly TrackerId[]): Promise<void> {
    await Promise.all(trackerIds.map((tracker) => this.#markAllRead(tracker)));
  }

  lastTimes(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Instant>> {
    return reach(lastTimes(this.#connection, trackerIds));
  }

  unreadCounts(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    return reach(unreadCounts(this.#connection, trackerIds));
  }

  roster(trackerIds: readonly TrackerId[]): Promise<readonly RosterEntry[]> {
    return reach(roster(this.#scripts, trackerIds, this.liveNodes()));
  }

  receive(reception: Reception): Promise<Received> {
    const nonce = this.#nonce();
    return this.#change(reception.trackerId, (named) => receive(this.#scripts, reception, { nonce, named, ids: this.#ids }));
  }

  async recall(trackerId: TrackerId, tags: readonly string[]): Promise<readonly (OpenQuestion | null)[]> {
    const found = asArray(await this.#run("recall", trackerId, tags));
    return tags.map((_, place) => openQuestion(found[place] ?? null));
  }

  async login(login: Login): Promise<LoggedIn> {
    const reply = asArray(await this.#runChange("login", login.trackerId, [this.#nonce(), login.node, login.protocol]));
    const [epoch, proven, closings, since, node, previousEpoch, ...asked] = reply;
    this.#events?.pin(login.trackerId, asNumber(epoch));
    const sinceClosingMs = asNumber(since) < 0 ? null : asNumber(since);
    const question = asked.length === 0 ? {} : { question: openQuestion(asked) };
    return {
      epoch: asNumber(epoch),
      standing: { proven: proven === 1, closings: asNumber(closings), sinceClosingMs, ...question },
      previous: ownerOf(node, previousEpoch),
    };
  }

  async logout(trackerId: TrackerId, epoch: number): Promise<void> {
    await this.#runChange("logout", trackerId, [epoch]);
    this.#events?.unpin(trackerId, epoch);
  }

  async passed(trackerId: TrackerId, id: MessageId): Promise<void> {
    await this.#run("passed", trackerId, [id]);
  }

  drain(request: DrainRequest): Promise<DrainResult> {
    const nonce = (): string => this.#nonce().toString("hex");
    return this.#change(request.trackerId, async (named) => {
      await named;
      return await drain(this.#scripts, request, nonce);
    });
  }

  async pending(shard: number): Promise<readonly TrackerId[]> {
    return (await reach(this.#connection.zrange(pendingKey(shard), "0", "-1"))).map(Number);
  }

  outbox(trackerId: TrackerId): Promise<OutboxState> {
    return reach(this.#outbox(trackerId));
  }

  async oldestWait(trackerId: TrackerId): Promise<number | null> {
    const ms = asNumber(await this.#run("oldest-wait", trackerId, []));
    return ms < 0 ? null : ms;
  }

  async expire(trackerId: TrackerId, liveNodes: readonly string[]): Promise<number> {
    const [expired, left] = asArray(await this.#runChange("expire", trackerId, liveNodes));
    if (left === 0) await this.outbox(trackerId);
    return asNumber(expired);
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return reach(deadLetters(this.#connection, this.#scripts, limit));
  }

  retryDeadLetter(trackerId: TrackerId, id: MessageId): Promise<boolean> {
    return this.#change(trackerId, (named) => retryDeadLetter(this.#scripts, { trackerId, id }, { marks: this.#marks, named }));
  }

  ages(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, number>> {
    return reach(this.#removal.ages(trackerIds));
  }

  async removeOld(trackerId: TrackerId, ageMs: number, from: MessageId): Promise<Removed> {
    const reply = await this.#runChange("remove-old", trackerId, [ageMs, from]);
    return await reach(this.#removal.removed(trackerId, reply));
  }

  tidyIds(): Promise<boolean> {
    return reach(this.#removal.tidyIds((ids) => find(this.#connection, this.#scripts, ids)));
  }

  disown(trackerId: TrackerId): Promise<void> {
    return reach(this.#removal.disown(trackerId));
  }

  async clear(trackerId: TrackerId): Promise<void> {
    const dead = await this.#runChange("clear", trackerId, []);
    await reach(this.#removal.forgetDead(trackerId, dead));
    await this.#removal.purge(trackerId);
  }

  erase(trackerId: TrackerId, userId?: UserId): Promise<void> {
    return this.#removal.erase(trackerId, userId);
  }

  forget(userId: UserId): Promise<void> {
    return reach(forgetAccount(this.#connection, userId));
  }

  async renewLease(node: string, ttlMs: number): Promise<"kept" | "taken"> {
    return (await reach(this.#scripts.run("renew-lease", [LEASES], [node, ttlMs]))) === 1 ? "kept" : "taken";
  }

  async dropLease(node: string): Promise<void> {
    await reach(this.#connection.zrem(LEASES, node));
  }

  async liveNodes(): Promise<readonly string[]> {
    return asArray(await reach(this.#scripts.run("live-nodes", [LEASES], []))).map(asText);
  }

  async owners(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const heads = trackerIds.map((tracker) => reach(this.#connection.hmget(headKey(tracker), "n", "e")));
    const [live, ...known] = await Promise.all([this.liveNodes(), ...heads]);
    const owners = new Map<TrackerId, Owner>();
    for (const [at, tracker] of trackerIds.entries()) {
      const [node, epoch] = known[at] ?? [];
      if (typeof node === "string" && live.includes(node)) owners.set(tracker, { node, epoch: Number(epoch) });
    }
    return owners;
  }

  async healthy(): Promise<boolean> {
    try {
      await reach(this.#connection.set(HEALTH, "1", "PX", HEALTH_MS));
      return true;
    } catch {
      return false;
    }
  }

  fullness(): Promise<Fullness> {
    return reach(fullness(this.#connection));
  }

  #run(name: ScriptName, trackerId: TrackerId, args: readonly ScriptArgument[]): Promise<Reply> {
    return reach(this.#scripts.run(name, scriptKeys(trackerId), args));
  }

  #runChange(name: ScriptName, trackerId: TrackerId, args: readonly ScriptArgument[]): Promise<Reply> {
    return this.#change(trackerId, async (named) => {
      await named;
      return await this.#scripts.run(name, scriptKeys(trackerId), args);
    });
  }

  /** `named` settles once this node is known to answer for the tracker's events: nothing of it may change before. */
  async #change<T>(trackerId: TrackerId, work: (named: Promise<void>) => Promise<T>): Promise<T> {
    const named = this.#events?.touch(trackerId) ?? Promise.resolve();
    // Not every work waits for it.
    named.catch(() => undefined);
    try {
      return await reach(work(named));
    } catch (error) {
      this.#events?.suspect(trackerId);
      throw error;
    }
  }

  /** Up to the message that was the last when the call began: what arrives meanwhile stays unread. */
  async #markAllRead(trackerId: TrackerId): Promise<void> {
    let bound = 0;
    for (let more = 1; more === 1; ) {
      const [next, left] = asArray(await this.#runChange("mark-all-read", trackerId, [bound, MARKED_AT_ONCE]));
      bound = asNumber(next);
      more = asNumber(left);
    }
  }

  async #outbox(trackerId: TrackerId): Promise<OutboxState> {
    const shard = pendingKey(shardOf(trackerId));
    const mark = await this.#connection.zscore(shard, String(trackerId));
    const [bytes, ...ids] = asArray(await this.#scripts.run("outbox", scriptKeys(trackerId), [mark ?? 0]));
    if (ids.length === 0 && mark !== null) await this.#scripts.run("unmark-pending", [shard], [trackerId, mark]);
    return { ids: ids.map(asNumber), bytes: asNumber(bytes) };
  }

  /** Unique to one call on this store: a call that reaches Redis twice is recognised by it. */
  #nonce(): Buffer {
    this.#calls = (this.#calls + 1) >>> 0;
    const nonce = Buffer.alloc(12, this.#instance);
    nonce.writeUInt32BE(this.#calls, 8);
    return nonce;
  }
}

/** A message's id and packed value as an order that a driver may answer; null: there is none. */
function openQuestion(found: Reply): OpenQuestion | null {
  if (found === null) return null;
  const [id, value] = asArray(found);
  return { messageId: asNumber(id), choices: unpackSpeech(asBytes(value)).choices ?? [] };
}
