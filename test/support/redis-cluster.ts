/** A real Redis Cluster for tests: masters that share the slots, replicas behind them, all on loopback. */
import { setTimeout as delay } from "node:timers/promises";
import type { RedisPlace } from "../../src/store/connection.ts";
import { until } from "./gateway-world.ts";
import { startRedis, type TestRedis } from "./redis.ts";

export interface TestCluster {
  readonly place: RedisPlace;
  readonly masters: readonly TestRedis[];
  /** One behind each master, in the same order; none unless asked for. */
  readonly replicas: readonly TestRedis[];
  /** The index of the master that has a slot, as the first node that answers sees it. */
  ownerOf(slot: number): Promise<number>;
  /** Moves a slot to another master as redis-cli does: some keys at a time, then the slot. `pauseMs`: between those. */
  moveSlot(slot: number, to: number, pauseMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;
/** A master that does not answer for this long is given up. */
const NODE_TIMEOUT_MS = 1_000;
const MOVED_AT_ONCE = 5;
const MIGRATE_MS = 5_000;

export async function startCluster({ replicas: wanted = false }: { readonly replicas?: boolean } = {}): Promise<TestCluster> {
  const settings = ["--cluster-node-timeout", String(NODE_TIMEOUT_MS), "--cluster-replica-validity-factor", "0"];
  const all = await Promise.all(
    Array.from({ length: wanted ? 2 * MASTERS : MASTERS }, () => startRedis({ cluster: "member", settings: [...settings] })),
  );
  const masters = all.slice(0, MASTERS);
  const replicas = all.slice(MASTERS);
  await assignSlots(masters);
  await introduce(all);
  const ids = await Promise.all(masters.map(idOf));
  for (const [index, replica] of replicas.entries()) await replicate(replica, ids[index] ?? "");
  await untilWell(all, replicas);
  const ownerOf = async (slot: number): Promise<number> => ids.indexOf(await ownerIn(masters, slot));
  return {
    place: { type: "cluster", urls: all.map(({ url }) => url) },
    masters,
    replicas,
    ownerOf,
    moveSlot: async (slot, to, pauseMs = 0) => {
      const from = masters[await ownerOf(slot)];
      const target = masters[to];
      if (from === undefined || target === undefined || from === target) throw new Error(`slot ${slot} cannot move to ${to}`);
      await target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", await idOf(from));
      await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", await idOf(target));
      await moveKeys({ from, target, slot, pauseMs });
      for (const node of [target, from, ...masters]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", await idOf(target));
    },
    stop: async () => void (await Promise.all(all.map((one) => one.stop()))),
  };
}

async function assignSlots(masters: readonly TestRedis[]): Promise<void> {
  for (const [index, master] of masters.entries()) {
    const from = Math.floor((index * SLOTS) / masters.length);
    const to = Math.floor(((index + 1) * SLOTS) / masters.length) - 1;
    await master.command("CLUSTER", "ADDSLOTSRANGE", from, to);
    await master.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
  }
}

async function introduce(all: readonly TestRedis[]): Promise<void> {
  const [first, ...others] = all;
  for (const one of others) await first?.command("CLUSTER", "MEET", "127.0.0.1", one.port, one.busPort);
  for (const one of all) {
    const known = async (): Promise<boolean> => (await nodesOf(one)).filter((line) => !line.includes("handshake")).length === all.length;
    await until(known, () => "the nodes to know each other", 20_000);
  }
}

async function replicate(replica: TestRedis, master: string): Promise<void> {
  await replica.command("CLUSTER", "REPLICATE", master);
}

async function untilWell(all: readonly TestRedis[], replicas: readonly TestRedis[]): Promise<void> {
  for (const one of all) {
    const well = async (): Promise<boolean> => {
      const info = String(await one.command("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes(`cluster_slots_ok:${SLOTS}`);
    };
    await until(well, () => "the cluster to be well", 20_000);
  }
  for (const one of replicas) {
    const linked = async (): Promise<boolean> => String(await one.command("INFO", "replication")).includes("master_link_status:up");
    await until(linked, () => "a replica to follow", 20_000);
  }
}

async function moveKeys(move: { readonly from: TestRedis; readonly target: TestRedis; readonly slot: number; readonly pauseMs: number }) {
  for (;;) {
    const keys = (await move.from.command("CLUSTER", "GETKEYSINSLOT", move.slot, MOVED_AT_ONCE)) as readonly string[];
    if (keys.length === 0) return;
    await move.from.command("MIGRATE", "127.0.0.1", move.target.port, "", 0, MIGRATE_MS, "KEYS", ...keys);
    await delay(move.pauseMs);
  }
}

async function ownerIn(masters: readonly TestRedis[], slot: number): Promise<string> {
  const [first] = masters;
  if (first === undefined) throw new Error("no masters");
  const slots = (await first.command("CLUSTER", "SLOTS")) as readonly (readonly [number, number, readonly [string, number, string]])[];
  return slots.find(([from, to]) => slot >= from && slot <= to)?.[2][2] ?? "";
}

async function idOf(node: TestRedis): Promise<string> {
  return String(await node.command("CLUSTER", "MYID"));
}

async function nodesOf(node: TestRedis): Promise<readonly string[]> {
  return String(await node.command("CLUSTER", "NODES"))
    .trim()
    .split("\n");
}
