/** A measurement as the report shows it. */
import type { Closed } from "./load.ts";
import { figure, median } from "./statistics.ts";

export interface Row {
  readonly what: string;
  readonly product: string;
  readonly yardstick: string;
  readonly ratio: string;
  readonly aim: string;
  readonly spread: string;
}

/** Beyond this share of a core a run says more about the load side than about the server. */
export const LOAD_BOUND = 0.8;

export interface Compared extends Pick<Row, "what" | "aim"> {
  readonly ours: readonly Closed[];
  readonly theirs: readonly (Closed | { readonly rate: number })[];
  /** The figure of a run. */
  readonly of: (run: Closed) => number;
  readonly note?: string;
}

/** Figures and their ratio round by round; void where the load side was the bound. */
export function compared({ what, aim, ours, theirs, of, note = "" }: Compared): Row {
  const figures = { ours: ours.map(of), theirs: theirs.map((run) => ("loadCpu" in run ? of(run) : run.rate)) };
  const ratios = figures.ours.map((value, round) => value / (figures.theirs[round] ?? Number.NaN));
  const load = (runs: readonly (Closed | object)[]): number => Math.max(0, ...runs.map((run) => ("loadCpu" in run ? run.loadCpu : 0)));
  const shown = (values: readonly number[], busy: number): string => (busy > LOAD_BOUND ? "void (load-bound)" : figure(median(values)));
  const busiest = load([...ours, ...theirs]);
  const spread = `${figure(Math.min(...ratios))}-${figure(Math.max(...ratios))} in ${ratios.length} rounds; load side <= ${Math.round(busiest * 100)} % of a core`;
  return {
    what,
    aim,
    product: shown(figures.ours, load(ours)),
    yardstick: shown(figures.theirs, load(theirs)),
    ratio: shown(ratios, busiest),
    spread: `${spread}${note === "" ? "" : `; ${note}`}`,
  };
}

/** A yardstick that is not on this machine. */
export function missing(what: string, reason: string): Row {
  return { what, product: "-", yardstick: "-", ratio: "-", aim: "-", spread: reason };
}

/** A figure that has no yardstick. */
export function alone(row: Pick<Row, "what" | "product" | "aim" | "spread">): Row {
  return { ...row, yardstick: "-", ratio: "-" };
}

/** "1.23-2.34 in 3 rounds" */
export function range(values: readonly number[]): string {
  return `${figure(Math.min(...values))}-${figure(Math.max(...values))} in ${values.length} rounds`;
}
