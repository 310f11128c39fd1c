/** What befalls the nodes: killed, stopped, drained, restarted one after the other, gone with their machine. */
import { setTimeout as wait } from "node:timers/promises";
import type { GatewayNode } from "../actors/gateway-node.ts";
import { now } from "../history.ts";
import { vanish } from "../primitives/firewall.ts";
import { provokeDrain } from "./drain.ts";
import type { Injection, Strike } from "./strike.ts";

export const NODE_INJECTIONS: readonly Injection[] = [
  { kind: "node-killed", track: "node", needs: ["kill"], weight: 50, strike: killed },
  { kind: "node-lost", track: "node", needs: ["firewall", "kill"], weight: 12, strike: lost },
  { kind: "node-stopped", track: "node", needs: ["stop"], weight: 24, strike: stopped },
  { kind: "node-drained", track: "node", needs: [], weight: 24, strike: drained },
  { kind: "rolling-restart", track: "node", needs: [], weight: 10, strike: rollingRestart },
];

async function killed(strike: Strike): Promise<void> {
  const node = pick(strike);
  strike.begins({ nodes: [node.place] }, `node ${node.place}`);
  await node.end("SIGKILL");
  await wait(strike.random.chance(0.6) ? 0 : strike.between(0, 4));
  await node.start();
  strike.healed();
  await strike.flows([node.place]);
}

/** Nobody gets as much as a reset from it. */
async function lost(strike: Strike): Promise<void> {
  const node = pick(strike);
  const { place, httpPort, gatewayPort } = node;
  const ports = [httpPort, gatewayPort, ...(strike.scene.proxies[place]?.clientPorts ?? [])];
  strike.begins({ nodes: [place] }, `node ${place}`);
  const undo = await vanish(ports);
  await node.end("SIGKILL");
  await wait(strike.between(1, 6));
  await undo();
  await node.start();
  strike.healed();
  await strike.flows([place]);
}

/** Some of its devices lose patience and go elsewhere; then it wakes up with lines that are not its own any more. */
async function stopped(strike: Strike): Promise<void> {
  const node = pick(strike);
  const ms = strike.random.chance(0.8) ? strike.between(0.3, 6) : strike.between(15, 45);
  strike.begins({ nodes: [node.place] }, `node ${node.place}, ${ms} ms`);
  node.pause();
  await wait(ms / 2);
  for (const handset of strike.scene.handsets) {
    if (handset.node === node.place && strike.random.chance(0.4)) handset.move(other(strike, node.place), "lingers");
  }
  await wait(ms / 2);
  node.resume();
  strike.healed();
  await strike.flows([node.place]);
}

async function drained(strike: Strike): Promise<void> {
  const node = pick(strike);
  await drain(strike, node);
  await wait(strike.between(0, 2));
  await node.start();
  strike.healed();
  await strike.flows([node.place]);
}

async function rollingRestart(strike: Strike): Promise<void> {
  for (const node of strike.scene.nodes) {
    await drain(strike, node);
    await node.start();
    await strike.flows([node.place]);
  }
}

/** SIGTERM while receipts and requests are on their way. */
async function drain(strike: Strike, node: GatewayNode): Promise<void> {
  const provoked = await provokeDrain(strike, node);
  strike.begins({ nodes: [node.place] }, `node ${node.place}`);
  const from = now();
  const code = await node.end("SIGTERM");
  strike.measured("drain", now() - from);
  strike.measured("exit code", code ?? -1);
  await provoked();
}

function pick(strike: Strike): GatewayNode {
  return strike.random.pick(strike.scene.nodes);
}

function other(strike: Strike, node: number): number {
  return strike.random.pick(strike.scene.nodes.map(({ place }) => place).filter((place) => place !== node));
}
