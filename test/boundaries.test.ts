/** The linter's module boundaries really fire: violations are planted in a copy and must be reported, clean imports must not. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** The composition: may import everything, and nothing below it may import it. */
const UNBOUNDED = ["commands", "tools"];

interface Boundary {
  /** As in biome.json's overrides. */
  readonly files: string;
  readonly folder: string;
  readonly denied: readonly string[];
  readonly allowed: readonly string[];
}

const BOUNDARIES: readonly Boundary[] = [
  {
    files: "src/core/**",
    folder: "src/core",
    denied: ["../chat/ports.ts", "../../protocols/index.ts", "node:fs", "node:timers/promises", "ioredis", "ioredis/built/x.js", "pino"],
    allowed: ["./bytes.ts", "node:buffer", "binary-parser", "iconv-lite", "any-ascii"],
  },
  {
    files: "protocols/**",
    folder: "protocols/planted",
    denied: ["../../src/store/x.ts", "../../src/core/session.ts", "../../test/support/line.ts", "node:net", "node:fs/promises", "ajv"],
    allowed: ["./layout.ts", "../../src/core/index.ts", "../another/index.ts", "node:zlib", "binary-parser"],
  },
  {
    files: "protocols/**",
    folder: "protocols",
    denied: ["../src/core/session.ts", "../src/gateway/gateway.ts"],
    allowed: ["../src/core/index.ts", "./planted/index.ts"],
  },
  {
    files: "protocols/**",
    folder: "protocols/planted/inner",
    denied: ["../../../src/store/redis.ts", "../../../test/support/line.ts"],
    allowed: ["./layout.ts"],
  },
  {
    files: "templates/**",
    folder: "templates/planted",
    denied: ["../../src/store/x.ts", "../../src/core/session.ts", "../../test/support/line.ts", "node:fs"],
    allowed: ["./wire.ts", "../../src/core/index.ts"],
  },
  {
    files: "src/chat/**",
    folder: "src/chat",
    denied: ["../store/memory.ts", "../http/server.ts", "../../protocols/index.ts", "bullmq", "node:net", "temporal-polyfill"],
    allowed: ["./ports.ts", "../core/index.ts"],
  },
  {
    files: "src/fleet/**",
    folder: "src/fleet",
    denied: ["../store/memory.ts", "../gateway/gateway.ts", "../../protocols/index.ts", "ioredis", "fastify"],
    allowed: ["../chat/fleet.ts", "../core/index.ts", "ajv"],
  },
  {
    files: "src/redis/**",
    folder: "src/redis",
    denied: ["../config.ts", "../store/memory.ts", "../chat/ports.ts", "bullmq", "fastify"],
    allowed: ["./probe.ts", "node:net", "node:timers/promises", "ioredis"],
  },
  {
    files: "src/workers/**",
    folder: "src/workers",
    denied: ["../config.ts", "../chat/ports.ts", "../gateway/gateway.ts", "prom-client", "node:net"],
    allowed: ["./messages.ts", "node:cluster", "node:timers/promises", "pino"],
  },
  {
    files: "src/store/**",
    folder: "src/store",
    denied: [
      "../outbox/mail.ts",
      "../gateway/gateway.ts",
      "../http/server.ts",
      "../../protocols/index.ts",
      "bullmq",
      "fastify",
      "node:net",
    ],
    allowed: ["../chat/ports.ts", "../core/index.ts", "ioredis"],
  },
  {
    files: "src/outbox/**",
    folder: "src/outbox",
    denied: ["../store/memory.ts", "../gateway/gateway.ts", "../core/session.ts", "fastify", "node:tls"],
    allowed: ["../chat/ports.ts", "bullmq", "ioredis"],
  },
  {
    files: "src/webhooks/**",
    folder: "src/webhooks",
    denied: ["../store/redis.ts", "../events/hub.ts", "../http/event-view.ts", "../fleet/fleet.ts", "fastify"],
    allowed: ["../chat/webhook.ts", "bullmq", "ioredis", "node:http", "pino"],
  },
  {
    files: "src/events/**",
    folder: "src/events",
    denied: [
      "../store/memory.ts",
      "../http/server.ts",
      "../gateway/gateway.ts",
      "../core/session.ts",
      "ioredis",
      "bullmq",
      "fastify",
      "node:net",
    ],
    allowed: ["../chat/events.ts", "pino"],
  },
  {
    files: "src/gateway/**",
    folder: "src/gateway",
    denied: ["../store/memory.ts", "../outbox/mail.ts", "../http/server.ts", "../core/session.ts", "../../protocols/index.ts", "bullmq"],
    allowed: ["../chat/ports.ts", "../core/index.ts", "node:net"],
  },
  {
    files: "src/gateway/**",
    folder: "src/gateway/inner",
    denied: ["../../store/memory.ts"],
    allowed: ["./line.ts"],
  },
  {
    files: "src/http/**",
    folder: "src/http",
    denied: ["../store/memory.ts", "../gateway/gateway.ts", "../outbox/mail.ts", "../../protocols/index.ts", "ioredis", "node:net"],
    allowed: ["../chat/ports.ts", "../fleet/document.ts", "fastify", "@fastify/cors"],
  },
  {
    files: "src/console/**",
    folder: "src/console",
    denied: ["../chat/message.ts", "../http/message-view.ts", "../config.ts", "node:buffer", "fastify", "preact/compat"],
    allowed: ["./api.ts", "./model/reduce.ts", "./views/app.tsx", "preact", "@preact/signals", "eventsource-parser"],
  },
  {
    files: "src/console/views/**",
    folder: "src/console/views",
    denied: ["../../chat/message.ts", "../../core/charset.ts"],
    allowed: ["./icons.tsx", "../state.ts", "../model/status.ts", "preact/hooks", "@tanstack/virtual-core"],
  },
  {
    files: "src/console/model/**",
    folder: "src/console/model",
    denied: ["../state.ts", "../api.ts", "@preact/signals", "../../core/charset.ts"],
    allowed: ["./message.ts"],
  },
];

