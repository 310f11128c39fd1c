/** Whether histories keep the promises; of a broken variant, whether it shows. */
import { type Checked, check } from "./checker/check.ts";
import { readHistory } from "./history.ts";
import type { Negative } from "./negative/all.ts";
import { inShort, notInjected, reportOf } from "./report/summary.ts";
import { writeReport } from "./report/write.ts";

export interface JudgeOptions {
  readonly negative: Negative | null;
  readonly report: string | null;
  readonly say: (line: string) => void;
}

/** Violations that are shown; the histories have them all. */
const SHOWN = 40;

/** Gives the exit code: what was planned has happened, and no promise was broken. Several histories make one report. */
export async function judge(files: readonly string[], { negative, report, say }: JudgeOptions): Promise<number> {
  const campaigns: Checked[] = [];
  for (const file of files) campaigns.push(check(await readHistory(file)));
  if (negative !== null) return judgeNegative(campaigns, negative, say);
  say(reportOf(campaigns));
  for (const [at, campaign] of campaigns.entries())
    tellViolations(campaign, SHOWN, (line) => say(files.length > 1 ? `${files[at]}: ${line}` : line));
  say(inShort(campaigns));
  const missed = notInjected(campaigns);
  if (missed > 0) say(`INCOMPLETE: ${missed} faults of the schedule were not injected, there was no time for them`);
  if (report !== null) await writeReport(report, reportOf(campaigns));
  return missed > 0 || campaigns.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

function judgeNegative(campaigns: readonly Checked[], { name, breaks }: Negative, say: (line: string) => void): number {
  const violations = campaigns.flatMap((campaign) => campaign.violations);
  const found = breaks.filter((invariant) => violations.some((violation) => violation.invariant === invariant));
  for (const campaign of campaigns) tellViolations(campaign, SHOWN_OF_BROKEN, say);
  say(inShort(campaigns));
  say(
    found.length > 0 ? `${name}: found, it breaks ${found.join(" and ")}` : `${name}: NOT FOUND, ${breaks.join(" or ")} should be broken`,
  );
  return found.length > 0 ? 0 : 1;
}

const SHOWN_OF_BROKEN = 3;

function tellViolations({ violations }: Checked, most: number, say: (line: string) => void): void {
  for (const { invariant, t, what } of violations.slice(0, most)) say(`${(t / 1_000).toFixed(3)} s: ${invariant} is broken: ${what}`);
}
