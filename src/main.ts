/** Composition root: config -> adapters -> listeners; drains on SIGTERM and SIGINT. */
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { PROTOCOLS } from "../protocols/index.ts";
import { type AdminToken, keepAdminToken } from "./admin-token.ts";
import type { Config } from "./config.ts";
import { DEMO_HASH } from "./fleet/demo.ts";
import { Fleet } from "./fleet/fleet.ts";
import { Closing, endOnDefects, endOnSignals } from "./main-end.ts";
import { createHttpSide, type HttpSide } from "./main-http.ts";
import { createLineSide, type LineSide } from "./main-lines.ts";
import { createLog } from "./main-log.ts";
import { Metrics } from "./main-metrics.ts";
import { type OpenedRedis, openRedis } from "./main-redis.ts";
import { tour } from "./main-tour.ts";
import { type ConnectionRole, connected, connectRedis } from "./store/connection.ts";
import { RedisFleetStore } from "./store/fleet-redis.ts";
import { RedisStore } from "./store/redis.ts";

/** A Redis that is starting, or still reading its files, gets this long. */
const REDIS_MS = 30_000;
/** Bounds of the drain: a line's grace, and each part's own. */
const GRACE_MS = 2_000;
const HTTP_CLOSE_MS = 5_000;
/** A balancer that asks for readiness every second notices within this; requests are taken until then. */
const ANNOUNCED_MS = 2_000;

/** Runs the product until a signal ends the process; rejects with one line when it cannot start. */
export async function serve(config: Config): Promise<never> {
  const log = createLog(config);
  const closing = new Closing(log);
  endOnDefects(log);
  const ended = endOnSignals(closing, log);
  try {
    await Promise.race([ended, start(config, log, closing)]);
  } catch (error) {
    await closing.run("at-once");
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
  const store = new RedisStore(requests);
  const fleet = await startFleet({ config, log, closing }, new RedisFleetStore({ requests, subscriber: connect("subscriber") }), store);
  const lineSide = createLineSide({ config, protocols: PROTOCOLS, store, fleet, meter: metrics, log, connect: () => connect("bullmq") });
  const { gateway, registry, outbox } = lineSide;
  metrics.observe({ lines: () => registry.size, connections: () => gateway.connections });
  const ready = async (): Promise<boolean> => gateway.ready && (await store.healthy());
  const token = keepAdminToken(config);
  const shared = { config, store, fleet, outbox, metrics, log, ready };
  const httpSide = await createHttpSide({ ...shared, lines: lineSide.nodeLines, adminToken: token.token });
  await listen({ config, redis, fleet, lineSide, httpSide, closing, token });
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
  readonly lineSide: LineSide;
  readonly httpSide: HttpSide;
  readonly closing: Closing;
  readonly token: AdminToken;
}

/** Starts all that moves by itself, then takes devices and requests. */
async function listen({ config, redis, fleet, lineSide, httpSide, closing, token }: Parts): Promise<void> {
  const { gateway, presence, worker, sweeper, janitor } = lineSide;
  await presence.start();
  closing.add("lease", () => presence.stop());
  worker.start();
  sweeper.start();
  janitor.start();
  closing.add("lines", async (manner) => {
    sweeper.stop();
    janitor.stop();
    gateway.stopAccepting();
    const noticed = manner === "announced" ? wait(ANNOUNCED_MS) : Promise.resolve();
    await Promise.all([noticed.then(() => httpSide.close(HTTP_CLOSE_MS)), gateway.drain(GRACE_MS), worker.stop()]);
  });
  fleet.onChange(() => gateway.review());
  const { api, admin } = await httpSide.listen();
  const devices = await gateway.listen();
  const protocols = PROTOCOLS.map(({ name }) => name);
  const demo = fleet.directory.userOfHash(DEMO_HASH) !== undefined;
  process.stdout.write(
    `${tour({ config, redis: redis.shown, api, admin, devices, protocols, demo, madeToken: token.made ? token.token : null })}\n`,
  );
}