interface Planted {
  readonly path: string;
  readonly source: string;
}

/** Every way to write an import that reaches a module at run time or as a type. */
const FORMS: Readonly<Record<string, (from: string) => string>> = {
  "import for its effect": (from) => `import "${from}";`,
  "import of a value": (from) => `import { planted } from "${from}";\nplanted();`,
  "import of a type": (from) => `import type { Planted } from "${from}";\nexport type Copy = Planted;`,
  "export from": (from) => `export { planted } from "${from}";`,
  "dynamic import": (from) => `export const planted = () => import("${from}");`,
};

const denied = BOUNDARIES.flatMap(({ folder, denied: names }) => names.map((from, index) => planted(folder, `denied-${index}`, from)));
const allowed = BOUNDARIES.flatMap(({ folder, allowed: names }) => names.map((from, index) => planted(folder, `allowed-${index}`, from)));
const forms = Object.entries(FORMS).map(([name, write], index) => ({
  name,
  path: `src/http/form-${index}.ts`,
  source: write("../store/redis.ts"),
}));
const cycle: readonly Planted[] = [
  { path: "src/http/cycle-one.ts", source: `import { two } from "./cycle-two.ts";\nexport const one = (): unknown => two;` },
  { path: "src/http/cycle-two.ts", source: `import { one } from "./cycle-one.ts";\nexport const two = (): unknown => one;` },
];

function planted(folder: string, name: string, from: string): Planted {
  return { path: `${folder}/${name}.ts`, source: `import "${from}"; // ${folder}` };
}

let copy = "";
let found: ReadonlySet<string> = new Set();

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "boundaries-"));
  for (const name of ["biome.json", ".gitignore", "package.json"]) cpSync(join(root, name), join(copy, name));
  for (const { path, source } of [...denied, ...allowed, ...forms, ...cycle]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), `${source}\n`);
  }
  found = await lint(copy);
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What the linter reports under the project's own configuration, as `rule path`. */
function lint(folder: string): Promise<ReadonlySet<string>> {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const flags = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [biome, ...flags], { cwd: folder, maxBuffer: 64 << 20 }, (_error, stdout, stderr) => {
      // Findings make the exit code 1: only an unreadable report is a failure here.
      if (!stdout.startsWith("{")) return reject(new Error(`biome gave no report: ${stderr}`));
      const report = JSON.parse(stdout) as { diagnostics: readonly { category: string; location: { path: string } }[] };
      resolve(new Set(report.diagnostics.map(({ category, location }) => `${category.split("/").at(-1)} ${location.path}`)));
    });
  });
}

