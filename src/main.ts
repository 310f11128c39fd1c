/** Composition root: one node in this process, or several behind the same ports. */
import cluster from "node:cluster";
import { type AdminToken, keepAdminToken } from "./admin-token.ts";
import type { Config } from "./config.ts";
import { serveNode } from "./main-node.ts";
import { openRedis } from "./main-redis.ts";
import { showTour } from "./main-tour.ts";
import { serveAsWorker, serveWorkers } from "./main-workers.ts";

/** Runs the product until a signal ends the process; rejects with one line when it cannot start. */
export async function serve(config: Config): Promise<never> {
  if (config.workers === 1) return await serveAlone(config);
  return cluster.isWorker ? await serveAsWorker(config) : await serveWorkers(config);
}

async function serveAlone(config: Config): Promise<never> {
  let token: AdminToken = { token: "", made: false };
  return await serveNode(config, {
    ending: { signals: ["SIGTERM", "SIGINT"], told: null },
    adminToken: () => {
      token = keepAdminToken(config);
      return token.token;
    },
    openRedis: (log) => openRedis(config, log),
    join: ({ registry }) => registry,
    listening: (places, redis) => showTour({ config, places, redis: redis.shown, token }),
  });
}
