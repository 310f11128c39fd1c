/** One gateway node: its lines, the use cases over its way to the store, its lease and its sweeper. It may stop, die and come back. */
import pino from "pino";
import type { BroadcastStore } from "../../src/chat/broadcast.ts";
import { Extensions } from "../../src/chat/extensions.ts";
import type { Directory } from "../../src/chat/fleet.ts";
import { LineChat } from "../../src/chat/lines.ts";
import { type MessageStore, type News, type Outbox, StoreUnavailable } from "../../src/chat/ports.ts";
import type { Protocol } from "../../src/core/index.ts";
import { Registry } from "../../src/gateway/registry.ts";
import { nudging } from "../../src/outbox/nudge.ts";
import { isMine, Sweeper } from "../../src/outbox/sweeper.ts";
import type { Build, ChatCalls } from "./build.ts";
import { callsOver } from "./calls-over.ts";
import type { History } from "./history.ts";
import type { Link } from "./link.ts";
import { type Chat, SimLine } from "./sim-line.ts";

export interface NodeOptions {
  readonly name: string;
  readonly store: MessageStore;
  readonly broadcasts: BroadcastStore;
  readonly directory: Directory;
  readonly outbox: Outbox;
  readonly history: History;
  readonly build: Build;
  readonly now: () => number;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly wallClock: () => number;
  after(ms: number, run: () => void): void;
  /** Shards of the pending index in which this run has trackers. */
  readonly shards: readonly number[];
}

const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
const SWEEP_MS = 5_000;
const EXPIRE_MS = 15_000;
const DRAIN_GRACE_MS = 2_000;
const SILENT = pino({ level: "silent" });

export class SimNode {
  readonly name: string;
  readonly #options: NodeOptions;
  readonly #links = new Set<Link>();
  #life = 0;
  #alive = false;
  #stopped = false;
  #waiting: (() => void)[] = [];
  #registry = new Registry();
  #calls: ChatCalls | null = null;
  #extensions: Extensions | null = null;
  #chat: Chat | null = null;
  #lines = new Set<SimLine>();

  constructor(options: NodeOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get lines(): ReadonlySet<SimLine> {
    return this.#lines;
  }

  get extensions(): Extensions | null {
    return this.#extensions;
  }

  get calls(): ChatCalls | null {
    return this.#calls;
  }

  /** Runs something in this process: when it is stopped, once it goes on; when it is dead, never. */
  deliver(run: () => void): void {
    if (!this.#alive) return;
    if (this.#stopped) this.#waiting.push(run);
    else run();
  }

  /** A timer of this process. */
  later(ms: number, run: () => void): void {
    const life = this.#life;
    this.#options.after(ms, () => {
      if (life === this.#life) this.deliver(run);
    });
  }

  start(): void {
    const { store, directory, build, name, now } = this.#options;
    this.#life += 1;
    this.#alive = true;
    this.#stopped = false;
    this.#waiting = [];
    this.#registry = new Registry();
    this.#lines = new Set();
    const outbox = nudging(this.#options.outbox, { node: name, lines: this.#registry });
    const chat = new LineChat({ store, directory, outbox, node: name, now, warn: () => {} });
    const shared = { store, directory, outbox, onHintFailed: () => {} };
    const clock = { now: this.#options.wallClock };
    this.#calls = build.calls(callsOver({ ...shared, broadcasts: this.#options.broadcasts, clock }), store);
    this.#extensions = new Extensions({ ...shared, events: { place: () => Promise.reject(new StoreUnavailable("not simulated")) } });
    this.#chat = build.chat(chat, this);
    this.#beat(RENEW_MS, async () => void (await store.renewLease(name, LEASE_MS)));
    this.#sweep();
  }

  /** SIGSTOP. */
  stop(): void {
    this.#stopped = true;
  }

  /** SIGCONT: everything that waited happens now, in order. */
  resume(): void {
    this.#stopped = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) this.later(0, run);
  }

  /** kill -9; with `machine` the devices are not even told. */
  kill(machine: boolean): void {
    this.#alive = false;
    this.#life += 1;
    this.#waiting = [];
    for (const line of this.#lines) this.#noteClosed(line, "killed");
    for (const link of this.#links) link.orphan(!machine);
    this.#links.clear();
  }

  /** SIGTERM: lines end with a little grace. */
  drain(): void {
    for (const line of [...this.#lines]) line.end("drain", DRAIN_GRACE_MS);
  }

  accept(link: Link, protocol: Protocol): void {
    if (!this.#alive) return link.orphan(true);
    this.#links.add(link);
    this.deliver(() => this.#chat !== null && this.#open(link, protocol, this.#chat));
  }

  hint(trackerId: number, epoch: number, news: News): void {
    this.deliver(() => this.#registry.hint(trackerId, epoch, news));
  }

  #open(link: Link, protocol: Protocol, chat: Chat): void {
    const { build, now, history, name } = this.#options;
    const home = {
      node: name,
      registry: this.#registry,
      chat,
      now,
      later: (ms: number, run: () => void) => this.later(ms, run),
      openSession: (spoken: Protocol) => build.session({ protocol: spoken, now: now() }),
      opened: ({ id, trackerId, epoch }: SimLine) => history.add({ op: "line-opened", line: id, trackerId, epoch, node: name }),
      closed: (ended: SimLine, reason: string) => {
        this.#lines.delete(ended);
        this.#noteClosed(ended, reason);
      },
      trustsWrites: build.trustsWrites,
    };
    const line = new SimLine(home, link, protocol);
    this.#lines.add(line);
    link.server = line;
  }

  #noteClosed(line: SimLine, reason: string): void {
    this.#options.history.add({ op: "line-closed", line: line.id, node: this.name, reason });
  }

  #sweep(): void {
    const { store, name, build, shards } = this.#options;
    const registry = this.#registry;
    const hint = (trackerId: number): void => registry.get(trackerId)?.hint();
    const sweeper = new Sweeper({
      node: name,
      store,
      lines: registry,
      hint,
      protocolOf: () => "",
      meter: { count: () => {} },
      log: SILENT,
    });
    for (const shard of shards) {
      if (build.sweeps) this.#beat(SWEEP_MS, async () => void (await sweeper.sweep(shard)));
      this.#beat(EXPIRE_MS, async () => {
        const live = await store.liveNodes();
        if (isMine(shard, name, live)) await sweeper.expire(shard, live);
      });
    }
  }

  /** Does something now and then; an outage of the store is sat out. */
  #beat(ms: number, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error;
    });
    this.later(ms, () => this.#beat(ms, work));
  }
}
