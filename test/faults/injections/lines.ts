/** What befalls the line of one device, and what the device itself does wrong. */
import { setTimeout as wait } from "node:timers/promises";
import { admin } from "../actors/api.ts";
import { type Habit, type Handset, PROMPT } from "../actors/handset.ts";
import { blackHole, lose, reset } from "../primitives/firewall.ts";
import type { Injection, Strike } from "./strike.ts";

export const LINE_INJECTIONS: readonly Injection[] = [
  { kind: "line-half-open", track: "line", needs: ["firewall"], weight: 30, strike: halfOpen },
  { kind: "line-elsewhere", track: "line", needs: ["firewall"], weight: 40, strike: elsewhere },
  { kind: "line-second", track: "line", needs: [], weight: 40, strike: second },
  { kind: "line-reset", track: "line", needs: ["firewall"], weight: 24, strike: resetLine },
  { kind: "line-dropped", track: "line", needs: [], weight: 24, strike: dropped },
  { kind: "line-lossy", track: "line", needs: ["firewall"], weight: 14, strike: lossy },
  { kind: "receipts", track: "line", needs: [], weight: 60, strike: receipts },
];

const CLOSED_MS = 90_000;
const LOOK_MS = 400;

/** The device is gone without a word and a text is on its way: the gateway has to find out by itself. */
async function halfOpen(strike: Strike): Promise<void> {
  const { handset, port, node } = await strike.victim();
  strike.begins({}, handset.traits.kind);
  const undo = await blackHole([port]);
  handset.vanish();
  await strike.scene.send(handset);
  const deadline = performance.now() + CLOSED_MS;
  while ((await lineIsOpen(strike, node, handset)) && performance.now() < deadline) await wait(LOOK_MS);
  if (performance.now() < deadline) strike.measured("closed by the gateway", strike.age);
  handset.start();
  await undo();
  strike.healed();
}

/** Its network forgets the connection, and it connects to another node. */
async function elsewhere(strike: Strike): Promise<void> {
  const { handset, port, node } = await strike.victim();
  strike.begins({}, handset.traits.kind);
  const undo = await blackHole([port]);
  await wait(strike.between(0, 6));
  handset.move(other(strike, node), "forgets");
  await wait(strike.between(1, 4));
  await undo();
  strike.healed();
}

/** It opens a second line and goes on reading the first. */
async function second(strike: Strike): Promise<void> {
  const { handset, node } = await strike.victim();
  const to = strike.random.chance(0.3) ? node : other(strike, node);
  strike.begins({}, `${handset.traits.kind}, node ${node} to ${to}`);
  handset.move(to, "lingers");
  await wait(3_000);
  strike.healed();
}

async function resetLine(strike: Strike): Promise<void> {
  const { handset, port } = await strike.victim();
  strike.begins({}, handset.traits.kind);
  const undo = await reset([port]);
  await wait(strike.between(0.5, 5));
  await undo();
  strike.healed();
}

async function dropped(strike: Strike): Promise<void> {
  const { handset } = await strike.victim();
  strike.begins({}, handset.traits.kind);
  for (let times = strike.random.between(1, 4); times > 0; times -= 1) {
    handset.drop();
    await wait(strike.between(0.1, 1));
  }
  strike.healed();
}

async function lossy(strike: Strike): Promise<void> {
  const { handset, port } = await strike.victim();
  strike.begins({}, handset.traits.kind);
  const undo = await lose([port], 0.3);
  await wait(strike.between(3, 10));
  await undo();
  strike.healed();
}

/** Receipts are lost, late or sent twice for a while. */
async function receipts(strike: Strike): Promise<void> {
  const { handset } = await strike.victim();
  const habit: Habit = { receipts: strike.random.pick(["silent", "silent", "late", "duplicate"]), lateMs: strike.between(0.5, 25) };
  strike.begins({}, `${handset.traits.kind} ${habit.receipts}`);
  handset.habit = habit;
  await wait(strike.between(2, 14));
  handset.habit = PROMPT;
  strike.healed();
}

function other(strike: Strike, node: number): number {
  return strike.random.pick(strike.scene.nodes.map(({ place }) => place).filter((place) => place !== node));
}

async function lineIsOpen(strike: Strike, node: number, { traits }: Handset): Promise<boolean> {
  const answer = (await admin(strike.scene.balancer.portOf(node), "GET", "lines")) as {
    readonly list: readonly { readonly tracker_id: number }[];
  } | null;
  return answer === null || answer.list.some(({ tracker_id }) => tracker_id === traits.trackerId);
}
