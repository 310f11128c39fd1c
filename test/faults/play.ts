/** What happens on the island: the machine is tried, a campaign is played and judged. */
import { execFileSync } from "node:child_process";
import { availableParallelism, release } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findRedis } from "../../src/redis/binary.ts";
import { Random } from "../simulation/random.ts";
import { runCampaign } from "./campaign.ts";
import { castOf } from "./cast.ts";
import { injectionsNamed, schedule } from "./injections/all.ts";
import { settle } from "./island.ts";
import { type Negative, negativeNamed } from "./negative/all.ts";
import type { Options } from "./options.ts";
import { MANDATORY, type Missing, probe } from "./primitives/probe.ts";
import { makeFolders } from "./scene.ts";
import { judge } from "./verdict.ts";

const ROOT = join(import.meta.dirname, "../..");
const PRODUCT = [join(ROOT, "dist/src/cli.js")];
const SOURCES = join(ROOT, "src/cli.ts");
const NODES = 3;
const DISPATCHERS = 32;

/** Gives the exit code. */
export async function play(options: Options, say: (line: string) => void): Promise<number> {
  const out = options.out ?? "";
  const work = join(out, "work");
  await settle(work, () => process.exit(1));
  const missing = await probe(work);
  if (!isGoodEnough(missing, say)) return 1;
  await makeFolders(work);
  const negative = options.negative === null ? null : negativeNamed(options.negative);
  const { seed, devices, texts, pace, minutes, alone } = options;
  say(`seed ${seed}${negative === null ? "" : `, broken on purpose: ${negative.name}`}`);
  const kinds = injectionsNamed(negative?.only ?? options.only, missing);
  const file = await runCampaign({
    seed,
    work,
    out,
    players: castOf(devices, NODES),
    dispatchers: DISPATCHERS,
    fsync: negative?.fsync ?? "always",
    program: programOf(negative),
    environment: {},
    clocks: !missing.has("clock"),
    faults: schedule(kinds, negative?.injections ?? options.injections, new Random(seed)),
    texts,
    pace,
    minutes,
    alone,
    versions: versions(),
    tell: say,
  });
  return await judge([file], { negative, report: options.report, say });
}

function isGoodEnough(missing: Missing, say: (line: string) => void): boolean {
  for (const name of MANDATORY) say(`${name}: ${missing.has(name) ? `MISSING, its faults are left out (${missing.get(name)})` : "works"}`);
  return missing.size === 0 || !process.env["CI"];
}

function programOf(negative: Negative | null): readonly string[] {
  if (negative?.module == null) return PRODUCT;
  return ["--import", "tsx", "--import", pathToFileURL(negative.module).href, SOURCES];
}

function versions(): Readonly<Record<string, string>> {
  const { path } = findRedis(process.env["REDIS_BIN"] ?? null, process.env["PATH"] ?? "");
  const redis = /v=(\S+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8" }))?.[1] ?? "?";
  return { Node: process.version, Redis: redis, Linux: release(), cores: String(availableParallelism()) };
}
