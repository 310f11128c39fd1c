/**
 * A device on the road: the protocol's own simulated device over real TCP. It comes back by itself, moves between nodes, and writes
 * down which of our texts went by on its wire, what it does about them, and what became of its driver's texts.
 */
import type { DeviceOutput, ReceiptMode, SimulatedDevice } from "../../../src/core/index.ts";
import { now, type ReceiptPlan, type Recorder, type Traits } from "../history.ts";
import { headIn, spokenIn, spokenOf, type Token } from "../texts.ts";
import type { Kind } from "./kinds.ts";
import { type Came, Line, type LineOwner } from "./line.ts";

/** How it acknowledges texts. */
export interface Habit {
  readonly receipts: Extract<ReceiptMode, "ok" | "silent" | "late" | "duplicate">;
  readonly lateMs: number;
}

export const PROMPT: Habit = { receipts: "ok", lateMs: 0 };

/** How it leaves a line for another one: it ends it, goes on reading it without a word, or never touches it again. */
export type Leaving = "ends" | "lingers" | "forgets";

export interface HandsetOptions {
  readonly kind: Kind;
  readonly traits: Traits;
  readonly deviceId: string;
  readonly history: Recorder;
  /** Gateway ports by node. */
  readonly ports: readonly number[];
  readonly pickNode: () => number;
  readonly nextLine: () => number;
  readonly onAcknowledged: () => void;
}

const PATIENCE_MS = 20_000;
const KEEP_ALIVE_MS = 4_000;
/** Waits between attempts to connect; the last repeats. */
const RECONNECT_MS: readonly number[] = [100, 200, 500, 1_000];
/** An old line is read for so long after the device has left it. */
const LINGER_MS = 8_000;

export class Handset implements LineOwner {
  readonly traits: Traits;
  readonly #options: HandsetOptions;
  readonly #model: SimulatedDevice;
  #habit = PROMPT;
  #line: Line | null = null;
  #next: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #attempts = 0;
  #away = true;
  /** Driver texts that are not acknowledged, by number: how often, and since when. */
  readonly #waiting = new Map<number, { count: number; readonly since: number }>();
  /** Texts whose receipts were withheld since it last was prompt. */
  #keptBack: readonly Token[] = [];
  /** The present line withheld a receipt. */
  clean = true;

