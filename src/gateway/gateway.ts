/** The device side of this node: its listeners and all their connections. */
import { createServer, type Server, type Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { Directory } from "../chat/fleet.ts";
import type { CloseReason } from "../core/index.ts";
import { Connection } from "./connection.ts";
import { type Door, Entrance, type EntranceOptions, type EntranceOwner } from "./entrance.ts";
import type { LineDeps, LineHost } from "./line-deps.ts";
import { LineLog } from "./line-log.ts";
import type { EndReason } from "./registry.ts";
import { Turns } from "./turns.ts";

/** Connections that the kernel holds while we accept; a reconnect storm overflows the default of 511. */
const BACKLOG = 4_096;
/** Log lines a minute about connections that never became a line, of all addresses together. */
const STRANGERS_LOGGED = 120;
const KEEP_ALIVE_MS = 60_000;
/** Blocked and removed trackers lose their line within this. */
const REVIEW_MS = 1_000;
/** The last line of a drain is told to end after this. */
const DRAIN_SPREAD_MS = 4_000;
const DRAIN_BEAT_MS = 100;
/** As few as this end at once. */
const DRAIN_BATCH = 100;
/** Beyond a line's grace: for its last bytes and the store's last answer. */
const DRAIN_SLACK_MS = 2_500;

export interface GatewayOptions extends Omit<LineDeps, "turns">, Omit<EntranceOptions, "meter"> {
  readonly directory: Directory;
  readonly listen: readonly Door[];
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly protocol: string | null;
  readonly tls: boolean;
}

export class Gateway implements LineHost, EntranceOwner {
  readonly #options: GatewayOptions;
  readonly #lineDeps: LineDeps;
  readonly #entrance: Entrance;
  readonly #log: LineLog;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #background = new Set<Promise<void>>();
  #review: NodeJS.Timeout | null = null;
  #bound = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#lineDeps = { ...options, turns: new Turns(options.now) };
    this.#entrance = new Entrance(options, this);
    this.#log = new LineLog(options.log, STRANGERS_LOGGED);
  }

  /** All listeners are bound and connections are accepted. */
  get ready(): boolean {
    return this.#bound;
  }

  /** Connections, logged in or not. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Lines that an upstream server shares, by whether it is connected. */
  get upstreams(): ReadonlyMap<"up" | "down", number> {
    const lines = { up: 0, down: 0 };
    for (const { upstream } of this.#connections) if (upstream !== null) lines[upstream] += 1;
    return new Map(Object.entries(lines) as ["up" | "down", number][]);
  }

  /** Binds every listener; when one cannot be bound, none stays. */
  async listen(): Promise<readonly Listening[]> {
    const listening: Listening[] = [];
    try {
      for (const address of this.#options.listen) listening.push(await this.#bind(address));
    } catch (error) {
      this.stopAccepting();
      throw error;
    }
    this.#bound = true;
    this.#review = setInterval(() => this.review(), REVIEW_MS);
    return listening;
  }

  /** A new certificate: lines stay on the one that they began with. */
  renew(tls: SecureContextOptions): void {
    this.#entrance.renew(tls);
  }

  /** Closes the listeners; lines stay. */
  stopAccepting(): void {
    this.#bound = false;
    this.#entrance.shut();
    for (const server of this.#servers) server.close();
    this.#servers.length = 0;
  }

  /** Ends lines whose tracker was blocked, removed or given another device. */
  review(): void {
    for (const line of this.#options.registry.all()) {
      const tracker = this.#options.directory.tracker(line.trackerId);
      if (tracker === undefined || tracker.blocked || tracker.deviceId !== line.deviceId) line.leave("removed");
    }
  }

  /** Ends every line in batches, giving each `graceMs` for what is open; resolves when all are gone and the store was told. */
  async drain(graceMs: number): Promise<void> {
    this.stopAccepting();
    if (this.#review !== null) clearInterval(this.#review);
    const waiting = [...this.#connections];
    const batch = Math.max(DRAIN_BATCH, Math.ceil((waiting.length * DRAIN_BEAT_MS) / DRAIN_SPREAD_MS));
    for (let at = 0; at < waiting.length; at += batch) {
      for (const connection of waiting.slice(at, at + batch)) connection.end(DRAIN, graceMs);
      if (at + batch < waiting.length) await delay(DRAIN_BEAT_MS);
    }
    await this.#untilQuiet(graceMs + DRAIN_SLACK_MS);
    for (const connection of this.#connections) connection.destroy();
  }

  admitted(address: string): void {
    this.#entrance.release(address);
  }

  arrived(socket: Socket, address: string, { protocol, tls }: Door): void {
    this.#options.meter.count("connections", tls ? "tls" : (protocol?.name ?? "detected"));
    this.#connections.add(new Connection({ socket, address }, protocol, { deps: this.#lineDeps, host: this }));
  }

  refused(address: string, reason: EndReason, detail?: string): void {
    const level = detail === undefined ? "warn" : "info";
    this.#log.write(level, this.#options.now(), {
      message: "connection refused",
      reason,
      address,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  unrecognised(address: string, head: Buffer): void {
    this.#log.write("info", this.#options.now(), { message: "no protocol begins like this", address, bytes: head });
  }

  background(work: Promise<void>): void {
    const tracked = work.finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  async #bind(door: Door): Promise<Listening> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }, (socket) =>
      this.#entrance.enter(socket, door),
    );
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(new Error(unbindable(door, error))));
      server.listen({ host: door.host, port: door.port, backlog: BACKLOG }, () => {
        server.removeAllListeners("error");
        resolve();
      });
    });
    server.on("error", (error) => this.#options.log.error({ err: error }, "a device listener failed"));
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : door.port;
    return { host: door.host, port, protocol: door.protocol?.name ?? null, tls: door.tls };
  }

  async #untilQuiet(boundMs: number): Promise<void> {
    const by = this.#options.now() + boundMs;
    while ((this.#connections.size > 0 || this.#background.size > 0) && this.#options.now() < by) await delay(QUIET_BEAT_MS);
  }
}

/** Names the setting, as every message that ends a start does. */
function unbindable({ host, port, protocol, tls }: Door, error: Error): string {
  const universal = tls ? "GATEWAY_TLS_PORT" : "GATEWAY_PORT";
  const setting = protocol === null ? universal : `PROTOCOL_PORTS (${protocol.name})`;
  return `${setting}: ${host}:${port} cannot be bound (${error.message})`;
}

const DRAIN: CloseReason = "drain";
const QUIET_BEAT_MS = 20;

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
