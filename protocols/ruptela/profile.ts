/** A tracker's settings for Ruptela: what the sources leave open is a switch here. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { CONSOLE_DEFAULTS, CONSOLE_PROPERTIES, type ConsoleSettings } from "../console/profile.ts";

/** No source names a limit; the command is an SMS that came another way. */
export const DEFAULT_COMMAND_BYTES = 160;
const MAX_COMMAND_BYTES = 500;
const MAX_PREFIX_BYTES = 32;

export interface Settings extends ConsoleSettings {
  readonly prefix: string;
  readonly maxBytes: number;
  readonly unknown: "answer" | "silent";
}

export const DEFAULTS: Settings = { ...CONSOLE_DEFAULTS, prefix: "", maxBytes: DEFAULT_COMMAND_BYTES, unknown: "answer" };

export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Ruptela",
  type: "object",
  additionalProperties: false,
  properties: {
    ...CONSOLE_PROPERTIES,
    prefix: {
      type: "string",
      maxLength: MAX_PREFIX_BYTES,
      pattern: "^[ -~]*$",
      default: DEFAULTS.prefix,
      description: "put before each command: the tracker's SMS password and a blank, or the blank alone where there is no password",
    },
    maxBytes: {
      type: "integer",
      minimum: 2 * MAX_PREFIX_BYTES,
      maximum: MAX_COMMAND_BYTES,
      default: DEFAULTS.maxBytes,
      description: "bytes of a command with its prefix; no limit is documented",
    },
    unknown: {
      enum: ["answer", "silent"],
      default: DEFAULTS.unknown,
      description: "packets of commands that are not known: answered by the general rule, or not at all",
    },
  },
};
