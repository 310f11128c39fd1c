/** `tracker-chat bench`: runs the suite and prints, or writes, its table. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { PROTOCOLS } from "../../../protocols/index.ts";
import { checkedProfile } from "../checked-profile.ts";
import type { Row } from "./rows.ts";
import { type Section, USUAL_SECTIONS } from "./sections.ts";
import { runSuite } from "./suite.ts";

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Of the soak. */
  readonly minutes: number;
  /** Where the report goes as Markdown; null: only to the terminal. */
  readonly write: string | null;
  /** Where rows and unit costs go as JSON; null: nowhere. */
  readonly json: string | null;
  /** Null: all but the soak. */
  readonly only: readonly Section[] | null;
}

/** The suite starts compiled processes: run from `dist`, as `npm run bench` does. */
export async function bench(options: BenchOptions): Promise<void> {
  const here = new URL(".", import.meta.url);
  if (!import.meta.url.endsWith(".js")) throw new Error("the benchmarks measure the compiled product: use `npm run bench`");
  const jt808 = PROTOCOLS.find((protocol) => protocol.name === "jt808");
  if (jt808 === undefined) throw new Error("protocol jt808 is not registered");
  const { rows, units } = await runSuite({
    cli: fileURLToPath(new URL("../../cli.js", here)),
    folder: here,
    jt808,
    profile: checkedProfile(jt808, {}),
    rounds: options.rounds,
    seconds: options.seconds,
    minutes: options.minutes,
    sections: new Set(options.only ?? USUAL_SECTIONS),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const report = markdown(rows);
  process.stdout.write(`${report}\n`);
  if (options.write !== null) writeFileSync(options.write, report);
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify({ machine: machine(), units, rows }, null, 2)}\n`);
}

function markdown(rows: readonly Row[]): string {
  const table = rows.map(
    ({ what, product, yardstick, ratio, aim, spread }) => `| ${what} | ${product} | ${yardstick} | ${ratio} | ${aim} | ${spread} |`,
  );
  return [
    "# Benchmarks",
    "",
    "`npm run bench -- --write BENCHMARKS.md` on the machine below; product, Redis (`appendfsync always`) and load share it. Each ratio is against a",
    "yardstick measured in turn in the same run; absolute figures move with the machine, the ratios much less.",
    "",
    machine(),
    "",
    "| what | product | yardstick | ratio (median) | aim | spread |",
    "|---|---|---|---|---|---|",
    ...table,
    "",
  ].join("\n");
}

/** When and where; a load that is not the benchmark's own shows in it. */
function machine(): string {
  const day = new Date().toISOString().slice(0, 10);
  const [load = 0] = loadavg();
  const hardware = `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, load average ${load.toFixed(1)} at the end`;
  return `${day}; ${hardware}; Linux ${release()}; Node ${process.versions.node}; tracker-chat ${version()}`;
}

function version(): string {
  const text = readFileSync(new URL("../../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
