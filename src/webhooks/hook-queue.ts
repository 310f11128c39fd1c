/**
 * Which webhooks have something to post, over BullMQ: one job a webhook at most, so that one node at a time posts for it. A job is a hint, never the
 * only copy of anything: whoever looks next makes it anew.
 */
import { DelayedError, type Job, Queue, Worker } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import type { Logger } from "pino";
import type { UserId } from "../chat/fleet.ts";
import { StoreUnavailable } from "../chat/ports.ts";
import type { WebhookId } from "../chat/webhook.ts";
import type { Pumped } from "./pump.ts";

/** In braces, because a cluster keeps the keys of a queue in one slot. */
const HOOK_QUEUE = "{webhooks}";
/** Webhooks that one node posts for at once: one that hangs keeps one of these for 10 s at a time. */
const CONCURRENCY = 50;
/** Longer than a turn and a post; it is renewed meanwhile. */
const LOCK_MS = 30_000;
const STALLED_MS = 10_000;
const MAX_STALLED = 100;
const RUN_RETRY_MS = 1_000;
const HINT_MS = 2_000;
const CLOSE_MS = 12_000;
/** BullMQ's log of what happened to jobs: nobody reads it. */
const EVENTS_KEPT = 100;

interface Hint {
  readonly u: UserId;
  readonly h: WebhookId;
}

export interface HookQueueDeps {
  /** A connection for BullMQ; the caller closes those that it is asked for here. */
  readonly connect: () => Redis | Cluster;
  readonly pump: (userId: UserId, id: WebhookId) => Promise<Pumped>;
  readonly log: Logger;
}

export class HookQueue {
  readonly #deps: HookQueueDeps;
  readonly #queue: Queue<Hint>;
  #worker: Worker<Hint> | null = null;

  constructor(deps: HookQueueDeps) {
    this.#deps = deps;
    this.#queue = new Queue<Hint>(HOOK_QUEUE, {
      connection: deps.connect(),
      skipVersionCheck: true,
      skipWaitingForReady: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    this.#queue.on("error", (error) => deps.log.debug({ err: error }, "the queue of webhooks met an error"));
  }

  /** Something of this webhook waits; one that waits for its next attempt goes on waiting. Never throws. */
  async hint(userId: UserId, id: WebhookId): Promise<void> {
    const options = {
      removeOnComplete: true,
      removeOnFail: true,
      deduplication: { id: String(id), keepLastIfActive: true },
    };
    try {
      await within(HINT_MS, this.#queue.add("hook", { u: userId, h: id }, options));
    } catch (error) {
      this.#deps.log.debug({ err: error, webhook: id }, "a webhook's hint was lost; the next look makes up for it");
    }
  }

  start(): void {
    const worker = new Worker<Hint>(HOOK_QUEUE, (job, token) => this.#work(job, token), {
      connection: this.#deps.connect(),
      skipVersionCheck: true,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: RUN_RETRY_MS,
    });
    worker.on("error", (error) => this.#deps.log.debug({ err: error }, "the worker of webhooks met an error"));
    this.#worker = worker;
  }

  /** Lets posts in hand end, but not for ever. */
  async stop(): Promise<void> {
    try {
      if (this.#worker !== null) await within(CLOSE_MS, this.#worker.close());
    } catch (error) {
      this.#deps.log.debug({ err: error }, "the worker of webhooks did not close in time");
    }
  }

  async #work(job: Job<Hint>, token: string | undefined): Promise<void> {
    const { u, h } = job.data;
    const pumped = await this.#pump(u, h);
    if (pumped.type === "idle") return;
    await job.moveToDelayed(Date.now() + pumped.inMs, token);
    throw new DelayedError();
  }

  async #pump(userId: UserId, id: WebhookId): Promise<Pumped> {
    try {
      return await this.#deps.pump(userId, id);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#deps.log.error({ err: error, webhook: id }, "a webhook could not be served");
      return { type: "again", inMs: RUN_RETRY_MS };
    }
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailable(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
