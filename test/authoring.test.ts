/** Whoever adds a protocol starts from something that works: the scaffold of both kinds, and the two protocols of CONTRIBUTING.md. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
/** Not part of the sources. */
const LEFT_OUT: readonly string[] = ["node_modules", "dist", "coverage", "data", ".git", ".redis"];
const MADE = { lines: "planted-lines", frames: "planted-frames" };
/** Code lines, comments and imports included. */
const WALKS = [
  { name: "beacon", lines: 60 },
  { name: "pulse", lines: 120 },
];
const NAMES: readonly string[] = [...Object.values(MADE), ...WALKS.map(({ name }) => name)];
/** A machine that is busy with other tests gets more time than these commands need. */
const PATIENCE_MS = 240_000;

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A file that CONTRIBUTING.md shows: its path stands behind the language of its block. */
interface Shown {
  readonly path: string;
  readonly text: string;
}

let copy = "";
const ran = new Map<string, Ran>();

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "authoring-"));
  for (const name of readdirSync(root)) if (!LEFT_OUT.includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  ran.set("lines", await run("scripts/new-protocol.js", MADE.lines));
  ran.set("frames", await run("scripts/new-protocol.js", MADE.frames, "--binary"));
  for (const { path, text } of shown()) put(path, text);
  for (const { name } of WALKS) register(name);
  const names = `^(${NAMES.join("|")}) |^the registry|^at most one`;
  const suite = ["test/protocols.test.ts", "test/transcripts.test.ts"];
  const checks: Readonly<Record<string, Promise<Ran>>> = {
    linter: run(tool("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "protocols"),
    compiler: run(tool("typescript/bin/tsc"), "--noEmit"),
    knip: run(tool("knip/bin/knip.js")),
    suite: run(tool("vitest/vitest.mjs"), "run", ...suite, "-t", names, "--reporter=json", "--outputFile=suite.json"),
  };
  for (const [name, check] of Object.entries(checks)) ran.set(name, await check);
}, PATIENCE_MS);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(script: string, ...words: readonly string[]): Promise<Ran> {
  // The inner Vitest must not take itself for a worker of this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_ENV$|TEST$|npm_config_)/.test(name)));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...words], { cwd: copy, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` });
    });
  });
}

function tool(path: string): string {
  return join(root, "node_modules", path);
}

function shown(): readonly Shown[] {
  const blocks = readFileSync(join(root, "CONTRIBUTING.md"), "utf8").matchAll(/^```\w+ (\S+\/\S+)\n(.*?)^```$/gms);
  return [...blocks].map(([, path = "", text = ""]) => ({ path, text }));
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
}

/** What its author does last: a README, and the line in the list. */
function register(name: string): void {
  put(`protocols/${name}/README.md`, `# ${name}\n`);
  const registry = readFileSync(join(copy, "protocols/index.ts"), "utf8");
  const imports = registry.replace(/^(import \{ (?!type)\w+ \} from "\.\/([\w-]+)\/index\.ts";\n)+/m, (block) => {
    const lines = [...block.trimEnd().split("\n"), `import { ${name} } from "./${name}/index.ts";`];
    return `${lines.sort((one, other) => pathOf(one).localeCompare(pathOf(other))).join("\n")}\n`;
  });
  const last = (_: string, gap: string): string => (gap.includes("\n") ? `,\n  ${name},\n];\n` : `, ${name}];\n`);
  put("protocols/index.ts", imports.replace(/,?(\s*)\];\s*$/, last));
}

function pathOf(line: string): string {
  return line.split('"')[1] ?? "";
}

describe("npm run new-protocol", () => {
  it.each([
    ["lines", MADE.lines, ["README.md", "codec.ts", "device.ts", "explain.ts", "index.ts", "lines.ts", "profile.ts"]],
    [
      "frames",
      MADE.frames,
      ["README.md", "codec.ts", "detect.ts", "device.ts", "explain.ts", "framer.ts", "index.ts", "profile.ts", "wire.ts"],
    ],
  ])("makes a protocol of %s", (kind, name, files) => {
    expect(ran.get(kind)).toMatchObject({ code: 0 });
    expect(readdirSync(join(copy, "protocols", name)).sort()).toEqual(files);
    const made = [
      ...files.map((file) => `protocols/${name}/${file}`),
      ...readdirSync(join(copy, "fixtures", name)).map((file) => `fixtures/${name}/${file}`),
    ];
    for (const path of made) {
      expect(ran.get(kind)?.output).toContain(path);
      expect(readFileSync(join(copy, path), "utf8"), path).not.toMatch(/template/i);
    }
    expect(readFileSync(join(copy, "protocols/index.ts"), "utf8")).toContain(`"./${name}/index.ts"`);
  });

  it.each([
    [["jt 808"], '"jt 808" is no name'],
    [["Acme"], '"Acme" is no name'],
    [["acme_2"], '"acme_2" is no name'],
    [["../acme"], '"../acme" is no name'],
    [["a".repeat(33)], "at most 32 characters"],
    [["class"], '"class" is a word of the language'],
    [[MADE.lines], `protocols/${MADE.lines} exists already`],
    [["api"], "fixtures/api exists already"],
    [[], "one name is needed"],
    [["one", "two"], "one name is needed"],
    [["acme", "--hex"], "unknown option --hex"],
    [["acme", "--ascii", "--binary"], "either --ascii or --binary"],
  ])("refuses %j in one line, and makes nothing", async (words, reason) => {
    const { code, output } = await run("scripts/new-protocol.js", ...words);
    expect(code).toBe(1);
    expect(output).toMatch(/^new-protocol: .+\n$/);
    expect(output).toContain(reason);
    expect(existsSync(join(copy, "protocols/acme"))).toBe(false);
  });
});

describe("the walk-through of CONTRIBUTING.md", () => {
  it.each(WALKS)("shows $name in less than $lines lines of code", ({ name, lines }) => {
    const code = shown().filter(({ path }) => path.startsWith(`protocols/${name}/`));
    expect(code.map(({ path }) => path)).toContain(`protocols/${name}/index.ts`);
    const counted = code.flatMap(({ text }) => text.split("\n")).filter((line) => line.trim() !== "").length;
    console.info(`${name}: ${counted} lines`);
    expect(counted).toBeLessThan(lines);
  });
});

describe("what was made and what is shown", () => {
  it.each(["linter", "compiler", "knip"])("pass the %s", (check) => {
    expect(ran.get(check)).toEqual({ code: 0, output: expect.any(String) });
  });

  it("pass the shared suite, live conversations included", () => {
    expect(ran.get("suite")?.code, ran.get("suite")?.output).toBe(0);
    const report = JSON.parse(readFileSync(join(copy, "suite.json"), "utf8")) as {
      readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[] }[];
    };
    const passed = report.testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === "passed");
    for (const name of NAMES) expect(passed.filter(({ fullName }) => fullName.startsWith(`${name} `)).length, name).toBeGreaterThan(30);
  });
});
