/** The settings of a carrier's profile that concern what runs inside; a carrier spreads them into its own schema. */
import type { CharsetName, Profile } from "../../src/core/index.ts";

export type InnerName = "garmin-fmi" | "line" | "none";
export type FmiLevel = "auto" | "a602" | "a604" | "a611";
export const INNER_CHARSETS = ["utf8", "ascii", "cp1251", "latin1"] as const satisfies readonly CharsetName[];
export type InnerCharset = (typeof INNER_CHARSETS)[number];

/** FMI's text field of 200 bytes less its NUL. */
export const DEFAULT_TEXT_BYTES = 199;
/** Keeps a carrier's frame below 512 bytes, the smallest limit that any source names for Teltonika. */
const MAX_LINE_TEXT_BYTES = 450;

export interface InnerSettings {
  readonly inner: InnerName;
  readonly charset: InnerCharset;
  readonly maxBytes: number;
  readonly fmiLevel: FmiLevel;
  readonly fmiUnicode: "negotiated" | "assumed" | "off";
  readonly fmiChoices: boolean;
  readonly fmiShow: "auto" | "inbox" | "now";
  readonly fmiResendSeconds: number;
}

export const INNER_DEFAULTS: InnerSettings = {
  inner: "line",
  charset: "utf8",
  maxBytes: DEFAULT_TEXT_BYTES,
  fmiLevel: "auto",
  fmiUnicode: "negotiated",
  fmiChoices: true,
  fmiShow: "auto",
  fmiResendSeconds: 30,
};

export function innerSettings(profile: Profile): InnerSettings {
  return { ...INNER_DEFAULTS, ...(profile as Partial<InnerSettings>) };
}

/** JSON Schema properties, to be spread into a carrier's own. */
export const INNER_PROPERTIES: Readonly<Record<string, unknown>> = {
  inner: {
    enum: ["line", "garmin-fmi", "none"],
    default: INNER_DEFAULTS.inner,
    description: "what is attached to the serial port: a terminal with lines of text, a Garmin navigator, or nothing that shows texts",
  },
  charset: { enum: INNER_CHARSETS, default: INNER_DEFAULTS.charset, description: "charset of lines; a Garmin negotiates its own" },
  maxBytes: {
    type: "integer",
    minimum: 20,
    maximum: MAX_LINE_TEXT_BYTES,
    default: INNER_DEFAULTS.maxBytes,
    description: "text bytes in one message to the terminal, a Garmin takes at most 199; longer texts are split",
  },
  fmiLevel: {
    enum: ["auto", "a602", "a604", "a611"],
    default: INNER_DEFAULTS.fmiLevel,
    description: "texts of a Garmin: a602 has no receipts but the link's, a611 takes 1999 bytes; auto: a604 until it says what it has",
  },
  fmiUnicode: {
    enum: ["negotiated", "assumed", "off"],
    default: INNER_DEFAULTS.fmiUnicode,
    description: "UTF-8 once the Garmin asks for it, at once, or never; without it texts are ASCII",
  },
  fmiChoices: { type: "boolean", default: INNER_DEFAULTS.fmiChoices, description: "questions as canned responses (true) or numbered text" },
  fmiShow: {
    enum: ["auto", "inbox", "now"],
    default: INNER_DEFAULTS.fmiShow,
    description: "show a text at once or keep it in the inbox with a button; auto: at once if urgent",
  },
  fmiResendSeconds: {
    type: "integer",
    minimum: 2,
    maximum: 120,
    default: INNER_DEFAULTS.fmiResendSeconds,
    description: "wait for the link's acknowledgement before a packet is repeated; a mobile network needs 30 to 60",
  },
};
