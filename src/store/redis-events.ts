/** The events' store on Redis: they wait in their tracker's slot, and come together in their account's stream. */
import {
  ENTRY_EVENTS,
  type EventId,
  type EventRun,
  type EventStore,
  LISTEN_MS,
  type Relayed,
  STREAM_ENTRIES,
  STREAM_MS,
  type StreamEntry,
  type StreamPlace,
  type Written,
} from "../chat/events.ts";
import type { UserId } from "../chat/fleet.ts";
import type { TrackerId } from "../chat/message.ts";
import type { Owner } from "../chat/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { packEvents, unpackEvents } from "./event-codec.ts";
import { EVENT_NODES, EVENT_NUDGES, EVENT_WAKES, eventKeys, headKey, nodeTrackersKey, scriptKeys, streamKeys } from "./keys.ts";
import type { NodeEvents } from "./node-events.ts";
import { reach } from "./redis-reach.ts";
import { asArray, asBytes, asNumber, asText, type Reply } from "./redis-reply.ts";
import { type ScriptArgument, Scripts } from "./redis-scripts.ts";

export interface RedisEventsOptions {
  /** Of role `requests`; whoever opened it closes it. */
  readonly requests: RedisConnection;
  /** Of role `subscriber`. */
  readonly subscriber: RedisConnection;
  /** Shared with this node's message store. */
  readonly own: NodeEvents;
}

export class RedisEvents implements EventStore {
  readonly #requests: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #own: NodeEvents;
  readonly #scripts: Scripts;
  readonly #subscribed = new Set<string>();

  constructor({ requests, subscriber, own }: RedisEventsOptions) {
    this.#requests = requests;
    this.#subscriber = subscriber;
    this.#own = own;
    this.#scripts = new Scripts(requests, { told: (told) => own.told(told) });
  }

  onWritten(listener: (written: Written) => void): () => void {
    return this.#own.onWritten(listener);
  }

  async waiting(trackerId: TrackerId): Promise<EventRun | null> {
    const [last, packed] = asArray(await this.#run("waiting-events", eventKeys(trackerId), []));
    const events = unpackEvents(asBytes(packed));
    return events.length === 0 ? null : { trackerId, first: asNumber(last) - events.length + 1, events };
  }

  async relay(userId: UserId, runs: readonly EventRun[], whole: boolean): Promise<Relayed> {
    const packed = runs.flatMap(({ trackerId, first, events }) => [trackerId, first, whole ? 1 : 0, packEvents(events)]);
    const fixed = [userId, EVENT_NUDGES, STREAM_ENTRIES, STREAM_MS, ENTRY_EVENTS];
    const [listening, ...missing] = asArray(await this.#run("relay-events", streamKeys(userId), [...fixed, ...packed]));
    return { listening: listening === 1, missing: missing.map(asNumber) };
  }

  async settle(trackerId: TrackerId, upTo: number): Promise<void> {
    await this.#run("relayed-events", eventKeys(trackerId), [upTo]);
  }

  async place(userId: UserId, after: EventId | null, listens: boolean): Promise<StreamPlace> {
    const known = after !== null && isEventId(after) ? after : "";
    const args = [listens ? LISTEN_MS : 0, STREAM_MS, known];
    const [end, complete] = asArray(await this.#run("listen-events", streamKeys(userId), args));
    return { end: asText(end), complete: complete === 1 };
  }

  async read(userId: UserId, after: EventId, limit: number): Promise<readonly StreamEntry[]> {
    const [stream = ""] = streamKeys(userId);
    const entries = await reach(this.#requests.xrangeBuffer(stream, `(${after}`, "+", "COUNT", limit));
    return entries.map(([id, fields]) => unpackEntry(id.toString(), fields[1] ?? Buffer.alloc(0)));
  }

  onNudge(listener: (userId: UserId) => void): () => void {
    return this.#hear(EVENT_NUDGES, listener);
  }

  onWake(listener: (userId: UserId) => void): () => void {
    return this.#hear(EVENT_WAKES, listener);
  }

  async wake(userId: UserId): Promise<void> {
    await reach(this.#requests.publish(EVENT_WAKES, String(userId)));
  }

  nodes(): Promise<readonly string[]> {
    return reach(this.#requests.smembers(EVENT_NODES));
  }

  async trackersOf(node: string): Promise<readonly TrackerId[]> {
    return (await reach(this.#requests.smembers(nodeTrackersKey(node)))).map(Number);
  }

  async release(node: string, trackerIds: readonly TrackerId[] | null): Promise<void> {
    if (node === this.#own.node) await reach(trackerIds === null ? this.#own.leave() : this.#own.release(trackerIds));
    else if (trackerIds === null) await reach(this.#requests.srem(EVENT_NODES, node));
    else if (trackerIds.length > 0) await reach(this.#requests.srem(nodeTrackersKey(node), ...trackerIds));
  }

  async claim(): Promise<void> {
    await reach(this.#own.name());
  }

  idle(forMs: number): readonly TrackerId[] {
    return this.#own.idle(forMs);
  }

  async holders(trackerIds: readonly TrackerId[]): Promise<ReadonlyMap<TrackerId, Owner>> {
    const heads = await reach(Promise.all(trackerIds.map((trackerId) => this.#requests.hmget(headKey(trackerId), "n", "e"))));
    const holders = new Map<TrackerId, Owner>();
    for (const [at, trackerId] of trackerIds.entries()) {
      const [node, epoch] = heads[at] ?? [];
      if (typeof node === "string") holders.set(trackerId, { node, epoch: Number(epoch) });
    }
    return holders;
  }

  async presume(trackerId: TrackerId, { node, epoch }: Owner, lives: boolean): Promise<boolean> {
    return (await this.#run("presence", scriptKeys(trackerId), [node, epoch, lives ? 1 : 0])) === 1;
  }

  #run(name: Parameters<Scripts["run"]>[0], keys: readonly string[], args: readonly ScriptArgument[]): Promise<Reply> {
    return reach(this.#scripts.run(name, keys, args));
  }

  /** ioredis subscribes again by itself after a cut; whoever listens also looks now and then. */
  #hear(channel: string, listener: (userId: UserId) => void): () => void {
    const heard = (from: string, message: string): void => {
      if (from === channel) listener(Number(message));
    };
    this.#subscriber.on("message", heard);
    if (!this.#subscribed.has(channel)) this.#subscriber.subscribe(channel).catch(() => undefined);
    this.#subscribed.add(channel);
    return () => this.#subscriber.off("message", heard);
  }
}

/** Numbers that Lua can compare. */
function isEventId(text: string): boolean {
  return /^\d{1,15}-\d{1,15}$/.test(text);
}

/** Tracker i4, then its events (lua/relay-events.lua). */
function unpackEntry(id: EventId, packed: Buffer): StreamEntry {
  const trackerId = packed.readInt32BE(0);
  try {
    return { id, trackerId, events: unpackEvents(packed.subarray(TRACKER_BYTES)) };
  } catch {
    // Written by a node of another version.
    return { id, trackerId, events: [{ type: "lost" }] };
  }
}

const TRACKER_BYTES = 4;
