/** `tracker-chat bench`: the committed benchmarks. */
import { Command, Option } from "commander";
import { integer } from "../config-values.ts";
import { argument } from "./argument.ts";

interface Given {
  readonly rounds: number;
  readonly seconds: number;
  readonly write?: string;
  readonly json?: string;
}

export function benchCommand(): Command {
  return new Command("bench")
    .description("the committed benchmarks, against yardsticks measured in the same run (use: npm run bench)")
    .addOption(new Option("--rounds <n>", "measurements of each").argParser(argument(integer(1, 100))).default(3))
    .addOption(new Option("--seconds <n>", "of one measurement").argParser(argument(integer(1, 600))).default(10))
    .option("--write <file>", "write the report as Markdown")
    .option("--json <file>", "write rows and unit costs as JSON, for npm run capacity")
    .addHelpText("after", "\nExamples:\n  npm run bench\n  npm run bench -- --rounds 1 --seconds 5 --write BENCHMARKS.md")
    .action(async ({ rounds, seconds, write, json }: Given) => {
      const { bench } = await import("../tools/bench/index.ts");
      await bench({ rounds, seconds, write: write ?? null, json: json ?? null });
    });
}
