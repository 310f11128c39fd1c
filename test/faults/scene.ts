/** Everything that a campaign is played with: Redis and its disk, three nodes behind proxies, devices, dispatchers, and the history. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../simulation/random.ts";
import { admin } from "./actors/api.ts";
import { Balancer } from "./actors/balancer.ts";
import { Dispatcher, type Wish } from "./actors/dispatcher.ts";
import { GatewayNode } from "./actors/gateway-node.ts";
import { Handset } from "./actors/handset.ts";
import { RedisHost } from "./actors/redis-host.ts";
import { Reserve } from "./actors/reserve.ts";
import { Traffic } from "./actors/traffic.ts";
import { Watcher } from "./actors/watcher.ts";
import { fleetOf, HASHES, type Player, USERS } from "./cast.ts";
import type { History } from "./history.ts";
import { Hooks } from "./hooks.ts";
import { Clocks } from "./primitives/clocks.ts";
import { Disk } from "./primitives/disk.ts";
import { RedisProxy } from "./primitives/proxy.ts";

export interface SceneOptions {
  readonly seed: number;
  readonly history: History;
  /** In memory, gone with this namespace. */
  readonly work: string;
  /** For logs. */
  readonly out: string;
  readonly players: readonly Player[];
  readonly dispatchers: number;
  readonly fsync: "always" | "everysec";
  readonly program: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Processes get clocks that can jump. */
  readonly clocks: boolean;
}

const NODES = 3;
const PORTS = { redis: 6_379, proxy: 6_400, http: 8_080, gateway: 5_000 };
const DISK_BYTES = 1_536 * 1_024 * 1_024;

export class Scene {
  readonly history: History;
  readonly random: Random;
  readonly clocks: Clocks;
  readonly disk: Disk;
  readonly redis: RedisHost;
  readonly proxies: readonly RedisProxy[];
  readonly nodes: readonly GatewayNode[];
  readonly balancer: Balancer;
  /** Devices that faults may befall. */
  readonly handsets: readonly Handset[];
  /** One prompt device for each node. */
  readonly canaries: readonly Handset[];
  readonly reserve: Reserve;
  readonly dispatchers: readonly Dispatcher[];
  /** By user: send what belongs to a fault or measures it, at any time. */
  readonly observers: readonly Dispatcher[];
  readonly traffic: Traffic;
  readonly watcher: Watcher;
  readonly hooks = new Hooks();
  /** Nodes in the hands of faults of their own. */
  readonly struck = new Set<number>();
  readonly #options: SceneOptions;
  #texts = 0;
  #lines = 0;

