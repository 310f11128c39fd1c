/** `npm run faults`: faults on real processes, and whether a promise was broken. RELIABILITY.md says what is promised. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOnIsland, objectionToIsland, runOnIsland } from "./island.ts";
import { NEGATIVES } from "./negative/all.ts";
import { type Options, readOptions } from "./options.ts";
import { play } from "./play.ts";
import { judge } from "./verdict.ts";

const args = process.argv.slice(2);
const options = readOptions(args);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

// On an island what is still open ends with its first process.
if (isOnIsland()) process.exit(await play(options, say));
process.exitCode = await start(options);

async function start({ check, negative, report }: Options): Promise<number> {
  if (check.length > 0) return await judge(check, { negative: null, report, say });
  const objection = await objectionToIsland();
  if (objection !== null) {
    say(`SKIPPED, no faults can be injected here: ${objection}`);
    return process.env["CI"] ? 1 : 0;
  }
  if (negative !== "all") return await once([]);
  const codes: number[] = [];
  for (const { name } of NEGATIVES) codes.push(await once(["--negative", name]));
  say(`${codes.filter((code) => code === 0).length} of ${codes.length} broken variants found`);
  return codes.every((code) => code === 0) ? 0 : 1;
}

/** One campaign; what it leaves is removed unless something was found, or a place was given for it. */
async function once(further: readonly string[]): Promise<number> {
  const out = options.out ?? (await mkdtemp(join(tmpdir(), "tracker-chat-faults-")));
  await mkdir(out, { recursive: true });
  const code = await runOnIsland(import.meta.filename, [...args, "--seed", String(options.seed), "--out", out, ...further]);
  if (code !== 0 || options.out !== null) say(`history and logs: ${out}`);
  else await rm(out, { recursive: true, force: true });
  return code;
}
