/** The process that leads: it forks workers behind shared ports, replaces those that die, and ends them one by one. */
import cluster, { type Worker } from "node:cluster";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Assignment, FromWorker, Places, Samples, ToWorker } from "./messages.ts";
import { Pace } from "./pace.ts";

/** A drain tells the next worker when the one before is gone, and the last one after this at the latest. */
const DRAIN_SPREAD_MS = 8_000;
/** A worker that is told to end and does not is killed. */
const DRAIN_MS = 15_000;
/** A worker that does not tell its figures within this is left out of them. */
const SAMPLE_MS = 1_000;

export interface LeaderOptions {
  readonly count: number;
  readonly assignment: (number: number) => Assignment;
  /** All figures of this machine, from what its workers told. */
  readonly metrics: (workers: readonly Samples[]) => Promise<string>;
  readonly onEnd: () => void;
  readonly log: Logger;
}

interface Post {
  readonly number: number;
  readonly pace: Pace;
  worker: Worker | null;
  startedAt: number;
  listening: boolean;
}

export class Leader {
  readonly #options: LeaderOptions;
  readonly #posts: readonly Post[];
  readonly #samplings = new Map<number, { readonly waiting: Set<Worker>; readonly samples: Samples[]; readonly done: () => void }>();
  #lastSampling = 0;
  #ending = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#posts = Array.from({ length: options.count }, (_, index) => ({
      number: index + 1,
      pace: new Pace(),
      worker: null,
      startedAt: 0,
      listening: false,
    }));
  }

  /** Workers that run. */
  get running(): number {
    return this.#posts.filter(({ worker }) => worker !== null).length;
  }

  /** Starts one worker, then the others, which find the store as the first has left it; rejects with what one says that cannot start. */
  async start(): Promise<Places> {
    const [first, ...others] = this.#posts;
    if (first === undefined) throw new Error("no workers");
    const places = await this.#fork(first);
    await Promise.all(others.map((post) => this.#fork(post)));
    return places;
  }

  /** Hands a signal on to every worker. */
  signal(signal: NodeJS.Signals): void {
    for (const { worker } of this.#posts) worker?.process.kill(signal);
  }

  /** None of them asks for anything new from now on; after `delayMs` they end one after the other. */
  async drain(delayMs: number): Promise<void> {
    this.#ending = true;
    for (const { worker } of this.#posts) if (worker !== null) tell(worker, { type: "leave" });
    if (this.running > 0) await delay(delayMs);
    const step = DRAIN_SPREAD_MS / this.#posts.length;
    const ends: Promise<void>[] = [];
    for (const post of this.#posts) {
      const end = this.#drainOne(post);
      ends.push(end);
      await Promise.race([end, delay(step)]);
    }
    await Promise.all(ends);
  }

  async #drainOne({ worker, listening }: Post): Promise<void> {
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => void worker.once("exit", () => resolve()));
    const kill = setTimeout(() => worker.process.kill("SIGKILL"), DRAIN_MS);
    // One that is just starting does not listen to us yet.
    if (listening) tell(worker, { type: "drain" });
    else worker.process.kill("SIGTERM");
    await ended;
    clearTimeout(kill);
  }

  /** Resolves when the worker listens; rejects when it ends before that. One that is replaced later is on its own. */
  #fork(post: Post): Promise<Places> {
    const worker = cluster.fork();
    post.worker = worker;
    post.startedAt = performance.now();
    post.listening = false;
    return new Promise((resolve, reject) => {
      let reason = "a worker ended before it listened";
      worker.on("message", (message: FromWorker) => {
        if (message.type === "listening") {
          post.listening = true;
          resolve(message.places);
        } else if (message.type === "failed") reason = message.message;
        else this.#heard(post, worker, message);
      });
      worker.once("exit", (code, signal) => {
        if (!post.listening) reject(new Error(reason));
        this.#ended(post, { code, signal, ...(post.listening ? {} : { reason }) });
      });
    });
  }

  #heard(post: Post, worker: Worker, message: FromWorker): void {
    if (message.type === "begun") tell(worker, { type: "assignment", assignment: this.#options.assignment(post.number) });
    else if (message.type === "ask-metrics") void this.#answerMetrics(worker, message.id);
    else if (message.type === "samples") {
      const sampling = this.#samplings.get(message.id);
      if (sampling?.waiting.has(worker) === true) sampling.samples.push(message.samples);
      this.#settled(worker, message.id);
    }
  }

  #ended(post: Post, fields: object): void {
    const { worker } = post;
    post.worker = null;
    for (const id of this.#samplings.keys()) if (worker !== null) this.#settled(worker, id);
    if (this.#ending) return;
    this.#options.onEnd();
    const waitMs = post.pace.after(performance.now() - post.startedAt);
    this.#options.log.error({ worker: post.number, ...fields, waitMs }, "a worker ended and is replaced");
    setTimeout(() => {
      // What a worker cannot do now it tries again after a longer wait: its end is told by the event.
      if (!this.#ending) this.#fork(post).catch(() => undefined);
    }, waitMs);
  }

  async #answerMetrics(worker: Worker, id: number): Promise<void> {
    const text = await this.#options.metrics(await this.#sample());
    if (worker.isConnected()) tell(worker, { type: "metrics", id, text });
  }

  /** What every worker tells that answers in time. */
  async #sample(): Promise<readonly Samples[]> {
    this.#lastSampling += 1;
    const id = this.#lastSampling;
    const asked = this.#posts.flatMap(({ worker }) => (worker?.isConnected() === true ? [worker] : []));
    const samples: Samples[] = [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SAMPLE_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#samplings.set(id, { waiting: new Set(asked), samples, done });
      for (const worker of asked) tell(worker, { type: "sample", id });
    });
    this.#samplings.delete(id);
    return samples;
  }

  #settled(worker: Worker, id: number): void {
    const sampling = this.#samplings.get(id);
    if (sampling?.waiting.delete(worker) === true && sampling.waiting.size === 0) sampling.done();
  }
}

function tell(worker: Worker, message: ToWorker): void {
  // One that is just dying cannot be told; its end is an event.
  worker.send(message, () => undefined);
}
