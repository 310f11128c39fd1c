/** The command line that tests of whole processes start. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What `npm run build` made, where no source is newer: it starts in a fraction of the time. Else the sources. */
export const COMMAND_LINE = commandLine();

function commandLine(): string {
  const built = join(ROOT, "dist/src/cli.js");
  const since = existsSync(built) ? statSync(built).mtimeMs : 0;
  const sources = ["src", "protocols"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(ROOT, folder, name)),
  );
  return sources.every((file) => statSync(file).mtimeMs <= since) ? built : join(ROOT, "bin/tracker-chat.js");
}
