/** A tracker's settings for EGTS. The JSON schema vouches for them; `settingsOf` fills in what is absent. */
import type { CharsetName, Profile, ProfileSchema } from "../../src/core/index.ts";

export const CHARSETS = ["cp1251", "utf16be", "utf16le"] as const satisfies readonly CharsetName[];
export const DEFAULT_TEXT_BYTES = 500;
/** CD is at most 65205 bytes (G54619, table 29), five of which the framed form takes. */
const MAX_TEXT_BYTES = 65_200;

/** What a device must say before a text counts as delivered. */
export type Confirmation = "auto" | "record" | "command";

export interface Settings {
  readonly charset: "auto" | "cp1251" | "ucs2";
  readonly ucs2: "be" | "le";
  readonly body: "raw" | "framed";
  readonly maxBytes: number;
  readonly confirmation: Confirmation;
  readonly confirmTexts: boolean;
  readonly cidZero: boolean;
}

export const DEFAULTS: Settings = {
  charset: "auto",
  ucs2: "be",
  body: "raw",
  maxBytes: DEFAULT_TEXT_BYTES,
  confirmation: "auto",
  confirmTexts: true,
  cidZero: false,
};

export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    charset: {
      enum: ["auto", "cp1251", "ucs2"],
      default: DEFAULTS.charset,
      description: "charset of texts to the device; auto: CP-1251 without a charset field, UCS2 for texts that CP-1251 cannot write",
    },
    ucs2: { enum: ["be", "le"], default: DEFAULTS.ucs2, description: "byte order of UCS2 both ways; the standard does not say" },
    body: {
      enum: ["raw", "framed"],
      default: DEFAULTS.body,
      description: "what MSGTO carries: the bare text, or the text behind the fields of a command (ADR, SZ/ACT, CCD, all 0)",
    },
    maxBytes: {
      type: "integer",
      minimum: 20,
      maximum: MAX_TEXT_BYTES,
      default: DEFAULTS.maxBytes,
      description:
        "text bytes in one MSGTO; longer texts are split, each part with its own receipt. A smaller device buffer (BS) lowers it",
    },
    confirmation: {
      enum: ["auto", "record", "command"],
      default: DEFAULTS.confirmation,
      description:
        "what delivers a text: auto: DELIV, COMCONF or MSGCONF, or the record's own receipt when nothing follows it for 10 s; record: the record's receipt at once; command: only DELIV, COMCONF or MSGCONF",
    },
    confirmTexts: { type: "boolean", default: DEFAULTS.confirmTexts, description: "answer each driver's text with MSGCONF as well" },
    cidZero: {
      type: "boolean",
      default: DEFAULTS.cidZero,
      description: "a confirmation with CID 0 means the text that waits for one, if there is only one: for units that do not copy the CID",
    },
    units: {
      type: "boolean",
      default: true,
      description: "other units may share the line of this one; of a dispatcher's link: it may carry units",
    },
    carriedBy: {
      enum: ["any", "account"],
      default: "any",
      description: "on whose lines this unit may be: anybody's, or only those of trackers of its own account",
    },
  },
};
