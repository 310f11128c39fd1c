/** This node's lease: while it is renewed, the trackers that its lines own count as connected. */
import type { Logger } from "pino";
import { type MessageStore, StoreUnavailable } from "../chat/ports.ts";

const LEASE_MS = 10_000;
const RENEW_MS = 3_000;

export interface PresenceDeps {
  readonly store: Pick<MessageStore, "renewLease" | "dropLease">;
  readonly node: string;
  readonly log: Logger;
  /** The lease was renewed: the store is there. `taken`: it had lapsed, so that others may have given this node's lines up. */
  readonly onRenewed: (lease: "kept" | "taken") => void;
}

export class Presence {
  readonly #deps: PresenceDeps;
  #timer: NodeJS.Timeout | null = null;
  #held = true;
  #stopped = false;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** Takes the lease and keeps it; an outage at the start is sat out as well. */
  async start(): Promise<void> {
    await this.#renew();
  }

  /** Gives the lease up, so that hints stop at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      await this.#deps.store.dropLease(this.#deps.node);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#deps.log.warn("the node's lease could not be given up; it ends by itself");
    }
  }

  /** Nothing is closed when the store is away: lines are worth more than the lease. */
  async #renew(): Promise<void> {
    try {
      const lease = await this.#deps.store.renewLease(this.#deps.node, LEASE_MS);
      this.#deps.onRenewed(lease);
      if (!this.#held) this.#deps.log.info("the node's lease is renewed again");
      this.#held = true;
    } catch (error) {
      if (this.#held) this.#deps.log.warn({ err: error }, "the node's lease could not be renewed");
      this.#held = false;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#renew(), RENEW_MS);
  }
}
