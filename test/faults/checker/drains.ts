/** I17: whoever is told to end finishes what is open, in time, and with success. */
import { DRAIN_DELAY_MS } from "../actors/gateway-node.ts";
import type { Arrival, Facts, Fault, Violation } from "./facts.ts";

const LONGEST_MS = 30_000;
/** From the signal on a line waits so long for its receipts, less what it takes to be told. */
const GRACE_MS = DRAIN_DELAY_MS + 1_700;
/** Whatever else befalls its node so long may be why a receipt was not heeded. */
const HEEDED_MS = GRACE_MS + 1_300;
/** Copies of a text that was on its way. */
const AGAIN_MS = 60_000;
/** A request that was made so early was surely taken. */
const TAKEN_MS = 20;

export function checkDrains(facts: Facts): readonly Violation[] {
  const drains = facts.faults.filter(({ kind }) => kind === "node-drained" || kind === "rolling-restart");
  return drains.flatMap((drain) => [...checkEnds(facts, drain), ...checkRequests(facts, drain), ...checkReceipts(facts, drain)]);
}

function checkEnds(facts: Facts, { f, begins, detail }: Fault): readonly Violation[] {
  return facts.measured.flatMap((measured): readonly Violation[] => {
    const bad = (measured.what === "exit code" && measured.value !== 0) || (measured.what === "drain" && measured.value > LONGEST_MS);
    return measured.f === f && bad
      ? [{ invariant: "I17", t: begins, what: `${detail} ended with ${measured.what} ${measured.value}` }]
      : [];
  });
}

/** Requests that were under way at the signal are answered. */
function checkRequests(facts: Facts, drain: Fault): readonly Violation[] {
  return drainsOf(facts, drain).flatMap(({ node, at, by }) => {
    if (isDisturbed(facts, drain, node, { from: at, to: by })) return [];
    const lost = facts.called.filter((call) => call.node === node && call.began < at - TAKEN_MS && call.t > at && call.outcome === "info");
    return lost.map(
      (call): Violation => ({
        invariant: "I17",
        t: call.t,
        what: `node ${node} did not answer a request made ${(at - call.began).toFixed(0)} ms before it was told to end`,
      }),
    );
  });
}

/** A receipt that the device sent within the grace counts: that text does not come again. */
function checkReceipts(facts: Facts, drain: Fault): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { node, at } of drainsOf(facts, drain)) {
    if (isDisturbed(facts, drain, node, { from: at, to: at + HEEDED_MS })) continue;
    for (const [n, arrivals] of facts.arrivals) {
      const first = arrivals.find((arrival) => isOnItsWay(facts, arrival, { node, at }));
      const again = first && arrivals.find(({ t, part }) => part === first.part && t > first.t && t < at + AGAIN_MS);
      if (first === undefined || again === undefined) continue;
      violations.push({
        invariant: "I17",
        t: again.t,
        what: `text ${n} came to ${first.device} again though node ${node} was told of it while it drained`,
      });
    }
  }
  return violations;
}

function isOnItsWay(
  facts: Facts,
  { t, line, receipt, dueAt }: Arrival,
  { node, at }: { readonly node: number; readonly at: number },
): boolean {
  if (facts.lines.get(line)?.node !== node || t > at || receipt === "no") return false;
  const due = receipt === "yes" ? t : (dueAt ?? 0);
  return due > at && due < at + GRACE_MS;
}

/** Each node that this fault ended, and when: one drain, or several in turn. */
function drainsOf(facts: Facts, drain: Fault): readonly { readonly node: number; readonly at: number; readonly by: number }[] {
  const took = facts.measured.filter(({ f, what }) => f === drain.f && what === "drain");
  return took.map(({ t, value }, place) => ({ node: drain.scope.nodes[place] ?? -1, at: t - value, by: t }));
}

/** By another fault than this one. */
function isDisturbed(facts: Facts, drain: Fault, node: number, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return facts.disturbances(from, to, { node }).some(({ f }) => f !== drain.f);
}
