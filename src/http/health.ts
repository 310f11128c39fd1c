/** What orchestrators and Prometheus ask. */
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";

/** How long readiness may think before the answer is no. */
const READY_MS = 500;

/** `GET /livez`: the loop turns. `GET /readyz`: 200 when `ready` says true within `READY_MS`, else 503. */
export function registerHealth(app: FastifyInstance, ready: () => Promise<boolean>): void {
  app.get("/livez", () => ({ alive: true }));
  app.get("/readyz", async (_request, reply) => {
    const isReady = await withinTime(ready);
    return reply.code(isReady ? 200 : 503).send({ ready: isReady });
  });
}

/** `GET /metrics` in Prometheus' text format. */
export function registerMetrics(app: FastifyInstance, registry: Registry): void {
  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

async function withinTime(ready: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_MS);
  });
  try {
    return await Promise.race([ready(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
