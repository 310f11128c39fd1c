/**
 * Takes this node's mail. Jobs never wait for receipts: the line is told and the job is done. A watchdog sends itself mail
 * when none came, because a connection whose packets vanish looks like a quiet one; after some misses everything is made anew.
 */
import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Meter } from "../chat/meter.ts";
import { type Mail, type Mailbox, queueName } from "./mail.ts";
import { type PostOffice, within } from "./post-office.ts";

const CONCURRENCY = 50;
const LOCK_MS = 10_000;
const STALLED_MS = 5_000;
/** Hints are idempotent: being interrupted often is no reason to drop one. */
const MAX_STALLED = 100;
const RETRY_MS = 1_000;
const CLOSE_MS = 10_000;
const FORCED_CLOSE_MS = 2_000;
/** Three misses at this pace find a black hole, and the next beat has repaired it, within 20 s. */
const WATCH_MS = 4_500;
const MISSES = 3;

export interface MailWorkerDeps {
  readonly node: string;
  readonly mailbox: Mailbox;
  readonly post: PostOffice;
  /** A connection of its own, made for blocking reads: no command timeout, retries without end. */
  readonly connect: () => Redis;
  readonly meter: Meter;
  readonly log: Logger;
}

export class MailWorker {
  readonly #deps: MailWorkerDeps;
  #worker: Worker<Mail> | null = null;
  #connections: Redis[] = [];
  #watch: NodeJS.Timeout | null = null;
  #heard = true;
  #misses = 0;

  constructor(deps: MailWorkerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#open();
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  /** Lets jobs in hand end, but not for ever: BullMQ's own close has no bound. */
  async stop(): Promise<void> {
    if (this.#watch !== null) clearInterval(this.#watch);
    await this.#close(false, CLOSE_MS);
  }

  #open(): void {
    const worker = new Worker<Mail>(queueName(this.#deps.node), (job) => this.#take(job.data), {
      connection: this.#connect(),
      skipVersionCheck: true,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: RETRY_MS,
    });
    worker.on("error", (error) => this.#deps.log.debug({ err: error }, "the mail worker met an error"));
    this.#worker = worker;
  }

  /** BullMQ duplicates the connection it is given; both must be ended when a close hangs. */
  #connect(): Redis {
    const connection = this.#deps.connect();
    const duplicate = connection.duplicate.bind(connection);
    connection.duplicate = (override) => {
      const copy = duplicate(override);
      this.#connections.push(copy);
      return copy;
    };
    this.#connections.push(connection);
    return connection;
  }

  async #take(mail: Mail): Promise<void> {
    this.#heard = true;
    const { mailbox, meter } = this.#deps;
    if ("t" in mail) {
      meter.count("hints", "received");
      mailbox.hint(mail.t, mail.e);
    } else if ("kick" in mail) mailbox.kick(mail.kick);
    else if ("lines" in mail) await mailbox.lines(mail.lines);
  }

  #look(): void {
    if (this.#heard) this.#misses = 0;
    else this.#misses += 1;
    if (this.#misses >= MISSES) {
      this.#misses = 0;
      this.#deps.meter.count("worker-restarts", "silent");
      this.#deps.log.warn("no mail came through, not even our own: the mail worker is restarted");
      void this.#close(true, FORCED_CLOSE_MS);
      this.#open();
    }
    this.#heard = false;
    // A probe that cannot be sent is a miss as well.
    this.#deps.post.send(this.#deps.node, { probe: true }).catch(() => undefined);
  }

  async #close(force: boolean, boundMs: number): Promise<void> {
    const worker = this.#worker;
    const connections = this.#connections;
    this.#worker = null;
    this.#connections = [];
    try {
      if (worker !== null) await within(boundMs, worker.close(force));
    } catch {
      this.#deps.log.debug("the mail worker did not close in time");
    } finally {
      for (const connection of connections) connection.disconnect();
    }
  }
}
