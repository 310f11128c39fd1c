/** One node of the product: a real process, started, stopped and killed like any other. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { isReady, TOKEN } from "./api.ts";

export interface GatewayNodeOptions {
  readonly place: number;
  readonly httpPort: number;
  readonly gatewayPort: number;
  readonly redisUrl: string;
  readonly dataDir: string;
  readonly log: string;
  /** Arguments of Node before `serve`: the built product, or a broken variant of it. */
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The balancer asks several times within this whether the node takes something new. */
export const DRAIN_DELAY_MS = 2_000;
const START_MS = 120_000;
const MOST_STARTS = 3;
const LOOK_MS = 25;

export class GatewayNode {
  readonly place: number;
  readonly httpPort: number;
  readonly gatewayPort: number;
  readonly #options: GatewayNodeOptions;
  #child: ChildProcess | null = null;

  constructor(options: GatewayNodeOptions) {
    this.place = options.place;
    this.httpPort = options.httpPort;
    this.gatewayPort = options.gatewayPort;
    this.#options = options;
  }

  get alive(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it is ready to take devices and requests; as any supervisor does, it starts a process again that ended meanwhile. */
  async start(): Promise<void> {
    const deadline = performance.now() + START_MS;
    let starts = 0;
    while (!(await isReady(this.httpPort))) {
      if (performance.now() > deadline) throw new Error(`node ${this.place} is not ready after ${START_MS} ms: see ${this.#options.log}`);
      if (this.alive) {
        await wait(LOOK_MS);
        continue;
      }
      if (starts === MOST_STARTS) throw new Error(`node ${this.place} ended while it started: see ${this.#options.log}`);
      starts += 1;
      this.#launch();
    }
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it; gives its exit code, null when it was killed. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    if (child === null || !this.alive) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  #launch(): void {
    const { program, redisUrl, dataDir, log, environment } = this.#options;
    const out = openSync(log, "a");
    this.#child = spawn(process.execPath, [...program, "serve"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        NODE_ID: `n${this.place}`,
        REDIS_URL: redisUrl,
        DATA_DIR: dataDir,
        HTTP_PORT: String(this.httpPort),
        GATEWAY_HOST: "127.0.0.1",
        GATEWAY_PORT: String(this.gatewayPort),
        ADMIN_TOKEN: TOKEN,
        DEMO: "false",
        RATE_LIMIT: "1000000/s",
        LOG_LEVEL: "warn",
        DRAIN_DELAY: `${DRAIN_DELAY_MS / 1_000}s`,
        ...environment,
      },
      stdio: ["ignore", out, out],
    });
    closeSync(out);
  }
}
