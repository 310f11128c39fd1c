/** A tracker's settings for this protocol: what its documents leave open is a switch here, with its most likely value. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";

/** Content of C13 and C10 (MTK18, MTK124). */
export const MAX_LCD_BYTES = 150;
/** Text of a Garmin navigator (MT622). */
export const MAX_NAVIGATOR_BYTES = 199;

export interface Settings {
  readonly inner: "none" | "garmin-fmi";
  readonly command: "C13" | "C10";
  readonly sender: string;
  readonly charset: "ascii" | "utf16be";
  readonly unicodeForm: "hex" | "raw";
  readonly transliterate: boolean;
  readonly maxBytes: number;
  readonly strictFields: boolean;
  readonly letters: "exact" | "oldest";
  readonly confirm: "never" | "AFF";
  readonly ignitionInput: number;
  readonly navigatorPort: number;
  readonly knownIdError: string;
}

const DEFAULTS: Settings = {
  inner: "none",
  command: "C13",
  sender: "Dispatcher",
  charset: "ascii",
  unicodeForm: "hex",
  transliterate: true,
  maxBytes: MAX_LCD_BYTES,
  strictFields: false,
  letters: "exact",
  confirm: "never",
  ignitionInput: 0,
  navigatorPort: 2,
  knownIdError: "",
};

/** The settings of a checked profile; what is missing has its default. */
export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Meitrack",
  type: "object",
  additionalProperties: false,
  properties: {
    inner: {
      enum: ["none", "garmin-fmi"],
      default: DEFAULTS.inner,
      description: "what shows texts: none: the tracker's LCD; garmin-fmi: a Garmin navigator at a T622 (D76 down, D75 up)",
    },
    command: {
      enum: ["C13", "C10"],
      default: DEFAULTS.command,
      description: "how texts go to an LCD: C13 (MVT600, T1, T333, T3), or C10 of the older document (MVT600 of 2012)",
    },
    sender: {
      type: "string",
      pattern: "^[ -)+\\-.-~]{1,16}$",
      default: DEFAULTS.sender,
      description: "who a C10 says it is from: ASCII without commas and asterisks",
    },
    charset: {
      enum: ["ascii", "utf16be"],
      default: DEFAULTS.charset,
      description: 'ascii: type E; utf16be: type U ("UNICODE2"), whose form on the wire no document shows',
    },
    unicodeForm: { enum: ["hex", "raw"], default: DEFAULTS.unicodeForm, description: "type U as hex digits, or as the bytes themselves" },
    transliterate: {
      type: "boolean",
      default: DEFAULTS.transliterate,
      description: "with ascii: other letters go out as what they sound like (true), or as '?'",
    },
    maxBytes: {
      type: "integer",
      minimum: 20,
      maximum: MAX_NAVIGATOR_BYTES,
      default: DEFAULTS.maxBytes,
      description: "text bytes in one message, at most 150 on an LCD, 199 on a navigator; longer texts are split",
    },
    strictFields: {
      type: "boolean",
      default: DEFAULTS.strictFields,
      description: "replace ',' and '*' in texts to an LCD, for firmware that takes them for the end of the text",
    },
    letters: {
      enum: ["exact", "oldest"],
      default: DEFAULTS.letters,
      description:
        "a reply means the text with its data identifier, or whatever it says the one text that waits: then they go out one at a time",
    },
    confirm: {
      enum: ["never", "AFF"],
      default: DEFAULTS.confirm,
      description: "AFF: confirm each event, for a tracker that was told to wait for it (C03,1)",
    },
    ignitionInput: {
      type: "integer",
      minimum: 0,
      maximum: 8,
      default: DEFAULTS.ignitionInput,
      description: "the input that the ignition is wired to; 0: none, it depends on the model",
    },
    navigatorPort: { enum: [1, 2], default: DEFAULTS.navigatorPort, description: "serial port of a navigator" },
    knownIdError: {
      type: "string",
      pattern: "^[0-9A-Za-z]{0,8}$",
      default: DEFAULTS.knownIdError,
      description: "the error code of D76 that says the navigator has this text already; no document names it",
    },
  },
};
