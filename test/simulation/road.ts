/** A node's connections to the store: commands of one connection run in the order of their calls, and any may go wrong. */
import type { History } from "./history.ts";
import type { StoreRates } from "./plan.ts";
import type { Random } from "./random.ts";
import type { SimNode } from "./sim-node.ts";
import type { StoreHost } from "./store-host.ts";
import type { Course, Road } from "./store-port.ts";

export interface RoadOptions {
  readonly node: string;
  readonly host: StoreHost;
  readonly random: Random;
  readonly history: History;
  readonly rates: () => StoreRates;
  readonly now: () => number;
  after(ms: number, run: () => void): void;
  process(): SimNode;
}

/** The API has a connection of its own. */
const API: ReadonlySet<string> = new Set([
  "submit",
  "claimKey",
  "cancel",
  "timeline",
  "list",
  "find",
  "markRead",
  "markAllRead",
  "lastTimes",
  "unreadCounts",
]);
const HOP_MS = 12;
const GIVEN_UP_MS = 2_000;

export class SimRoad implements Road {
  readonly node: string;
  readonly host: StoreHost;
  readonly #options: RoadOptions;
  /** When each connection's last command runs. */
  readonly #busyUntil = { api: 0, lines: 0 };

  constructor(options: RoadOptions) {
    this.#options = options;
    this.node = options.node;
    this.host = options.host;
  }

  course(name: string, trackerId: number | null): Course {
    const { random, rates, history, now } = this.#options;
    const fate = random.weighted({ ...rates() });
    if (fate !== "fine") history.add({ op: "fault", kind: `store-${fate}`, node: this.node, trackerId, detail: name });
    const hop = random.between(1, HOP_MS);
    const connection = API.has(name) ? "api" : "lines";
    const start = Math.max(hop + this.#detour(fate), this.#busyUntil[connection] - now());
    const runs = fate === "lost" ? [] : fate === "twice" ? [start, start + random.between(50, 3_000)] : [start];
    const last = runs.at(-1);
    if (last !== undefined) this.#busyUntil[connection] = now() + last;
    return { runs, answerMs: fate === "unanswered" ? null : random.between(1, HOP_MS) };
  }

  #detour(fate: keyof StoreRates): number {
    if (fate === "slow") return this.#options.random.between(100, GIVEN_UP_MS - 100);
    return fate === "late" ? GIVEN_UP_MS + this.#options.random.between(0, 6_000) : 0;
  }

  atStore(ms: number, run: () => void): void {
    this.#options.after(ms, run);
  }

  atNode(ms: number, run: () => void): void {
    this.#options.process().later(ms, run);
  }
}
