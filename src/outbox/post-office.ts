/** Sends mail to nodes: one BullMQ queue per node, because only the owner of a socket can write to it. */
import { type JobsOptions, Queue } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import type { TrackerId } from "../chat/message.ts";
import type { Meter } from "../chat/meter.ts";
import { type News, type Outbox, type Owner, StoreUnavailable } from "../chat/ports.ts";
import { HintBag } from "./hint-bag.ts";
import { hintOf, type Mail, queueName } from "./mail.ts";

/** Names of nodes that ever had a queue, until the janitor removed it. */
const NODES_KEY = "{mail}:nodes";
/** Queue handles kept; each is a few objects on one shared connection. */
const MAX_QUEUES = 256;
/** BullMQ's log of what happened to jobs: nobody reads it. */
const EVENTS_KEPT = 100;
/** Handing over one piece of mail; then it counts as lost and the sweeper makes up for it. */
const SEND_MS = 2_000;
/** Hints to this node itself are gathered for so long: its line was told already, so they are a spare, and each job costs three scripts. */
const OWN_GATHER_MS = 250;
const REMOVE_MS = 30_000;

const JOB: JobsOptions = { removeOnComplete: true, removeOnFail: { count: 1_000 }, attempts: 3, backoff: { type: "fixed", delay: 1_000 } };

/** What goes to one node. */
interface Box {
  readonly queue: Queue<Mail>;
  readonly hints: HintBag;
}

/** Commands on it wait for Redis to come back, so every use of it here has a bound of its own. */
export type MailConnection = Redis | Cluster;

export interface PostOfficeDeps {
  /** This node. */
  readonly node: string;
  readonly connection: MailConnection;
  readonly meter: Meter;
}

export class PostOffice implements Outbox {
  readonly #deps: PostOfficeDeps;
  readonly #boxes = new Map<string, Box>();

  constructor(deps: PostOfficeDeps) {
    this.#deps = deps;
  }

  /** Rejects when the hint could not be handed over within 2 s. */
  async hint(trackerId: TrackerId, owner: Owner, news: News = "text"): Promise<void> {
    await this.#box(owner.node).hints.add(hintOf(trackerId, owner.epoch, news));
    this.#deps.meter.count("hints", "sent");
  }

  async send(node: string, mail: Mail): Promise<void> {
    await within(SEND_MS, this.#box(node).queue.add("mail", mail, JOB));
  }

  /** Nodes that may have a queue. */
  async nodes(): Promise<readonly string[]> {
    return await within(SEND_MS, this.#deps.connection.smembers(NODES_KEY));
  }

  /** Removes the queue of a node that is gone, with all mail in it. */
  async remove(node: string): Promise<void> {
    await within(REMOVE_MS, this.#box(node).queue.obliterate({ force: true }));
    this.#boxes.delete(node);
    await within(SEND_MS, this.#deps.connection.srem(NODES_KEY, node));
  }

  #box(node: string): Box {
    const known = this.#boxes.get(node);
    if (known !== undefined) return known;
    const queue = new Queue<Mail>(queueName(node), {
      connection: this.#deps.connection,
      skipVersionCheck: true,
      skipWaitingForReady: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    // Each failing call tells its own caller.
    queue.on("error", () => undefined);
    const box = { queue, hints: new HintBag((hints) => this.send(node, { hints }), node === this.#deps.node ? OWN_GATHER_MS : 0) };
    this.#boxes.set(node, box);
    this.#forgetOldest();
    // Losing this leaves a small queue behind when the node dies; the next handle tries again.
    this.#deps.connection.sadd(NODES_KEY, node).catch(() => this.#boxes.delete(node));
    return box;
  }

  #forgetOldest(): void {
    const oldest = this.#boxes.keys().next();
    if (this.#boxes.size > MAX_QUEUES && oldest.done !== true) this.#boxes.delete(oldest.value);
  }
}

/** Throws StoreUnavailable when the work is not done in time; whether it still happens is then unknown. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
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
