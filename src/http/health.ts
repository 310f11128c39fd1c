/** What orchestrators and Prometheus ask. */
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";

/** Why a node should get nothing new: `redis` takes no write, or not within `READY_MS`. */
export type Readiness = "ready" | "starting" | "draining" | "redis" | "overloaded";

/** How long readiness may think: only Redis keeps it waiting. */
const READY_MS = 500;
const WITH_HEAD = { exposeHeadRoute: true };

/** `GET /livez`: the loop turns. `GET /readyz`: 200 when ready, else 503 with the reason. HEAD as well: some balancers ask so. */
export function registerHealth(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get("/livez", WITH_HEAD, () => ({ alive: true }));
  app.get("/readyz", WITH_HEAD, async (_request, reply) => {
    const answer = await withinTime(readiness);
    return answer === "ready" ? { ready: true } : reply.code(503).send({ ready: false, reason: answer });
  });
}

/** Metrics as text, of this node or of several. */
export type Exposition = Pick<Registry, "contentType" | "metrics">;

/** `GET /metrics` in Prometheus' text format. */
export function registerMetrics(app: FastifyInstance, exposition: Exposition): void {
  app.get("/metrics", async (_request, reply) => reply.type(exposition.contentType).send(await exposition.metrics()));
}

async function withinTime(readiness: () => Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve("redis"), READY_MS);
  });
  try {
    return await Promise.race([readiness(), late]);
  } catch {
    return "redis";
  } finally {
    clearTimeout(timer);
  }
}
