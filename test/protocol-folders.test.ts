/** Protocols stay in their folders: nothing else names one, and no file of theirs grows beyond what one reads at once. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";

const root = join(import.meta.dirname, "..");
const MAX_LINES = 300;

/** Code that is for every protocol. Tests of the command line, the API and the whole product use names as a user does. */
const SHARED: readonly string[] = [
  ...["src", "bin", "scripts"],
  ...["chat", "core", "every-protocol", "gateway", "outbox", "simulation", "store", "support"].map((folder) => `test/${folder}`),
];
/** The benchmarks say which protocols they measure, and write bytes of one by themselves so that the client costs little. */
const EXCEPTED = /^src\/tools\/bench\//;
/** Protocols whose names are also verbs of ordinary code. */
const VERBS: ReadonlySet<string> = new Set(["watch"]);

describe("nothing outside protocols/ knows a protocol by name", () => {
  const files = SHARED.flatMap((folder) => filesIn(folder, /\.(?:ts|js)$/)).filter((path) => !EXCEPTED.test(path));

  it.each(PROTOCOLS.map(({ name }) => name))("not %s", (name) => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((path) => namings(read(path), name).map((line) => `${path}: ${line}`))).toEqual([]);
  });

  it.each(PROTOCOLS.map(({ name }) => name))("it would be found: %s", (name) => {
    const planted = [
      `if (protocol.name === "${name}") return;`,
      `import { one } from "../../protocols/${name}/index.ts";`,
      `  serve ${name}:1`,
    ];
    expect(namings(planted.join("\n"), name)).toHaveLength(planted.length);
    expect(namings(`// ${name} does so\n/** As in ${name}. */\nthis.#${name} = other.${name}(1);\nconst ${name}x = 1;`, name)).toEqual([]);
  });
});

it(`no file of a protocol has more than ${MAX_LINES} lines: it is split on the standard's own chapters`, () => {
  const files = filesIn("protocols", /\.ts$/);
  expect(files.length).toBeGreaterThan(PROTOCOLS.length);
  const sizes = files.map((path) => ({ path, lines: read(path).trimEnd().split("\n").length }));
  expect(sizes.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
});

/**
 * Lines of code with the name as a word; comments may cite what they like, and a member may be called the same. A name that is also a verb counts
 * where it cannot be one: in quotes, in a path, before a number.
 */
function namings(source: string, name: string): readonly string[] {
  const word = VERBS.has(name) ? new RegExp(`["'\`/]${name}["'\`/]|${name}:\\d`) : new RegExp(`(?<![\\w.#$-])${name}(?![\\w-])`);
  const lines = source.split("\n").map((line) => (/^\s*(?:\/?\*|\/\/)/.test(line) ? "" : line.replace(/\s\/\/ .*$/, "")));
  return lines.filter((line) => word.test(line)).map((line) => line.trim());
}

function filesIn(folder: string, pattern: RegExp): readonly string[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return paths.filter((path) => pattern.test(path)).map((path) => `${folder}/${path}`);
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
