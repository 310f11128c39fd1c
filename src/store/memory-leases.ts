/** Which nodes live: each renews its lease, whose end is its end. */
import type { Instant } from "../chat/message.ts";

export class MemoryLeases {
  readonly #clock: () => Instant;
  readonly #until = new Map<string, Instant>();

  constructor(clock: () => Instant) {
    this.#clock = clock;
  }

  renew(node: string, ttlMs: number): "kept" | "taken" {
    const now = this.#clock();
    const kept = (this.#until.get(node) ?? now) > now;
    this.#until.set(node, now + ttlMs);
    return kept ? "kept" : "taken";
  }

  drop(node: string): void {
    this.#until.delete(node);
  }

  live(): readonly string[] {
    const now = this.#clock();
    return [...this.#until].filter(([, until]) => until > now).map(([node]) => node);
  }
}
