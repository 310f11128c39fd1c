/** Removes the queues of nodes that are gone. Any node may do it; the first by name does. */
import type { Logger } from "pino";
import type { MessageStore } from "../chat/ports.ts";
import type { PostOffice } from "./post-office.ts";

const CLEAN_MS = 60_000;
/** A node without a lease in so many looks in a row is gone: a lease may lapse in an outage. */
const LOOKS = 3;

export interface JanitorDeps {
  readonly node: string;
  readonly store: Pick<MessageStore, "liveNodes">;
  readonly post: PostOffice;
  readonly log: Logger;
}

export class Janitor {
  readonly #deps: JanitorDeps;
  readonly #missed = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: JanitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.clean().catch((error: unknown) => this.#deps.log.debug({ err: error }, "queues could not be cleaned up"));
    }, CLEAN_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** One look; gives the names of the nodes whose queues were removed. */
  async clean(): Promise<readonly string[]> {
    const live = new Set(await this.#deps.store.liveNodes());
    if ([...live].sort()[0] !== this.#deps.node) return [];
    const removed: string[] = [];
    for (const node of await this.#deps.post.nodes()) {
      if (!this.#gone(node, live)) continue;
      await this.#deps.post.remove(node);
      this.#missed.delete(node);
      removed.push(node);
    }
    return removed;
  }

  #gone(node: string, live: ReadonlySet<string>): boolean {
    if (live.has(node)) {
      this.#missed.delete(node);
      return false;
    }
    const missed = (this.#missed.get(node) ?? 0) + 1;
    this.#missed.set(node, missed);
    return missed >= LOOKS;
  }
}