describe("the boundaries of biome.json", () => {
  it.each(denied)("$path: $source is reported", ({ path }) => {
    expect(found).toContain(`noRestrictedImports ${path}`);
  });

  it.each(allowed)("$path: $source is not reported", ({ path }) => {
    expect(found).not.toContain(`noRestrictedImports ${path}`);
  });

  it.each(forms)("hold for an $name", ({ path }) => {
    expect(found).toContain(`noRestrictedImports ${path}`);
  });

  it("report both ends of an import cycle", () => {
    for (const { path } of cycle) expect(found).toContain(`noImportCycles ${path}`);
  });

  it("are all planted here", () => {
    const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8")) as {
      overrides: readonly { includes: readonly string[]; linter: { rules: { style?: { noRestrictedImports?: unknown } } } }[];
    };
    const configured = config.overrides.filter(({ linter }) => linter.rules.style?.noRestrictedImports).flatMap(({ includes }) => includes);
    expect(new Set(BOUNDARIES.map(({ files }) => files))).toEqual(new Set(configured));
  });

  it("surround every folder of src but the composition", () => {
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const bounded = BOUNDARIES.map(({ files }) => files);
    const open = folders.map(({ name }) => name).filter((name) => !bounded.includes(`src/${name}/**`) && !UNBOUNDED.includes(name));
    expect(open).toEqual([]);
  });
});

/** What an import rule cannot see. `but`: files that are the one place for it. */
const SCANS: readonly { readonly rule: string; readonly in: readonly string[]; readonly pattern: RegExp; readonly but: RegExp | null }[] = [
  {
    rule: "core, protocols and chat take time, ids and randomness as arguments",
    in: ["src/core", "src/chat", "protocols"],
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.|\bprocess\.(?!env\b)/,
    but: null,
  },
  {
    rule: "only the configuration reads the environment",
    in: ["src", "protocols"],
    pattern: /\bprocess\.env\s*[.[]/,
    but: /^src\/config(?:-[a-z]+)?\.ts$/,
  },
  {
    rule: "no module reaches over its boundary by a type in import()",
    in: ["src/core", "src/chat", "src/fleet", "src/store", "src/outbox", "src/gateway", "src/http", "protocols"],
    pattern: /[:=<|&(,]\s*(?:typeof\s+)?import\(/,
    but: null,
  },
  {
    rule: "no shared code asks which protocol it is",
    in: ["src"],
    // A name in quotes; "rediss:" with its colon is a scheme of a URL.
    pattern: /\bprotocol(?:\.name)?\s*[!=]==\s*["'`][\w-]+["'`]|["'`][\w-]+["'`]\s*[!=]==\s*[\w.]*\bprotocol\b/,
    but: /^src\/tools\//,
  },
];

describe("what an import rule cannot see", () => {
  it.each(SCANS)("$rule", ({ in: folders, pattern, but }) => {
    const files = folders.flatMap((folder) => sources(folder)).filter((path) => !but?.test(path));
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap((path) => offences(path, pattern))).toEqual([]);
  });

  it.each([
    "const now = Date.now();",
    "setTimeout(run, 5);",
    "const url = process.env.REDIS_URL;",
    'type A = import("../store/memory.ts").Memory;',
    'if (protocol.name === "planted") return;',
    'if (tracker.protocol !== "planted") return;',
  ])("finds: %s", (line) => {
    expect(SCANS.some(({ pattern }) => pattern.test(line))).toBe(true);
  });
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `${folder}/${path}`);
}

/** Comments are left out: they may name what the code may not use. */
function offences(path: string, pattern: RegExp): string[] {
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const code = /^\s*(?:\/?\*|\/\/)/.test(line) ? "" : line.replace(/\s\/\/ .*$/, "");
    return pattern.test(code) ? [`${path}:${index + 1}: ${line.trim()}`] : [];
  });
}
