/** The regular expressions that stand in the product's source. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { transformSync } from "esbuild";
import jsTokens from "js-tokens";

export interface FoundRegex {
  /** Files that have it. */
  readonly files: readonly string[];
  readonly source: string;
  readonly flags: string;
}

/** Each literal once, from all files below `folders` of `root`. */
export function regexesIn(root: string, folders: readonly string[]): readonly FoundRegex[] {
  const found = new Map<string, string[]>();
  for (const file of folders.flatMap((folder) => sourcesBelow(join(root, folder)))) {
    for (const literal of regexesOf(readFileSync(file, "utf8"), file.endsWith("x") ? "tsx" : "ts")) {
      const files = found.get(literal) ?? [];
      if (!files.includes(relative(root, file))) files.push(relative(root, file));
      found.set(literal, files);
    }
  }
  return [...found].map(([literal, files]) => ({ files, ...partsOf(literal) }));
}

/** Files below `folders` of `root` that put one together at run time. */
export function constructing(root: string, folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) => sourcesBelow(join(root, folder)))
    .filter((file) => /\bRegExp\(/.test(readFileSync(file, "utf8")))
    .map((file) => relative(root, file));
}

/** Literals of one source text, in order. */
export function regexesOf(text: string, loader: "ts" | "tsx"): readonly string[] {
  const { code } = transformSync(text, { loader, target: "esnext" });
  return [...jsTokens(code)].flatMap(({ type, value }) => (type === "RegularExpressionLiteral" ? [value] : []));
}

function partsOf(literal: string): Pick<FoundRegex, "source" | "flags"> {
  const end = literal.lastIndexOf("/");
  return { source: literal.slice(1, end), flags: literal.slice(end + 1) };
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|tsx|js)$/.test(path))
    .map((path) => join(folder, path));
}
