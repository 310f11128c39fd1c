/** A worker's side of the channel to the process that leads. */
import type { Assignment, FromWorker, Places, Samples, ToWorker } from "./messages.ts";

/** The leader asks every worker, and waits for each a second at most. */
const METRICS_MS = 3_000;

export interface FollowerOptions {
  /** This worker's figures. */
  readonly sample: () => Promise<Samples>;
  readonly onLeave: () => void;
}

export class Follower {
  readonly assignment: Assignment;
  /** Resolves when this worker is to end. */
  readonly told: Promise<string>;
  readonly #asked = new Map<number, (text: string) => void>();
  #options: FollowerOptions | null = null;
  #lastAsked = 0;
  #leaving = false;

  private constructor(assignment: Assignment) {
    this.assignment = assignment;
    this.told = new Promise((resolve) => {
      process.on("message", (message: ToWorker) => {
        if (message.type === "drain") resolve("drain");
        else void this.#heard(message);
      });
    });
  }

  /** Asks the leader who this worker is. */
  static async begin(): Promise<Follower> {
    const assignment = await new Promise<Assignment>((resolve) => {
      const heard = (message: ToWorker): void => {
        if (message.type !== "assignment") return;
        process.off("message", heard);
        resolve(message.assignment);
      };
      process.on("message", heard);
      say({ type: "begun" });
    });
    return new Follower(assignment);
  }

  /** From now on questions of the leader are answered. */
  follow(options: FollowerOptions): void {
    this.#options = options;
    if (this.#leaving) options.onLeave();
  }

  listening(places: Places): void {
    say({ type: "listening", places });
  }

  /** Resolves when the leader was told. */
  async failed(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    await new Promise<void>((resolve) => say({ type: "failed", message }, resolve));
  }

  /** The figures of all workers; rejects when the leader gives none in time. */
  metrics(): Promise<string> {
    this.#lastAsked += 1;
    const id = this.#lastAsked;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new Error(`the leading process gave no metrics within ${METRICS_MS} ms`));
      }, METRICS_MS);
      this.#asked.set(id, (text) => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(text);
      });
      say({ type: "ask-metrics", id });
    });
  }

  async #heard(message: ToWorker): Promise<void> {
    if (message.type === "metrics") this.#asked.get(message.id)?.(message.text);
    else if (message.type === "sample") say({ type: "samples", id: message.id, samples: (await this.#options?.sample()) ?? [] });
    else if (message.type === "leave") {
      this.#leaving = true;
      this.#options?.onLeave();
    }
  }
}

function say(message: FromWorker, said: () => void = () => undefined): void {
  // Without a leader this process ends by itself (node:cluster).
  process.send?.(message, undefined, undefined, () => said());
}
