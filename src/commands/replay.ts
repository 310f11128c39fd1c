/** `tracker-chat replay`: plays transcripts against a live gateway. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { duration, MAX_TIMER_MS, port } from "../config-values.ts";
import type { Transcript } from "../core/index.ts";
import type { ReplayTarget } from "../tools/replay.ts";
import { type ClientFlags, clientOptions } from "./admin-client.ts";
import { argument } from "./argument.ts";
import { CommandError } from "./command-error.ts";
import { print } from "./output.ts";

interface ReplayFlags extends ClientFlags {
  readonly host: string;
  readonly port: number;
  readonly hash?: string;
  readonly patience: number;
  readonly longestWait: number;
}

export function replayCommand(): Command {
  const time = argument(duration(MAX_TIMER_MS));
  const command = new Command("replay")
    .description("play transcripts against a live gateway and report each difference from what they say")
    .argument("<file...>", "transcripts; their devices must be in the fleet")
    .option("--host <host>", "where the gateway is", "127.0.0.1")
    .addOption(new Option("--port <port>", "its port").argParser(argument(port)).default(5_000))
    .option("--hash <hash>", "API key of the devices' user: checks texts and sends some as the transcripts say")
    .addOption(new Option("--patience <time>", "longest wait for one thing").argParser(time).default(5_000, "5s"))
    .addOption(new Option("--longest-wait <time>", "a longer pause ends a transcript").argParser(time).default(30_000, "30s"))
    .addHelpText("after", EXAMPLES)
    .action(run);
  for (const option of clientOptions()) command.addOption(option);
  return command;
}

const EXAMPLES = `
Examples:
  tracker-chat replay fixtures/NAME/*.transcript
  tracker-chat replay --hash a6aa75587e5c59c32d347da438505fc3 my.transcript`;

async function run(files: readonly string[], flags: ReplayFlags): Promise<void> {
  const { replay } = await import("../tools/replay.ts");
  const { replayApi } = await import("./replay-api.ts");
  const { parseTranscript } = await import("../core/index.ts");
  const transcripts = files.map((file) => ({ file, transcript: read(file, parseTranscript) }));
  const api = flags.hash === undefined ? null : await replayApi(flags.hash, flags);
  const target: ReplayTarget = { host: flags.host, port: flags.port, api, patienceMs: flags.patience, longestWaitMs: flags.longestWait };
  let failed = 0;
  for (const { file, transcript } of transcripts) {
    const { differences, skipped } = await replay(transcript, target);
    if (differences.length > 0) failed += 1;
    await print(
      `${differences.length === 0 ? "ok      " : "DIFFERS "} ${file}${skipped === null ? "" : `  (not all was played: ${skipped})`}`,
    );
    for (const difference of differences) await print(`  ${difference}`);
  }
  if (failed > 0) throw new CommandError(`${failed} of ${files.length} transcripts differ`);
}

function read(file: string, parse: (source: string) => Transcript): Transcript {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
