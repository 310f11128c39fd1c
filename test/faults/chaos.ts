/** Injects a schedule of faults: those of Redis and of nodes one after the other or one of each, those of single lines beside them. */
import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../simulation/random.ts";
import { type Injection, Strike } from "./injections/strike.ts";
import type { Scene } from "./scene.ts";

/** Lines that are in the hands of faults at once. */
const LINES_AT_ONCE = 5;
/** How often a fault of Redis and one of a node come together. */
const TOGETHER = 0.2;
/** Between two faults. */
const PAUSE_MS = { least: 50, most: 1_200 };

export class Chaos {
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #deadline: number;
  #count = 0;
  /** Tells people what happens. */
  readonly #tell: (line: string) => void;

  constructor(scene: Scene, options: { readonly seed: number; readonly deadline: number; readonly tell: (line: string) => void }) {
    this.#scene = scene;
    this.#random = new Random(options.seed + 7);
    this.#deadline = options.deadline;
    this.#tell = options.tell;
  }

  /** Resolves when all are over, or the time is. */
  async run(faults: readonly Injection[]): Promise<void> {
    const heavy = faults.filter(({ track }) => track !== "line");
    const light = faults.filter(({ track }) => track === "line");
    const workers = Array.from({ length: Math.min(LINES_AT_ONCE, light.length) }, () => this.#lines(light));
    await Promise.all([this.#heavy([...heavy]), ...workers]);
  }

  async #heavy(left: Injection[]): Promise<void> {
    for (let first = this.#next(left); first !== undefined; first = this.#next(left)) {
      const other = this.#random.chance(TOGETHER) ? left.findIndex(({ track }) => track !== first?.track) : -1;
      const together = other === -1 ? [] : left.splice(other, 1);
      await Promise.all([first, ...together].map((injection) => this.#inject(injection)));
      await this.#pause();
    }
  }

  async #lines(left: Injection[]): Promise<void> {
    for (let injection = this.#next(left); injection !== undefined; injection = this.#next(left)) {
      await this.#inject(injection);
      await this.#pause();
    }
  }

  #next(left: Injection[]): Injection | undefined {
    return performance.now() < this.#deadline ? left.shift() : undefined;
  }

  async #inject({ kind, strike: strikeOut }: Injection): Promise<void> {
    this.#count += 1;
    const f = this.#count;
    const strike = new Strike(this.#scene, new Random(this.#random.between(0, 1_000_000_000)), { f, kind });
    this.#tell(`${String(f).padStart(4)} ${kind}`);
    try {
      await strikeOut(strike);
    } finally {
      strike.ends();
    }
  }

  async #pause(): Promise<void> {
    await wait(this.#random.between(PAUSE_MS.least, PAUSE_MS.most));
  }
}
