/** Whether this node should be given new devices and requests. Those it has are never closed for it. */
import type { Load } from "./chat/load.ts";
import type { MessageStore } from "./chat/ports.ts";
import type { Readiness } from "./http/health.ts";

export interface ConditionDeps {
  /** All listeners are bound. */
  readonly listening: () => boolean;
  readonly store: Pick<MessageStore, "healthy">;
  readonly load: () => Load;
}

export class Condition {
  readonly #deps: ConditionDeps;
  #draining = false;

  constructor(deps: ConditionDeps) {
    this.#deps = deps;
  }

  /** Not ready from now on: balancers look elsewhere before the listeners close. */
  drain(): void {
    this.#draining = true;
  }

  async readiness(): Promise<Readiness> {
    const seen = this.seen();
    if (seen !== "ready") return seen;
    return (await this.#deps.store.healthy()) ? "ready" : "redis";
  }

  /** Without asking the store. */
  seen(): Readiness {
    if (this.#draining) return "draining";
    if (!this.#deps.listening()) return "starting";
    const load = this.#deps.load();
    return load === "overloaded" || load === "drowning" ? "overloaded" : "ready";
  }
}
