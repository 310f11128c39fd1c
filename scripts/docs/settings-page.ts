/** docs/settings.md: every setting, of the list that `serve` reads. */
import { flagOf, SETTING_NAMES, SETTINGS, type SettingName } from "../../src/config.ts";
import { code, markdownTable } from "./markdown.ts";

/** Refused by every parser that does not take any text, with what it expects. */
const NONSENSE = "\0";

export function settingsPage(): string {
  const rows = SETTING_NAMES.map((name) => [
    code(name),
    valuesOf(name),
    code(SETTINGS[name].fallback ?? "") || "unset",
    SETTINGS[name].meaning,
  ]);
  return `# Settings

Made by \`npm run docs\` from the list that the product reads. Each is an environment variable and a flag of \`npx tracker-chat serve\` (${code("HTTP_PORT")} is
${code(flagOf("HTTP_PORT"))}); a flag wins, and an empty variable counts as unset. A wrong setting, or two that contradict each other, end the start with one line that
names it: [errors.md](errors.md#at-the-start) has them all. What to set first: [deploy.md](deploy.md).

${markdownTable(["name", "values", "default", "meaning"], rows)}
`;
}

/** In the words of the error. */
function valuesOf(name: SettingName): string {
  try {
    SETTINGS[name].parse(NONSENSE);
    return "any text";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
