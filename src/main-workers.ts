/** Several nodes on one machine, put together: the process that leads, and what makes a node one of its workers. */
import { join } from "node:path";
import { AggregatorRegistry, Counter, Gauge, Registry } from "prom-client";
import { keepAdminToken } from "./admin-token.ts";
import type { Config } from "./config.ts";
import { Closing, endOnDefects, endOnSignals } from "./main-end.ts";
import { createLog } from "./main-log.ts";
import { serveNode } from "./main-node.ts";
import { openRedis } from "./main-redis.ts";
import { showTour } from "./main-tour.ts";
import { Follower } from "./workers/follower.ts";
import { Leader } from "./workers/leader.ts";
import type { Assignment, Samples } from "./workers/messages.ts";

const REDIS_STOP_MS = 60_000;
/** All workers, beside the delay before them: the last is told after 8 s and killed 15 s later. */
const WORKERS_STOP_MS = 25_000;

/** Leads `config.workers` workers until a signal ends the process; rejects with one line when the first cannot start. */
export async function serveWorkers(config: Config): Promise<never> {
  const log = createLog(config);
  const closing = new Closing(log);
  endOnDefects(log);
  const ended = endOnSignals(closing, log, { signals: ["SIGTERM", "SIGINT"], told: null });
  const start = async (): Promise<void> => {
    const redis = await openRedis(config, log);
    closing.add("Redis", () => redis.stop(), REDIS_STOP_MS);
    const redisUrl = config.redis.type === "embedded" && redis.place.type === "url" ? redis.place.url : null;
    const token = keepAdminToken(config);
    const registry = new Registry();
    registry.setDefaultLabels({ node: config.nodeId });
    const { nodeId, workers: count } = config;
    const leader: Leader = new Leader({
      count,
      assignment: (number) => ({ number, of: count, nodeId: `${nodeId}-${number}`, adminToken: token.token, redisUrl }),
      metrics: async (workers) => await together([...workers, await registry.getMetricsAsJSON()]),
      onEnd: () => deaths.inc(),
      log,
    });
    const deaths = watchWorkers(registry, () => leader.running);
    closing.add("workers", () => leader.drain(config.drainDelayMs), config.drainDelayMs + WORKERS_STOP_MS);
    if (config.tls !== null) process.on("SIGHUP", () => leader.signal("SIGHUP"));
    const places = await leader.start();
    showTour({ config, places, redis: redis.shown, token });
  };
  try {
    await Promise.race([ended, start()]);
  } catch (error) {
    await closing.run();
    throw error;
  }
  return await ended;
}

/** Runs one node for the process that leads this one. */
export async function serveAsWorker(config: Config): Promise<never> {
  const follower = await Follower.begin();
  const { assignment } = follower;
  try {
    return await serveNode(configOf(config, assignment), {
      // Ctrl-C reaches all processes of a terminal: the leader says in which order they end.
      ending: { signals: ["SIGTERM"], told: ignoringInterrupts(follower) },
      adminToken: () => assignment.adminToken,
      openRedis: async (log) => {
        const { redisUrl } = assignment;
        if (redisUrl === null) return await openRedis(config, log);
        return { place: { type: "url", url: redisUrl }, shown: "", stop: () => Promise.resolve() };
      },
      join: ({ registry, condition }) => {
        follower.follow({ sample: () => registry.getMetricsAsJSON(), onLeave: () => condition.drain() });
        return { contentType: registry.contentType, metrics: () => follower.metrics() };
      },
      listening: (places) => follower.listening(places),
    });
  } catch (error) {
    await follower.failed(error);
    process.exit(1);
  }
}

/** The leader's figures: how many workers run, and how often one ended that should not have. */
export function watchWorkers(registry: Registry, running: () => number): Counter {
  new Gauge({
    name: "tracker_chat_workers",
    help: "Worker processes that run, where WORKERS is more than 1",
    registers: [registry],
    collect() {
      this.set(running());
    },
  });
  const help = "Worker processes that ended and were replaced";
  return new Counter({ name: "tracker_chat_worker_ends_total", help, registers: [registry] });
}

/** One exposition of what several processes told. Each has a `node` of its own, so that nothing is added up. */
async function together(told: readonly Samples[]): Promise<string> {
  const families = told.map((samples) => samples.map((family) => ({ ...family, aggregator: "first" })));
  return await AggregatorRegistry.aggregate(families).metrics();
}

/** Bounds on addresses are shared out, since connections are; those on HTTP calls are each worker's own. */
function configOf(config: Config, { number, of, nodeId }: Assignment): Config {
  const { linesPerIp, loginRate, capture } = config;
  return {
    ...config,
    nodeId,
    linesPerIp: Math.ceil(linesPerIp / of),
    loginRate: { ...loginRate, count: Math.ceil(loginRate.count / of) },
    // The leader waits for all.
    drainDelayMs: 0,
    capture: capture === null ? null : { ...capture, folder: join(capture.folder, `worker-${number}`) },
  };
}

function ignoringInterrupts(follower: Follower): Promise<string> {
  process.on("SIGINT", () => undefined);
  return follower.told;
}
