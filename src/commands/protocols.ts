/** `tracker-chat protocols`: what each protocol can do, and the settings of a tracker's profile. */
import { Command } from "commander";
import { type Protocol, profileSchema } from "../core/index.ts";
import { print, printJson, table } from "./output.ts";
import { profileSettings } from "./profile-settings.ts";

export function protocolsCommand(): Command {
  return new Command("protocols")
    .description("every protocol, its capabilities and profile settings")
    .argument("[name]", "only this one")
    .option("--json", "print JSON, profile schemas included")
    .addHelpText("after", "\nExamples:\n  tracker-chat protocols\n  tracker-chat protocols NAME --json")
    .action(async (name: string | undefined, { json }: { readonly json?: boolean }) => {
      const { PROTOCOLS } = await import("../../protocols/index.ts");
      const { protocolNamed } = await import("./protocol-named.ts");
      const chosen = name === undefined ? PROTOCOLS : [protocolNamed(name)];
      if (json) {
        const described = chosen.map((protocol) => ({
          name: protocol.name,
          title: protocol.title,
          capabilities: complete(protocol),
          profile: profileSchema(protocol),
        }));
        return await printJson(described);
      }
      await print([overview(chosen), ...chosen.map(settings)].join("\n\n"));
    });
}

/** Capabilities under shorter names; one that is not here is shown under its own. */
const HEADINGS: Readonly<Record<string, string>> = {
  textDown: "texts down",
  textUp: "texts up",
  maxBytes: "bytes",
  unstored: "not stored",
};

/** A column for each capability that one of them has. */
function overview(protocols: readonly Protocol[]): string {
  const rows = protocols.map((protocol) => ({
    name: protocol.name,
    has: new Map<string, unknown>(Object.entries(complete(protocol))),
  }));
  const keys = [...new Set(rows.flatMap(({ has }) => [...has.keys()]))];
  const header = ["protocol", ...keys.map((key) => HEADINGS[key] ?? key)];
  return table([header, ...rows.map(({ name, has }) => [name, ...keys.map((key) => shown(has.get(key)))])]);
}

/** With what goes without saying. */
function complete({ capabilities, tee }: Protocol): Readonly<Record<string, unknown>> {
  const { textUp, repeats, motion } = capabilities;
  return { ...capabilities, repeats: textUp && repeats !== false, motion: motion === true, tee: tee !== undefined };
}

function shown(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === undefined ? "-" : [value].flat().join(" ");
}

function settings(protocol: Protocol): string {
  const { name, title } = protocol;
  const rows = profileSettings(profileSchema(protocol)).map((setting) => [
    `  ${setting.name}`,
    setting.values,
    setting.fallback === "" ? "" : `default ${setting.fallback}`,
    setting.meaning,
  ]);
  return [`${title}: profile of "protocol": "${name}"`, table(rows)].join("\n");
}
