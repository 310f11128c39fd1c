/** The pages of the documentation, and what they tell their readers to run. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Folders that are made, and those that belong to a tool. */
const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist", "data", "coverage", "recordings"]);
/** `npx tracker-chat NAME ...` and `curl ... URL`; a bare `curl -N` in a sentence is no command. */
const INLINE = /`((?:npx tracker-chat [a-z-]|[A-Z_]+=\S+ npx tracker-chat |curl [^`]*https?:\/\/)[^`\n]*)`/g;
const FENCE = /^( *)```(\S*)[^\n]*\n(.*?)^\1```$/gms;

export interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block, or a command within a sentence. */
export interface Told {
  readonly page: string;
  readonly line: number;
  readonly text: string;
  readonly isBlock: boolean;
}

/** Every Markdown file of the repository. */
export function pages(): readonly Page[] {
  return [...walk(ROOT)].sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** Every fenced block with its language. */
export function fencesOf({ path, text }: Page): readonly (Told & { readonly language: string })[] {
  return [...text.matchAll(FENCE)].map(({ index, 1: indent = "", 2: language = "", 3: body = "" }) => ({
    page: path,
    line: lineAt(text, index) + 1,
    language,
    isBlock: true,
    text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The blocks in `sh` and the commands in sentences, from top to bottom. */
export function commandsOf(page: Page): readonly Told[] {
  const blocks = fencesOf(page).filter(({ language }) => language === "sh");
  const prose = page.text.replaceAll(FENCE, (fence) => fence.replaceAll(/[^\n]/g, " "));
  const inline = [...prose.matchAll(INLINE)].map(({ index, 1: text = "" }) => ({
    page: page.path,
    line: lineAt(prose, index),
    text,
    isBlock: false,
  }));
  return [...blocks, ...inline].sort((one, other) => one.line - other.line);
}

/** A block's commands, one each: comments are gone, lines that end with a backslash are joined. */
export function linesOf(block: string): readonly string[] {
  const joined = block.replaceAll(/\\\n\s*/g, "");
  return joined
    .split("\n")
    .map((line) => line.replace(/(?:^|\s+)# .*$/, "").trimEnd())
    .filter((line) => line !== "");
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) || entry.name.startsWith(".") ? [] : walk(path);
    return entry.name.endsWith(".md") ? [relative(ROOT, path).replaceAll("\\", "/")] : [];
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
