/** What goes wrong with lines, nodes, the store and its clock, drawn one after the other until the run is healed. */
import type { Device } from "./device.ts";
import type { History } from "./history.ts";
import type { Random } from "./random.ts";
import type { SimNode } from "./sim-node.ts";
import type { StoreHost } from "./store-host.ts";

export interface ChaosOptions {
  readonly random: Random;
  readonly history: History;
  readonly host: StoreHost;
  readonly nodes: readonly SimNode[];
  readonly devices: readonly Device[];
  readonly paceMs: number;
  after(ms: number, run: () => void): void;
  /** Moves the store's clock. */
  jump(ms: number): void;
  crash(): void;
}

const HOUR = 3_600_000;

export class Chaos {
  readonly #options: ChaosOptions;
  #over = false;

  constructor(options: ChaosOptions) {
    this.#options = options;
  }

  start(): void {
    const { random, after, paceMs } = this.#options;
    after(random.between(Math.floor(paceMs / 4), paceMs * 2), () => {
      if (this.#over) return;
      this.#strike();
      this.start();
    });
  }

  /** Ends every fault that lasts. */
  heal(): void {
    const { nodes, devices, host } = this.#options;
    this.#over = true;
    host.up = true;
    for (const node of nodes) {
      if (!node.alive) node.start();
      else if (node.stopped) node.resume();
    }
    for (const device of devices) device.habit = "prompt";
  }

  #strike(): void {
    const { random, devices, nodes } = this.#options;
    const device = random.pick(devices);
    const node = random.pick(nodes);
    const what = random.weighted({ habit: 22, cut: 16, blacken: 10, move: 9, linger: 9, stop: 9, kill: 7, drain: 4, outage: 9, clock: 5 });
    if (what === "habit") device.changeHabit();
    else if (what === "cut" || what === "blacken") this.#line(device, what);
    else if (what === "move" || what === "linger") this.#move(device, what === "linger");
    else if (what === "stop") this.#stop(node);
    else if (what === "kill" || what === "drain") this.#kill(node, what === "drain");
    else if (what === "outage") this.#outage();
    else this.#clock();
  }

  #line(device: Device, what: "cut" | "blacken"): void {
    const link = device.line?.link;
    if (link === null || link === undefined || link.broken) return;
    this.#fault({ kind: `line-${what}`, node: device.node, trackerId: device.traits.trackerId, detail: `line ${link.id}` });
    link[what]();
  }

  #move(device: Device, linger: boolean): void {
    this.#fault({ kind: linger ? "line-second" : "line-moves", node: device.node, trackerId: device.traits.trackerId });
    device.move(linger);
  }

  #stop(node: SimNode): void {
    const { random, after } = this.#options;
    if (!node.alive || node.stopped) return;
    const ms = random.chance(0.7) ? random.between(300, 10_000) : random.between(10_000, 60_000);
    this.#fault({ kind: "node-stopped", node: node.name, detail: `${ms} ms` });
    node.stop();
    after(ms, () => {
      if (node.alive && node.stopped) node.resume();
    });
  }

  #kill(node: SimNode, gently: boolean): void {
    const { random, after } = this.#options;
    if (!node.alive || node.stopped) return;
    const machine = random.chance(0.2);
    this.#fault({ kind: gently ? "node-drained" : "node-killed", node: node.name, detail: machine ? "with its machine" : "" });
    if (gently) node.drain();
    after(gently ? random.between(2_000, 6_000) : 0, () => {
      if (this.#over) return;
      node.kill(machine);
      after(random.between(500, 15_000), () => {
        if (!node.alive) node.start();
      });
    });
  }

  #outage(): void {
    const { random, after, host, crash } = this.#options;
    if (!host.up) return;
    const ms = random.between(200, 9_000);
    this.#fault({ kind: "store-down", detail: `${ms} ms` });
    host.up = false;
    crash();
    after(ms, () => {
      host.up = true;
    });
  }

  #clock(): void {
    const ms = this.#options.random.pick([-HOUR, 2 * HOUR]);
    this.#fault({ kind: "clock", detail: `${ms} ms` });
    this.#options.jump(ms);
  }

  #fault(fault: { readonly kind: string; readonly node?: string | null; readonly trackerId?: number; readonly detail?: string }): void {
    const { kind, node = null, trackerId = null, detail = "" } = fault;
    this.#options.history.add({ op: "fault", kind, node, trackerId, detail });
  }
}
