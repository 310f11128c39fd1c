/** What any TCP balancer does: asks each node whether it is ready, and sends new requests to those that are. */
import type { Random } from "../../simulation/random.ts";
import { isReady } from "./api.ts";
import type { GatewayNode } from "./gateway-node.ts";

const ASK_MS = 500;

export class Balancer {
  readonly #nodes: readonly GatewayNode[];
  readonly #random: Random;
  readonly #ready = new Set<number>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(nodes: readonly GatewayNode[], random: Random) {
    this.#nodes = nodes;
    this.#random = random;
  }

  start(): void {
    for (const node of this.#nodes) {
      let asking = false;
      const ask = async (): Promise<void> => {
        if (asking) return;
        asking = true;
        if (await isReady(node.httpPort)) this.#ready.add(node.place);
        else this.#ready.delete(node.place);
        asking = false;
      };
      this.#timers.push(setInterval(() => void ask(), ASK_MS));
      this.#ready.add(node.place);
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A node that said it is ready, else any. */
  pick(): number {
    const places = this.#ready.size > 0 ? [...this.#ready] : this.#nodes.map(({ place }) => place);
    return this.#random.pick(places);
  }

  portOf(node: number): number {
    return this.#nodes[node]?.httpPort ?? 0;
  }
}
