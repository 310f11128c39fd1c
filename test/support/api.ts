/** The whole facade over the memory store and a memory fleet, asked through `inject`. */
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { Accounts } from "../../src/chat/accounts.ts";
import type { BroadcastStore, Pace } from "../../src/chat/broadcast.ts";
import { Broadcasts, type BroadcastsOptions } from "../../src/chat/broadcasts.ts";
import { Calls, type CallsOptions } from "../../src/chat/calls.ts";
import { Extensions, type ExtensionsOptions } from "../../src/chat/extensions.ts";
import type { Directory, User } from "../../src/chat/fleet.ts";
import type { Load } from "../../src/chat/load.ts";
import { type MessageStore, type News, type Outbox, type Owner, StoreUnavailable } from "../../src/chat/ports.ts";
import { Sender, type SenderOptions } from "../../src/chat/sender.ts";
import { SignIn } from "../../src/chat/sign-in.ts";
import type { WebhookStore } from "../../src/chat/webhook.ts";
import { Webhooks } from "../../src/chat/webhooks.ts";
import { EventHub } from "../../src/events/hub.ts";
import { Relayer } from "../../src/events/relayer.ts";
import { accountCalls } from "../../src/http/account-calls.ts";
import { broadcastCalls } from "../../src/http/broadcast-calls.ts";
import { Calendar } from "../../src/http/calendar.ts";
import { chatCalls } from "../../src/http/chat-calls.ts";
import { EventStreams, type EventStreamsDeps } from "../../src/http/event-streams.ts";
import { extensionCalls } from "../../src/http/extension-calls.ts";
import { createGate } from "../../src/http/gate.ts";
import { openApi } from "../../src/http/openapi.ts";
import type { OpenApi } from "../../src/http/openapi-types.ts";
import { type RouteDeps, registerCalls } from "../../src/http/routes.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { shedLoad } from "../../src/http/shedding.ts";
import { webhookCalls } from "../../src/http/webhook-calls.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { MemoryWebhooks } from "../../src/store/memory-webhooks.ts";
import { Poster } from "../../src/webhooks/post.ts";
import { answerCheck } from "./answer-schema.ts";
import { type FleetPlan, HASH, MemoryDirectory } from "./fleet.ts";
import { BOUNDS } from "./limits.ts";

/** What the calls need of a message store. */
type ApiStore = CallsOptions["store"] & ExtensionsOptions["store"] & SenderOptions["store"] & BroadcastsOptions["store"];

/** Only asked what it thinks of URLs. */
const POSTER = new Poster({ allow: ["10.1.0.0/16"] });
const NO_PACE: Pace = { count: 1_000_000, perMs: 1_000 };

export interface ApiOptions {
  readonly fleet?: FleetPlan;
  /** The default never refuses. */
  readonly rate?: { readonly count: number; readonly perMs: number };
  /** The store that the calls see; the default is the memory store itself. */
  readonly wrapStore?: (store: MemoryStore) => ApiStore;
  /** Where broadcasts are kept; the default is a memory of its own. */
  readonly broadcasts?: BroadcastStore;
  /** The default makes nothing wait. */
  readonly pace?: Pace;
  /** Where webhooks are kept; the default is a memory of its own. */
  readonly webhooks?: WebhookStore;
  readonly outbox?: Outbox;
  /** A whole fleet in place of `fleet` and `sessions`: with logins, sessions and API keys. */
  readonly accounts?: { readonly directory: Directory; readonly accounts: Accounts };
  /** Users by session hash; `down`: the store of sessions cannot be reached. */
  readonly sessions?: Readonly<Record<string, User>> | "down";
  /** With live events: relayed at once, and heard on `tracker/chat/events`. Close the app in the end. */
  readonly live?: true;
  /** Calls back when accounts may have changed. */
  readonly onAccounts?: EventStreamsDeps["onAccounts"];
  readonly trustProxy?: readonly string[];
  /** The id before the first message's. */
  readonly lastId?: number;
  /** How much the node has to do; the default is normal. */
  readonly load?: () => Load;
  /** Each line that the server logs. */
  readonly onLog?: (line: string) => void;
}

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Api {
  readonly app: FastifyInstance;
  readonly store: MemoryStore;
  readonly directory: MemoryDirectory;
  readonly registry: Registry;
  /** What the server says of its own calls. */
  readonly document: OpenApi;
  readonly hints: (readonly [trackerId: number, owner: Owner, news?: News])[];
  readonly failedHints: unknown[];
  /** Accounts and webhooks of which something waits. */
  readonly hookHints: (readonly [userId: number, webhook: number])[];
  /** The store's and the API's time; assign to let it pass. */
  readonly time: { now: number };
  /** POST with a JSON body and the default user's hash. */
  call(path: string, parameters?: Readonly<Record<string, unknown>>): Promise<Reply>;
  request(options: InjectOptions): Promise<Reply>;
  /** A driver's texts, as the gateway stores them; gives their ids. */
  driverWrites(trackerId: number, ...texts: readonly string[]): Promise<readonly number[]>;
  /** Delivers what waits for this tracker; gives the ids. */
  deviceTakes(trackerId: number): Promise<readonly number[]>;
}

