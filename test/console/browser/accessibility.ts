/** What axe finds on a page; empty: nothing. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function findings(page: Page): Promise<readonly string[]> {
  return (await violations(page)).map(told);
}

/** Only what keeps people out: of impact serious or critical. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  return (await violations(page)).filter(({ impact }) => impact === "serious" || impact === "critical").map(told);
}

async function violations(page: Page): Promise<AxeResults["violations"]> {
  await transitionsEnd(page);
  // The debugger may evaluate where the page's own policy forbids it.
  await page.evaluate(AXE);
  return ((await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults).violations;
}

/** A colour on its way from one to another is neither. */
async function transitionsEnd(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(transitions.map(({ finished }) => finished));
  });
}

function told({ id, impact, nodes }: AxeResults["violations"][number]): string {
  return `${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`;
}
