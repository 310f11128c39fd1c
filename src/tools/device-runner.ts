/** Runs simulated devices over real TCP: one socket and one timer a device, reconnecting with growing waits. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { DeviceOutput, SimulatedDevice } from "../core/index.ts";

export interface RunnerEvents {
  output(output: Exclude<DeviceOutput, { type: "write" }>): void;
  connected(): void;
  disconnected(reason: string): void;
}

export interface RunnerTarget {
  readonly host: string;
  readonly port: number;
  /** Source address; spreads thousands of devices over the loopback range. */
  readonly localAddress?: string;
  /** Over TLS, trusting this certificate (PEM), or with null those that the system trusts; absent: plain. */
  readonly tls?: { readonly ca: Buffer | null };
}

/** Waits between connection attempts, in milliseconds; the last repeats. */
const RECONNECT_MS: readonly number[] = [200, 500, 1_000, 2_000, 5_000];

export class DeviceRunner {
  readonly #device: SimulatedDevice;
  readonly #target: RunnerTarget;
  readonly #events: RunnerEvents;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #attempts = 0;
  #stopped = false;

  constructor(device: SimulatedDevice, target: RunnerTarget, events: RunnerEvents) {
    this.#device = device;
    this.#target = target;
    this.#events = events;
  }

  start(): void {
    const { tls, ...address } = this.#target;
    const socket = tls === undefined ? connect(address) : connectTls({ ...address, ...(tls.ca === null ? {} : { ca: tls.ca }) });
    this.#socket = socket;
    socket.setNoDelay(true);
    let reason = "closed by the gateway";
    socket.on(tls === undefined ? "connect" : "secureConnect", () => {
      this.#attempts = 0;
      this.#events.connected();
      this.#perform(this.#device.connected(now()));
    });
    socket.on("data", (chunk) => this.#perform(this.#device.received(chunk, now())));
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.on("close", () => this.#closed(reason));
  }

  say(text: string): void {
    this.#perform(this.#device.say(text, now()));
  }

  position(): void {
    this.#perform(this.#device.position(now()));
  }

  /** Picks an answer (from 0) of the last question; false when this device has no such thing. */
  choose(choice: number): boolean {
    if (this.#device.choose === undefined) return false;
    this.#perform(this.#device.choose(choice, now()));
    return true;
  }

  /** Drops the connection; the device comes back by itself. */
  drop(): void {
    this.#socket?.destroy();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.end();
    this.#socket?.destroySoon();
  }

  #closed(reason: string): void {
    this.#socket = null;
    this.#events.disconnected(reason);
    if (this.#stopped) return;
    const wait = RECONNECT_MS[Math.min(this.#attempts, RECONNECT_MS.length - 1)] ?? 0;
    this.#attempts += 1;
    this.#arm(() => this.start(), wait);
  }

  #perform(outputs: readonly DeviceOutput[]): void {
    for (const output of outputs) {
      if (output.type === "write") this.#socket?.write(output.bytes);
      else this.#events.output(output);
      if (output.type === "hangup") this.drop();
    }
    const at = this.#device.deadline;
    if (this.#socket === null || this.#stopped) return;
    if (at === null) this.#disarm();
    else this.#arm(() => this.#perform(this.#device.tick(now())), Math.max(0, at - now()));
  }

  #arm(action: () => void, ms: number): void {
    this.#disarm();
    this.#timer = setTimeout(action, ms);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function now(): number {
  return performance.now();
}