/** The store with some of its calls replaced. */
export function storeWith(store: MemoryStore, changes: Partial<MessageStore>): MessageStore {
  return new Proxy<MessageStore>(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

export async function startApi(options: ApiOptions = {}): Promise<Api> {
  const time = { now: Date.UTC(2026, 10, 22, 12, 0, 0) };
  const store = new MemoryStore(() => time.now, options.lastId);
  const memory = new MemoryDirectory(options.fleet);
  const { directory, accounts } = options.accounts ?? { directory: memory, accounts: null };
  const registry = new Registry();
  const hints: [number, Owner, News?][] = [];
  const failedHints: unknown[] = [];
  const hookHints: [number, number][] = [];
  const outbox = options.outbox ?? { hint: (...hint: [number, Owner, News?]) => Promise.resolve(void hints.push(hint)) };
  const app = await serverOf(options, registry);
  const gate = await createGate(app, {
    directory,
    sessions: accounts ?? sessionsOf(options.sessions ?? {}),
    rate: options.rate ?? { count: 1_000_000, perMs: 1_000 },
  });
  const seen = options.wrapStore?.(store) ?? store;
  const shared = { store: seen, directory, outbox, onHintFailed: (error: unknown) => void failedHints.push(error) };
  const sender = new Sender({ ...shared, ttlMs: 7 * 24 * 3_600_000 });
  const kept = options.broadcasts ?? new MemoryBroadcasts(() => time.now);
  const spoken = { ...shared, clock: { now: () => time.now }, sender };
  const broadcasts = new Broadcasts({ ...spoken, broadcasts: kept, pace: options.pace ?? NO_PACE, meter: { count: () => undefined } });
  const calls = new Calls({ ...spoken, broadcasts });
  const extensions = new Extensions({ ...shared, events: store.events });
  const routes = { gate, calendar: new Calendar() };
  const account = accounts === null ? [] : accountCalls({ accounts, directory, signIn: new SignIn({ accounts, now: () => time.now }) });
  const webhooks = webhooksOver(store, options.webhooks ?? new MemoryWebhooks(() => time.now), hookHints);
  const all = [...chatCalls(calls), ...broadcastCalls(broadcasts), ...webhookCalls(webhooks), ...extensionCalls(extensions), ...account];
  registerCalls(app, all, routes);
  const document = openApi(all);
  const check = answerCheck(document);
  if (options.live === true)
    await goLive({ app, store, directory, routes, sessions: liveSessions(options), onAccounts: options.onAccounts });
  const request = async (wanted: InjectOptions): Promise<Reply> => {
    const { statusCode: status, payload, headers } = await app.inject(wanted);
    const body = parsed(payload);
    const { method = "GET", url = "" } = wanted;
    if (payload !== "" && String(headers["content-type"]).startsWith("application/json")) check({ method, url: String(url), status, body });
    return { status, body, headers };
  };
  return {
    app,
    store,
    directory: memory,
    registry,
    document,
    hints,
    failedHints,
    hookHints,
    time,
    request,
    call: (path, parameters = {}) => request({ method: "POST", url: `/tracker/chat/${path}`, payload: { hash: HASH, ...parameters } }),
    driverWrites: (trackerId, ...texts) => driverWrites(store, memory, trackerId, texts),
    deviceTakes: (trackerId) => deviceTakes(store, trackerId),
  };
}

async function serverOf({ onLog, trustProxy = [], load = () => "normal" }: ApiOptions, registry: Registry): Promise<FastifyInstance> {
  const app = await createHttpServer({ logger: logger(onLog), trustProxy, tls: null, limits: BOUNDS.http, registry });
  shedLoad(app, { load, meter: { count: () => undefined } });
  return app;
}

function webhooksOver({ events }: MemoryStore, webhooks: WebhookStore, hints: [number, number][]): Webhooks {
  return new Webhooks({
    ...{ webhooks, events },
    problemOf: (url) => POSTER.problemOf(url),
    secret: () => "whsec_rXJkBTgVgO8dYhOzUqsPYwZ0Y4J3ELGXuWsFf1pW3Rk",
    hint: (user, id) => void hints.push([user.id, id]),
  });
}

async function driverWrites(
  store: MemoryStore,
  directory: MemoryDirectory,
  trackerId: number,
  texts: readonly string[],
): Promise<readonly number[]> {
  const { epoch } = await store.login({ trackerId, node: "test", protocol: "paper" });
  await store.renewLease("test", 60_000);
  const { ids } = await store.receive({
    trackerId,
    epoch,
    employeeId: directory.employeeOf(trackerId),
    texts: texts.map((text) => ({ text, serial: null, lossy: false, answers: null })),
    early: false,
  });
  return ids;
}

async function deviceTakes(store: MemoryStore, trackerId: number): Promise<readonly number[]> {
  const { epoch } = await store.login({ trackerId, node: "test", protocol: "paper" });
  await store.renewLease("test", 60_000);
  const request = { trackerId, epoch, held: [], maxAttempts: 10, tagBytes: 1_000 };
  const claimed = await store.drain({ ...request, settlements: [], room: 1_000 });
  if (claimed.type !== "drained") throw new Error(`the test's line is ${claimed.type}`);
  const taken = claimed.texts.map(({ id }) => id);
  await store.drain({ ...request, settlements: taken.map((id) => ({ type: "delivered", id, receipt: "device" })), room: 0 });
  return taken;
}

interface LiveParts {
  readonly app: FastifyInstance;
  readonly store: MemoryStore;
  readonly directory: Directory;
  readonly routes: RouteDeps;
  readonly sessions: EventStreamsDeps["sessions"];
  readonly onAccounts: EventStreamsDeps["onAccounts"] | undefined;
}

function liveSessions({ accounts, sessions = {} }: ApiOptions): EventStreamsDeps["sessions"] {
  return accounts?.accounts ?? { ...sessionsOf(sessions), onSessionEnd: () => () => undefined };
}

async function goLive({ app, store, directory, routes, sessions, onAccounts }: LiveParts): Promise<void> {
  const [meter, log] = [{ count: () => undefined }, pino({ level: "silent" })];
  const relayer = new Relayer({ store: store.events, directory, node: "test", meter, log });
  const hub = new EventHub({ store: store.events, directory, messages: store, wake: (userId) => relayer.wake(userId), log });
  new EventStreams({ ...routes, live: hub, directory, sessions, onAccounts: onAccounts ?? (() => () => undefined), meter }).register(app);
  relayer.start();
  hub.start();
  app.addHook("onClose", async () => {
    hub.stop();
    await relayer.stop();
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
}

function sessionsOf(sessions: NonNullable<ApiOptions["sessions"]>): Parameters<typeof createGate>[1]["sessions"] {
  if (sessions === "down") return { userOfSession: () => Promise.reject(new StoreUnavailable("down")) };
  const users = new Map(Object.entries(sessions));
  return { userOfSession: (hash) => Promise.resolve(users.get(hash)) };
}

function logger(onLog: ApiOptions["onLog"]): ReturnType<typeof pino> {
  return onLog === undefined ? pino({ level: "silent" }) : pino({ level: "trace" }, { write: onLog });
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
