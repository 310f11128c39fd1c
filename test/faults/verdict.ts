/** Whether a history keeps the promises; of a broken variant, whether it shows. */
import { check } from "./checker/check.ts";
import { readHistory } from "./history.ts";
import type { Negative } from "./negative/all.ts";
import { inShort, reportOf } from "./report/summary.ts";
import { writeReport } from "./report/write.ts";

export interface JudgeOptions {
  readonly negative: Negative | null;
  readonly report: string | null;
  readonly say: (line: string) => void;
}

/** Violations that are shown; the history has them all. */
const SHOWN = 40;

/** Gives the exit code. */
export async function judge(file: string, { negative, report, say }: JudgeOptions): Promise<number> {
  const entries = await readHistory(file);
  const checked = check(entries);
  const { violations } = checked;
  const found = negative?.breaks.filter((invariant) => violations.some((violation) => violation.invariant === invariant)) ?? [];
  if (negative === null) say(reportOf(entries, checked));
  for (const { invariant, t, what } of violations.slice(0, negative === null ? SHOWN : 3))
    say(`${(t / 1_000).toFixed(3)} s: ${invariant} is broken: ${what}`);
  say(inShort(checked));
  if (negative !== null) {
    say(
      found.length > 0
        ? `${negative.name}: found, it breaks ${found.join(" and ")}`
        : `${negative.name}: NOT FOUND, ${negative.breaks.join(" or ")} should be broken`,
    );
    return found.length > 0 ? 0 : 1;
  }
  if (report !== null) await writeReport(report, reportOf(entries, checked));
  return violations.length > 0 ? 1 : 0;
}
