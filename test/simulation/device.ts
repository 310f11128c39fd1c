/** A device and its driver: connects, keeps its texts until they are acknowledged, and treats ours as its habits of today say. */
import { Answering } from "./answering.ts";
import { DeviceLine, type LineListener } from "./device-line.ts";
import type { History } from "./history.ts";
import type { Link } from "./link.ts";
import type { DeviceTraits } from "./plan.ts";
import type { Random } from "./random.ts";
import { drawHabit, type Habit } from "./receipts.ts";
import { parsePart } from "./texts.ts";

export interface DeviceWorld {
  readonly random: Random;
  readonly history: History;
  after(ms: number, run: () => void): void;
  /** Connects to some node. */
  dial(traits: DeviceTraits, line: DeviceLine): { readonly link: Link; readonly node: string };
  fault(kind: string, where: { readonly trackerId: number; readonly detail?: string }): void;
  /** A tag that no text of this tracker has. */
  foreignTag(trackerId: number): string;
}

interface Spoken {
  readonly n: number;
  readonly words: string;
  readonly serial: string | null;
}

/** Where a device's serial numbers begin: they wrap soon. */
const FIRST_SERIAL = 65_520;
const SERIALS = 65_536;
const REPEAT_MS = 10_000;
const SAME_WORDS_CHANCE = 0.2;
const LONGEST_PAUSE_MS = 4_000;
const LONGEST_REFUSED_PAUSE_MS = 30_000;
const LONGEST_LINGER_MS = 60_000;
const BEAT_MS = [15_000, 40_000] as const;
const PAIR_CHANCE = 0.02;
/** Implied receipts need frames to stand for them. */
const BUSY_BEAT_MS = [2_000, 6_000] as const;

export class Device implements LineListener {
  readonly traits: DeviceTraits;
  habit: Habit = "prompt";
  readonly #world: DeviceWorld;
  readonly #answering: Answering;
  readonly #nodes = new Map<DeviceLine, string>();
  /** What went out without a serial and is not answered. */
  readonly #asked = new Map<DeviceLine, Spoken>();
  #line: DeviceLine | null = null;
  #spoken = 0;
  #unacknowledged: Spoken[] = [];

  constructor(traits: DeviceTraits, world: DeviceWorld) {
    this.traits = traits;
    this.#world = world;
    this.#answering = new Answering({ ...world, traits });
  }

  /** The line that it speaks on. */
  get line(): DeviceLine | null {
    return this.#line;
  }

  get node(): string | null {
    return this.#line === null ? null : (this.#nodes.get(this.#line) ?? null);
  }

  /** Texts said and not acknowledged yet. */
  get waiting(): number {
    return this.#unacknowledged.length;
  }

  get spoken(): number {
    return this.#spoken;
  }

  connect(): void {
    const { traits } = this;
    const { random, after } = this.#world;
    const line = new DeviceLine({ listener: this, random, after, tagged: traits.receipts === "by-tag", strict: traits.strict });
    this.#line = line;
    const { link, node } = this.#world.dial(traits, line);
    this.#nodes.set(line, node);
    line.begin(link, traits.name);
    this.#keepAlive(line);
  }

  /** Leaves its line and connects anew, perhaps to another node; with `linger` the old line stays open and read for a while. */
  move(linger: boolean): void {
    const old = this.#line;
    this.connect();
    if (old === null) return;
    if (linger) this.#world.after(this.#world.random.between(1_000, LONGEST_LINGER_MS), () => old.hangUp("lingered"));
    else old.hangUp("moves");
  }

  say(): void {
    const { name, serials } = this.traits;
    const n = this.#spoken;
    this.#spoken += 1;
    const words = serials && this.#world.random.chance(SAME_WORDS_CHANCE) ? "ok" : `${name} says ${n}`;
    const spoken = { n, words, serial: serials ? String((FIRST_SERIAL + n) % SERIALS) : null };
    this.#unacknowledged.push(spoken);
    if (this.#line?.online === true && (serials || this.#unacknowledged.length === 1)) this.#send(this.#line, spoken);
  }

  changeHabit(): void {
    this.habit = drawHabit(this.#world.random);
  }

  loggedIn(line: DeviceLine): void {
    const { name: device, serials } = this.traits;
    this.#world.history.add({ op: "online", device, line: line.id, node: this.#nodes.get(line) ?? "" });
    if (line !== this.#line) return;
    for (const spoken of serials ? this.#unacknowledged : this.#unacknowledged.slice(0, 1)) this.#send(line, spoken);
    this.#answering.loggedIn(line);
  }

  refused(line: DeviceLine, reason: string): void {
    line.hangUp(`refused: ${reason}`);
  }

  part(line: DeviceLine, tag: string | null, text: string): void {
    const part = parsePart(text);
    if (part === null) return;
    this.#world.history.add({ op: "received", device: this.traits.name, line: line.id, n: part.n, part: part.part, tag });
    this.#answering.arrived({ line, part, tag }, this.habit);
  }

  removed(line: DeviceLine, tag: string): void {
    this.#world.history.add({ op: "removed", device: this.traits.name, line: line.id, tag });
  }

  /** Without a serial it means the one text that went out on that line. */
  acknowledged(line: DeviceLine, serial: string | null): void {
    const asked = this.#asked.get(line);
    this.#asked.delete(line);
    const at = this.#unacknowledged.findIndex((one) => (serial === null ? one === asked : one.serial === serial));
    const [spoken] = at === -1 ? [] : this.#unacknowledged.splice(at, 1);
    if (spoken !== undefined) this.#world.history.add({ op: "acknowledged", device: this.traits.name, line: line.id, n: spoken.n });
    const next = this.#unacknowledged[0];
    const free = this.#line;
    if (!this.traits.serials && next !== undefined && free?.online === true && !this.#asked.has(free)) this.#send(free, next);
  }

  closed(line: DeviceLine, reason: string): void {
    this.#world.history.add({ op: "offline", device: this.traits.name, line: line.id, reason });
    this.#nodes.delete(line);
    this.#asked.delete(line);
    if (line !== this.#line) return;
    const longest = reason.startsWith("refused") ? LONGEST_REFUSED_PAUSE_MS : LONGEST_PAUSE_MS;
    this.#world.after(this.#world.random.between(50, longest), () => {
      if (line === this.#line) this.connect();
    });
  }

  #send(line: DeviceLine, spoken: Spoken): void {
    const { n, words, serial } = spoken;
    if (serial === null) this.#asked.set(line, spoken);
    this.#world.history.add({ op: "said", device: this.traits.name, line: line.id, n, words, serial });
    line.ask(`T ${serial ?? "-"} ${words}`);
    if (serial !== null) this.#world.after(REPEAT_MS, () => this.#repeat(line, spoken));
  }

  /** A numbered text is sent again on the same line until it is acknowledged. */
  #repeat(line: DeviceLine, spoken: Spoken): void {
    if (line.online && line === this.#line && this.#unacknowledged.includes(spoken)) this.#send(line, spoken);
  }

  #keepAlive(line: DeviceLine): void {
    const [low, high] = this.traits.implied ? BUSY_BEAT_MS : BEAT_MS;
    this.#world.after(this.#world.random.between(low, high), () => {
      if (!line.open || line !== this.#line) return;
      // One that forgets itself sends the second frame with the first.
      if (line.online && this.traits.implied && this.#world.random.chance(PAIR_CHANCE)) line.askTwice("P");
      else if (line.online) line.ask("P");
      this.#keepAlive(line);
    });
  }
}
