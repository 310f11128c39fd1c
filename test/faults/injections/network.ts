/** What befalls the way between a node and Redis, and between clients and a node. */
import { setTimeout as wait } from "node:timers/promises";
import { blackHole, refuse } from "../primitives/firewall.ts";
import type { CutPlace } from "../primitives/proxy.ts";
import { textInCall } from "../texts.ts";
import type { Injection, Strike } from "./strike.ts";

const CUT_MS = 4_000;

export const NETWORK_INJECTIONS: readonly Injection[] = [
  { kind: "redis-black-hole", track: "node", needs: ["firewall"], weight: 24, strike: redisBlackHole },
  { kind: "redis-refused", track: "node", needs: ["firewall"], weight: 20, strike: redisRefused },
  { kind: "calls-cut", track: "node", needs: [], weight: 50, strike: callsCut },
  { kind: "redis-slow", track: "node", needs: [], weight: 20, strike: redisSlow },
  { kind: "mail-lost", track: "node", needs: [], weight: 20, strike: mailLost },
  { kind: "api-reset", track: "node", needs: ["firewall"], weight: 14, strike: apiReset },
];

/** Every connection of a node to Redis swallows all bytes from now on, without a word; new ones work. */
async function redisBlackHole(strike: Strike): Promise<void> {
  const { node, proxy } = target(strike);
  const ports = proxy.clientPorts;
  strike.begins({ nodes: [node] }, `${ports.length} connections of node ${node}`);
  const undo = await blackHole(ports);
  await strike.flows([node]);
  await strike.mailFlows(node);
  await undo();
  strike.healed();
}

async function redisRefused(strike: Strike): Promise<void> {
  const { node, proxy } = target(strike);
  strike.begins({ nodes: [node] }, `node ${node}`);
  const undo = await refuse(proxy.port);
  await wait(strike.between(0.3, 5));
  await undo();
  strike.healed();
  await strike.flows([node]);
}

/** The connection breaks right when a text is being stored, so that nobody knows whether it was. */
async function callsCut(strike: Strike): Promise<void> {
  const { node, proxy } = target(strike);
  const place = strike.random.pick<CutPlace>(["answer", "answer", "answer", "before", "within"]);
  const before = proxy.cut;
  strike.begins({ nodes: [node] }, `${place}, node ${node}`);
  // A call is sent once more when its connection broke: cut twice, its outcome stays unknown.
  const [subjects, times] = [strike.random.between(3, 12), strike.random.between(1, 2)];
  proxy.cutCalls({ place, subjects, times, subjectOf: textInCall });
  const deadline = performance.now() + CUT_MS;
  while (proxy.cutting && performance.now() < deadline) await wait(20);
  proxy.stopCutting();
  strike.measured("calls cut", proxy.cut - before);
  strike.healed();
  await strike.flows([node]);
}

/** At times slower than a call waits for its answer. */
async function redisSlow(strike: Strike): Promise<void> {
  const { node, proxy } = target(strike);
  const most = strike.random.pick([200, 800, 2_500]);
  strike.begins({ nodes: [node] }, `up to ${most} ms, node ${node}`);
  proxy.delay = () => strike.random.between(0, most);
  await wait(strike.between(1, 6));
  proxy.delay = null;
  strike.healed();
  await strike.flows([node]);
}

/** All mail for a node is gone and no new one can be left for a moment: a text that was sent meanwhile arrives nevertheless. */
async function mailLost(strike: Strike): Promise<void> {
  const { node } = target(strike);
  const { redis, canaries, hooks, nodes } = strike.scene;
  const queue = `bull:{gw-n${node}}:wait`;
  strike.begins({ nodes: [node] }, `node ${node}`);
  await redis.admin.del(queue);
  // Without room in Redis the mail that is gone has to do.
  await redis.admin.set(queue, "in the way").catch(() => undefined);
  try {
    const canary = canaries[node];
    const from = (node + 1) % nodes.length;
    if (canary === undefined) return;
    const { n, outcome } = await strike.scene.send(canary, { node: from });
    const at = strike.age;
    if (outcome === "ok" && (await hooks.arrival(n, MAIL_MS))) strike.measured("a text without mail", strike.age - at);
  } finally {
    await redis.admin.del(queue);
  }
  strike.healed();
  await strike.flows([node]);
}

async function apiReset(strike: Strike): Promise<void> {
  const { node } = target(strike);
  strike.begins({ nodes: [node] }, `node ${node}`);
  const undo = await refuse(strike.scene.balancer.portOf(node));
  await wait(strike.between(0.2, 1.5));
  await undo();
  strike.healed();
  await strike.flows([node]);
}

const MAIL_MS = 60_000;

function target(strike: Strike): { readonly node: number; readonly proxy: Strike["scene"]["proxies"][number] } {
  const proxy = strike.random.pick(strike.scene.proxies);
  return { proxy, node: strike.scene.proxies.indexOf(proxy) };
}
