// Makes a release of what is committed: checks that everything names one version, writes its notes and its bill of materials, and sets the tag.
//   npm run release -- --dry-run        says what is wrong, or shows the notes; changes nothing
//   npm run release                     writes release/notes.md and release/sbom.cdx.json, and tags; pushing the tag is left to you
//   npm run release -- --tag v1.2.3     for the continuous integration: the same files for a tag that is there already
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** --root: another checkout, for the tests. */
const root = option("--root") ?? join(import.meta.dirname, "..");
const text = (path) => readFileSync(join(root, path), "utf8");
const version = JSON.parse(text("package.json")).version;
const tag = `v${version}`;
const given = option("--tag");
const isDry = process.argv.includes("--dry-run");

const notes = notesOf(text("CHANGELOG.md"), version);
const problems = [...wrongVersions(), ...wrongChangelog(), ...wrongTree()];
if (problems.length > 0) {
  for (const problem of problems) console.error(`release: ${problem}`);
  process.exit(1);
}
if (isDry) {
  console.log(`${tag} could be released. Its notes:\n\n${notes}`);
} else {
  mkdirSync(join(root, "release"), { recursive: true });
  writeFileSync(join(root, "release/notes.md"), `${notes}\n`);
  writeFileSync(
    join(root, "release/sbom.cdx.json"),
    execFileSync(process.execPath, [join(import.meta.dirname, "sbom.js")], { maxBuffer: 64 << 20 }),
  );
  if (given === undefined) git("tag", "--annotate", "--cleanup=verbatim", tag, "--file", "release/notes.md");
  console.log(given === undefined ? `${tag} is tagged; publish it with: git push origin ${tag}` : `release/ has the files of ${tag}`);
}

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** What is written under the version's heading. */
function notesOf(changelog, of) {
  const section = changelog.split(/^## /m).find((part) => part.startsWith(`[${of}]`)) ?? "";
  return section.slice(section.indexOf("\n") + 1).trim();
}

function wrongVersions() {
  const locked = JSON.parse(text("package-lock.json"));
  const [, manifest] = /^ *newTag: (\S+)$/m.exec(text("ops/kubernetes/kustomization.yaml")) ?? [];
  const named = {
    "package-lock.json": locked.version,
    "package-lock.json, packages": locked.packages[""].version,
    "ops/kubernetes": manifest,
  };
  const wrong = Object.entries(named).filter(([, other]) => other !== version);
  return [
    ...wrong.map(([place, other]) => `package.json has version ${version}, ${place} has ${other}`),
    ...(given === undefined || given === tag ? [] : [`the tag is ${given}, package.json has version ${version}`]),
  ];
}

function wrongChangelog() {
  const changelog = text("CHANGELOG.md");
  const start = `## [${version}] - `;
  const dated = changelog.split("\n").some((line) => line.startsWith(start) && /^\d{4}-\d{2}-\d{2}$/.test(line.slice(start.length)));
  if (!dated) return [`CHANGELOG.md has no "## [${version}] - YYYY-MM-DD"`];
  if (notes === "") return [`CHANGELOG.md says nothing about ${version}`];
  return notesOf(changelog, "Unreleased") === ""
    ? []
    : ["CHANGELOG.md still has something under [Unreleased]: move it, or raise the version"];
}

function wrongTree() {
  const changed = git("status", "--porcelain");
  const tagged = git("tag", "--list", tag) !== "";
  return [
    ...(changed === "" ? [] : ["not everything is committed"]),
    ...(tagged && given === undefined ? [`${tag} is there already`] : []),
  ];
}

function git(...words) {
  return execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();
}
