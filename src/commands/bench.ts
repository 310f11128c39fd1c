/** `tracker-chat bench`: the committed benchmarks. */
import { Command, Option } from "commander";
import { integer } from "../config-values.ts";
import { SECTIONS, type Section } from "../tools/bench/sections.ts";
import { argument } from "./argument.ts";

interface Given {
  readonly rounds: number;
  readonly seconds: number;
  readonly minutes: number;
  readonly write?: string;
  readonly json?: string;
  readonly only?: readonly Section[];
}

export function benchCommand(): Command {
  return new Command("bench")
    .description("the committed benchmarks, against yardsticks measured in the same run (use: npm run bench)")
    .addOption(new Option("--rounds <n>", "measurements of each").argParser(argument(integer(1, 100))).default(3))
    .addOption(new Option("--seconds <n>", "of one measurement").argParser(argument(integer(1, 600))).default(10))
    .addOption(new Option("--minutes <n>", "of the soak").argParser(argument(integer(1, 10_080))).default(60))
    .addOption(new Option("--only <names...>", `of it: ${SECTIONS.join(" ")} (soak only when named)`).choices(SECTIONS))
    .option("--write <file>", "write the report as Markdown")
    .option("--json <file>", "write rows and unit costs as JSON, for npm run capacity")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run bench\n  npm run bench -- --rounds 1 --seconds 5 --write BENCHMARKS.md\n  npm run bench -- --only soak --minutes 60",
    )
    .action(async ({ rounds, seconds, minutes, write, json, only }: Given) => {
      const { bench } = await import("../tools/bench/index.ts");
      await bench({ rounds, seconds, minutes, write: write ?? null, json: json ?? null, only: only ?? null });
    });
}
