/** What an administrator looks after in a running product: unknown devices, live lines, dead letters. */
import { Command } from "commander";
import { AdminClient, type ClientFlags, clientConfig, clientOptions } from "./admin-client.ts";
import { print, printJson, table } from "./output.ts";

type Row = Readonly<Record<string, unknown>>;
type ListFlags = ClientFlags & { readonly json?: boolean };

export function unknownCommand(): Command {
  return listCommand("unknown", "devices that tried to log in and are not in the fleet", {
    path: "/admin/unknown",
    columns: ["key", "protocol", "address", "last_try"],
  });
}

export function linesCommand(): Command {
  const columns = ["tracker_id", "device_id", "protocol", "node", "address", "since"];
  const lines = listCommand("lines", "devices that are connected now, and where", { path: "/admin/lines", columns });
  lines.addCommand(
    changeCommand("kick <tracker_id>", "close a tracker's line", (id) => ["DELETE", `/admin/lines/${encodeURIComponent(id)}`]),
  );
  return lines;
}

export function deadLettersCommand(): Command {
  const columns = ["id", "tracker_id", "reason", "time"];
  const letters = listCommand("dead-letters", "texts that were given up", { path: "/admin/dead-letters", columns });
  letters.addCommand(
    changeCommand("retry <id>", "put a text back at the end of its outbox", (id) => [
      "POST",
      `/admin/dead-letters/${encodeURIComponent(id)}/retry`,
    ]),
  );
  return letters;
}

function listCommand(name: string, description: string, what: { readonly path: string; readonly columns: readonly string[] }): Command {
  const command = new Command(name).description(description).option("--json", "print JSON");
  for (const option of clientOptions()) command.addOption(option);
  command.addHelpText("after", `\nExamples:\n  tracker-chat ${name}\n  tracker-chat ${name} --json`);
  return command.action(async (flags: ListFlags) => {
    const { list } = (await clientOf(flags).call("GET", what.path)) as { readonly list: readonly Row[] };
    if (flags.json) return await printJson(list);
    await print(table([what.columns, ...list.map((row) => what.columns.map((column) => String(row[column] ?? "")))]));
  });
}

function changeCommand(usage: string, description: string, request: (id: string) => readonly ["DELETE" | "POST", string]): Command {
  const [name = "", argument = ""] = usage.split(" ");
  const command = new Command(name).argument(argument).description(description);
  return command.action(async (id: string, _flags: object, self: Command) => {
    const [method, path] = request(id);
    await clientOf(self.optsWithGlobals<ClientFlags>()).call(method, path);
    await print("done");
  });
}

function clientOf(flags: ClientFlags): AdminClient {
  return new AdminClient(clientConfig(flags), flags.url);
}
