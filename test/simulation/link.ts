/** One TCP connection between a device and a node: bytes arrive in order, or not at all. */
import type { Random } from "./random.ts";

/** One end of a connection. */
export interface Endpoint {
  received(chunk: Buffer): void;
  /** The other side sends no more. */
  ended(): void;
  /** The connection is no more. */
  gone(): void;
}

export interface LinkOptions {
  readonly id: number;
  readonly random: Random;
  readonly device: Endpoint;
  readonly now: () => number;
  after(ms: number, run: () => void): void;
  /** Runs something in the node's process. */
  atNode(run: () => void): void;
}

type Way = "up" | "down";

/** How long a side that hears nothing any more may believe that the connection lives. */
const SHORTEST_BELIEF_MS = 15_000;
const LONGEST_BELIEF_MS = 200_000;
const LATENCY_MS = 40;

export class Link {
  readonly id: number;
  /** The gateway's end, once it was accepted. */
  server: Endpoint | null = null;
  readonly #options: LinkOptions;
  readonly #arrives: Record<Way, number> = { up: 0, down: 0 };
  #broken = false;

  constructor(options: LinkOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** The device calls; `accept` is told when that reaches the node's machine. */
  open(accept: () => void): void {
    this.#arrive("up", accept);
  }

  send(way: Way, bytes: Buffer): void {
    this.#travel(way, (end) => end.received(bytes));
  }

  /** This side sends no more. */
  finish(way: Way): void {
    this.#travel(way, (end) => end.ended());
  }

  /** This side is gone; what it sent before still arrives. */
  abandon(way: Way): void {
    this.#travel(way, (end) => end.gone());
  }

  /** The connection breaks: what is under way is lost, both sides learn of it. */
  cut(): void {
    if (this.#broken) return;
    this.#broken = true;
    const { random } = this.#options;
    this.#tellServer(random.between(0, 30));
    this.#tellDevice(random.between(0, 30));
  }

  /** From now on nothing arrives, and neither side is told: the gateway's kernel finds out, or its own timers do. */
  blacken(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#tellServer(this.#options.random.between(SHORTEST_BELIEF_MS, LONGEST_BELIEF_MS));
  }

  /** The node's process died: its end is gone without a word of it; the device learns unless the whole machine fell. */
  orphan(deviceLearns: boolean): void {
    if (this.#broken) return;
    this.#broken = true;
    this.server = null;
    if (deviceLearns) this.#tellDevice(this.#options.random.between(0, 50));
  }

  #tellServer(ms: number): void {
    this.#options.after(ms, () => this.#options.atNode(() => this.server?.gone()));
  }

  #tellDevice(ms: number): void {
    this.#options.after(ms, () => this.#options.device.gone());
  }

  #travel(way: Way, tell: (end: Endpoint) => void): void {
    this.#arrive(way, () => {
      if (way === "down") tell(this.#options.device);
      else this.#options.atNode(() => this.server !== null && tell(this.server));
    });
  }

  #arrive(way: Way, run: () => void): void {
    if (this.#broken) return;
    const { now, random } = this.#options;
    const at = Math.max(this.#arrives[way], now() + random.between(1, LATENCY_MS));
    this.#arrives[way] = at;
    this.#options.after(at - now(), () => {
      if (!this.#broken) run();
    });
  }
}
