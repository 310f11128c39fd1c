/** What no compiler sees: pins, the lockfile, the image, the composition, and what must never be committed. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const json = <T>(path: string): T => JSON.parse(text(path)) as T;

/** Packages that `npm ci --omit=dev` may install, optional ones of other platforms included. */
const MAX_RUNTIME_PACKAGES = 120;
const MAX_PICTURE_BYTES = 150_000;
const EXACT_VERSION = /^\d+\.\d+\.\d+$/;
const EXACT_TAG = /:\d+\.\d+\.\d+-[a-z]/;

type Versions = Readonly<Record<string, string>>;
interface LockEntry {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

describe("package.json and its lock", () => {
  const manifest = json<{ dependencies: Versions; devDependencies: Versions; overrides: Versions; private: boolean }>("package.json");
  const lock = json<{ lockfileVersion: number; packages: Readonly<Record<string, LockEntry & Partial<typeof manifest>>> }>(
    "package-lock.json",
  );
  const entries = Object.entries(lock.packages).filter(([path]) => path !== "");

  it("pin every dependency exactly", () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides });
    expect(ranges.length).toBeGreaterThan(0);
    expect(ranges.filter(([, version]) => !EXACT_VERSION.test(version))).toEqual([]);
  });

  it("agree with each other", () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(lock.packages[""]).toMatchObject({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies });
  });

  it("vouch for the content of every package", () => {
    expect(entries.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
    expect(entries.filter(([, { link }]) => link)).toEqual([]);
  });

  it("fetch from the public registry alone", () => {
    const foreign = entries.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/"));
    expect(foreign).toEqual([]);
    expect(text(".npmrc")).not.toMatch(/registry|_auth/i);
  });

  it(`install at most ${MAX_RUNTIME_PACKAGES} packages at run time`, () => {
    const count = entries.filter(([, { dev }]) => !dev).length;
    console.info(`${count} packages at run time`);
    expect(count).toBeGreaterThan(Object.keys(manifest.dependencies).length);
    expect(count).toBeLessThanOrEqual(MAX_RUNTIME_PACKAGES);
  });

  it("are not published by accident", () => {
    expect(manifest.private).toBe(true);
  });
});

