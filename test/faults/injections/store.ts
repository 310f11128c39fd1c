/** What befalls Redis: its machine loses power, it is killed, it hangs, its disk or memory is full. */
import { setTimeout as wait } from "node:timers/promises";
import type { Promised } from "../hooks.ts";
import type { Injection, Strike } from "./strike.ts";

const STORE = { store: true };
/** Rarely a moment does not come: everything is down already. */
const MOMENT_MS = 3_000;
const FULL_MS = 10_000;

export const STORE_INJECTIONS: readonly Injection[] = [
  { kind: "power-cut", track: "store", needs: ["power-cut", "kill"], weight: 160, strike: powerCut },
  { kind: "redis-killed", track: "store", needs: ["kill"], weight: 50, strike: killed },
  { kind: "redis-stopped", track: "store", needs: ["stop"], weight: 24, strike: stopped },
  { kind: "redis-paused", track: "store", needs: [], weight: 20, strike: paused },
  { kind: "disk-full", track: "store", needs: ["power-cut"], weight: 14, strike: diskFull },
  { kind: "memory-full", track: "store", needs: [], weight: 14, strike: memoryFull },
];

/** Half of them come at the worst moment: right when a device or a client was told that its text is stored. */
async function powerCut(strike: Strike): Promise<void> {
  const { disk, redis, proxies, hooks } = strike.scene;
  const moment = strike.random.pick<Promised | "any">(["any", "any", "acknowledged", "accepted"]);
  // A machine that loses its power tells nobody; a proxy that stays says so at once.
  const silent = strike.random.chance(0.5);
  let cutting: Promise<void> | null = null;
  const cut = (): void => {
    if (cutting !== null) return;
    // The processor stops as well: else an fsync that is under way may end well on a disk that is off, and Redis tells of it.
    redis.pause();
    cutting = disk.cut();
    for (const proxy of proxies) proxy.silent = silent;
    strike.begins(STORE, `${moment}${silent ? ", silent" : ""}`);
  };
  if (moment !== "any") {
    hooks.atNext(moment, cut);
    for (let waited = 0; cutting === null && waited < MOMENT_MS; waited += 10) await wait(10);
  }
  cut();
  await cutting;
  await redis.kill();
  await wait(strike.random.chance(0.7) ? 0 : strike.between(0, 3));
  await disk.remount();
  const booting = strike.age;
  await redis.start();
  for (const proxy of proxies) proxy.silent = false;
  strike.measured("start of Redis", strike.age - booting);
  strike.healed();
  await strike.flowsEverywhere();
}

async function killed(strike: Strike): Promise<void> {
  const { redis } = strike.scene;
  strike.begins(STORE, "");
  await redis.kill();
  await wait(strike.random.chance(0.5) ? 0 : strike.between(0, 4));
  await redis.start();
  strike.healed();
  await strike.flowsEverywhere();
}

async function stopped(strike: Strike): Promise<void> {
  const { redis } = strike.scene;
  const ms = strike.random.chance(0.85) ? strike.between(0.2, 6) : strike.between(20, 35);
  strike.begins(STORE, `${ms} ms`);
  redis.pause();
  await wait(ms);
  redis.resume();
  strike.healed();
  await strike.flowsEverywhere();
}

async function paused(strike: Strike): Promise<void> {
  const ms = strike.between(0.3, 4);
  const what = strike.random.pick(["ALL", "WRITE"]);
  strike.begins(STORE, `${what}, ${ms} ms`);
  await strike.scene.redis.admin.call("CLIENT", "PAUSE", String(ms), what);
  await wait(ms);
  strike.healed();
  await strike.flowsEverywhere();
}

/** With `appendfsync always` Redis ends when it cannot write; whoever supervises it starts it again once there is room. */
async function diskFull(strike: Strike): Promise<void> {
  const { disk, redis } = strike.scene;
  strike.begins(STORE, "");
  const giveBack = await disk.fill();
  const ended = await redis.ended(FULL_MS);
  await wait(strike.between(0, 2));
  await giveBack();
  if (ended) await redis.start();
  strike.healed();
  await strike.flowsEverywhere();
}

/** Nothing is acknowledged that does not fit. */
async function memoryFull(strike: Strike): Promise<void> {
  const { admin } = strike.scene.redis;
  strike.begins(STORE, "");
  await admin.config("SET", "maxmemory", "1mb");
  await wait(strike.between(0.5, 4));
  await admin.config("SET", "maxmemory", "0");
  strike.healed();
  await strike.flowsEverywhere();
}
