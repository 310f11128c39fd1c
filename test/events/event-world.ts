/** Nodes with their own relayers over one store, and a look at what came of it. */
import pino from "pino";
import type { EventStore, StreamEntry } from "../../src/chat/events.ts";
import type { TrackerId } from "../../src/chat/message.ts";
import type { MessageStore } from "../../src/chat/ports.ts";
import { Relayer } from "../../src/events/relayer.ts";
import { connected, connectRedis } from "../../src/store/connection.ts";
import { NodeEvents } from "../../src/store/node-events.ts";
import { RedisStore } from "../../src/store/redis.ts";
import { RedisEvents } from "../../src/store/redis-events.ts";
import { MemoryDirectory } from "../support/fleet.ts";
import type { TestRedis } from "../support/redis.ts";

export const silent = pino({ level: "silent" });
const meter = { count: () => undefined };

export interface EventNode {
  readonly name: string;
  readonly store: MessageStore;
  readonly events: EventStore;
  readonly relayer: Relayer;
  /** Ends the process as kill -9 does: nothing more is relayed. */
  die(): void;
}

/** A relayer of its own over a store. */
export function relayerOver({ events }: { readonly events: EventStore }, directory: MemoryDirectory, name = "node-a"): Relayer {
  return new Relayer({ store: events, directory, node: name, meter, log: silent });
}

/** A node over Redis, with connections and names of its own. */
export async function redisNode(redis: Pick<TestRedis, "place">, name: string, directory: MemoryDirectory): Promise<EventNode> {
  const [requests, subscriber] = [connectRedis(redis.place, "requests"), connectRedis(redis.place, "subscriber")];
  await Promise.all([connected(requests, 10_000), connected(subscriber, 10_000)]);
  const own = new NodeEvents(requests, name);
  const events = new RedisEvents({ requests, subscriber, own });
  const store = new RedisStore(requests, own);
  const relayer = relayerOver({ events }, directory, name);
  relayer.start();
  return {
    name,
    store,
    events,
    relayer,
    die: () => {
      requests.disconnect();
      subscriber.disconnect();
    },
  };
}

/** Trackers of user 1. */
export function fleetOf(...trackers: readonly TrackerId[]): MemoryDirectory {
  return new MemoryDirectory({ users: [{ id: 1 }, { id: 2 }], trackers: trackers.map((id) => ({ id })) });
}

/** What the stream of an account says, in short: `message 5 queued`. */
export async function saidTo(events: EventStore, userId: number): Promise<readonly string[]> {
  return (await events.read(userId, "0-0", 100_000)).flatMap(words);
}

function words({ events }: StreamEntry): readonly string[] {
  return events.map((event) => {
    if (event.type === "message" || event.type === "status") return `${event.type} ${event.id} ${event.state}`;
    if (event.type === "unread") return `unread ${event.unread}`;
    return event.type === "presence" ? (event.online ? "online" : "offline") : event.type;
  });
}
