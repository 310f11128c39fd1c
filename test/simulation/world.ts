/** One run: everything that one seed says, from the first login to the quiet after the healing. */
import { shardOf } from "../../src/store/keys.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { MemoryBroadcasts } from "../../src/store/memory-broadcasts.ts";
import { MemoryDirectory } from "../support/fleet.ts";
import type { Build } from "./build.ts";
import { burnTags } from "./burn-tags.ts";
import { callsOver, TTL_MS } from "./calls-over.ts";
import { Chaos } from "./chaos.ts";
import { Client, type ClientWorld } from "./client.ts";
import { Device, type DeviceWorld } from "./device.ts";
import type { DeviceLine } from "./device-line.ts";
import { type FinalState, readFinalState } from "./final-state.ts";
import { History } from "./history.ts";
import { Link } from "./link.ts";
import { calmPlan, type DeviceTraits, type Plan } from "./plan.ts";
import { Post } from "./post.ts";
import { byTag, inOrder } from "./protocols.ts";
import { Quiet } from "./quiet.ts";
import type { Random } from "./random.ts";
import { SimRoad } from "./road.ts";
import { SimNode } from "./sim-node.ts";
import { StoreHost } from "./store-host.ts";
import { StorePort } from "./store-port.ts";
import { type SentText, textOf } from "./texts.ts";
import { Timeline } from "./timeline.ts";

/** The store's clock at the beginning. */
const BEGIN = 1_800_000_000_000;
/** Promises are settled in rounds between events: as deep as any chain of them that one event sets off. */
const ROUNDS = 32;
/** After the healing people go on talking for a moment. */
const AFTERTALK_MS = 8_000;
const LOOK_MS = 20_000;
/** The bound of I1 (60 s) and a little; no run ends before. */
const SHORTEST_CALM_MS = 75_000;
/** Beyond the longest wait between two closings of a line, an hour, and the quarantine after a duel. */
const LONGEST_CALM_MS = 100 * 60_000;
const TAGS_LEFT = 12;
/** What is prepared happened so long before. */
const PREPARED_MS = 3_600_000;

export class World {
  readonly history: History;
  readonly texts = new Map<number, SentText>();
  quiet = false;
  readonly #plan: Plan;
  readonly #build: Build;
  readonly #random: Random;
  readonly #timeline = new Timeline();
  readonly #host: StoreHost;
  readonly #directory: MemoryDirectory;
  readonly #post: Post;
  readonly #nodes: readonly SimNode[];
  readonly #devices: readonly Device[];
  readonly #chaos: Chaos;
  readonly #quiet: Quiet;
  readonly #memory: MemoryStore;
  readonly #broadcasts = new MemoryBroadcasts(() => this.#storeNow());
  readonly #crashed: (() => void)[] = [];
  #links = 0;
  #clockOffset = BEGIN - PREPARED_MS;
  #healed = false;
  #talking = true;
  #over = false;

