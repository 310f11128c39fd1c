/** The HTTP side of this node, put together: API, administration, health, metrics. */
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Certificates } from "./certificates.ts";
import type { BroadcastStore } from "./chat/broadcast.ts";
import { Broadcasts } from "./chat/broadcasts.ts";
import { Calls } from "./chat/calls.ts";
import type { EventStore, LiveEvents } from "./chat/events.ts";
import { Extensions } from "./chat/extensions.ts";
import type { Load } from "./chat/load.ts";
import type { Lines, MessageStore, Outbox } from "./chat/ports.ts";
import { Sender } from "./chat/sender.ts";
import { SignIn } from "./chat/sign-in.ts";
import type { Webhooks } from "./chat/webhooks.ts";
import type { Address, Config } from "./config.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { accountCalls } from "./http/account-calls.ts";
import { registerAdmin } from "./http/admin.ts";
import { broadcastCalls } from "./http/broadcast-calls.ts";
import { Calendar } from "./http/calendar.ts";
import { chatCalls } from "./http/chat-calls.ts";
import { registerConsole } from "./http/console.ts";
import { registerDocs } from "./http/docs-page.ts";
import { EventStreams } from "./http/event-streams.ts";
import { extensionCalls } from "./http/extension-calls.ts";
import { createGate } from "./http/gate.ts";
import { type Exposition, type Readiness, registerHealth, registerMetrics } from "./http/health.ts";
import { openApi } from "./http/openapi.ts";
import { registerCalls } from "./http/routes.ts";
import { createHttpServer, renewCertificate } from "./http/server.ts";
import { shedLoad } from "./http/shedding.ts";
import { webhookCalls } from "./http/webhook-calls.ts";
import type { Metrics } from "./main-metrics.ts";

/** Where the build puts the console, seen from the sources or from what was built of them. */
const CONSOLE = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? "../dist/console" : "../console");

export interface HttpSideDeps {
  readonly config: Config;
  readonly store: MessageStore;
  readonly broadcasts: BroadcastStore;
  readonly webhooks: Webhooks;
  readonly events: Pick<EventStore, "place">;
  readonly live: LiveEvents;
  readonly fleet: Fleet;
  readonly outbox: Outbox;
  /** Live lines of all nodes. */
  readonly lines: Lines;
  readonly adminToken: string;
  readonly metrics: Metrics;
  /** What `GET /metrics` shows. */
  readonly exposition: Exposition;
  readonly log: Logger;
  readonly load: () => Load;
  /** Null: nothing is encrypted. */
  readonly certificates: Certificates | null;
  /** Whether this node should get anything new. */
  readonly readiness: () => Promise<Readiness>;
}

export interface HttpSide {
  /** Binds the listeners; gives where they are. */
  listen(): Promise<{ readonly api: string; readonly admin: string }>;
  /** Open streams of live events. */
  readonly listeners: number;
  /** No new requests; those in hand are answered, but not waited for longer than this. */
  close(withinMs: number): Promise<void>;
}

export async function createHttpSide(deps: HttpSideDeps): Promise<HttpSide> {
  const { config } = deps;
  const { api, streams } = await apiServer(deps);
  const admin = config.admin === null ? api : await plainServer(deps);
  registerMetrics(admin, deps.exposition);
  const { adminToken: token, fleet, lines, store: messages, outbox } = deps;
  registerAdmin(admin, { token, fleet, lines, messages, outbox });
  const servers = admin === api ? [api] : [api, admin];
  deps.certificates?.onChange((settings) => {
    for (const server of servers) renewCertificate(server, settings);
  });
  return {
    get listeners() {
      return streams.size;
    },
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

async function apiServer(deps: HttpSideDeps): Promise<{ readonly api: FastifyInstance; readonly streams: EventStreams }> {
  const { config, store, events, live, fleet, outbox, metrics, log, load, readiness } = deps;
  const { directory, accounts } = fleet;
  const app = await plainServer(deps);
  shedLoad(app, { load, meter: metrics });
  const gate = await createGate(app, { directory, sessions: accounts, rate: config.rateLimit });
  const onHintFailed = (error: unknown, tracker: number): void => {
    metrics.count("hints", "failed");
    log.debug({ err: error, tracker }, "a hint was lost; the sweeper or the next question makes up for it");
  };
  const shared = { store, directory, outbox, onHintFailed };
  const spoken = { ...shared, clock: Date, sender: new Sender({ ...shared, ttlMs: config.messageTtlMs }) };
  const broadcasts = new Broadcasts({ ...spoken, broadcasts: deps.broadcasts, pace: config.broadcastRate, meter: metrics });
  const calls = new Calls({ ...spoken, broadcasts });
  const signIn = new SignIn({ accounts, now: () => performance.now() });
  const routes = { gate, calendar: new Calendar() };
  const extensions = new Extensions({ ...shared, events });
  const chat = [...chatCalls(calls), ...broadcastCalls(broadcasts), ...extensionCalls(extensions)];
  const all = [...chat, ...webhookCalls(deps.webhooks), ...accountCalls({ accounts, directory, signIn })];
  registerCalls(app, all, routes);
  const onAccounts = (listener: () => void): (() => void) => fleet.onChange(listener);
  const streams = new EventStreams({ ...routes, live, directory, sessions: accounts, onAccounts, meter: metrics });
  streams.register(app);
  registerDocs(app, openApi(all));
  registerHealth(app, readiness);
  if (!(await registerConsole(app, CONSOLE))) log.info({ folder: CONSOLE }, "the console is not built: npm run build");
  return { api: app, streams };
}

function plainServer({ config, metrics, log, certificates }: HttpSideDeps): Promise<FastifyInstance> {
  const tls = config.httpTls ? (certificates?.settings ?? null) : null;
  return createHttpServer({ logger: log, trustProxy: config.trustProxy, tls, limits: config.bounds.http, registry: metrics.registry });
}

async function listen(app: FastifyInstance, { host, port }: Address, setting: string): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw new Error(`${setting}: ${host}:${port} cannot be bound (${error instanceof Error ? error.message : String(error)})`);
  }
}
