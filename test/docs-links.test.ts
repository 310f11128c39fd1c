/** Every relative link of the documentation leads to something, and each page is within reach of the README. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { type Page, pages } from "./support/docs-pages.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = pages();

interface Link {
  readonly from: string;
  /** From the root of the repository. */
  readonly to: string;
  readonly anchor: string;
}

describe("the links of the documentation", () => {
  it.each(PAGES.map((page) => [page.path, page] as const))("lead somewhere: %s", (_, page) => {
    const links = linksOf(page);
    expect(links.filter(({ to }) => !existsSync(join(ROOT, to))).map(({ to }) => to)).toEqual([]);
    const astray = links.filter(({ to, anchor }) => anchor !== "" && !anchorsIn(to).includes(anchor));
    expect(astray.map(({ to, anchor }) => `${to}#${anchor}`)).toEqual([]);
  });

  it("lead from the README to every page of docs/", () => {
    const reached = reachedFrom("README.md");
    expect(PAGES.map(({ path }) => path).filter((path) => path.startsWith("docs/") && !reached.has(path))).toEqual([]);
  });

  it("are found, and missed when they lead nowhere", () => {
    const page = {
      path: "docs/a.md",
      text: "# A\n[one](../README.md#test) [two](b.md) [far](https://example.com/) ![p](images/x.png)\n```\n[no](c.md)\n```\n",
    };
    expect(linksOf(page).map(({ to, anchor }) => [to, anchor])).toEqual([
      ["README.md", "test"],
      ["docs/b.md", ""],
      ["docs/images/x.png", ""],
    ]);
    expect(anchorsIn("README.md")).toContain("what-a-text-goes-through");
  });
});

function linksOf({ path, text }: Page): readonly Link[] {
  const prose = text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = "", anchor = ""] = target.split("#");
    return [{ from: path, to: file === "" ? path : normalize(join(dirname(path), file)), anchor }];
  });
}

function reachedFrom(start: string): ReadonlySet<string> {
  const reached = new Set([start]);
  // What is added meanwhile is walked as well.
  for (const path of reached) for (const { to } of PAGES.filter((page) => page.path === path).flatMap(linksOf)) reached.add(to);
  return reached;
}

/** As GitHub makes them of headings. */
function anchorsIn(path: string): readonly string[] {
  const text = PAGES.find((page) => page.path === path)?.text ?? "";
  const headings = [...text.replaceAll(/^ *```.*?^ *```$/gms, "").matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}
