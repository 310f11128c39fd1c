/** The HTTP side of this node, put together: API, administration, health, metrics. */
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Calls } from "./chat/calls.ts";
import { Extensions } from "./chat/extensions.ts";
import type { Lines, MessageStore, Outbox } from "./chat/ports.ts";
import type { Address, Config } from "./config.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { registerAdmin } from "./http/admin.ts";
import { Calendar } from "./http/calendar.ts";
import { chatCalls } from "./http/chat-calls.ts";
import { extensionCalls } from "./http/extension-calls.ts";
import { createGate } from "./http/gate.ts";
import { registerHealth, registerMetrics } from "./http/health.ts";
import { registerCalls } from "./http/routes.ts";
import { createHttpServer } from "./http/server.ts";
import type { Metrics } from "./main-metrics.ts";

export interface HttpSideDeps {
  readonly config: Config;
  readonly store: MessageStore;
  readonly fleet: Fleet;
  readonly outbox: Outbox;
  /** Live lines of all nodes. */
  readonly lines: Lines;
  readonly adminToken: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** This node takes devices and its store takes writes. */
  readonly ready: () => Promise<boolean>;
}

export interface HttpSide {
  /** Binds the listeners; gives where they are. */
  listen(): Promise<{ readonly api: string; readonly admin: string }>;
  /** No new requests; those in hand are answered, but not waited for longer than this. */
  close(withinMs: number): Promise<void>;
}

export async function createHttpSide(deps: HttpSideDeps): Promise<HttpSide> {
  const { config } = deps;
  const api = await apiServer(deps);
  const admin = config.admin === null ? api : await plainServer(deps);
  registerMetrics(admin, deps.metrics.registry);
  const { adminToken: token, fleet, lines, store: messages, outbox } = deps;
  registerAdmin(admin, { token, fleet, lines, messages, outbox });
  const servers = admin === api ? [api] : [api, admin];
  return {
    listen: async () => {
      const shown = await listen(api, config.http, "HTTP_PORT");
      return { api: shown, admin: config.admin === null ? shown : await listen(admin, config.admin, "ADMIN_PORT") };
    },
    close: async (withinMs) => {
      const cut = setTimeout(() => {
        for (const { server } of servers) server.closeAllConnections();
      }, withinMs);
      await Promise.all(servers.map((server) => server.close()));
      clearTimeout(cut);
    },
  };
}

async function apiServer(deps: HttpSideDeps): Promise<FastifyInstance> {
  const { config, store, fleet, outbox, metrics, log, ready } = deps;
  const { directory, accounts } = fleet;
  const app = await plainServer(deps);
  const gate = await createGate(app, { directory, sessions: accounts, rate: config.rateLimit });
  const onHintFailed = (error: unknown, tracker: number): void => {
    metrics.count("hints", "failed");
    log.debug({ err: error, tracker }, "a hint was lost; the sweeper or the next question makes up for it");
  };
  const shared = { store, directory, outbox, onHintFailed };
  const calls = new Calls({ ...shared, clock: Date, ttlMs: config.messageTtlMs });
  registerCalls(app, [...chatCalls(calls), ...extensionCalls(new Extensions(shared))], { gate, calendar: new Calendar() });
  registerHealth(app, ready);
  return app;
}

function plainServer({ config, metrics, log }: HttpSideDeps): Promise<FastifyInstance> {
  return createHttpServer({ logger: log, trustProxy: config.trustProxy, tls: null, registry: metrics.registry });
}

async function listen(app: FastifyInstance, { host, port }: Address, setting: string): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw new Error(`${setting}: ${host}:${port} cannot be bound (${error instanceof Error ? error.message : String(error)})`);
  }
}