  constructor(options: HandsetOptions) {
    this.#options = options;
    this.traits = options.traits;
    const habit = (): Habit => this.#habit;
    this.#model = options.kind.protocol.device({
      deviceId: options.deviceId,
      password: null,
      profile: options.kind.device,
      get receipts() {
        return habit().receipts;
      },
      get lateMs() {
        return habit().lateMs;
      },
      reply: null,
      keepAliveMs: KEEP_ALIVE_MS,
    });
  }

  get online(): boolean {
    return this.#line?.online === true;
  }

  /** Where its line is; null: it has none. */
  get node(): number | null {
    return this.online ? (this.#line?.node ?? null) : null;
  }

  get clientPort(): number | null {
    return this.#line?.clientPort ?? null;
  }

  /** Driver texts without an acknowledgement. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Its driver has noticed that something is wrong, and types nothing more. */
  get puzzled(): boolean {
    const [oldest] = this.#waiting.values();
    return oldest !== undefined && now() - oldest.since > PATIENCE_MS;
  }

  set habit(habit: Habit) {
    this.#habit = habit;
    if (habit.receipts !== "ok") return;
    const { history, kind } = this.#options;
    if (kind.asked) for (const token of this.#keptBack) history.add({ op: "vouched", device: this.traits.device, ...token });
    this.#keptBack = [];
  }

  get habit(): Habit {
    return this.#habit;
  }

  start(): void {
    this.#away = false;
    if (this.#line === null && this.#timer === null) this.#connect();
  }

  /** Its driver switches it off. */
  stop(): void {
    this.#away = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#line?.end();
  }

  say(n: number): void {
    this.#options.history.add({ op: "said", device: this.traits.device, n });
    this.#waiting.set(n, { count: (this.#waiting.get(n)?.count ?? 0) + 1, since: now() });
    this.#perform(this.#model.say(spokenOf(n), now()));
  }

  /** Its connection breaks; it comes back by itself. */
  drop(): void {
    this.#line?.end();
  }

  /** Out of reach, without a word to anybody; `start` brings it back. */
  vanish(): void {
    this.#away = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#line?.leave(0);
    this.#line = null;
  }

  /** Connects to another node and goes on there. */
  move(node: number, leaving: Leaving): void {
    const old = this.#line;
    this.#next = node;
    if (leaving === "ends" || old === null) return old === null ? undefined : old.end();
    old.leave(leaving === "lingers" ? LINGER_MS : 0);
    this.#line = null;
    this.#connect();
  }

  opened(line: Line): void {
    if (line !== this.#line) return;
    this.clean = true;
    this.#perform(this.#model.connected(now()));
  }

  heard(line: Line, chunk: Buffer): void {
    const { history } = this.#options;
    const { device } = this.traits;
    const tokens = line.scan(chunk);
    if (line !== this.#line) {
      for (const { n } of tokens) history.add({ op: "overheard", device, line: line.id, n });
      return;
    }
    const at = now();
    const outputs = this.#model.received(chunk, at);
    this.#notice(line, { tokens, outputs, at });
    this.#perform(outputs);
  }

  closed(line: Line): void {
    if (line !== this.#line) return;
    this.#line = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#away) return;
    const wait = RECONNECT_MS[Math.min(this.#attempts, RECONNECT_MS.length - 1)] ?? 0;
    this.#attempts += 1;
    this.#arm(() => this.#connect(), wait);
  }

  #connect(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { pickNode, ports, history, nextLine } = this.#options;
    const node = this.traits.home ?? this.#next ?? pickNode();
    this.#next = null;
    this.#line = new Line({ owner: this, id: nextLine(), history, device: this.traits.device, node, port: ports[node] ?? 0 });
  }

  /**
   * A frame may come in several pieces, and a link layer may answer later: a text has arrived when the device does something about it, and is
   * lost when it cannot.
   */
  #notice(line: Line, { tokens, outputs, at }: Heard): void {
    const opaque = outputs.flatMap((output) => (output.type === "shown" ? (headIn(output.text) ?? []) : []));
    const heads = opaque.filter((n) => !tokens.some((token) => token.n === n)).map((n) => ({ n, part: "head" }) as const);
    const all = [...line.unfinished, ...[...tokens, ...heads].map((token) => ({ ...token, at }))];
    const acts = this.#habit.receipts === "silent" || outputs.some(({ type }) => type === "write" || type === "shown");
    const dropped = !acts && outputs.some(({ type }) => type === "puzzled");
    line.unfinished = acts || dropped ? [] : all;
    if (dropped) for (const { n } of all) this.#options.history.add({ op: "dropped", device: this.traits.device, n });
    if (acts) for (const token of all) this.#arrived(line, token);
  }

  /** A late receipt is due so long after the text came: of one that came before the device does nothing that would show it then. */
  #arrived(line: Line, { n, part, at }: Came): void {
    const { receipts, lateMs } = this.#habit;
    const receipt = RECEIPT_PLANS[receipts];
    if (receipt !== "yes") {
      this.clean = false;
      this.#keptBack = [...this.#keptBack, { n, part }];
    }
    const dueAt = receipt === "late" ? at + lateMs : null;
    this.#options.history.add({ op: "arrived", device: this.traits.device, line: line.id, n, part, receipt, dueAt });
  }

  #tick(): void {
    const at = now();
    const outputs = this.#model.tick(at);
    if (this.#line !== null && this.#line.unfinished.length > 0) this.#notice(this.#line, { tokens: [], outputs, at });
    this.#perform(outputs);
  }

  #perform(outputs: readonly DeviceOutput[]): void {
    for (const output of outputs) this.#do(output);
    const at = this.#model.deadline;
    if (this.#line === null || !this.#line.isOpen) return;
    if (at !== null) this.#arm(() => this.#tick(), Math.max(0, at - now()));
    else if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #do(output: DeviceOutput): void {
    const { history } = this.#options;
    const { device } = this.traits;
    if (output.type === "write") this.#line?.write(output.bytes);
    else if (output.type === "online") this.#loggedIn();
    else if (output.type === "hangup" || output.type === "refused") this.#line?.end();
    else if (output.type === "shown") {
      const n = headIn(output.text);
      if (n !== null) history.add({ op: "shown", device, n, tag: output.tag });
    } else if (output.type === "acknowledged") this.#acknowledged(output.text);
  }

  #loggedIn(): void {
    this.#attempts = 0;
    this.#line?.loggedIn();
  }

  #acknowledged(text: string): void {
    const n = spokenIn(text);
    if (n === null) return;
    this.#options.history.add({ op: "acknowledged", device: this.traits.device, n });
    const waiting = this.#waiting.get(n);
    if (waiting !== undefined && waiting.count > 1) waiting.count -= 1;
    else this.#waiting.delete(n);
    this.#options.onAcknowledged();
  }

  #arm(action: () => void, ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}

/** What a device made of some bytes, or of the time. */
interface Heard {
  readonly tokens: readonly Token[];
  readonly outputs: readonly DeviceOutput[];
  readonly at: number;
}

const RECEIPT_PLANS: Readonly<Record<Habit["receipts"], ReceiptPlan>> = { ok: "yes", duplicate: "yes", late: "late", silent: "no" };
