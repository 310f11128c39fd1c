/**
 * A Redis of the product's own, under DATA_DIR: started as a child in its own process group (Ctrl-C at the terminal must not
 * end it before the drain), adopted when it runs already, started again when it dies, stopped last.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { findRedis, type RedisBinary } from "./binary.ts";
import { type DataLock, lockData } from "./data-lock.ts";
import { describe, placeFor } from "./place.ts";
import { adjust, probe } from "./probe.ts";
import { gone, isAlive, runningPid } from "./processes.ts";
import { filesIn, type RedisFiles, type RedisPlace, redisConf, urlOf } from "./redis-conf.ts";

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Null: found on `path` or in .redis/. */
  readonly binary: string | null;
  /** The PATH to look on. */
  readonly path: string;
  readonly maxMemoryBytes: number;
  readonly report: (event: EmbeddedEvent) => void;
}

export type EmbeddedEvent =
  | { readonly type: "started" | "adopted" | "stopped"; readonly pid: number }
  /** It ended by itself; it is started again after `restartMs`. */
  | { readonly type: "died"; readonly pid: number; readonly restartMs: number }
  | { readonly type: "failed"; readonly reason: string; readonly restartMs: number };

/** A large file takes its time to be read. */
const READY_MS = 120_000;
/** One that holds the folder and says nothing. */
const SILENT_MS = 15_000;
const STOP_MS = 30_000;
const LOOK_MS = 50;
const WATCH_MS = 500;
const BACKOFF_MS = { first: 100, last: 10_000, forgetAfter: 60_000 };

/** Starts or adopts it and resolves when it answers; throws one line that says what is wrong. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedRedis> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const lock = lockData(options.dataDir);
  try {
    const redis = new EmbeddedRedis(options, lock, findRedis(options.binary, options.path));
    await redis.start();
    return redis;
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class EmbeddedRedis {
  readonly #options: EmbeddedOptions;
  readonly #lock: DataLock;
  readonly #binary: RedisBinary;
  readonly #files: RedisFiles;
  #place: RedisPlace | null = null;
  #pid = 0;
  #child: ChildProcess | null = null;
  #stopping = false;
  /** Ends when the supervision has ended. */
  #watch: Promise<void> = Promise.resolve();
  #wake = new AbortController();

  constructor(options: EmbeddedOptions, lock: DataLock, binary: RedisBinary) {
    this.#options = options;
    this.#lock = lock;
    this.#binary = binary;
    this.#files = filesIn(options.dataDir);
  }

  /** Connection options for ioredis; they stay the same over restarts. */
  get place(): RedisPlace {
    if (this.#place === null) throw new Error("the embedded Redis was not started");
    return this.#place;
  }

  /** The same as a Redis URL, or the socket's path. */
  get url(): string {
    return urlOf(this.place);
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    mkdirSync(this.#files.data, { recursive: true, mode: 0o700 });
    this.#place = await placeFor(this.#files);
    this.#pid = await this.#up();
    this.#watch = this.#supervise();
  }

  /** Ends it with everything on disk. Call it last: nothing is stored after. */
  async stop(): Promise<void> {
    if (this.#stopping) return await this.#watch;
    this.#stopping = true;
    this.#wake.abort();
    await this.#watch;
    if (isAlive(this.#pid)) process.kill(this.#pid, "SIGTERM");
    if (!(await gone(this.#pid, STOP_MS))) process.kill(this.#pid, "SIGKILL");
    await gone(this.#pid, STOP_MS);
    await this.#collected();
    this.#options.report({ type: "stopped", pid: this.#pid });
    this.#lock.release();
  }

  /** Our own child's end was noticed: else it would stay behind as a defunct process. */
  async #collected(): Promise<void> {
    const child = this.#child;
    if (child === null || child.pid !== this.#pid) return;
    while (child.exitCode === null && child.signalCode === null) await wait(LOOK_MS);
  }

  /** Ends the supervision and leaves the server running, to be adopted by the next start. */
  async abandon(): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    await this.#watch;
    this.#lock.release();
  }

  /** Adopts the one that answers, else starts one; gives its process id. */
  async #up(): Promise<number> {
    const place = this.place;
    const found = await this.#lookFor(place);
    if (found !== null) {
      await adjust(place, this.#options.maxMemoryBytes, this.#binary.major);
      this.#options.report({ type: "adopted", pid: found });
      return found;
    }
    const { maxMemoryBytes } = this.#options;
    writeFileSync(this.#files.conf, redisConf({ files: this.#files, place, maxMemoryBytes, major: this.#binary.major }), { mode: 0o600 });
    const child = spawn(this.#binary.path, [this.#files.conf], { detached: true, stdio: "ignore" });
    this.#child = child;
    const pid = await this.#ready(child, place);
    child.unref();
    this.#options.report({ type: "started", pid });
    return pid;
  }

  /** Never a second server on one append-only file: one that lives and is silent is waited for. */
  async #lookFor(place: RedisPlace): Promise<number | null> {
    const since = Date.now();
    for (;;) {
      const { type, ...answer } = await probe(place, this.#files.data);
      if ("pid" in answer) return answer.pid;
      if (type === "foreign") throw new Error(`DATA_DIR: another Redis answers at ${describe(place)}`);
      const holder = runningPid(this.#files);
      if (type === "absent" && holder === null) return null;
      const limit = type === "loading" ? READY_MS : SILENT_MS;
      if (Date.now() - since > limit) throw new Error(`DATA_DIR: a Redis (process ${holder}) holds it and does not answer`);
      await wait(LOOK_MS);
    }
  }

  async #ready(child: ChildProcess, place: RedisPlace): Promise<number> {
    let ended = "";
    child.once("error", (error) => {
      ended = error.message;
    });
    child.once("exit", (code, signal) => {
      ended = `it ended with ${signal ?? `code ${code}`}${lastWords(this.#files.log)}`;
    });
    const deadline = Date.now() + READY_MS;
    while (ended === "" && Date.now() < deadline) {
      const answer = await probe(place, this.#files.data);
      if (answer.type === "ready") return answer.pid;
      await wait(LOOK_MS);
    }
    child.kill("SIGKILL");
    throw new Error(`the embedded Redis did not start: ${ended || `no answer within ${READY_MS / 1_000} s`}`);
  }

  async #supervise(): Promise<void> {
    let backoff = BACKOFF_MS.first;
    let upSince = Date.now();
    while (!this.#stopping) {
      if (isAlive(this.#pid)) {
        await this.#pause(WATCH_MS);
        continue;
      }
      if (Date.now() - upSince > BACKOFF_MS.forgetAfter) backoff = BACKOFF_MS.first;
      this.#options.report({ type: "died", pid: this.#pid, restartMs: backoff });
      await this.#pause(backoff);
      backoff = Math.min(backoff * 2, BACKOFF_MS.last);
      if (await this.#restart(backoff)) upSince = Date.now();
    }
  }

  async #restart(backoff: number): Promise<boolean> {
    if (this.#stopping) return false;
    try {
      this.#pid = await this.#up();
      return true;
    } catch (error) {
      this.#options.report({ type: "failed", reason: error instanceof Error ? error.message : String(error), restartMs: backoff });
      return false;
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#wake.signal, ref: false }).catch(() => undefined);
  }
}

function lastWords(log: string): string {
  try {
    const line = readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "";
    return line === "" ? "" : ` (${line.slice(0, 300)})`;
  } catch {
    return "";
  }
}
