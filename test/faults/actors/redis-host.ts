/** The machine of Redis: its process, its disk with a power switch, and a way in past every proxy. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { findRedis } from "../../../src/redis/binary.ts";
import type { Disk } from "../primitives/disk.ts";

export interface RedisHostOptions {
  readonly disk: Disk;
  readonly port: number;
  readonly log: string;
  /** `everysec` breaks the promises on purpose. */
  readonly fsync: "always" | "everysec";
  readonly environment: Readonly<Record<string, string>>;
}

const START_MS = 60_000;
const LOOK_MS = 10;

export class RedisHost {
  readonly port: number;
  readonly admin: Redis;
  readonly #options: RedisHostOptions;
  #server: ChildProcess | null = null;

  constructor(options: RedisHostOptions) {
    this.#options = options;
    this.port = options.port;
    this.admin = new Redis(options.port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => LOOK_MS, maxRetriesPerRequest: null });
    this.admin.on("error", () => undefined);
  }

  get alive(): boolean {
    return this.#server !== null && this.#server.exitCode === null && this.#server.signalCode === null;
  }

  /** Resolves when it has read its files and answers. */
  async start(): Promise<void> {
    const { environment } = this.#options;
    const { path } = findRedis(process.env["REDIS_BIN"] ?? null, process.env["PATH"] ?? "");
    const server = spawn(path, this.#arguments(), { env: { PATH: process.env["PATH"] ?? "", ...environment }, stdio: "ignore" });
    this.#server = server;
    const deadline = performance.now() + START_MS;
    while (!(await this.#answers())) {
      if (!this.alive) throw new Error(`Redis ended while it started: see ${this.#options.log}`);
      if (performance.now() > deadline) throw new Error(`Redis does not answer after ${START_MS} ms: see ${this.#options.log}`);
      await wait(LOOK_MS);
    }
  }

  pause(): void {
    this.#server?.kill("SIGSTOP");
  }

  resume(): void {
    this.#server?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (server === null || !this.alive) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }

  /** Resolves when it has ended by itself; false when it has not in time. */
  async ended(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.alive && performance.now() < deadline) await wait(LOOK_MS);
    return !this.alive;
  }

  async stop(): Promise<void> {
    this.admin.disconnect();
    await this.kill();
  }

  #arguments(): readonly string[] {
    const { disk, port, log, fsync } = this.#options;
    const settings: Readonly<Record<string, string>> = {
      port: String(port),
      bind: "127.0.0.1",
      dir: disk.folder,
      logfile: log,
      appendonly: "yes",
      appendfsync: fsync,
      save: "",
      "maxmemory-policy": "noeviction",
      "hash-max-listpack-value": "1024",
      // Small enough to be rewritten many times in a campaign.
      "auto-aof-rewrite-min-size": "4mb",
    };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  }

  async #answers(): Promise<boolean> {
    const probe = new Redis(this.#options.port, "127.0.0.1", {
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
      commandTimeout: 1_000,
    });
    probe.on("error", () => undefined);
    try {
      await probe.connect();
      return (await probe.ping()) === "PONG";
    } catch {
      return false;
    } finally {
      probe.disconnect();
    }
  }
}
