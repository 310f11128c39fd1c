/** One node, put together: config -> adapters -> listeners, until it is told to end. */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { PROTOCOLS } from "../protocols/index.ts";
import { Certificates } from "./certificates.ts";
import type { Load } from "./chat/load.ts";
import type { Config } from "./config.ts";
import { DEMO_HASH } from "./fleet/demo.ts";
import { Fleet } from "./fleet/fleet.ts";
import type { Exposition } from "./http/health.ts";
import { startCapture } from "./main-capture.ts";
import { Condition } from "./main-condition.ts";
import { Closing, type Ending, endOnDefects, endOnSignals } from "./main-end.ts";
import { createEventSide, type EventSide } from "./main-events.ts";
import { createHttpSide, type HttpSide } from "./main-http.ts";
import { createLineSide, type LineSide } from "./main-lines.ts";
import { createLog } from "./main-log.ts";
import { Metrics } from "./main-metrics.ts";
import type { OpenedRedis } from "./main-redis.ts";
import { NodeWatch } from "./main-watch.ts";
import { createWebhookSide, type WebhookSide } from "./main-webhooks.ts";
import { type ConnectionRole, connected, connectRedis } from "./store/connection.ts";
import { RedisFleetStore } from "./store/fleet-redis.ts";
import { NodeEvents } from "./store/node-events.ts";
import { RedisStore } from "./store/redis.ts";
import { RedisBroadcasts } from "./store/redis-broadcasts.ts";
import { RedisEvents } from "./store/redis-events.ts";
import { RedisWebhooks } from "./store/redis-webhooks.ts";
import { openSchema } from "./store/schema.ts";
import { productVersion } from "./version.ts";
import type { Places } from "./workers/messages.ts";

/** A Redis that is starting, or still reading its files, gets this long. */
const REDIS_MS = 30_000;
/** Bounds of the drain: a line's grace, and each part's own. */
const GRACE_MS = 2_000;
const HTTP_CLOSE_MS = 5_000;
const REDIS_STOP_MS = 60_000;

/** What stands around a node: a process of its own, or one that leads several. */
export interface Surroundings {
  readonly ending: Ending;
  adminToken(): string;
  openRedis(log: Logger): Promise<OpenedRedis>;
  /** The registry of this node is complete, and it can be told to ask for nothing new: gives what `GET /metrics` shows. */
  join(node: { readonly registry: Registry; readonly condition: Condition }): Exposition;
  /** Everything listens. */
  listening(places: Places, redis: OpenedRedis): void;
}

/** Runs a node until it is told to end, which ends the process; rejects with one line when it cannot start. */
export async function serveNode(config: Config, around: Surroundings): Promise<never> {
  const log = createLog(config);
  const closing = new Closing(log);
  endOnDefects(log);
  const ended = endOnSignals(closing, log, around.ending);
  try {
    await Promise.race([ended, start({ config, log, closing, around })]);
  } catch (error) {
    await closing.run();
    throw error;
  }
  return await ended;
}

interface Beginning {
  readonly config: Config;
  readonly log: Logger;
  readonly closing: Closing;
  readonly around: Surroundings;
}

