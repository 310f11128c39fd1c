/** The whole facade over the memory store and a memory fleet, asked through `inject`. */
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { Calls, type CallsOptions } from "../../src/chat/calls.ts";
import { Extensions, type ExtensionsOptions } from "../../src/chat/extensions.ts";
import type { User } from "../../src/chat/fleet.ts";
import { type MessageStore, type News, type Outbox, type Owner, StoreUnavailable } from "../../src/chat/ports.ts";
import { Calendar } from "../../src/http/calendar.ts";
import { chatCalls } from "../../src/http/chat-calls.ts";
import { extensionCalls } from "../../src/http/extension-calls.ts";
import { createGate } from "../../src/http/gate.ts";
import { registerCalls } from "../../src/http/routes.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { type FleetPlan, HASH, MemoryDirectory } from "./fleet.ts";

export interface ApiOptions {
  readonly fleet?: FleetPlan;
  /** The default never refuses. */
  readonly rate?: { readonly count: number; readonly perMs: number };
  /** The store that the calls see; the default is the memory store itself. */
  readonly wrapStore?: (store: MemoryStore) => CallsOptions["store"] & ExtensionsOptions["store"];
  readonly outbox?: Outbox;
  /** Users by session hash; `down`: the store of sessions cannot be reached. */
  readonly sessions?: Readonly<Record<string, User>> | "down";
  readonly trustProxy?: readonly string[];
  /** The id before the first message's. */
  readonly lastId?: number;
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
  readonly hints: (readonly [trackerId: number, owner: Owner, news?: News])[];
  readonly failedHints: unknown[];
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
  const directory = new MemoryDirectory(options.fleet);
  const registry = new Registry();
  const hints: [number, Owner, News?][] = [];
  const failedHints: unknown[] = [];
  const outbox = options.outbox ?? { hint: (...hint: [number, Owner, News?]) => Promise.resolve(void hints.push(hint)) };
  const app = await createHttpServer({ logger: logger(options.onLog), trustProxy: options.trustProxy ?? [], tls: null, registry });
  const gate = await createGate(app, {
    directory,
    sessions: sessionsOf(options.sessions ?? {}),
    rate: options.rate ?? { count: 1_000_000, perMs: 1_000 },
  });
  const seen = options.wrapStore?.(store) ?? store;
  const shared = { store: seen, directory, outbox, onHintFailed: (error: unknown) => void failedHints.push(error) };
  const calls = new Calls({ ...shared, clock: { now: () => time.now }, ttlMs: 7 * 24 * 3_600_000 });
  const extensions = new Extensions(shared);
  registerCalls(app, [...chatCalls(calls), ...extensionCalls(extensions)], { gate, calendar: new Calendar() });
  const request = async (wanted: InjectOptions): Promise<Reply> => {
    const { statusCode, payload, headers } = await app.inject(wanted);
    return { status: statusCode, body: parsed(payload), headers };
  };
  return {
    app,
    store,
    directory,
    registry,
    hints,
    failedHints,
    time,
    request,
    call: (path, parameters = {}) => request({ method: "POST", url: `/tracker/chat/${path}`, payload: { hash: HASH, ...parameters } }),
    driverWrites: (trackerId, ...texts) => driverWrites(store, directory, trackerId, texts),
    deviceTakes: (trackerId) => deviceTakes(store, trackerId),
  };
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
