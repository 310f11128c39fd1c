/**
 * Takes this node's mail. Jobs never wait for receipts: the line is told and the job is done. A connection whose packets
 * vanish looks like a quiet one, so a watchdog makes everything anew when one of them heard nothing: BullMQ blocks for 5 s
 * at most and then asks again on both. Watching their bytes costs Redis nothing; mail sent to oneself cost 16 commands/s.
 */
import { Worker } from "bullmq";
import type { Logger } from "pino";
import type { Meter } from "../chat/meter.ts";
import { type Mail, type Mailbox, newsOf, queueName } from "./mail.ts";
import { type MailConnection, within } from "./post-office.ts";

const CONCURRENCY = 50;
const LOCK_MS = 10_000;
const STALLED_MS = 5_000;
/** Hints are idempotent: being interrupted often is no reason to drop one. */
const MAX_STALLED = 100;
const RETRY_MS = 1_000;
const CLOSE_MS = 10_000;
const FORCED_CLOSE_MS = 2_000;
/** Silence over so many looks is two blocking reads without an end; it is found within 15 s and repaired at once. */
const WATCH_MS = 3_000;
const SILENT_LOOKS = 4;

export interface MailWorkerDeps {
  readonly node: string;
  readonly mailbox: Mailbox;
  /** A connection of its own, made for blocking reads: no command timeout, retries without end. */
  readonly connect: () => MailConnection;
  readonly meter: Meter;
  readonly log: Logger;
}

/** One connection of the worker and what was heard on it. */
interface Ear {
  readonly connection: MailConnection;
  bytes: number;
  silentLooks: number;
}

export class MailWorker {
  readonly #deps: MailWorkerDeps;
  #worker: Worker<Mail> | null = null;
  #ears: Ear[] = [];
  #watch: NodeJS.Timeout | null = null;

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

  /** BullMQ duplicates the connection that it is given; both must be ended when a close hangs. */
  #connect(): MailConnection {
    const connection = this.#deps.connect();
    const ears: Ear[] = [{ connection, bytes: 0, silentLooks: 0 }];
    const duplicate: (...args: never[]) => MailConnection = connection.duplicate.bind(connection);
    Object.assign(connection, {
      duplicate: (...args: never[]) => {
        const copy = duplicate(...args);
        copy.on("error", () => undefined);
        ears.push({ connection: copy, bytes: 0, silentLooks: 0 });
        return copy;
      },
    });
    this.#ears = ears;
    return connection;
  }

  async #take(mail: Mail): Promise<void> {
    for (const ear of this.#ears) ear.silentLooks = 0;
    const { mailbox, meter } = this.#deps;
    if ("hints" in mail) {
      meter.count("hints", "received", mail.hints.length);
      for (const hint of mail.hints) mailbox.hint(hint.t, hint.e, newsOf(hint));
    } else if ("kick" in mail) mailbox.kick(mail.kick);
    else if ("lines" in mail) await mailbox.lines(mail.lines);
  }

  #look(): void {
    for (const ear of this.#ears) listen(ear);
    if (this.#ears.every((ear) => ear.silentLooks < SILENT_LOOKS)) return;
    this.#deps.meter.count("worker-restarts", "silent");
    this.#deps.log.warn("nothing is heard from Redis: the mail worker is restarted");
    void this.#close(true, FORCED_CLOSE_MS);
    this.#open();
  }

  async #close(force: boolean, boundMs: number): Promise<void> {
    const worker = this.#worker;
    const ears = this.#ears;
    this.#worker = null;
    this.#ears = [];
    try {
      if (worker !== null) await within(boundMs, worker.close(force));
    } catch {
      this.#deps.log.debug("the mail worker did not close in time");
    } finally {
      for (const { connection } of ears) connection.disconnect();
    }
  }
}

/** Counts the looks in which a connection heard nothing; a new socket starts counting its bytes anew, which is a change too. */
function listen(ear: Ear): void {
  const nodes = "nodes" in ear.connection ? ear.connection.nodes() : [ear.connection];
  const bytes = nodes.reduce((sum, { stream }) => sum + (stream?.bytesRead ?? 0), 0);
  ear.silentLooks = bytes === ear.bytes ? ear.silentLooks + 1 : 0;
  ear.bytes = bytes;
}
