/** `tracker-chat serve`: runs the product. */
import { Command, Option } from "commander";
import { flagOf, SETTING_NAMES, SETTINGS, type SettingName, type SettingTexts } from "../config.ts";

export function serveCommand(): Command {
  const command = new Command("serve").description("run the gateway, the API and, unless REDIS_URL is set, a Redis of its own");
  for (const name of SETTING_NAMES) command.addOption(optionOf(name));
  command.addHelpText("after", EXAMPLES);
  return command.action(async (options: Readonly<Record<string, string>>) => {
    const [{ readConfig }, { PROTOCOLS }, { serve }] = await Promise.all([
      import("../config.ts"),
      import("../../protocols/index.ts"),
      import("../main.ts"),
    ]);
    const protocols = PROTOCOLS.map(({ name }) => name);
    await serve(readConfig(textsOf(options), protocols));
  });
}

const EXAMPLES = `
Every flag is also an environment variable: --http-port is HTTP_PORT.

Examples:
  tracker-chat serve
  tracker-chat serve --http-port 9000 --protocol-ports NAME:5039,NAME:5015
  REDIS_URL=redis://10.0.0.5:6379 ADMIN_TOKEN=... tracker-chat serve --http-host 0.0.0.0`;

function optionOf(name: SettingName): Option {
  const { meaning, fallback } = SETTINGS[name];
  const shown = fallback === null ? meaning : `${meaning} (default: ${fallback})`;
  return new Option(`${flagOf(name)} <value>`, shown);
}

function textsOf(options: Readonly<Record<string, string>>): SettingTexts {
  const texts: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    const text = options[optionOf(name).attributeName()];
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}
