/** One injected fault while it lasts: what it touches, when its cause is gone, and when texts flow again. */
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "../../simulation/random.ts";
import type { Handset } from "../actors/handset.ts";
import { now, type Scope } from "../history.ts";
import type { PrimitiveName } from "../primitives/probe.ts";
import type { Scene } from "../scene.ts";

export interface Injection {
  readonly kind: string;
  /** `store`, `node`: one at a time, or one of each; `line`: several. */
  readonly track: "store" | "node" | "line";
  readonly needs: readonly PrimitiveName[];
  /** Its share of all. */
  readonly weight: number;
  readonly strike: (strike: Strike) => Promise<void>;
}

export interface Victim {
  readonly handset: Handset;
  /** Where its line is, and the line's port on the device's side. */
  readonly node: number;
  readonly port: number;
}

/** Nobody waits longer for texts to flow again. */
const FLOW_MS = 60_000;
/** Between two texts that try whether they flow. */
const TRY_MS = 250;
const TRY_PATIENCE_MS = 1_500;

export class Strike {
  readonly scene: Scene;
  readonly random: Random;
  readonly #f: number;
  readonly #kind: string;
  #scope: Scope = { store: false, nodes: [], device: null, near: null };
  #began = 0;
  #nodes: readonly number[] = [];
  readonly #victims: Handset[] = [];

  constructor(scene: Scene, random: Random, name: { readonly f: number; readonly kind: string }) {
    this.scene = scene;
    this.random = random;
    this.#f = name.f;
    this.#kind = name.kind;
  }

  /** Milliseconds since it began. */
  get age(): number {
    return now() - this.#began;
  }

  begins(scope: Partial<Scope>, detail: string): void {
    for (const node of scope.nodes ?? []) this.scene.struck.add(node);
    this.#nodes = [...this.#nodes, ...(scope.nodes ?? [])];
    this.#scope = { ...this.#scope, ...scope };
    this.#began = now();
    this.#note("begins", detail);
  }

  /** What caused it is gone. */
  healed(): void {
    this.#note("healed", "");
  }

  /** Gives back what it took. */
  ends(): void {
    for (const handset of this.#victims) this.scene.reserve.giveBack(handset);
    for (const node of this.#nodes) this.scene.struck.delete(node);
    if (this.#began > 0) this.#note("ends", "");
  }

  /** A device for this fault alone, with its line; waits until there is one. */
  async victim(): Promise<Victim> {
    for (;;) {
      const handset = this.scene.reserve.take(this.random);
      if (handset === null) {
        await wait(TRY_MS);
        continue;
      }
      const { node, clientPort: port } = handset;
      if (node !== null && port !== null) {
        this.#victims.push(handset);
        this.#scope = { ...this.#scope, device: handset.traits.device, near: node };
        return { handset, node, port };
      }
      this.scene.reserve.giveBack(handset);
    }
  }

  measured(what: string, value: number): void {
    this.scene.history.add({ op: "measured", f: this.#f, kind: this.#kind, what, value: Math.round(value) });
  }

  /** Texts flow at every node but those that have a fault of their own, which waits for them. */
  async flowsEverywhere(): Promise<void> {
    await this.flows(this.scene.nodes.map(({ place }) => place).filter((place) => !this.scene.struck.has(place)));
  }

  /** Waits until a text that is sent at each of these nodes reaches a device there, be it within a minute. */
  async flows(nodes: readonly number[]): Promise<void> {
    const flowing = await Promise.all(nodes.map((node) => this.#flowsAt(node, node)));
    if (flowing.every((yes) => yes)) this.#note("flows", "");
  }

  /** The same for texts that are sent at another node: mail between nodes is heard, and no sweep has to make up for it. */
  async mailFlows(node: number): Promise<void> {
    const others = this.scene.nodes.filter(({ place, alive }) => place !== node && alive);
    const from = others[0]?.place ?? node;
    const deadline = now() + FLOW_MS;
    for (let prompt = 0; prompt < PROMPT_TIMES && now() < deadline; ) {
      prompt = (await this.#passes(from, node, PROMPT_MS)) ? prompt + 1 : 0;
      if (prompt < PROMPT_TIMES) await wait(TRY_MS);
    }
    if (now() < deadline) this.measured("mail between nodes", this.age);
  }

  /** A whole number of milliseconds between these seconds. */
  between(least: number, most: number): number {
    return this.random.between(Math.round(least * 1_000), Math.round(most * 1_000));
  }

  async #flowsAt(from: number, to: number): Promise<boolean> {
    const arrived: Promise<boolean>[] = [];
    const deadline = now() + FLOW_MS;
    let done = false;
    while (!done && now() < deadline) {
      const canary = this.scene.canaries[to];
      if (canary === undefined) return true;
      const { n, outcome } = await this.scene.send(canary, { node: from, patienceMs: TRY_PATIENCE_MS });
      if (outcome === "ok") {
        const arrival = this.scene.hooks.arrival(n, deadline - now());
        void arrival.then((yes) => {
          done ||= yes;
        });
        arrived.push(arrival);
        await Promise.race([arrival, wait(TRY_MS)]);
      } else await wait(TRY_MS);
    }
    return done || (await Promise.all(arrived)).some((yes) => yes);
  }

  async #passes(from: number, to: number, withinMs: number): Promise<boolean> {
    const canary = this.scene.canaries[to];
    if (canary === undefined) return true;
    const { n, outcome } = await this.scene.send(canary, { node: from, patienceMs: TRY_PATIENCE_MS });
    return outcome === "ok" && (await this.scene.hooks.arrival(n, withinMs));
  }

  #note(phase: "begins" | "healed" | "flows" | "ends", detail: string): void {
    this.scene.history.add({ op: "fault", f: this.#f, kind: this.#kind, phase, scope: this.#scope, detail });
  }
}

/** Mail is prompt when so many texts in a row came within this; a sweep comes every 5 s. */
const PROMPT_TIMES = 3;
const PROMPT_MS = 700;
