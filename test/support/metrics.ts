/** Every metric of the product, as its registry describes it. */
import { pino } from "pino";
import { createHttpServer } from "../../src/http/server.ts";
import { Metrics } from "../../src/main-metrics.ts";
import { watchWorkers } from "../../src/main-workers.ts";
import { BOUNDS } from "./limits.ts";

export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Without a product that runs: nothing is counted in it. */
export async function emptyMetrics(): Promise<Metrics> {
  const metrics = new Metrics("node-a", "1.2.3");
  const store = { up: true, fullness: { ids: 0, usedBytes: 0, maxBytes: 0 }, deadLetters: 0 };
  metrics.observe({
    lines: () => new Map(),
    connections: () => 0,
    upstreams: () => new Map([["up", 0]]),
    listeners: () => 0,
    ready: () => true,
    oldestTextMs: () => 0,
    certificates: () => new Map(),
    store,
  });
  await createHttpServer({ logger: pino({ level: "silent" }), trustProxy: [], tls: null, limits: BOUNDS.http, registry: metrics.registry });
  watchWorkers(metrics.registry, () => 0);
  return metrics;
}

/** In the order in which they are shown; `node` is a label of all of them. */
export function described({ registry }: Metrics): readonly Described[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, help, type, labelNames } = metric as unknown as Omit<Described, "labels"> & { readonly labelNames: readonly string[] };
    return { name, help, type: String(type), labels: labelNames };
  });
}
