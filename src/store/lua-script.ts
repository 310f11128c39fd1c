/** The text of a Lua script: its parts in place, and of them only what it uses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One script with its parts (`--@include part`); `#!lua` makes a cluster refuse keys of other slots. */
export function readScript(name: string): string {
  return withoutUnused(read(`${name}.lua`).replace(/^--@include (.+)$/gm, (_, part: string) => read(join("parts", `${part}.lua`))));
}

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, "lua", file), "utf8");
}

interface Statement {
  readonly code: string;
  /** What it defines and nothing else: it may go when nobody uses that. Empty: it stays. */
  readonly names: readonly string[];
}

/**
 * Redis runs a script from its first line at each call: each function of a part that it includes, and does not use, is made and
 * thrown away again.
 */
export function withoutUnused(script: string): string {
  const statements = statementsOf(script);
  const used = new Set<string>();
  const isNeeded = ({ names }: Statement): boolean => names.length === 0 || names.some((name) => used.has(name));
  let rest = statements;
  for (let needed = rest.filter(isNeeded); needed.length > 0; needed = rest.filter(isNeeded)) {
    for (const { code } of needed) for (const [word] of code.matchAll(WORD)) used.add(word);
    rest = rest.filter((statement) => !needed.includes(statement));
  }
  return statements
    .filter((statement) => !rest.includes(statement))
    .map(({ code }) => code)
    .join("\n");
}

/** Statements that begin a line; a function ends with the next `end` that does. */
function statementsOf(script: string): readonly Statement[] {
  const statements: Statement[] = [];
  const lines = script.split("\n").filter((line) => !COMMENT.test(line));
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const name = FUNCTION.exec(line)?.[1];
    const plain = PLAIN.exec(line)?.[1]?.split(", ") ?? [];
    if (name === undefined || ONE_LINE.test(line)) {
      statements.push({ code: line, names: name === undefined ? plain : [name] });
      continue;
    }
    const end = lines.indexOf("end", at);
    statements.push({ code: lines.slice(at, end + 1).join("\n"), names: [name] });
    at = end;
  }
  return statements;
}

const WORD = /[A-Za-z_]\w*/g;
const COMMENT = /^\s*--/;
const FUNCTION = /^local function (\w+)\(/;
const ONE_LINE = /\bend$/;
/** A definition that calls nothing and makes no table. */
const PLAIN = /^local (\w+(?:, \w+)*) = [^({]+$/;
