/** How long it took until texts flowed again, fault by fault, and what the targets are. */
import type { Facts, Fault } from "../checker/facts.ts";
import type { Traits } from "../history.ts";

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One row of the report: a duration in milliseconds, and what it should stay below. */
export interface Duration {
  readonly kind: string;
  readonly what: string;
  readonly spread: Spread;
  readonly target: number | null;
}

/** What was measured about a fault under this name has this target. */
const MEASURED_TARGETS: Readonly<Record<string, number>> = {
  "mail between nodes": 20_000,
  "closed by the gateway": 30_000,
  "start of Redis": 15_000,
  drain: 30_000,
};
/** From the end of the cause, or from the beginning where it lasts, until a text that was sent since is with its device. */
const FLOW_TARGETS: Readonly<Record<string, number>> = {
  "power-cut": 15_000,
  "redis-killed": 15_000,
  "disk-full": 15_000,
  "redis-black-hole": 20_000,
  "node-killed": 5_000,
  "node-lost": 5_000,
  "node-drained": 5_000,
};
const OFFLINE_TARGET_MS = 10_000;

/** Of several campaigns together. */
export function durationsOf(campaigns: readonly Facts[]): readonly Duration[] {
  const kinds = [...new Set(campaigns.flatMap(({ faults }) => faults.map(({ kind }) => kind)))].sort();
  return [...kinds.flatMap((kind) => [...flowOf(campaigns, kind), ...measuredOf(campaigns, kind)]), ...offlineOf(campaigns)];
}

/** Calls of the API that were made while the nodes were restarted one after the other, and those of them that were not answered. */
export function callsWhileRolling(facts: Facts): { readonly calls: number; readonly unanswered: number } {
  const rolls = facts.faults.filter((fault) => fault.kind === "rolling-restart" && !hasCompany(facts, fault));
  const made = [...facts.sent, ...facts.called].filter(({ began }) => rolls.some(({ begins, ends }) => began >= begins && began <= ends));
  return { calls: made.length, unanswered: made.filter(({ outcome }) => outcome === "info").length };
}

/** Null: nothing was measured. */
function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Faults alone: what another one adds is not this one's. A fault that lasts is measured from its beginning. */
function flowOf(campaigns: readonly Facts[], kind: string): readonly Duration[] {
  const times = campaigns.flatMap((facts) =>
    facts.faults.flatMap((fault) => {
      const { begins, healed, flows } = fault;
      if (fault.kind !== kind || flows === null || hasCompany(facts, fault)) return [];
      if (healed !== null && healed <= flows) return [flows - healed];
      return kind in FLOW_TARGETS ? [flows - begins] : [];
    }),
  );
  const spread = spreadOf(times);
  return spread === null ? [] : [{ kind, what: "texts flow", spread, target: FLOW_TARGETS[kind] ?? null }];
}

function measuredOf(campaigns: readonly Facts[], kind: string): readonly Duration[] {
  const values = new Map<string, number[]>();
  for (const facts of campaigns) {
    const alone = new Set(facts.faults.filter((fault) => fault.kind === kind && !hasCompany(facts, fault)).map(({ f }) => f));
    for (const { what, value, f } of facts.measured) {
      if (alone.has(f) && !COUNTS.has(what)) values.set(what, [...(values.get(what) ?? []), value]);
    }
  }
  return [...values].flatMap(([what, some]): readonly Duration[] => {
    const spread = spreadOf(some);
    return spread === null ? [] : [{ kind, what, spread, target: MEASURED_TARGETS[what] ?? null }];
  });
}

/** What was measured and is no duration. */
const COUNTS: ReadonlySet<string> = new Set(["exit code", "calls cut"]);

/** Another fault of Redis or of a node that matters here at the same time. */
function hasCompany(facts: Facts, { f, scope, begins, flows, ends }: Fault): boolean {
  return [...facts.faults, ...facts.stalls].some((other) => {
    const matters = other.scope.store || (scope.near === null ? other.scope.nodes.length > 0 : other.scope.nodes.includes(scope.near));
    return other.f !== f && matters && other.begins <= (flows ?? ends) && other.ends >= begins;
  });
}

/** Devices whose node was drained: from the end of a line to the login over the next. */
function offlineOf(campaigns: readonly Facts[]): readonly Duration[] {
  return ["node-drained", "rolling-restart"].flatMap((kind): readonly Duration[] => {
    const gaps = campaigns.flatMap((facts) => {
      const drains = facts.faults.filter((fault) => fault.kind === kind && !hasCompany(facts, fault));
      const roaming = [...facts.traits.values()].filter(({ home }) => home === null);
      return drains.flatMap((drain) => roaming.flatMap((traits) => gapsOf(facts, drain, traits)));
    });
    const spread = spreadOf(gaps);
    return spread === null ? [] : [{ kind, what: "a device is offline", spread, target: OFFLINE_TARGET_MS }];
  });
}

function gapsOf(facts: Facts, drain: Fault, { device }: Traits): readonly number[] {
  const lines = facts.linesOf.get(device) ?? [];
  const hurt = facts.faults.some(({ scope, begins, ends }) => scope.device === device && begins <= drain.ends && ends >= drain.begins);
  if (hurt) return [];
  // A device that has moved on to another line is not offline when its former one is closed at last.
  const elsewhere = (at: number): boolean => lines.some(({ online, closed }) => online <= at && closed > at);
  const ended = lines.filter(
    ({ node, online, closed }) =>
      online < closed && drain.scope.nodes.includes(node) && closed >= drain.begins && closed <= drain.ends && !elsewhere(closed),
  );
  return ended.flatMap(({ closed }) => {
    const next = lines.find(({ online }) => online >= closed && online < Number.POSITIVE_INFINITY);
    if (next === undefined) return [];
    // Where it went to something else was wrong by then.
    const other = facts.faults.some((fault) => fault !== drain && fault.begins <= next.online && fault.ends >= closed);
    return other ? [] : [next.online - closed];
  });
}