  private constructor(options: SceneOptions, disk: Disk, proxies: readonly RedisProxy[]) {
    const { history, work, out, seed, fsync } = options;
    this.#options = options;
    this.history = history;
    this.random = new Random(seed);
    this.disk = disk;
    this.proxies = proxies;
    this.clocks = new Clocks(work);
    this.redis = new RedisHost({ disk, port: PORTS.redis, log: join(out, "redis.log"), fsync, environment: this.#clock("redis") });
    this.nodes = proxies.map((proxy, place) => this.#node(proxy, place));
    this.balancer = new Balancer(this.nodes, new Random(seed + 1));
    const handsets = options.players.map((player) => this.#handset(player));
    this.canaries = handsets.filter(({ traits }) => traits.home !== null);
    this.handsets = handsets.filter(({ traits }) => traits.home === null);
    this.reserve = new Reserve(this.handsets);
    const suspects = (): Player["traits"][] => this.handsets.filter(({ habit }) => habit.receipts !== "ok").map(({ traits }) => traits);
    this.watcher = new Watcher({ history, balancer: this.balancer, cast: handsets.map(({ traits }) => traits), hashes: HASHES, suspects });
    this.observers = HASHES.map((_, user) => this.#dispatcher(null, user, seed + 11 + user));
    this.dispatchers = Array.from({ length: options.dispatchers }, (_, at) => this.#dispatcher(`d${at}`, at % USERS, seed + 101 + at));
    const backlog = (trackerId: number): number => this.hooks.backlog(trackerId);
    const nextText = (): number => this.#nextText();
    const { dispatchers, handsets: devices } = this;
    this.traffic = new Traffic({ random: new Random(seed + 99), dispatchers, handsets: devices, nextText, backlog });
  }

  /** Starts Redis, the nodes and the devices; resolves when all are at work. */
  static async open(options: SceneOptions): Promise<Scene> {
    const disk = await Disk.make(options.work, "disk", DISK_BYTES);
    const proxies = await Promise.all(Array.from({ length: NODES }, (_, place) => RedisProxy.start(PORTS.proxy + place, PORTS.redis)));
    const scene = new Scene(options, disk, proxies);
    await scene.#start();
    return scene;
  }

  async close(): Promise<void> {
    this.watcher.stop();
    this.balancer.stop();
    for (const handset of [...this.handsets, ...this.canaries]) handset.stop();
    await Promise.all(this.nodes.map((node) => node.end("SIGKILL")));
    for (const proxy of this.proxies) proxy.close();
    await this.redis.stop();
    await this.disk.remove();
  }

  /** Sends one text to a device, whatever else is going on. */
  async send({ traits }: Handset, wish: Wish = {}): ReturnType<Dispatcher["send"]> {
    const observer = this.observers[traits.user];
    if (observer === undefined) throw new Error(`no account ${traits.user}`);
    return await observer.send(traits, wish);
  }

  async #start(): Promise<void> {
    await this.redis.start();
    await Promise.all(this.nodes.map((node) => node.start()));
    const { players } = this.#options;
    if ((await admin(this.balancer.portOf(0), "PUT", "fleet", fleetOf(players))) === null) throw new Error("the fleet was refused");
    for (const player of players) this.history.add({ op: "cast", ...player.traits });
    this.balancer.start();
    this.watcher.start();
    for (const handset of [...this.handsets, ...this.canaries]) handset.start();
  }

  #node(proxy: RedisProxy, place: number): GatewayNode {
    const { work, out, program, environment } = this.#options;
    return new GatewayNode({
      place,
      httpPort: PORTS.http + place,
      gatewayPort: PORTS.gateway + place,
      redisUrl: `redis://127.0.0.1:${proxy.port}`,
      dataDir: join(work, `node-${place}`),
      log: join(out, `node-${place}.log`),
      program,
      environment: { ...environment, ...this.#clock(`node-${place}`) },
    });
  }

  #clock(name: string): Readonly<Record<string, string>> {
    return this.#options.clocks ? this.clocks.environment(name) : {};
  }

  #handset({ kind, traits, deviceId }: Player): Handset {
    const { history } = this.#options;
    return new Handset({
      kind,
      traits,
      deviceId,
      history: this.hooks.watching(history),
      ports: Array.from({ length: NODES }, (_, place) => PORTS.gateway + place),
      pickNode: () => this.random.between(0, NODES - 1),
      nextLine: () => {
        this.#lines += 1;
        return this.#lines;
      },
      onAcknowledged: () => this.hooks.acknowledged(),
    });
  }

  #dispatcher(name: string | null, user: number, seed: number): Dispatcher {
    return new Dispatcher({
      name,
      user,
      hash: HASHES[user] ?? "",
      random: new Random(seed),
      history: this.history,
      balancer: this.balancer,
      nextText: () => this.#nextText(),
      onAccepted: (n, trackerId) => this.hooks.accepted(n, trackerId),
      incoming: () => this.watcher.incoming(user),
    });
  }

  #nextText(): number {
    this.#texts += 1;
    return this.#texts;
  }
}

/** Where a node keeps its files. */
export async function makeFolders(work: string): Promise<void> {
  for (let place = 0; place < NODES; place += 1) await mkdir(join(work, `node-${place}`), { recursive: true });
}
