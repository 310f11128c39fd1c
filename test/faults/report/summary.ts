/** Campaigns in numbers, and those numbers as a page. */
import type { Checked } from "../checker/check.ts";
import type { Facts, Invariant } from "../checker/facts.ts";
import type { Outcome } from "../history.ts";
import { callsWhileRolling, durationsOf } from "./recovery.ts";

/** Not a fault of the system: the device's own habit. Counted apart. */
const HABITS: ReadonlySet<string> = new Set(["receipts"]);

/** Markdown: what was done, what was found, how long things took; of several campaigns together. */
export function reportOf(campaigns: readonly Checked[]): string {
  const all = campaigns.map(({ facts }) => facts);
  return [
    ...headOf(all),
    "",
    ...table(["", ""], countsOf(all)),
    "",
    ...table(["promise", "violations"], violationsOf(campaigns)),
    "",
    ...table(["fault", "times"], faultsOf(all)),
    "",
    ...table(["fault", "milliseconds until", "measured", "p50", "p99", "max", "target"], durations(all)),
  ].join("\n");
}

/** In few words, for the terminal. */
export function inShort(campaigns: readonly Checked[]): string {
  const all = campaigns.map(({ facts }) => facts);
  const { injections, habits } = injectionsOf(all);
  const texts = sum(all, ({ sent, spoken }) => sent.length + sum([...spoken.values()], ({ said }) => said.length));
  const violations = sum(campaigns, (campaign) => campaign.violations.length);
  return `${texts} texts, ${injections} faults and ${habits} lapses of devices injected, ${violations} violations`;
}

/** Faults of the schedules that there was no time for. */
export function notInjected(campaigns: readonly Checked[]): number {
  return sum(campaigns, ({ facts }) => Math.max(0, (facts.run?.planned ?? 0) - facts.faults.length));
}

function headOf(all: readonly Facts[]): readonly string[] {
  const seeds = all.flatMap(({ run }) => run?.seed ?? []).join(", ");
  const versions = new Set(
    all.map(({ run }) =>
      Object.entries(run?.versions ?? {})
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ),
  );
  return [`Seeds ${seeds}: ${minutes(all)} minutes in all, ${[...versions].join("; ")}.`];
}

function minutes(all: readonly Facts[]): string {
  return (sum(all, ({ endAt }) => endAt) / 60_000).toFixed(0);
}

function injectionsOf(all: readonly Facts[]): { readonly injections: number; readonly habits: number } {
  const faults = all.flatMap((facts) => facts.faults);
  const habits = faults.filter(({ kind }) => HABITS.has(kind)).length;
  return { injections: faults.length - habits, habits };
}

function countsOf(all: readonly Facts[]): readonly (readonly string[])[] {
  const { injections, habits } = injectionsOf(all);
  const cuts = sum(all, ({ faults }) => faults.filter(({ kind }) => kind === "power-cut").length);
  const rolling = all.map(callsWhileRolling);
  return [
    ["devices", devicesOf(all)],
    [
      "faults injected",
      `${injections}, of them ${cuts} power cuts; and ${habits} times a device that keeps, delays or repeats its receipts`,
    ],
    ...textsOf(all),
    ["lines", String(sum(all, ({ lines }) => lines.size))],
    ["stalls of the machine", `${sum(all, ({ stalls }) => stalls.length)} of more than 400 ms`],
    [
      "API calls during rolling restarts",
      `${sum(rolling, ({ calls }) => calls)}, ${sum(rolling, ({ unanswered }) => unanswered)} of them without an answer`,
    ],
  ];
}

/** Of the largest campaign. */
function devicesOf(all: readonly Facts[]): string {
  const most = Math.max(0, ...all.map(({ traits }) => traits.size));
  const kinds = new Map<string, number>();
  for (const { kind } of all.find(({ traits }) => traits.size === most)?.traits.values() ?? []) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

function textsOf(all: readonly Facts[]): readonly (readonly string[])[] {
  const sent = all.flatMap((facts) => facts.sent);
  const outcome = (what: Outcome): number => sent.filter((one) => one.outcome === what).length;
  const kept = sum(
    all,
    (facts) => facts.sent.filter(({ outcome: o, n }) => o === "info" && facts.storedOf("OUTGOING", n).length > 0).length,
  );
  const spoken = all.flatMap((facts) => [...facts.spoken.values()]);
  const heads = all.flatMap(({ arrivals }) => [...arrivals.values()].map((some) => some.filter(({ part }) => part === "head").length));
  const most = heads.reduce((one, other) => Math.max(one, other), 0);
  // What is pending in the end has a state there.
  const revived = sum(all, ({ deadLetters, states }) => [...deadLetters.keys()].filter((id) => !states.has(id)).length);
  return [
    [
      "texts to devices",
      `${sent.length}: ${outcome("ok")} accepted, ${outcome("info")} with unknown outcome (${kept} of them stored), ${outcome("fail")} refused`,
    ],
    [
      "texts from devices",
      `${sum(spoken, ({ said }) => said.length)} typed, ${sum(spoken, ({ acknowledged }) => acknowledged.length)} acknowledged, ${sum(all, ({ stored }) => stored.filter(({ direction }) => direction === "INCOMING").length)} stored`,
    ],
    ["texts that came more than once", `${heads.filter((count) => count > 1).length}, at most ${most} times`],
    ["dead letters", `${sum(all, ({ deadLetters }) => deadLetters.size)}, ${revived} of them delivered after a retry`],
  ];
}

const PROMISES: readonly Invariant[] = ["I1", "I1b", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10", "I11", "I16", "I17"];

function violationsOf(campaigns: readonly Checked[]): readonly (readonly string[])[] {
  const violations = campaigns.flatMap((campaign) => campaign.violations);
  return PROMISES.map((promise) => [promise, String(violations.filter(({ invariant }) => invariant === promise).length)]);
}

function faultsOf(all: readonly Facts[]): readonly (readonly string[])[] {
  const counts = new Map<string, number>();
  for (const { kind } of all.flatMap(({ faults }) => faults)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort().map(([kind, count]) => [kind, String(count)]);
}

function durations(all: readonly Facts[]): readonly (readonly string[])[] {
  return durationsOf(all).map(({ kind, what, spread, target }) => [
    kind,
    what,
    ...[spread.count, spread.p50, spread.p99, spread.max].map(String),
    target === null ? "" : `${target}${spread.p99 > target ? " (missed)" : ""}`,
  ]);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
