/** What a campaign is told on the command line. */
import { parseArgs } from "node:util";

export interface Options {
  readonly seed: number;
  /** Faults to inject, texts to send in both directions at least, so many a second, and the longest time to do all that. */
  readonly injections: number;
  readonly texts: number;
  readonly pace: number;
  readonly minutes: number;
  /** The share of the faults of Redis and of nodes that come one by one, so that each can be measured. */
  readonly alone: number;
  /** Kinds of faults; empty: all. */
  readonly only: readonly string[];
  /** Devices of each kind. */
  readonly devices: number;
  /** A broken variant whose fault must be found, or `all` of them. */
  readonly negative: string | null;
  /** Files whose report is written anew. */
  readonly report: string | null;
  /** Histories to check once more, together. */
  readonly check: readonly string[];
  /** Where histories and logs go; null: a temporary folder that is kept only after a violation. */
  readonly out: string | null;
}

const USAGE = `npm run faults -- [--seed N] [--injections K] [--texts M] [--pace TEXTS_A_SECOND] [--minutes T] [--alone SHARE]
                  [--only KIND,...] [--devices N] [--report FILE] [--out FOLDER] [--negative NAME|all] [--check HISTORY,...]`;

/** What is not said is for a short run that has every kind of fault. Throws with one line that names a wrong option. */
export function readOptions(args: readonly string[]): Options {
  const texts = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: texts,
      injections: texts,
      texts,
      pace: texts,
      minutes: texts,
      alone: texts,
      only: texts,
      devices: texts,
      negative: texts,
      report: texts,
      check: texts,
      out: texts,
    },
  });
  return {
    seed: number("seed", values.seed ?? String(1 + Math.floor(Math.random() * 1_000_000)), 1),
    injections: number("injections", values.injections ?? "30", 0),
    texts: number("texts", values.texts ?? "1200", 0),
    pace: number("pace", values.pace ?? "25", 1),
    minutes: number("minutes", values.minutes ?? "4", 0.1),
    alone: number("alone", values.alone ?? "0.5", 0),
    only: list(values.only),
    devices: number("devices", values.devices ?? "3", 1),
    negative: values.negative ?? null,
    report: values.report ?? null,
    check: list(values.check),
    out: values.out ?? null,
  };
}

function list(text = ""): readonly string[] {
  return text.split(",").filter((item) => item !== "");
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least) throw new Error(`--${name}: a number from ${least} expected, not "${text}"\n${USAGE}`);
  return value;
}
