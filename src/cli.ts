/** The command line. What a command needs is loaded when it runs, so that `--help` is there at once. */
import { Command, CommanderError } from "commander";
import { benchCommand } from "./commands/bench.ts";
import { captureCommand } from "./commands/capture.ts";
import { deadLettersCommand, linesCommand, unknownCommand } from "./commands/care.ts";
import { certifyCommand } from "./commands/certify.ts";
import { linesOf, oneLine } from "./commands/command-error.ts";
import { decodeCommand } from "./commands/decode.ts";
import { exportCommand } from "./commands/export.ts";
import { fleetCommand } from "./commands/fleet.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { protocolsCommand } from "./commands/protocols.ts";
import { replayCommand } from "./commands/replay.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { productVersion } from "./version.ts";

const EXIT = { failure: 1, usage: 2 };

const EXAMPLES = `
Examples:
  tracker-chat serve
  tracker-chat fleet import fleet.json
  tracker-chat protocols
  tracker-chat simulate NAME --device-id ID
  tracker-chat decode auto 234d2348656c6c6f0d0a
  tracker-chat unknown
  tracker-chat replay fixtures/NAME/*.transcript

NAME is one of the protocols, which "tracker-chat protocols" lists.`;

await main();

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
    else {
      for (const line of linesOf(error)) process.stderr.write(`tracker-chat: ${line}\n`);
      // At once: connections of a start that failed half-way must not keep the process.
      process.exit(EXIT.failure);
    }
  }
}

function program(): Command {
  const root = new Command("tracker-chat").description("The open device gateway for dispatcher-driver chat").version(productVersion());
  root.addHelpText("after", EXAMPLES);
  for (const command of [
    serveCommand(),
    fleetCommand(),
    exportCommand(),
    migrateCommand(),
    protocolsCommand(),
    simulateCommand(),
    decodeCommand(),
    replayCommand(),
    captureCommand(),
    certifyCommand(productVersion()),
    benchCommand(),
    unknownCommand(),
    linesCommand(),
    deadLettersCommand(),
  ]) {
    root.addCommand(command);
  }
  for (const command of everyCommand(root)) beBrief(command);
  return root;
}

/** Wrong usage ends with one line, suggestion included, and never with the whole help. */
function beBrief(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`tracker-chat: ${oneLine(text).replace(/^error: /, "")}\n`),
  });
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
