/** The device side of this node: its listeners and all their connections. */
import { createServer, type Server, type Socket } from "node:net";
import type { Directory } from "../chat/fleet.ts";
import type { CloseReason, Protocol } from "../core/index.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { Connection } from "./connection.ts";
import type { LineDeps, LineHost } from "./line-deps.ts";
import { LineLog } from "./line-log.ts";

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

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** The only protocol of this port; null detects it. */
  readonly protocol: Protocol | null;
}

export interface GatewayOptions extends LineDeps {
  readonly directory: Directory;
  readonly admission: AdmissionLimits;
  readonly listen: readonly ListenAddress[];
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly protocol: string | null;
}

export class Gateway implements LineHost {
  readonly #options: GatewayOptions;
  readonly #admission: Admission;
  readonly #log: LineLog;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #background = new Set<Promise<void>>();
  #review: NodeJS.Timeout | null = null;
  #bound = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#admission = new Admission(options.admission);
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

  /** Closes the listeners; lines stay. */
  stopAccepting(): void {
    this.#bound = false;
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
    this.#admission.release(address);
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

  async #bind(address: ListenAddress): Promise<Listening> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: true }, (socket) =>
      this.#accept(socket, address.protocol),
    );
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(new Error(unbindable(address, error))));
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.removeAllListeners("error");
        resolve();
      });
    });
    server.on("error", (error) => this.#options.log.error({ err: error }, "a device listener failed"));
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
    return { host: address.host, port, protocol: address.protocol?.name ?? null };
  }

  #accept(socket: Socket, protocol: Protocol | null): void {
    const address = socket.remoteAddress;
    // Gone before we saw it.
    if (address === undefined) {
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    const admitted = this.#admission.admit(address, this.#options.now());
    if (admitted !== "yes") {
      this.#options.meter.count("closings", admitted);
      this.#log.write("warn", this.#options.now(), { message: "connection refused", reason: admitted, address });
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    this.#options.meter.count("connections", protocol?.name ?? "detected");
    this.#connections.add(new Connection(socket, protocol, { deps: this.#options, host: this }));
  }

  async #untilQuiet(boundMs: number): Promise<void> {
    const by = this.#options.now() + boundMs;
    while ((this.#connections.size > 0 || this.#background.size > 0) && this.#options.now() < by) await delay(QUIET_BEAT_MS);
  }
}

/** Names the setting, as every message that ends a start does. */
function unbindable({ host, port, protocol }: ListenAddress, error: Error): string {
  const setting = protocol === null ? "GATEWAY_PORT" : `PROTOCOL_PORTS (${protocol.name})`;
  return `${setting}: ${host}:${port} cannot be bound (${error.message})`;
}

const DRAIN: CloseReason = "drain";
const QUIET_BEAT_MS = 20;

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
