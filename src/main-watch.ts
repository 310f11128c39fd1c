/** What this node looks at by itself, for its metrics and for what it refuses when it has too much to do. */
import { PROTOCOLS } from "../protocols/index.ts";
import type { Certificates } from "./certificates.ts";
import { type Load, LoadLevel } from "./chat/load.ts";
import type { MessageStore } from "./chat/ports.ts";
import { LoopDelay } from "./loop-delay.ts";
import type { Condition } from "./main-condition.ts";
import type { LineSide } from "./main-lines.ts";
import type { Metrics } from "./main-metrics.ts";
import { StoreWatch } from "./store-watch.ts";

interface Shown {
  readonly lineSide: LineSide;
  readonly condition: Condition;
  readonly certificates: Certificates | null;
  /** Open streams of live events. */
  readonly listeners: () => number;
}

export class NodeWatch {
  readonly #metrics: Metrics;
  readonly #level = new LoadLevel();
  readonly #loop: LoopDelay;
  readonly #store: StoreWatch;

  constructor(metrics: Metrics, store: Pick<MessageStore, "healthy" | "fullness" | "deadLetters">) {
    const now = (): number => performance.now();
    this.#metrics = metrics;
    this.#loop = new LoopDelay({ now, onBeat: (lateMs) => this.#beat(lateMs, now()) });
    this.#store = new StoreWatch({ store, now, onWrite: (ms) => metrics.redisWrote(ms) });
  }

  get load(): Load {
    return this.#level.load;
  }

  start(): void {
    this.#loop.start();
    this.#store.start();
  }

  stop(): void {
    this.#loop.stop();
    this.#store.stop();
  }

  /** Shows what there is to see, from now on. */
  show({ lineSide, condition, certificates, listeners }: Shown): void {
    const { gateway, registry, outboxAge } = lineSide;
    const silent = PROTOCOLS.map(({ name }) => [name, 0] as const);
    this.#metrics.observe({
      lines: () => new Map([...silent, ...registry.byProtocol()]),
      connections: () => gateway.connections,
      upstreams: () => gateway.upstreams,
      listeners,
      ready: () => this.#store.up && condition.seen() === "ready",
      oldestTextMs: () => (registry.size === 0 ? 0 : outboxAge.oldestMs),
      certificates: () => new Map(certificates === null ? [] : [[certificates.name, certificates.expiresAt]]),
      store: this.#store,
    });
  }

  #beat(lateMs: number, now: number): void {
    this.#level.beat(lateMs, now);
    this.#metrics.loopWasLate(lateMs);
  }
}
