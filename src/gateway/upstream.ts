/**
 * The connection of one line to the server that shares it. Nothing is kept for a server that is away: the device keeps what was
 * not acknowledged. A server that reads slowly makes the device wait, and is dropped when that takes too long.
 */
import { connect, type Socket } from "node:net";
import type { Meter } from "../chat/meter.ts";

/** Times in milliseconds. */
export interface UpstreamLimits {
  /** To make a connection. */
  readonly connectMs: number;
  /** Before a lost connection is made again: doubled with each failure up to the longest, and varied by half. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
  /** More unsent bytes than this and the device is not read; what it sent before may come on top. */
  readonly chokeBytes: number;
  /** As long as this, and the server is dropped. */
  readonly slowMs: number;
}

const UPSTREAM_LIMITS: UpstreamLimits = {
  connectMs: 10_000,
  retryMs: 1_000,
  longestRetryMs: 60_000,
  chokeBytes: 64 * 1024,
  slowMs: 30_000,
};

/** The line. */
export interface UpstreamOwner {
  upstreamSaid(news: "up" | "down" | Buffer): void;
  /** It reads again: the device may be read, too. */
  unchoked(): void;
}

export interface UpstreamDeps {
  readonly meter: Meter;
  readonly upstream?: UpstreamLimits;
}

/** How a connection ended. */
type Ending = "failed" | "lost" | "slow";

export class Upstream {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #owner: UpstreamOwner;
  readonly #protocol: string;
  readonly #meter: Meter;
  readonly #limits: UpstreamLimits;
  #socket: Socket | null = null;
  /** One at a time: for the connection to be made, to be made again, or for the server to read. */
  #timer: NodeJS.Timeout | null = null;
  #up = false;
  #choked = false;
  #failures = 0;
  #closed = false;

  /** `target`: `host:port`, an IPv6 address in brackets. */
  constructor(
    { target, protocol }: { readonly target: string; readonly protocol: string },
    owner: UpstreamOwner,
    { meter, upstream = UPSTREAM_LIMITS }: UpstreamDeps,
  ) {
    const colon = target.lastIndexOf(":");
    this.#target = { host: target.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(target.slice(colon + 1)) };
    this.#owner = owner;
    this.#protocol = protocol;
    this.#meter = meter;
    this.#limits = upstream;
    this.#connect();
  }

  get up(): boolean {
    return this.#up;
  }

  /** The server reads more slowly than the device sends. */
  get choked(): boolean {
    return this.#choked;
  }

  send(bytes: Buffer): void {
    const socket = this.#socket;
    if (socket === null || !this.#up) return this.#count("tee", "unrelayed");
    socket.write(bytes);
    this.#count("tee-bytes", "up", bytes.length);
    if (socket.writableLength <= this.#limits.chokeBytes || this.#choked) return;
    this.#choked = true;
    this.#after(this.#limits.slowMs, () => this.#end(socket, "slow"));
  }

  /** Reads on, or lets the server wait for the device. */
  read(on: boolean): void {
    if (!this.#up || this.#socket === null || on !== this.#socket.isPaused()) return;
    if (on) this.#socket.resume();
    else this.#socket.pause();
  }

  /** What it says cannot be followed: another connection is made. */
  again(): void {
    if (this.#socket !== null) this.#end(this.#socket, "lost");
  }

  /** The line is over: what was relayed is still sent. */
  close(): void {
    this.#closed = true;
    this.#up = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.removeAllListeners("data").resume().destroySoon();
    // A server that does not read must not hold the socket of a line that is gone.
    socket.setTimeout(this.#limits.slowMs, () => socket.destroy());
  }

  #connect(): void {
    const socket = connect({ ...this.#target, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    this.#socket = socket;
    this.#after(this.#limits.connectMs, () => this.#end(socket, "failed"));
    socket.on("connect", () => this.#connected(socket));
    socket.on("data", (chunk) => this.#heard(socket, chunk));
    socket.on("drain", () => this.#drained(socket));
    // Its close follows, or its end.
    socket.on("error", () => undefined);
    socket.on("end", () => this.#end(socket, "lost"));
    socket.on("close", () => this.#end(socket, this.#up ? "lost" : "failed"));
  }

  #connected(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#after(null);
    this.#up = true;
    this.#count("tee", "connected");
    this.#owner.upstreamSaid("up");
  }

  #heard(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    this.#failures = 0;
    this.#count("tee-bytes", "down", chunk.length);
    this.#owner.upstreamSaid(chunk);
  }

  #drained(socket: Socket): void {
    if (socket !== this.#socket || !this.#choked) return;
    this.#choked = false;
    this.#after(null);
    this.#owner.unchoked();
  }

  /** Once for each socket. */
  #end(socket: Socket, how: Ending): void {
    socket.destroy();
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#up = false;
    this.#choked = false;
    this.#count("tee", how);
    const wait = Math.min(this.#limits.longestRetryMs, this.#limits.retryMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, MAX_DOUBLINGS);
    this.#after(wait * (0.5 + Math.random()), () => this.#connect());
    // It may end the line, and with it this.
    this.#owner.upstreamSaid("down");
  }

  #count(what: "tee" | "tee-bytes", label: string, by?: number): void {
    this.#meter.count(what, `${this.#protocol} ${label}`, by);
  }

  /** Instead of what was to happen; null: nothing is. */
  #after(ms: number | null, work: () => void = () => undefined): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = ms === null || this.#closed ? null : setTimeout(work, ms);
  }
}

const KEEP_ALIVE_MS = 60_000;
/** 2 to the power of more is beyond any longest wait. */
const MAX_DOUBLINGS = 16;
