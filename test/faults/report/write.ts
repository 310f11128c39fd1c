/** Puts a report into a page, between its two marks. */
import { readFile, writeFile } from "node:fs/promises";

const BEGIN = "<!-- campaign: written by `npm run faults -- --report` -->";
const END = "<!-- end of campaign -->";

export async function writeReport(file: string, report: string): Promise<void> {
  const page = await readFile(file, "utf8");
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) throw new Error(`${file} has no place for a report`);
  await writeFile(file, `${page.slice(0, from + BEGIN.length)}\n${report}\n${page.slice(to)}`);
}