async function start({ config, log, closing, around }: Beginning): Promise<void> {
  const certificates = startCertificates(config, log, closing);
  const redis = await around.openRedis(log);
  // It writes what is left to disk, so it may take longer than the rest.
  closing.add("Redis", () => redis.stop(), REDIS_STOP_MS);
  const connect = (role: ConnectionRole): ReturnType<typeof connectRedis> => {
    const connection = connectRedis(redis.place, role);
    closing.add("connection", () => connection.disconnect());
    return connection;
  };
  const requests = connect("requests");
  await connected(requests, REDIS_MS);
  await openSchema(requests);
  const metrics = new Metrics(config.nodeId, productVersion());
  const subscriber = connect("subscriber");
  const own = new NodeEvents(requests, config.nodeId);
  const store = new RedisStore(requests, own, config.replicas);
  const fleet = await startFleet({ config, log, closing }, new RedisFleetStore({ requests, subscriber }), store);
  const events = new RedisEvents({ requests, subscriber, own });
  const eventSide = createEventSide({ node: config.nodeId, store, events, fleet, meter: metrics, log });
  const watch = new NodeWatch(metrics, store);
  const load = (): Load => watch.load;
  const common = { config, store, fleet, log, load, certificates };
  const capture = startCapture(config, log, closing);
  const parts = { ...common, protocols: PROTOCOLS, meter: metrics, connect: () => connect("bullmq"), onRenewed: eventSide.renewed };
  const lineSide = createLineSide(capture === null ? parts : { ...parts, tap: capture.tap });
  const { gateway, outbox } = lineSide;
  const condition = new Condition({ listening: () => gateway.ready, store, load });
  const exposition = around.join({ registry: metrics.registry, condition });
  const sides = { node: config.nodeId, store, events, directory: fleet.directory, meter: metrics, log };
  const hooks = { webhooks: new RedisWebhooks(requests), allow: config.webhookAllow };
  const webhookSide = createWebhookSide({ ...sides, ...hooks, connect: () => connect("bullmq") });
  const kept = { webhooks: webhookSide.webhooks, events, broadcasts: new RedisBroadcasts(requests), live: eventSide.hub };
  const shared = { ...common, ...kept, outbox, metrics, exposition, readiness: () => condition.readiness() };
  const httpSide = await createHttpSide({ ...shared, lines: lineSide.nodeLines, adminToken: around.adminToken() });
  watch.show({ lineSide, condition, certificates, listeners: () => httpSide.listeners });
  watch.start();
  closing.add("node-watch", () => watch.stop());
  const places = await listen({ config, fleet, eventSide, lineSide, webhookSide, httpSide, condition, closing });
  around.listening(places, redis);
}

/** Null: nothing is encrypted. SIGHUP reads the files anew. */
function startCertificates({ tls }: Config, log: Logger, closing: Closing): Certificates | null {
  if (tls === null) return null;
  const certificates = new Certificates(tls, log);
  const reload = (): void => certificates.reload();
  certificates.watch();
  process.on("SIGHUP", reload);
  closing.add("certificates", () => {
    process.off("SIGHUP", reload);
    certificates.stop();
  });
  return certificates;
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
  readonly fleet: Fleet;
  readonly eventSide: EventSide;
  readonly lineSide: LineSide;
  readonly webhookSide: WebhookSide;
  readonly httpSide: HttpSide;
  readonly condition: Condition;
  readonly closing: Closing;
}

/** Starts all that moves by itself, then takes devices and requests. */
async function listen({ config, fleet, eventSide, lineSide, webhookSide, httpSide, condition, closing }: Parts): Promise<Places> {
  const { gateway, presence, worker, sweeper, retention, janitor } = lineSide;
  closing.add("events", () => eventSide.stop());
  await eventSide.start();
  await presence.start();
  closing.add("lease", () => presence.stop());
  webhookSide.start();
  closing.add("webhooks", () => webhookSide.stop(), WEBHOOKS_CLOSE_MS);
  worker.start();
  sweeper.start();
  retention?.start();
  janitor.start();
  closing.add("lines", async () => {
    sweeper.stop();
    retention?.stop();
    janitor.stop();
    gateway.stopAccepting();
    await Promise.all([httpSide.close(HTTP_CLOSE_MS), gateway.drain(GRACE_MS), worker.stop()]);
  });
  fleet.onChange(() => gateway.review());
  const { api, admin } = await httpSide.listen();
  const devices = await gateway.listen();
  closing.add("readiness", () => leaveBalancers(condition, config.drainDelayMs), config.drainDelayMs + SLACK_MS);
  return { api, admin, devices, demo: fleet.directory.userOfHash(DEMO_HASH) !== undefined };
}

/** Not ready from now on; what comes meanwhile is still served. */
async function leaveBalancers(condition: Condition, delayMs: number): Promise<void> {
  condition.drain();
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
}

const SLACK_MS = 1_000;
/** A post takes 10 s at most. */
const WEBHOOKS_CLOSE_MS = 13_000;
