/** Composition root: config -> adapters -> listeners; drains on SIGTERM and SIGINT. */
import type { Logger } from "pino";
import { PROTOCOLS } from "../protocols/index.ts";
import { type AdminToken, keepAdminToken } from "./admin-token.ts";
import type { Config } from "./config.ts";
import { DEMO_HASH, demoDevices } from "./fleet/demo.ts";
import { Fleet } from "./fleet/fleet.ts";
import { startCapture } from "./main-capture.ts";
import { Closing, endOnDefects, endOnSignals } from "./main-end.ts";
import { createEventSide, type EventSide } from "./main-events.ts";
import { createHttpSide, type HttpSide } from "./main-http.ts";
import { createLineSide, type LineSide } from "./main-lines.ts";
import { createLog } from "./main-log.ts";
import { Metrics } from "./main-metrics.ts";
import { type OpenedRedis, openRedis } from "./main-redis.ts";
import { tour } from "./main-tour.ts";
import { type ConnectionRole, connected, connectRedis } from "./store/connection.ts";
import { RedisFleetStore } from "./store/fleet-redis.ts";
import { NodeEvents } from "./store/node-events.ts";
import { RedisStore } from "./store/redis.ts";
import { RedisBroadcasts } from "./store/redis-broadcasts.ts";
import { RedisEvents } from "./store/redis-events.ts";

/** A Redis that is starting, or still reading its files, gets this long. */
const REDIS_MS = 30_000;
/** Bounds of the drain: a line's grace, and each part's own. */
const GRACE_MS = 2_000;
const HTTP_CLOSE_MS = 5_000;

/** Runs the product until a signal ends the process; rejects with one line when it cannot start. */
export async function serve(config: Config): Promise<never> {
  const log = createLog(config);
  const closing = new Closing(log);
  endOnDefects(log);
  const ended = endOnSignals(closing, log);
  try {
    await Promise.race([ended, start(config, log, closing)]);
  } catch (error) {
    await closing.run();
    throw error;
  }
  return await ended;
}

async function start(config: Config, log: Logger, closing: Closing): Promise<void> {
  const redis = await openRedis(config, log);
  closing.add("Redis", () => redis.stop());
  const connect = (role: ConnectionRole): ReturnType<typeof connectRedis> => {
    const connection = connectRedis(redis.place, role);
    closing.add("connection", () => connection.disconnect());
    return connection;
  };
  const requests = connect("requests");
  await connected(requests, REDIS_MS);
  const metrics = new Metrics(config.nodeId);
  const subscriber = connect("subscriber");
  const own = new NodeEvents(requests, config.nodeId);
  const store = new RedisStore(requests, own);
  const fleet = await startFleet({ config, log, closing }, new RedisFleetStore({ requests, subscriber }), store);
  const events = new RedisEvents({ requests, subscriber, own });
  const eventSide = createEventSide({ node: config.nodeId, store, events, fleet, meter: metrics, log });
  const { revive } = eventSide;
  const parts = { config, protocols: PROTOCOLS, store, fleet, meter: metrics, log, connect: () => connect("bullmq"), revive };
  const capture = startCapture(config, log, closing);
  const lineSide = createLineSide(capture === null ? parts : { ...parts, tap: capture.tap });
  const { gateway, registry, outbox } = lineSide;
  const ready = async (): Promise<boolean> => gateway.ready && (await store.healthy());
  const token = keepAdminToken(config);
  const shared = { config, store, broadcasts: new RedisBroadcasts(requests), fleet, outbox, metrics, log, ready };
  const httpSide = await createHttpSide({ ...shared, events, live: eventSide.hub, lines: lineSide.nodeLines, adminToken: token.token });
  metrics.observe({ lines: () => registry.size, connections: () => gateway.connections, listeners: () => httpSide.listeners });
  await listen({ config, redis, fleet, eventSide, lineSide, httpSide, closing, token });
}

async function startFleet(
  { config, log, closing }: { readonly config: Config; readonly log: Logger; readonly closing: Closing },
  fleetStore: RedisFleetStore,
  messages: RedisStore,
): Promise<Fleet> {
  const warn = (what: string, error: unknown): void => log.warn({ err: error }, `fleet: ${what} failed and is tried again`);
  const fleet = new Fleet({ store: fleetStore, protocols: PROTOCOLS, messages, clock: Date, warn });
  closing.add("fleet", () => fleet.stop());
  await fleet.start();
  if (config.demo) await fleet.demo(Intl.DateTimeFormat().resolvedOptions().timeZone);
  return fleet;
}

interface Parts {
  readonly config: Config;
  readonly redis: OpenedRedis;
  readonly fleet: Fleet;
  readonly eventSide: EventSide;
  readonly lineSide: LineSide;
  readonly httpSide: HttpSide;
  readonly closing: Closing;
  readonly token: AdminToken;
}

/** Starts all that moves by itself, then takes devices and requests. */
async function listen({ config, redis, fleet, eventSide, lineSide, httpSide, closing, token }: Parts): Promise<void> {
  const { gateway, presence, worker, sweeper, janitor } = lineSide;
  closing.add("events", () => eventSide.stop());
  await eventSide.start();
  await presence.start();
  closing.add("lease", () => presence.stop());
  worker.start();
  sweeper.start();
  janitor.start();
  closing.add("lines", async () => {
    sweeper.stop();
    janitor.stop();
    gateway.stopAccepting();
    await Promise.all([httpSide.close(HTTP_CLOSE_MS), gateway.drain(GRACE_MS), worker.stop()]);
  });
  fleet.onChange(() => gateway.review());
  const { api, admin } = await httpSide.listen();
  const devices = await gateway.listen();
  const protocols = PROTOCOLS.map(({ name }) => name);
  const demo = fleet.directory.userOfHash(DEMO_HASH) === undefined ? null : demoDevices(PROTOCOLS);
  process.stdout.write(
    `${tour({ config, redis: redis.shown, api, admin, devices, protocols, demo, madeToken: token.made ? token.token : null })}\n`,
  );
}
