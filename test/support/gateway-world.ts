/** A gateway on free ports over the reference store, and raw sockets that talk to it. */
import { connect, type Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import pino from "pino";
import { LineChat, type LineWarning } from "../../src/chat/lines.ts";
import type { Load } from "../../src/chat/load.ts";
import type { LineMeter } from "../../src/chat/meter.ts";
import type { Draft, Owner } from "../../src/chat/ports.ts";
import type { Protocol, SessionLimits } from "../../src/core/index.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { LineTap } from "../../src/gateway/line-tap.ts";
import { Registry } from "../../src/gateway/registry.ts";
import type { UpstreamLimits } from "../../src/gateway/upstream.ts";
import type { WireLimits } from "../../src/gateway/wire.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { failing } from "./failing-store.ts";
import { type FleetPlan, MemoryDirectory } from "./fleet.ts";
import { BOUNDS } from "./limits.ts";
import { byTag, inOrder } from "./scripted-protocol.ts";

const NODE = "node-a";

export interface WorldOptions {
  readonly fleet?: FleetPlan;
  readonly limits?: Partial<SessionLimits>;
  readonly protocols?: readonly Protocol[];
  readonly store?: MemoryStore;
  readonly node?: string;
  /** Of the port that speaks one protocol only. */
  readonly single?: Protocol;
  readonly tap?: () => LineTap;
  /** Opens a port over TLS with this certificate and key. */
  readonly tls?: SecureContextOptions;
  /** Whose connections begin with a PROXY header. */
  readonly balancers?: readonly string[];
  /** How much may be unsent; the default is the settings'. */
  readonly wire?: WireLimits;
  /** Lines of all addresses. */
  readonly lines?: number;
  /** Of the servers that share lines. */
  readonly upstream?: UpstreamLimits;
  /** Lines of one address that have not logged in. */
  readonly linesPerIp?: number;
}

export interface World {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly directory: MemoryDirectory;
  readonly store: MemoryStore;
  /** Port that detects, and port of one protocol alone. */
  readonly port: number;
  readonly singlePort: number;
  /** Over TLS; 0 when there is none. */
  readonly tlsPort: number;
  readonly counts: Map<string, number>;
  readonly times: { readonly what: string; readonly ms: number }[];
  readonly logs: Record<string, unknown>[];
  readonly hints: { readonly trackerId: number; readonly owner: Owner }[];
  readonly warnings: LineWarning[];
  /** While true every call of the store that a line makes is refused. */
  outage: boolean;
  load: Load;
  send(trackerId: number, text: string): Promise<number>;
  /** A question with these answers. */
  ask(trackerId: number, text: string, choices: readonly string[]): Promise<number>;
  cancel(trackerId: number, id: number): Promise<void>;
  dial(port?: number): Promise<Peer>;
  close(): Promise<void>;
}

const LIMITS: SessionLimits = { loginMs: 2_000, idleMs: 60_000, halfFrameMs: 30_000, receiptMs: 5_000, strikes: 5, loginAttempts: 3 };

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { protocols = [byTag], tls = null, balancers = [], linesPerIp = 100 } = options;
  const directory = new MemoryDirectory(options.fleet ?? { trackers: [{ id: 1, deviceId: "dev1" }], protocols });
  const store = options.store ?? new MemoryStore(Date.now);
  const counts = new Map<string, number>();
  const logs: Record<string, unknown>[] = [];
  const times: World["times"] = [];
  const meter: LineMeter = {
    count: (what, labels, by = 1) => counts.set(`${what} ${labels}`, (counts.get(`${what} ${labels}`) ?? 0) + by),
    time: (what, label, ms) => times.push({ what: `${what} ${label}`, ms }),
  };
  const log = pino({ level: "debug" }, { write: (line: string) => void logs.push(JSON.parse(line)) });
  const node = options.node ?? NODE;
  const hints: World["hints"] = [];
  const warnings: LineWarning[] = [];
  const registry = new Registry();
  const peers: Peer[] = [];
  const world: Pick<World, "outage" | "load"> = { outage: false, load: "normal" };
  const lines = new LineChat({
    store: failing(store, () => world.outage),
    directory,
    outbox: { hint: (trackerId, owner) => Promise.resolve(void hints.push({ trackerId, owner })) },
    node,
    now: () => performance.now(),
    warn: (event) => warnings.push(event),
  });
  const gateway = new Gateway({
    protocols,
    limits: { ...LIMITS, ...options.limits },
    environment: {},
    lines,
    registry,
    meter,
    log,
    now: () => performance.now(),
    directory,
    wire: options.wire ?? BOUNDS.wire,
    admission: { lines: options.lines ?? 100, linesPerIp, loginRate: { count: 100, perMs: 1_000 } },
    listen: [
      { host: "127.0.0.1", port: 0, protocol: null, tls: false },
      { host: "127.0.0.1", port: 0, protocol: options.single ?? inOrder, tls: false },
      ...(tls === null ? [] : [{ host: "127.0.0.1", port: 0, protocol: null, tls: true }]),
    ],
    tls,
    balancers,
    load: () => world.load,
    ...(options.tap === undefined ? {} : { tap: options.tap }),
    ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
  });
  await store.renewLease(node, 600_000);
  const [universal, single, secure] = await gateway.listen();
  const port = universal?.port ?? 0;
  const submit = async (draft: Draft): Promise<number> => {
    const submitted = await store.submit(draft);
    if (submitted.type !== "stored") throw new Error("the outbox is full");
    if (submitted.owner !== null) registry.hint(draft.trackerId, submitted.owner.epoch);
    return submitted.id;
  };
  return Object.assign(world, {
    gateway,
    registry,
    directory,
    store,
    port,
    singlePort: single?.port ?? 0,
    tlsPort: secure?.port ?? 0,
    counts,
    times,
    logs,
    hints,
    warnings,
    send: (trackerId: number, text: string) => submit({ ...DRAFT, trackerId, text }),
    ask: (trackerId: number, text: string, choices: readonly string[]) => submit({ ...DRAFT, trackerId, text, choices }),
    cancel: async (trackerId: number, id: number) => {
      const cancelled = await store.cancel(trackerId, id);
      if (cancelled.type !== "cancelled") throw new Error(`message ${id} is not pending`);
      if (cancelled.owner !== null) registry.hint(trackerId, cancelled.owner.epoch, "withdrawal");
    },
    dial: async (to: number = port) => {
      const peer = await Peer.dial(to);
      peers.push(peer);
      return peer;
    },
    close: async () => {
      for (const peer of peers) peer.socket.destroy();
      await gateway.drain(0);
    },
  });
}

const DRAFT: Omit<Draft, "trackerId" | "text"> = { employeeId: null, urgent: false, altered: false, ttlMs: 600_000, rejected: null };

/** A raw socket that speaks lines. */
export class Peer {
  readonly socket: Socket;
  text = "";
  ended = false;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.text += chunk.toString("utf8");
    });
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("error", () => undefined);
  }

  static async dial(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Peer> {
    const socket = connect({ port, host: "127.0.0.1", ...options });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new Peer(socket);
  }

  say(...lines: readonly string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(""));
  }

  get lines(): readonly string[] {
    return this.text.split("\n").slice(0, -1);
  }

  async heard(line: string): Promise<void> {
    await until(
      () => this.lines.includes(line),
      () => `"${line}" among ${JSON.stringify(this.lines)}`,
    );
  }

  async login(key: string): Promise<void> {
    this.say(`L ${key}`);
    await this.heard("AL ok");
  }
}

/** Waits for a condition; fails with what was expected. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string = String, ms = 5_000): Promise<void> {
  const by = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > by) throw new Error(`waited ${ms} ms for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
