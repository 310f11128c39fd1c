/** `tracker-chat export`: an account's chats into a file. */
import { createWriteStream, renameSync, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { EXPORT_FORMATS } from "../http/export-format.ts";
import { AdminClient, type ClientFlags, clientConfig, clientOptions } from "./admin-client.ts";
import { argument } from "./argument.ts";
import { CommandError } from "./command-error.ts";

interface ExportFlags extends ClientFlags {
  readonly user: number;
  readonly format: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

export function exportCommand(): Command {
  const command = new Command("export")
    .description("write all chats of an account, tracker by tracker, oldest first")
    .requiredOption("--user <id>", "whose", argument(userId))
    .addOption(new Option("--format <format>", "one message a line").choices(EXPORT_FORMATS).default("ndjson"))
    .option("--from <time>", "only what was submitted then or later (2026-01-31T08:00:00Z)")
    .option("--to <time>", "only what was submitted then or earlier")
    .option("--out <file>", "write it to a file, which is there when it is whole");
  for (const option of clientOptions()) command.addOption(option);
  return command.addHelpText("after", EXAMPLES).action(exportChats);
}

const EXAMPLES = `
In CSV a text that a spreadsheet could take for a formula, or that begins with an apostrophe, gets an apostrophe in front.

Examples:
  tracker-chat export --user 1 --out chats.ndjson
  tracker-chat export --user 1 --format csv --from 2026-01-01T00:00:00Z --out chats.csv`;

async function exportChats({ user, format, from, to, out, ...flags }: ExportFlags): Promise<void> {
  const query = new URLSearchParams({ format, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  const answer = new AdminClient(clientConfig(flags), flags.url).read(`/admin/users/${user}/export?${query}`);
  if (out === undefined) await pipeline(answer, process.stdout, { end: false });
  else await writeWhole(answer, out);
}

/** Under another name until all of it is there. */
async function writeWhole(answer: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(answer, createWriteStream(part, { mode: 0o600 }));
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function userId(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > 2_147_483_647) throw new Error("an id from 1 to 2147483647");
  return id;
}
