/** Releases: what is checked before a tag, the notes, and the bill of materials. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const FILES = ["package.json", "package-lock.json", "ops/kubernetes/kustomization.yaml"];
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
const CHANGELOG = `# Changelog\n\n## [Unreleased]\n\n## [${version}] - 2026-12-01\n\n### Added\n\n- # A thing.\n\n## [0.0.1] - 2026-01-01\n\n- Old.\n`;

describe("npm run release", { timeout: 60_000 }, () => {
  let checkout: string;

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), "tracker-chat-release-"));
    mkdirSync(join(checkout, "ops/kubernetes"), { recursive: true });
    for (const file of FILES) cpSync(join(ROOT, file), join(checkout, file));
    writeFileSync(join(checkout, ".gitignore"), "release/\n");
    writeFileSync(join(checkout, "CHANGELOG.md"), CHANGELOG);
    git("init", "--quiet");
    commit();
  });

  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  function git(...words: readonly string[]): string {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    return execFileSync("git", [...who, ...words], { cwd: checkout, encoding: "utf8" }).trim();
  }

  function commit(): void {
    git("add", "--all");
    git("commit", "--quiet", "--message", "chore: something");
  }

  function release(...flags: readonly string[]): { readonly code: number | null; readonly said: string } {
    const env = { ...process.env, GIT_COMMITTER_NAME: "test", GIT_COMMITTER_EMAIL: "test@example.com" };
    const script = join(ROOT, "scripts/release.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--root", checkout, ...flags], { encoding: "utf8", env });
    return { code: status, said: stdout + stderr };
  }

  function change(file: string, from: string | RegExp, to: string): void {
    writeFileSync(join(checkout, file), readFileSync(join(checkout, file), "utf8").replace(from, to));
  }

  it("shows the notes of the version and changes nothing, when it is dry", () => {
    const { code, said } = release("--dry-run");
    expect(said).toBe(`v${version} could be released. Its notes:\n\n### Added\n\n- # A thing.\n`);
    expect(code).toBe(0);
    expect(git("tag", "--list")).toBe("");
    expect(git("status", "--porcelain", "--ignored")).toBe("");
  });

  it("tags with the notes, and writes them and the bill of materials; once", () => {
    expect(release()).toMatchObject({ code: 0 });
    expect(git("tag", "--list", "--format=%(contents)")).toBe("### Added\n\n- # A thing.");
    expect(readFileSync(join(checkout, "release/notes.md"), "utf8")).toBe("### Added\n\n- # A thing.\n");
    expect(JSON.parse(readFileSync(join(checkout, "release/sbom.cdx.json"), "utf8"))).toMatchObject({ bomFormat: "CycloneDX" });
    expect(release("--dry-run")).toEqual({ code: 1, said: `release: v${version} is there already\n` });
    expect(release("--dry-run", "--tag", `v${version}`).code).toBe(0);
  });

  const wrong: readonly (readonly [string, () => void, string])[] = [
    [
      "the lock has another version",
      () => change("package-lock.json", /"version": "[\d.]+"/, '"version": "9.9.9"'),
      "package-lock.json has 9.9.9",
    ],
    ["the manifests have another version", () => change(FILES[2] ?? "", /newTag: .*/, "newTag: 9.9.9"), "ops/kubernetes has 9.9.9"],
    ["the changelog lacks it", () => change("CHANGELOG.md", `[${version}]`, "[9.9.9]"), `CHANGELOG.md has no "## [${version}]`],
    ["the changelog has nothing to say", () => change("CHANGELOG.md", "### Added\n\n- # A thing.\n", ""), "says nothing about"],
    [
      "something is unreleased",
      () => change("CHANGELOG.md", "[Unreleased]\n", "[Unreleased]\n\n- New.\n"),
      "still has something under [Unreleased]",
    ],
  ];
  it.each(wrong)("refuses when %s", (_, spoil, message) => {
    spoil();
    commit();
    const { code, said } = release("--dry-run");
    expect(said).toContain(message);
    expect(code).toBe(1);
  });

  it("refuses what is not committed, and a tag of another version", () => {
    change("CHANGELOG.md", "A thing", "Another thing");
    expect(release("--dry-run").said).toContain("not everything is committed");
    expect(release("--dry-run", "--tag", "v9.9.9").said).toContain(`the tag is v9.9.9, package.json has version ${version}`);
  });
});

describe("the bill of materials", { timeout: 60_000 }, () => {
  interface Bill {
    readonly metadata: { readonly component: { readonly name: string; readonly version: string; readonly "bom-ref": string } };
    readonly components: readonly {
      readonly "bom-ref": string;
      readonly purl: string;
      readonly hashes: readonly unknown[];
      readonly properties?: unknown;
    }[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  }
  const bill = JSON.parse(
    execFileSync(process.execPath, [join(ROOT, "scripts/sbom.js")], { encoding: "utf8", maxBuffer: 64 << 20 }),
  ) as Bill;
  const named = bill.components.map((component) => component["bom-ref"]);
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: true }>>;
  };
  const installed = Object.entries(packages).flatMap(([path, { version: of, dev }]) =>
    path === "" || dev ? [] : [`${path.replace(/.*node_modules\//, "")}@${of}`],
  );

  it("has every package that an installation without development has, and those in the console's page", () => {
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter((one) => !named.includes(one))).toEqual([]);
    const others = named.filter((one) => !installed.includes(one)).map((one) => one.replace(/@[^@]+$/, ""));
    expect(others.sort()).toEqual(["@preact/signals", "@preact/signals-core", "@tanstack/virtual-core", "eventsource-parser", "preact"]);
  });

  it("is of this product, with a hash and an address for each, and no reference into nothing", () => {
    expect(bill.metadata.component).toMatchObject({ name: "tracker-chat", version });
    for (const { "bom-ref": ref, purl, hashes, properties } of bill.components) {
      expect(purl, ref).toMatch(/^pkg:npm\//);
      expect(hashes.length, ref).toBe(1);
      expect(JSON.stringify(properties ?? ""), ref).not.toContain("development");
    }
    const known = new Set([...named, bill.metadata.component["bom-ref"]]);
    expect(bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !known.has(ref))).toEqual([]);
    expect(bill.dependencies.map(({ ref }) => ref)).toContain(bill.metadata.component["bom-ref"]);
  });
});
