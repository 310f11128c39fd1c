/** `tracker-chat fleet import` and `fleet export`. */
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import type { FleetDocument } from "../fleet/document.ts";
import type { Count } from "../fleet/provisioning.ts";
import { AdminClient, type ClientFlags, clientConfig, clientOptions, NobodyThere } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { print, table } from "./output.ts";

/** What an import did, as `PUT /admin/fleet` says it. */
interface Report {
  readonly counts: Readonly<Record<string, Count>>;
  readonly api_keys: readonly { readonly user_id: number; readonly title: string; readonly hash: string }[];
}

export function fleetCommand(): Command {
  const fleet = new Command("fleet").description("the fleet: dealers, tariffs, users, employees, trackers");
  const importing = fleet
    .command("import")
    .description("import a fleet document: all or nothing; upserts by id, what it omits stays")
    .argument("<file>", "a JSON file, or - for standard input")
    .addHelpText("after", IMPORT_EXAMPLES)
    .action(importFleet);
  const exporting = fleet
    .command("export")
    .description("print the fleet as a document, without secrets")
    .option("--out <file>", "write it to a file")
    .addHelpText("after", EXPORT_EXAMPLES)
    .action(exportFleet);
  for (const command of [importing, exporting]) for (const option of clientOptions()) command.addOption(option);
  return fleet;
}

const IMPORT_EXAMPLES = `
Talks to the running product; when nothing listens there, works on its store directly.

Examples:
  tracker-chat fleet import fleet.json
  cat fleet.json | tracker-chat fleet import -`;
const EXPORT_EXAMPLES = `
Examples:
  tracker-chat fleet export > fleet.json
  tracker-chat fleet export --out fleet.json`;

async function importFleet(file: string, flags: ClientFlags): Promise<void> {
  const text = readDocument(file);
  const document = parse(text, file);
  const report = await onProductOrStore(
    flags,
    async (client) => (await client.call("PUT", "/admin/fleet", text)) as Report,
    () => importDirectly(flags, document),
  );
  const rows = Object.entries(report.counts).map(([list, { created, updated, unchanged }]) => [
    list,
    String(created + updated + unchanged),
    `${created} new, ${updated} changed, ${unchanged} as before`,
  ]);
  const keys = report.api_keys.map(({ user_id, title, hash }) => `API key "${title}" of user ${user_id}, shown this once: ${hash}`);
  await print([table(rows), ...keys].join("\n"));
}

async function exportFleet(flags: ClientFlags & { readonly out?: string }): Promise<void> {
  const document = await onProductOrStore(
    flags,
    async (client) => (await client.call("GET", "/admin/fleet")) as FleetDocument,
    () => exportDirectly(flags),
  );
  const text = JSON.stringify(document, null, 2);
  if (flags.out === undefined) await print(text);
  else writeFileSync(flags.out, `${text}\n`);
}

/** A product that was named by --url is not looked for anywhere else. */
async function onProductOrStore<T>(flags: ClientFlags, ask: (client: AdminClient) => Promise<T>, direct: () => Promise<T>): Promise<T> {
  try {
    return await ask(new AdminClient(clientConfig(flags), flags.url));
  } catch (error) {
    if (error instanceof NobodyThere && flags.url === undefined) return await direct();
    throw error;
  }
}

async function importDirectly(flags: ClientFlags, document: unknown): Promise<Report> {
  const { withFleet } = await import("./direct-fleet.ts");
  const { FleetRefused } = await import("../fleet/problems.ts");
  return await withFleet(clientConfig(flags), async ({ provisioning }) => {
    try {
      const { counts, madeKeys } = await provisioning.import(document);
      return { counts, api_keys: madeKeys.map(({ userId, title, hash }) => ({ user_id: userId, title, hash })) };
    } catch (error) {
      if (error instanceof FleetRefused) throw new CommandError(...error.problems.map((problem) => `${problem.path}: ${problem.error}`));
      throw error;
    }
  });
}

async function exportDirectly(flags: ClientFlags): Promise<FleetDocument> {
  const { withFleet } = await import("./direct-fleet.ts");
  return await withFleet(clientConfig(flags), ({ provisioning }) => Promise.resolve(provisioning.export()));
}

function readDocument(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
