/** The busiest minutes of a fleet, device by device: what the model says on average, this sees second by second, also when a node dies. */
import type { UnitCosts } from "../bench/units.ts";
import type { Habits } from "./model.ts";

export interface Played {
  readonly positions: number;
  readonly texts: number;
  /** CPU seconds of all nodes before the death. */
  readonly nodeSeconds: number;
  readonly redisSeconds: number;
  /** Lines of the fullest node, before and after. */
  readonly linesBefore: number;
  readonly linesAfter: number;
  /** Milliseconds of work that waited at the node that had most of it: before the death, and after it. */
  readonly backlogBefore: number;
  readonly backlogAfter: number;
}

export interface Play {
  readonly devices: number;
  readonly nodes: number;
  readonly units: UnitCosts;
  readonly habits: Habits;
  /** Half of them before a node dies, half after. */
  readonly seconds: number;
  /** Devices of a dead node come back within this. */
  readonly returnSeconds: number;
  /** 0 to 1. */
  readonly random: () => number;
}

const BIN_MS = 100;
const DAY_SECONDS = 86_400;

export function play(options: Play): Played {
  const stage = new Stage(options);
  for (let device = 0; device < options.devices; device += 1) stage.live(device);
  return stage.played();
}

class Stage {
  readonly #play: Play;
  readonly #bins: number;
  readonly #deathBin: number;
  /** Microseconds of work by node and tenth of a second. */
  readonly #work: readonly Float64Array[];
  readonly #lines: Int32Array;
  readonly #text: { readonly node: number; readonly redis: number };
  #positions = 0;
  #texts = 0;
  #moved = 0;

  constructor(options: Play) {
    const { seconds, nodes, devices, units } = options;
    this.#play = options;
    this.#bins = (seconds * 1_000) / BIN_MS;
    this.#deathBin = this.#bins / 2;
    this.#work = Array.from({ length: nodes }, () => new Float64Array(this.#bins));
    this.#lines = Int32Array.from({ length: nodes }, (_, node) => Math.ceil((devices - node) / nodes));
    this.#text = {
      node: (units.incomingNodeUs + units.outgoingNodeUs) / 2,
      redis: (units.incomingRedisUs + units.outgoingRedisUs) / 2,
    };
  }

  /** All that one device does; the last node is the one that dies. */
  live(device: number): void {
    const { nodes, random, units } = this.#play;
    const home = device % nodes;
    const at = home === nodes - 1 ? this.#move(home) : (): number => home;
    for (const bin of this.#positionBins()) {
      this.#add(at(bin), bin, units.positionNodeUs);
      if (bin < this.#deathBin) this.#positions += 1;
    }
    for (let left = this.#textsEach; random() < left; left -= 1) {
      const bin = Math.floor(random() * this.#bins);
      this.#add(at(bin), bin, this.#text.node);
      if (bin < this.#deathBin) this.#texts += 1;
    }
  }

  played(): Played {
    const before = this.#work.map((row) => row.subarray(0, this.#deathBin));
    const survivors = this.#work.length - 1;
    return {
      positions: this.#positions,
      texts: this.#texts,
      nodeSeconds: before.reduce((sum, row) => sum + row.reduce((all, us) => all + us, 0), 0) / 1e6,
      redisSeconds: (this.#texts * this.#text.redis) / 1e6,
      linesBefore: Math.max(...this.#lines),
      linesAfter: Math.max(...this.#lines.subarray(0, survivors)) + Math.ceil(this.#moved / survivors),
      backlogBefore: Math.max(...before.map(backlogOf)),
      backlogAfter: Math.max(...this.#work.slice(0, survivors).map(backlogOf)),
    };
  }

  /** Of one device, in all the time that is played. */
  get #textsEach(): number {
    const { habits, seconds } = this.#play;
    return (habits.textsADay * habits.peak * 2 * seconds) / DAY_SECONDS;
  }

  #positionBins(): readonly number[] {
    const { habits, random } = this.#play;
    const step = (habits.positionSeconds * 1_000) / BIN_MS;
    const first = Math.floor(random() * step);
    return Array.from({ length: Math.ceil((this.#bins - first) / step) }, (_, index) => first + index * step);
  }

  /** Logs in elsewhere some time after the death; gives where the device is when: -1 nowhere. */
  #move(home: number): (bin: number) => number {
    const { nodes, random, returnSeconds, units } = this.#play;
    const next = this.#moved % (nodes - 1);
    const back = this.#deathBin + Math.floor((random() * returnSeconds * 1_000) / BIN_MS);
    this.#moved += 1;
    this.#add(next, back, units.loginNodeUs);
    return (bin) => {
      if (bin < this.#deathBin) return home;
      return bin >= back ? next : -1;
    };
  }

  #add(node: number, bin: number, us: number): void {
    const row = this.#work[node];
    if (row !== undefined && bin < this.#bins) row[bin] = (row[bin] ?? 0) + us;
  }
}

/** The most that waited at once, in milliseconds of work, for one core that does it in turn. */
function backlogOf(work: Float64Array): number {
  let waiting = 0;
  let most = 0;
  for (const us of work) {
    waiting = Math.max(0, waiting + us / 1_000 - BIN_MS);
    most = Math.max(most, waiting);
  }
  return most;
}
