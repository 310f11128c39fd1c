/** A campaign in numbers, and those numbers as a page. */
import type { Checked } from "../checker/check.ts";
import type { Facts } from "../checker/facts.ts";
import type { Entry } from "../history.ts";
import { callsWhileRolling, durationsOf } from "./recovery.ts";

/** Not a fault of the system: the device's own habit. Counted apart. */
const HABITS: ReadonlySet<string> = new Set(["receipts"]);

/** Markdown: what was done, what was found, how long things took. */
export function reportOf(entries: readonly Entry[], { facts, violations }: Checked): string {
  return [
    ...headOf(entries),
    "",
    ...table(["", ""], countsOf(facts)),
    "",
    ...table(["promise", "violations"], violationsOf(violations)),
    "",
    ...table(["fault", "times"], faultsOf(facts)),
    "",
    ...table(["fault", "milliseconds until", "measured", "p50", "p99", "max", "target"], durations(facts)),
  ].join("\n");
}

function headOf(entries: readonly Entry[]): readonly string[] {
  const minutes = ((entries.at(-1)?.t ?? 0) / 60_000).toFixed(0);
  return entries.flatMap((entry) => {
    if (entry.op !== "run") return [];
    const versions = Object.entries(entry.versions).map(([name, version]) => `${name} ${version}`);
    return [`\`${entry.command}\``, "", `Seed ${entry.seed}, ${minutes} minutes, ${versions.join(", ")}.`];
  });
}

/** In few words, for the terminal. */
export function inShort({ facts, violations }: Checked): string {
  const { injections, habits } = injectionsOf(facts);
  const texts = facts.sent.length + [...facts.spoken.values()].reduce((sum, { said }) => sum + said.length, 0);
  return `${texts} texts, ${injections} faults and ${habits} lapses of devices injected, ${violations.length} violations`;
}

function injectionsOf(facts: Facts): { readonly injections: number; readonly habits: number } {
  const habits = facts.faults.filter(({ kind }) => HABITS.has(kind)).length;
  return { injections: facts.faults.length - habits, habits };
}

function countsOf(facts: Facts): readonly (readonly string[])[] {
  const outcome = (what: string): number => facts.sent.filter((sent) => sent.outcome === what).length;
  const stored = (direction: string): number => facts.stored.filter((message) => message.direction === direction).length;
  const said = [...facts.spoken.values()].reduce((sum, spoken) => sum + spoken.said.length, 0);
  const acknowledged = [...facts.spoken.values()].reduce((sum, spoken) => sum + spoken.acknowledged.length, 0);
  const heads = [...facts.arrivals.values()].map((arrivals) => arrivals.filter(({ part }) => part === "head").length);
  const kinds = new Map<string, number>();
  for (const { kind } of facts.traits.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const ambiguous = facts.sent.filter((sent) => sent.outcome === "info");
  const kept = ambiguous.filter(({ n }) => facts.storedOf("OUTGOING", n).length > 0).length;
  const { injections, habits } = injectionsOf(facts);
  const rolling = callsWhileRolling(facts);
  // What is pending in the end has a state there.
  const revived = [...facts.deadLetters.keys()].filter((id) => !facts.states.has(id)).length;
  return [
    ["devices", [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ")],
    [
      "faults injected",
      `${injections}, of them ${facts.faults.filter(({ kind }) => kind === "power-cut").length} power cuts; and ${habits} times a device that keeps, delays or repeats its receipts`,
    ],
    [
      "texts to devices",
      `${facts.sent.length}: ${outcome("ok")} accepted, ${outcome("info")} with unknown outcome (${kept} of them stored), ${outcome("fail")} refused`,
    ],
    ["texts from devices", `${said} typed, ${acknowledged} acknowledged, ${stored("INCOMING")} stored`],
    ["texts that came more than once", `${heads.filter((count) => count > 1).length}, at most ${Math.max(0, ...heads)} times`],
    ["dead letters", `${facts.deadLetters.size}, ${revived} of them delivered after a retry`],
    ["lines", String(facts.lines.size)],
    ["stalls of the machine", `${facts.stalls.length} of more than 400 ms`],
    ["API calls during rolling restarts", `${rolling.calls}, ${rolling.unanswered} of them without an answer`],
  ];
}

const PROMISES = ["I1", "I1b", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10", "I11", "I16", "I17"];

function violationsOf(violations: Checked["violations"]): readonly (readonly string[])[] {
  return PROMISES.map((promise) => [promise, String(violations.filter(({ invariant }) => invariant === promise).length)]);
}

function faultsOf(facts: Facts): readonly (readonly string[])[] {
  const counts = new Map<string, number>();
  for (const { kind } of facts.faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort().map(([kind, count]) => [kind, String(count)]);
}

function durations(facts: Facts): readonly (readonly string[])[] {
  return durationsOf(facts).map(({ kind, what, spread, target }) => [
    kind,
    what,
    ...[spread.count, spread.p50, spread.p99, spread.max].map(String),
    target === null ? "" : `${target}${spread.p99 > target ? " (missed)" : ""}`,
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