  constructor(plan: Plan, random: Random, build: Build) {
    this.#plan = plan;
    this.#random = random;
    this.#build = build;
    const now = (): number => this.#timeline.now;
    this.history = new History(now);
    this.#quiet = new Quiet({ history: this.history, texts: this.texts, storeNow: this.#storeNow });
    this.#memory = new MemoryStore(this.#storeNow);
    const around = { storeNow: this.#storeNow, onCrash: (listener: () => void) => void this.#crashed.push(listener) };
    const store = build.scripts(this.#memory, around);
    const { events } = this.#memory;
    const { idempotent, tells } = build;
    this.#host = new StoreHost({ store, events, history: this.history, now: this.#storeNow, idempotent, tells });
    this.#directory = directoryOf(plan, build);
    this.#post = this.#makePost();
    this.#nodes = plan.nodes.map((name) => this.#makeNode(name));
    const world = this.#deviceWorld();
    this.#devices = plan.devices.map((traits) => new Device(traits, world));
    this.#chaos = new Chaos({
      random,
      history: this.history,
      host: this.#host,
      nodes: this.#nodes,
      devices: this.#devices,
      paceMs: plan.paceMs,
      after: this.#after,
      jump: (ms) => {
        const before = this.#storeNow();
        this.#clockOffset += ms;
        this.history.add({ op: "clock", before, after: this.#storeNow() });
      },
      crash: () => this.#crashed.forEach((listener) => void listener()),
    });
  }

  async run(): Promise<FinalState> {
    for (const { receipts, trackerId } of this.#plan.devices) {
      if (receipts === "by-tag" && this.#random.chance(0.6)) await burnTags(this.#memory, trackerId, TAGS_LEFT);
      await this.#host.ignore(trackerId);
    }
    this.#clockOffset = BEGIN;
    this.#begin();
    for (let event = this.#timeline.next(); event !== null && !this.#over; event = this.#timeline.next()) {
      event();
      for (let round = 0; round < ROUNDS; round += 1) await null;
    }
    return await this.#read();
  }

  #begin(): void {
    for (const node of this.#nodes) node.start();
    for (const device of this.#devices) this.#after(this.#random.between(0, 4_000), () => device.connect());
    for (const device of this.#devices) this.#speak(device);
    for (const userId of this.#plan.users) this.#serve(userId);
    if (!this.#plan.calm) this.#chaos.start();
    this.#after(this.#plan.faultMs, () => this.#heal());
  }

  #heal(): void {
    this.#healed = true;
    this.#chaos.heal();
    this.history.add({ op: "healed" });
    this.#after(AFTERTALK_MS, () => {
      this.#talking = false;
    });
    this.#after(SHORTEST_CALM_MS, () => this.#look(this.#timeline.now + LONGEST_CALM_MS));
  }

  #look(until: number): void {
    this.quiet = this.#quiet.reached(this.#devices);
    if (this.quiet || this.#timeline.now >= until) {
      this.#over = true;
      return;
    }
    // Sooner or later every device logs in again.
    for (const device of this.#devices) if (!this.#quiet.proven(device.traits.trackerId)) device.move(false);
    this.#after(LOOK_MS, () => this.#look(until));
  }

  readonly #after = (ms: number, run: () => void): void => this.#timeline.after(ms, run);
  readonly #storeNow = (): number => this.#clockOffset + this.#timeline.now;

  get #weather(): Plan {
    return this.#healed ? calmPlan(this.#plan) : this.#plan;
  }

  #makePost(): Post {
    return new Post({
      random: this.#random,
      rates: () => this.#weather.mail,
      after: this.#after,
      fault: (kind, { node, trackerId }) => this.history.add({ op: "fault", kind, node, trackerId, detail: "" }),
      deliver: (node, { trackerId, epoch, news }) => this.#nodes.find(({ name }) => name === node)?.hint(trackerId, epoch, news),
      jobIds: this.#build.jobIds,
    });
  }

  #makeNode(name: string): SimNode {
    const road = new SimRoad({
      node: name,
      host: this.#host,
      random: this.#random,
      history: this.history,
      rates: () => this.#weather.store,
      now: () => this.#timeline.now,
      after: this.#after,
      process: () => node,
    });
    const node: SimNode = new SimNode({
      name,
      store: this.#build.port(new StorePort(road), name),
      broadcasts: this.#broadcasts,
      directory: this.#directory,
      outbox: this.#post,
      history: this.history,
      build: this.#build,
      now: () => this.#timeline.now,
      wallClock: this.#storeNow,
      after: this.#after,
      shards: [...new Set(this.#plan.devices.map(({ trackerId }) => shardOf(trackerId)))],
    });
    return node;
  }

  #deviceWorld(): DeviceWorld {
    return {
      random: this.#random,
      history: this.history,
      after: this.#after,
      dial: (traits, line) => this.#dial(traits, line),
      fault: (kind, { trackerId, detail = "" }) => this.history.add({ op: "fault", kind, node: null, trackerId, detail }),
      foreignTag: (trackerId) => this.#foreignTag(trackerId),
    };
  }

  #dial({ receipts }: DeviceTraits, device: DeviceLine): { readonly link: Link; readonly node: string } {
    const node = this.#random.pick(this.#nodes);
    this.#links += 1;
    const link = new Link({
      id: this.#links,
      random: this.#random,
      device,
      now: () => this.#timeline.now,
      after: this.#after,
      atNode: (run) => node.deliver(run),
    });
    const protocol = this.#build.protocol(receipts === "by-tag" ? byTag : inOrder);
    link.open(() => node.accept(link, protocol));
    return { link, node: node.name };
  }

  #foreignTag(trackerId: number): string {
    let tag = this.#random.between(1, 0xffff);
    for (const { trackerId: other } of this.#plan.devices) {
      const lent = this.#random.between(1, 40);
      if (other !== trackerId && this.#host.ownsTag(other, lent) && this.#random.chance(0.5)) tag = lent;
    }
    return this.#host.ownsTag(trackerId, tag) ? "0" : String(tag);
  }

  /** A driver talks now and then. */
  #speak(device: Device): void {
    this.#after(this.#random.between(Math.floor(this.#plan.talkMs / 2), this.#plan.talkMs * 4), () => {
      if (!this.#talking) return;
      device.say();
      this.#speak(device);
    });
  }

  #serve(userId: number): void {
    const user = this.#directory.user(userId);
    if (user === undefined) return;
    const trackers = this.#plan.devices.map(({ trackerId }) => trackerId);
    const own = this.#directory.trackersOf(userId).map(({ id }) => id);
    const foreign = trackers.filter((id) => !own.includes(id));
    const client = new Client({ name: `user${userId}`, user, own, foreign }, this.#clientWorld());
    const next = (): void =>
      this.#after(this.#random.between(Math.floor(this.#plan.talkMs / 5), this.#plan.talkMs), () => {
        if (!this.#talking) return;
        client.act(this.#random.pick(this.#nodes), next);
      });
    next();
  }

  #clientWorld(): ClientWorld {
    return {
      random: this.#random,
      history: this.history,
      now: () => this.#timeline.now,
      storeNow: this.#storeNow,
      after: this.#after,
      compose: (how = {}) => this.#compose(how),
      node: () => this.#random.pick(this.#nodes),
      incomingOf: (trackerId) => this.#host.latestOf(trackerId, "INCOMING"),
      outgoingOf: (trackerId) => this.#host.latestOf(trackerId, "OUTGOING"),
    };
  }

  #compose({ urgent = false, ttlMs = TTL_MS, notBeforeMs = 0 }: Partial<SentText>): SentText {
    const n = this.texts.size + 1;
    const size = this.#random.weighted({ one: 70, two: 15, some: 15 });
    const parts = size === "one" ? 1 : size === "two" ? 2 : this.#random.between(3, 6);
    const text = { n, text: textOf(n, parts), parts, urgent, ttlMs, notBeforeMs };
    this.texts.set(n, text);
    return text;
  }

  async #read(): Promise<FinalState> {
    const store = this.#build.port(this.#host.store, "reader");
    const clock = { now: this.#storeNow };
    const calls = callsOver({ store, broadcasts: this.#broadcasts, directory: this.#directory, outbox: this.#post, clock });
    const users = this.#plan.users.flatMap((id) => this.#directory.user(id) ?? []);
    return await readFinalState({
      store,
      calls: this.#build.calls(calls, store),
      users,
      devices: this.#devices,
      nodes: this.#nodes,
      random: this.#random,
      storeNow: this.#storeNow(),
      beganAt: BEGIN,
    });
  }
}

function directoryOf(plan: Plan, build: Build): MemoryDirectory {
  return new MemoryDirectory({
    users: plan.users.map((id) => ({ id })),
    protocols: [build.protocol(byTag), build.protocol(inOrder)],
    trackers: plan.devices.map(({ trackerId, userId, name, receipts, implied }) => ({
      id: trackerId,
      userId,
      deviceId: name,
      protocol: receipts === "by-tag" ? byTag.name : inOrder.name,
      profile: implied ? { receipts: "implied" } : {},
    })),
  });
}
