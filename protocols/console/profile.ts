/** The settings of a profile that open a tracker's command interpreter to texts; a protocol spreads them into its own schema. */

export interface ConsoleSettings {
  readonly console: boolean;
  readonly allowedCommands: readonly string[] | null;
}

export const CONSOLE_DEFAULTS: ConsoleSettings = { console: false, allowedCommands: null };

const MAX_ALLOWED_COMMANDS = 64;
const MAX_COMMAND_CHARACTERS = 500;

/** JSON Schema properties. */
export const CONSOLE_PROPERTIES = {
  console: {
    type: "boolean",
    default: CONSOLE_DEFAULTS.console,
    description: "texts are commands that the tracker executes, its replies come back as texts; false: it takes no texts",
  },
  allowedCommands: {
    type: ["array", "null"],
    items: { type: "string", minLength: 1, maxLength: MAX_COMMAND_CHARACTERS, pattern: "^[^*]*\\*?[^*]*$" },
    maxItems: MAX_ALLOWED_COMMANDS,
    default: CONSOLE_DEFAULTS.allowedCommands,
    description: 'the only commands that are sent, such as "STATUS#"; one * stands for anything but ; and #; null: any command',
  },
} as const;