describe("Dockerfile", () => {
  const steps = instructions(text("Dockerfile"));
  const stages = steps.filter((step) => step.startsWith("FROM "));
  const runtime = steps.slice(steps.lastIndexOf(stages.at(-1) ?? ""));
  const last = (word: string): string | undefined => runtime.findLast((step) => step.startsWith(`${word} `));

  it("is one by the linter, which says no to another", () => {
    expect(validate(text("Dockerfile")).map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
    expect(validate("FROM a\nCOPY b\n")).not.toEqual([]);
  });

  it("builds in one stage and runs in another, on one exact version of Node", () => {
    const images = stages.map((step) => step.split(" ")[1] ?? "");
    expect(images.length).toBeGreaterThan(1);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(EXACT_TAG);
  });

  it("installs without scripts, and without tools of development at run time", () => {
    const installs = steps.filter((step) => /\bnpm (?:ci|install|i)\b/.test(step));
    expect(installs.length).toBe(2);
    for (const step of installs) expect(step).toMatch(/\bnpm ci\b.*--ignore-scripts/);
    expect(runtime.filter((step) => step.includes("npm ci")).every((step) => step.includes("--omit=dev"))).toBe(true);
  });

  it("runs as nobody in particular", () => {
    expect(last("USER")).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    const after = runtime.slice(runtime.indexOf(last("USER") ?? ""));
    expect(after.filter((step) => /^(?:RUN|COPY|ADD) /.test(step))).toEqual([]);
  });

  it("writes only where a volume is", () => {
    expect(last("VOLUME")).toBe("VOLUME /data");
    expect(last("ENV")).toContain("DATA_DIR=/data");
    expect(runtime.filter((step) => step.startsWith("COPY") && step.includes("--chown"))).toEqual([]);
  });

  it("asks /livez with Node, ends on SIGTERM and starts without a shell", () => {
    expect(last("HEALTHCHECK")).toMatch(/CMD \["node", "-e", ".*get\(.*\/livez/);
    expect(steps.filter((step) => /\b(?:curl|wget)\b/.test(step))).toEqual([]);
    expect(last("STOPSIGNAL")).toBe("STOPSIGNAL SIGTERM");
    expect(last("ENTRYPOINT")).toBe('ENTRYPOINT ["node", "dist/src/cli.js"]');
    expect(last("CMD")).toBe('CMD ["serve"]');
  });

  it("has no secret and fetches nothing by address", () => {
    expect(steps.filter((step) => /^(?:ENV|ARG) .*(?:TOKEN|PASSWORD|SECRET|KEY)/.test(step))).toEqual([]);
    expect(steps.filter((step) => step.startsWith("ADD ") || step.includes("http://deb"))).toEqual([]);
  });

  it("copies only what the context lets in and what exists", () => {
    const rules = text(".dockerignore")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    expect(rules[0]).toBe("*");
    const copied = steps.filter((step) => step.startsWith("COPY ") && !step.includes("--from="));
    const names = copied.flatMap((step) => step.split(" ").slice(1, -1));
    expect(new Set(names)).toEqual(new Set(rules.slice(1).map((rule) => rule.replace("!", ""))));
    expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });
});

describe("compose.yaml", () => {
  const composition = text("compose.yaml");
  const services = blocks(block(composition, "services", 0), 2);

  it("has the gateway and its Redis", () => {
    expect([...services.keys()].sort()).toEqual(["gateway", "redis"]);
  });

  it.each([...services])("%s: has no privilege, a read-only root and limits", (_name, lines) => {
    for (const wanted of ["read_only: true", "cap_drop: [ALL]", '- "no-new-privileges:true"', "stop_grace_period: 30s"]) {
      expect(lines).toContain(wanted);
    }
    for (const limit of [/^mem_limit: \d+[mg]$/, /^pids_limit: \d+$/]) expect(lines.some((line) => limit.test(line))).toBe(true);
    expect(lines.some((line) => /^- "\/tmp:.*noexec,nosuid,nodev"$/.test(line))).toBe(true);
    expect(lines.filter((line) => /privileged|cap_add|network_mode|pid:|ipc:|docker\.sock/.test(line))).toEqual([]);
  });

  it("pins every image that it does not build", () => {
    for (const [name, lines] of services) {
      const image = lines.find((line) => line.startsWith("image: ")) ?? "";
      if (!lines.includes("build: .")) expect(`${name} ${image}`).toMatch(EXACT_TAG);
    }
  });

  it("refuses to start without an admin token", () => {
    expect(services.get("gateway")?.find((line) => line.startsWith("ADMIN_TOKEN"))).toMatch(/^ADMIN_TOKEN: "\$\{ADMIN_TOKEN:\?.+\}"$/);
    expect(composition).not.toMatch(/(?:TOKEN|PASSWORD|SECRET): *"?[A-Za-z0-9]/);
  });

  it("keeps what Redis acknowledged, and evicts nothing", () => {
    const flat = (services.get("redis") ?? []).map((line) => line.replace(/^- /, "").replaceAll('"', "")).join(" ");
    expect(flat).toContain("--appendonly yes");
    expect(flat).toContain("--appendfsync always");
    expect(flat).toContain("--maxmemory-policy noeviction");
    expect(flat).toContain("--hash-max-listpack-value 1024");
    expect(services.get("redis")).toContain('- "redis:/data"');
  });

  it("starts the gateway once Redis answers", () => {
    expect(services.get("gateway")).toContain("condition: service_healthy");
    expect(services.get("redis")).toContain('test: ["CMD", "redis-cli", "-e", "ping"]');
  });

  it("shows Redis to nobody, and the API to this machine", () => {
    expect(services.get("redis")?.some((line) => line.startsWith("ports:"))).toBe(false);
    expect(services.get("redis")).toContain("networks: [store]");
    expect(block(composition, "networks", 0)).toContain("    internal: true");
    expect(services.get("gateway")?.filter((line) => line.endsWith(':8080"'))).toEqual([expect.stringMatching(/^- "127\.0\.0\.1:/)]);
  });
});

describe("the tree", () => {
  const files = committed();

  it("has a licence, a changelog and a guide for contributors", () => {
    expect(text("LICENSE")).toContain("Apache License\n                           Version 2.0, January 2004");
    expect(text("CHANGELOG.md")).toContain("## [Unreleased]");
    expect(text("CONTRIBUTING.md")).toContain("npm test");
  });

  it("has pictures that the documentation shows, and small ones", () => {
    const pictures = readdirSync(join(root, "docs/images"));
    const shown = files.filter((path) => path.endsWith(".md")).flatMap((path) => text(path).match(/\(docs\/images\/[^)]+\)/g) ?? []);
    expect(new Set(shown)).toEqual(new Set(pictures.map((name) => `(docs/images/${name})`)));
    expect(pictures.filter((name) => statSync(join(root, "docs/images", name)).size > MAX_PICTURE_BYTES)).toEqual([]);
  });

  it("has no test that does not run", () => {
    const tests = files.filter((path) => /^test\/.*\.ts$/.test(path));
    expect(tests.length).toBeGreaterThan(5);
    expect(hits(tests, /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|fails)\b|\bx(?:it|describe)\(/)).toEqual([]);
  });

  it("names no place of one machine", () => {
    // Put together here, so that this file does not name them. A test may look for a corpus beside the checkout.
    const names = [
      ["", "work", "(?:main|shared|\\.)"],
      ["", "tmp", "studio"],
      ["", "farm", ""],
      ["\\.\\.", "shared(?!/corpus)"],
    ];
    const places = [...names.map((parts) => parts.join("/")), `farm-${"(?:studio|bench)"}`];
    expect(hits(files, new RegExp(places.join("|")))).toEqual([]);
    const others = files.filter((path) => !path.startsWith("test/"));
    expect(hits(others, new RegExp(`shared/${"corpus"}`))).toEqual([]);
  });

  it("has no private key or token", () => {
    const secrets = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bnpm_[A-Za-z0-9]{36}\b|\bghp_[A-Za-z0-9]{36}\b|\bAKIA[A-Z0-9]{16}\b/;
    expect(hits(files, secrets)).toEqual([]);
  });
});

/** The instructions of a Dockerfile, each on one line, without comments. */
function instructions(dockerfile: string): string[] {
  const lines = dockerfile.split("\n").filter((line) => !line.startsWith("#"));
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter(Boolean);
}

/** The lines below a key of a YAML file written as this project writes it: two spaces a level, no anchors. */
function block(yaml: string, key: string, indent: number): string {
  const lines = yaml.split("\n");
  const start = lines.indexOf(`${" ".repeat(indent)}${key}:`);
  if (start < 0) throw new Error(`no key ${key}`);
  const end = lines.findIndex((line, index) => index > start && line !== "" && line.search(/\S/) <= indent);
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
}

/** Key -> its lines, trimmed and without comments. */
function blocks(yaml: string, indent: number): Map<string, string[]> {
  const keys = yaml.split("\n").flatMap((line) => new RegExp(`^ {${indent}}([a-z]+):$`).exec(line)?.[1] ?? []);
  return new Map(keys.map((key) => [key, tidy(block(yaml, key, indent))]));
}

function tidy(yaml: string): string[] {
  return yaml
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Every text file that git would take, by its path; read from the folder, so that a copy without .git is checked as well. */
function committed(): string[] {
  const ignored = new Set([
    ".git",
    ...text(".gitignore")
      .split("\n")
      .map((line) => line.replace(/\/$/, "")),
  ]);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (ignored.has(entry.name)) return [];
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() && !entry.name.endsWith(".log") ? [relative(root, path)] : [];
    });
  return walk(root).filter((path) => statSync(join(root, path)).size < 1 << 20);
}

function hits(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => {
    const lines = text(path).split("\n");
    return lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
  });
}
