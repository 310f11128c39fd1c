/** Composition root: config -> adapters -> listeners; drains on SIGTERM and SIGINT. */
import type { Logger } from "pino";
import { PROTOCOLS } from "../protocols/index.ts";
import { type AdminToken, keepAdminToken } from "./admin-token.ts";
import { Certificates } from "./certificates.ts";
import type { Load } from "./chat/load.ts";
import type { Config } from "./config.ts";
import { DEMO_HASH, demoDevices } from "./fleet/demo.ts";
import { Fleet } from "./fleet/fleet.ts";
import { startCapture } from "./main-capture.ts";
import { Condition } from "./main-condition.ts";
import { Closing, endOnDefects, endOnSignals } from "./main-end.ts";
import { createEventSide, type EventSide } from "./main-events.ts";
import { createHttpSide, type HttpSide } from "./main-http.ts";
import { createLineSide, type LineSide } from "./main-lines.ts";
import { createLog } from "./main-log.ts";
import { Metrics } from "./main-metrics.ts";
import { type OpenedRedis, openRedis } from "./main-redis.ts";
import { tour } from "./main-tour.ts";
import { NodeWatch } from "./main-watch.ts";
import { createWebhookSide, type WebhookSide } from "./main-webhooks.ts";
import { type ConnectionRole, connected, connectRedis } from "./store/connection.ts";
import { RedisFleetStore } from "./store/fleet-redis.ts";
import { NodeEvents } from "./store/node-events.ts";
import { RedisStore } from "./store/redis.ts";
import { RedisBroadcasts } from "./store/redis-broadcasts.ts";
import { RedisEvents } from "./store/redis-events.ts";
import { RedisWebhooks } from "./store/redis-webhooks.ts";
import { productVersion } from "./version.ts";

/** A Redis that is starting, or still reading its files, gets this long. */
const REDIS_MS = 30_000;
/** Bounds of the drain: a line's grace, and each part's own. */
const GRACE_MS = 2_000;
const HTTP_CLOSE_MS = 5_000;
const REDIS_STOP_MS = 60_000;

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
  const certificates = startCertificates(config, log, closing);
  const redis = await openRedis(config, log);
  // It writes what is left to disk, so it may take longer than the rest.
  closing.add("Redis", () => redis.stop(), REDIS_STOP_MS);
  const connect = (role: ConnectionRole): ReturnType<typeof connectRedis> => {
    const connection = connectRedis(redis.place, role);
    closing.add("connection", () => connection.disconnect());
    return connection;
  };
  const requests = connect("requests");
  await connected(requests, REDIS_MS);
  const metrics = new Metrics(config.nodeId, productVersion());
  const subscriber = connect("subscriber");
  const own = new NodeEvents(requests, config.nodeId);
  const store = new RedisStore(requests, own);
  const fleet = await startFleet({ config, log, closing }, new RedisFleetStore({ requests, subscriber }), store);
  const events = new RedisEvents({ requests, subscriber, own });
  const eventSide = createEventSide({ node: config.nodeId, store, events, fleet, meter: metrics, log });
  const { revive } = eventSide;
  const watch = new NodeWatch(metrics, store);
  const load = (): Load => watch.load;
  const common = { config, store, fleet, log, load, certificates };
  const capture = startCapture(config, log, closing);
  const parts = { ...common, protocols: PROTOCOLS, meter: metrics, connect: () => connect("bullmq"), revive };
  const lineSide = createLineSide(capture === null ? parts : { ...parts, tap: capture.tap });
  const { gateway, outbox } = lineSide;
  const condition = new Condition({ listening: () => gateway.ready, store, load });
  const token = keepAdminToken(config);
  const webhooks = new RedisWebhooks(requests);
  const sides = { node: config.nodeId, store, events, directory: fleet.directory, meter: metrics, log };
  const webhookSide = createWebhookSide({ ...sides, webhooks, allow: config.webhookAllow, connect: () => connect("bullmq") });
  const kept = { webhooks: webhookSide.webhooks, events, broadcasts: new RedisBroadcasts(requests), live: eventSide.hub };
  const shared = { ...common, ...kept, outbox, metrics, readiness: () => condition.readiness() };
  const httpSide = await createHttpSide({ ...shared, lines: lineSide.nodeLines, adminToken: token.token });
  watch.show({ lineSide, condition, certificates, listeners: () => httpSide.listeners });
  watch.start();
  closing.add("node-watch", () => watch.stop());
  await listen({ config, redis, fleet, eventSide, lineSide, webhookSide, httpSide, condition, closing, token });
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
  readonly redis: OpenedRedis;
  readonly fleet: Fleet;
  readonly eventSide: EventSide;
  readonly lineSide: LineSide;
  readonly webhookSide: WebhookSide;
  readonly httpSide: HttpSide;
  readonly condition: Condition;
  readonly closing: Closing;
  readonly token: AdminToken;
}

/** Starts all that moves by itself, then takes devices and requests. */
async function listen({
  config,
  redis,
  fleet,
  eventSide,
  lineSide,
  webhookSide,
  httpSide,
  condition,
  closing,
  token,
}: Parts): Promise<void> {
  const { gateway, presence, worker, sweeper, janitor } = lineSide;
  closing.add("events", () => eventSide.stop());
  await eventSide.start();
  await presence.start();
  closing.add("lease", () => presence.stop());
  webhookSide.start();
  closing.add("webhooks", () => webhookSide.stop(), WEBHOOKS_CLOSE_MS);
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
  closing.add("readiness", () => leaveBalancers(condition, config.drainDelayMs), config.drainDelayMs + SLACK_MS);
  const protocols = PROTOCOLS.map(({ name }) => name);
  const demo = fleet.directory.userOfHash(DEMO_HASH) === undefined ? null : demoDevices(PROTOCOLS);
  process.stdout.write(
    `${tour({ config, redis: redis.shown, api, admin, devices, protocols, demo, madeToken: token.made ? token.token : null })}\n`,
  );
}

/** Not ready from now on; what comes meanwhile is still served. */
async function leaveBalancers(condition: Condition, delayMs: number): Promise<void> {
  condition.drain();
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
}

const SLACK_MS = 1_000;
/** A post takes 10 s at most. */
const WEBHOOKS_CLOSE_MS = 12_000;
