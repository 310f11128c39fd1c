/** The one-line errors of the product: what its sources hand to an error that ends a start or a command. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Whose errors reach the terminal: settings, start, commands. Of `config-values.ts` each is a part of another line. */
const FOLDERS = ["src", "src/commands", "src/redis"];
const FILES = ["src/store/connection.ts", "src/tools/checked-profile.ts"];
const NOT_LINES: ReadonlySet<string> = new Set(["src/config-values.ts"]);
const THROWN = /\bnew (?:[A-Z]\w*)?(?:Error|NobodyThere|StoreUnavailable)\(\s*/g;

export interface ToldError {
  readonly file: string;
  /** With `…` for what differs from case to case. */
  readonly text: string;
}

/** Every one that begins with words of its own. */
export function toldErrors(): readonly ToldError[] {
  const files = [...FOLDERS.flatMap(sourcesIn), ...FILES].filter((file) => !NOT_LINES.has(file));
  return files.flatMap((file) => errorsIn(readFileSync(join(ROOT, file), "utf8")).map((text) => ({ file, text })));
}

/** The texts of the errors that this source makes; those that only hand on a value are left out. */
export function errorsIn(source: string): readonly string[] {
  return [...source.matchAll(THROWN)].flatMap(({ 0: found, index }) => {
    const text = textAt(source, index + found.length);
    return /[a-z]{2}/.test(text.replaceAll("…", "")) ? [text] : [];
  });
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => (name.endsWith(".ts") ? [`${folder}/${name}`] : []));
}

/** The literals that stand here, joined by `+`. */
function textAt(source: string, from: number): string {
  let text = "";
  for (let at = from; ; ) {
    const literal = literalAt(source, at);
    if (literal === null) return text;
    text += literal.text;
    const plus = /^\s*\+\s*/.exec(source.slice(literal.end));
    if (plus === null) return text;
    at = literal.end + plus[0].length;
  }
}

function literalAt(source: string, from: number): { readonly text: string; readonly end: number } | null {
  const quote = source[from];
  if (quote !== '"' && quote !== "`") return null;
  let text = "";
  for (let at = from + 1; at < source.length; at += 1) {
    if (source[at] === quote) return { text, end: at + 1 };
    if (quote === "`" && source.startsWith("${", at)) {
      text += "…";
      at = endOfHole(source, at + 2);
    } else text += source[at];
  }
  return null;
}

/** Where the `}` of a hole in a template is; there may be templates in it. */
function endOfHole(source: string, from: number): number {
  let depth = 1;
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === "`" || source[at] === '"') at = (literalAt(source, at)?.end ?? at + 1) - 1;
    else if (source[at] === "{") depth += 1;
    else if (source[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return source.length;
}
