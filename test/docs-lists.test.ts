/** The lists of the documentation against the code: settings, errors, and the pages that are made of the registry. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedPages } from "../scripts/docs/generated-pages.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "../src/config.ts";
import { FAILURES } from "../src/http/failure.ts";
import { errorsIn, toldErrors } from "./support/told-errors.ts";

const ROOT = join(import.meta.dirname, "..");
const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const ERRORS = text("docs/errors.md");

/** What only a defect of the product can show, and what is part of another line. */
const NOT_FOR_USERS = [
  "not closed within … ms",
  "unknown protocol …",
  "another certificate",
  "an id from 1 to 2147483647",
  "the embedded Redis was not started",
];

describe("generated pages", () => {
  it.each(generatedPages())("$path is what `npm run docs` writes", ({ path, text: made }) => {
    expect(text(path)).toBe(made);
  });
});

describe("the settings in the README", () => {
  const rows = [...section(text("README.md"), "Settings").matchAll(/^\| (`[A-Z].*?) \| (.*?) \|/gm)];
  const shown = rows.flatMap(([, names = "", defaults = ""]) => {
    const values = defaults.split(", ");
    return quoted(names).map((name, index) => ({ name, fallback: values[index] ?? defaults }));
  });

  it("are those that there are", () => {
    expect(shown.map(({ name }) => name).filter((name) => !SETTING_NAMES.includes(name as SettingName))).toEqual([]);
    const missing = SETTING_NAMES.filter((name) => !shown.some((one) => one.name === name));
    expect(missing).toEqual([]);
  });

  it("have the defaults that they have", () => {
    const exact = shown.filter(({ fallback }) => /^`[^`]*`$/.test(fallback));
    expect(exact.length).toBeGreaterThan(15);
    for (const { name, fallback } of exact) expect(fallback, name).toBe(`\`${SETTINGS[name as SettingName].fallback}\``);
    for (const { name, fallback } of shown) if (fallback === "unset") expect(SETTINGS[name as SettingName].fallback, name).toBeNull();
  });
});

describe("docs/errors.md", () => {
  it("has every code of the contract, as it is", () => {
    const rows = [...section(ERRORS, "Of the API").matchAll(/^\| (\d+) \| (\d+) \| (.*?) \| (.+?) \|/gm)];
    expect(rows.map(([, code, status, description]) => [Number(code), Number(status), description])).toEqual(
      Object.entries(FAILURES).map(([code, [status, description]]) => [Number(code), status, description]),
    );
  });

  it("has every line that ends a start or a command, and no other", () => {
    const listed = new Set([...rowsOf("At the start"), ...rowsOf("Of the commands")].flatMap(([lines = ""]) => quoted(lines)));
    const told = new Set(toldErrors().map((error) => error.text));
    expect([...told].filter((line) => !listed.has(line) && !NOT_FOR_USERS.includes(line))).toEqual([]);
    expect([...listed].filter((line) => !told.has(line))).toEqual([]);
    expect(NOT_FOR_USERS.filter((line) => !told.has(line))).toEqual([]);
  });

  it("has every reason for which a line ends, and no other", () => {
    const reasons = ["CloseReason", "RefusalReason", "EndReason"].flatMap((name) => unionOf(name));
    expect(
      rowsOf("Devices that do not stay")
        .flatMap(([names = ""]) => quoted(names))
        .sort(),
    ).toEqual([...new Set(reasons)].sort());
  });

  it("would miss a line that is added", () => {
    const source =
      'throw new SettingError(`A: #{f(`#{x}`, "}")} is #{y}`); new CommandError("one " +\n `two`); new Error(what); new Error(`#{a}: #{b}`)';
    expect(errorsIn(source.replaceAll("#", "$"))).toEqual(["A: … is …", "one two"]);
  });
});

/** The cells of the table rows in a section. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const rows = section(ERRORS, heading).match(/^\| `.*\|$/gm) ?? [];
  return rows.map((row) => row.slice(2, -2).split(" | "));
}

function section(page: string, heading: string): string {
  const found = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`no section ${heading}`);
  return found;
}

function quoted(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, inner = ""]) => inner);
}

/** The members of a union of strings in the sources. */
function unionOf(name: string): readonly string[] {
  const sources = ["src/core/session-io.ts", "src/core/protocol.ts", "src/gateway/registry.ts"].map(text).join("\n");
  const body = new RegExp(`export type ${name} =([^;]*);`).exec(sources)?.[1] ?? "";
  const members = [...body.matchAll(/"([a-z-]+)"/g)].map(([, member = ""]) => member);
  expect(members.length, name).toBeGreaterThan(2);
  return members;
}
