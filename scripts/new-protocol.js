// Makes a protocol's folder from a template, with transcripts, and adds it to the registry: what passes the shared suite at once.
//   npm run new-protocol NAME                a line protocol
//   npm run new-protocol NAME -- --binary    frames with a length and a check byte
// Asks nothing; says in one line why it does nothing.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

const root = join(import.meta.dirname, "..");
const REGISTRY = "protocols/index.ts";
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MAX_NAME = 32;
/** First bytes of a frame that no other protocol here begins with: one of them, by the name. */
const MARKS = { first: 0x81, count: 0x6c };

try {
  const { name, kind } = options(process.argv.slice(2));
  refuseWhatExists(name);
  const made = [...copy(`templates/${kind}`, `protocols/${name}`, name), ...copy(`templates/${kind}/fixtures`, `fixtures/${name}`, name)];
  register(name);
  tidy([`protocols/${name}`, REGISTRY]);
  console.log([...made, `${REGISTRY} (a line)`, "", ...nextSteps(name)].join("\n"));
} catch (error) {
  console.error(`new-protocol: ${error.message}`);
  process.exitCode = 1;
}

function options(words) {
  const flags = words.filter((word) => word.startsWith("--"));
  const names = words.filter((word) => !word.startsWith("--"));
  const unknown = flags.find((flag) => flag !== "--binary" && flag !== "--ascii");
  if (unknown !== undefined) throw new Error(`unknown option ${unknown}, known are --ascii and --binary`);
  if (names.length !== 1) throw new Error("one name is needed: npm run new-protocol NAME [-- --binary]");
  // Without the "--", npm keeps the flag to itself and tells it by an environment variable.
  const binary = flags.includes("--binary") || process.env["npm_config_binary"] === "true";
  if (binary && flags.includes("--ascii")) throw new Error("either --ascii or --binary");
  return { name: checked(names[0]), kind: binary ? "binary" : "ascii" };
}

function checked(name) {
  if (!NAME.test(name) || name.length > MAX_NAME)
    throw new Error(`"${name}" is no name: lower-case letters and digits, words joined by "-", at most ${MAX_NAME} characters`);
  try {
    new Script(`"use strict"; let ${camelCase(name)};`);
  } catch {
    throw new Error(`"${name}" is a word of the language, and the protocol's constant must be called like it`);
  }
  return name;
}

function refuseWhatExists(name) {
  const there = [`protocols/${name}`, `fixtures/${name}`].find((path) => existsSync(join(root, path)));
  if (there !== undefined) throw new Error(`${there} exists already`);
}

/** Copies the files of one folder under the new name; gives the paths it made. */
function copy(from, to, name) {
  mkdirSync(join(root, to), { recursive: true });
  const files = readdirSync(join(root, from), { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => {
    writeFileSync(join(root, to, file.name), renamed(readFileSync(join(root, from, file.name), "utf8"), name));
    return `${to}/${file.name}`;
  });
}

/** The names of the template, and the mark that its binary frames begin with, become the new protocol's own. */
function renamed(text, name) {
  const mark = (MARKS.first + (createHash("sha256").update(name).digest()[0] % MARKS.count)).toString(16);
  return text
    .replaceAll(/(?:ascii|binary)-template/g, name)
    .replaceAll(/(?:ascii|binary)Template/g, camelCase(name))
    .replaceAll(/(?:Ascii|Binary)Template/g, pascalCase(name))
    .replaceAll(/(?:ASCII|Binary) template/g, titleCase(name))
    .replaceAll(/\bc3 (?=[0-9a-f])|(?<=0x)c3\b/g, (found) => found.replace("c3", mark))
    .replaceAll(/\bC3\b/g, mark.toUpperCase());
}

/** The one shared file: an import, and the last place in the list. */
function register(name) {
  const path = join(root, REGISTRY);
  const lines = readFileSync(path, "utf8").split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("import "));
  lines.splice(last + 1, 0, `import { ${camelCase(name)} } from "./${name}/index.ts";`);
  const text = lines.join("\n");
  const end = text.indexOf("];", text.indexOf("export const PROTOCOLS"));
  if (end === -1) throw new Error(`${REGISTRY} has no list of protocols`);
  writeFileSync(path, `${text.slice(0, end).trimEnd().replace(/,$/, "")}, ${camelCase(name)}${text.slice(end)}`);
}

/** The new names may be longer or sort elsewhere than the template's. */
function tidy(paths) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, "check", "--write", ...paths], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`the linter does not like it: ${stdout}${stderr}`);
}

function nextSteps(name) {
  return [
    `npx vitest run test/protocols.test.ts -t '^${name} '    the shared suite over it`,
    `npx tracker-chat simulate ${name} --device-id 861234567890123    its device, against \`npm run dev\``,
    "Now make it speak as the document says, one transcript after the other: see CONTRIBUTING.md.",
  ];
}

function camelCase(name) {
  return name.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase());
}

function pascalCase(name) {
  const camel = camelCase(name);
  return camel[0].toUpperCase() + camel.slice(1);
}

function titleCase(name) {
  const words = name.replaceAll("-", " ");
  return words[0].toUpperCase() + words.slice(1);
}
