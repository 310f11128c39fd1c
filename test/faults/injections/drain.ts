/** What a drain must not break: receipts that are on their way, and requests that were made. */
import { setTimeout as wait } from "node:timers/promises";
import { call } from "../actors/api.ts";
import { DRAIN_DELAY_MS, type GatewayNode } from "../actors/gateway-node.ts";
import { type Handset, PROMPT } from "../actors/handset.ts";
import { HASHES } from "../cast.ts";
import { now } from "../history.ts";
import type { Strike } from "./strike.ts";

/** Devices whose receipts come after the signal. */
const DEVICES = 6;
/** Within the grace of a line, which is 2 s and begins after the delay. */
const LATE_MS = DRAIN_DELAY_MS + 900;
const REQUESTS = 12;
const ARRIVAL_MS = 1_500;
const GATHER_MS = 2_000;

/** Puts receipts and requests on their way to this node; the result cleans up when it has ended. */
export async function provokeDrain(strike: Strike, node: GatewayNode): Promise<() => Promise<void>> {
  const { scene } = strike;
  const chosen = await gather(strike, node);
  for (const handset of chosen) handset.habit = { receipts: "late", lateMs: LATE_MS };
  const sent = await Promise.all(chosen.map((handset) => scene.send(handset, { node: node.place })));
  await Promise.all(sent.map(({ n }) => scene.hooks.arrival(n, ARRIVAL_MS)));
  const requests = Array.from({ length: REQUESTS }, () => ask(strike, node));
  return async () => {
    await Promise.all(requests);
    for (const handset of chosen) handset.habit = PROMPT;
  };
}

/** Some devices, connected to this node. */
async function gather({ scene, random }: Strike, node: GatewayNode): Promise<readonly Handset[]> {
  const chosen = Array.from({ length: DEVICES }, () => scene.reserve.take(random)).filter((handset) => handset !== null);
  for (const handset of chosen) {
    scene.reserve.giveBack(handset);
    if (handset.node !== node.place) handset.move(node.place, "ends");
  }
  const deadline = performance.now() + GATHER_MS;
  const arrived = (): readonly Handset[] => chosen.filter((handset) => handset.node === node.place);
  while (arrived().length < chosen.length && performance.now() < deadline) await wait(20);
  return arrived();
}

async function ask({ scene }: Strike, { place, httpPort }: GatewayNode): Promise<void> {
  const began = now();
  const { outcome } = await call(httpPort, "unread/count", { hash: HASHES[0] });
  scene.history.add({ op: "called", node: place, what: "unread/count", began, outcome });
}
