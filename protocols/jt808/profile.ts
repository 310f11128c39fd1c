/** A tracker's settings for JT/T 808. The JSON schema vouches for them; `settings` fills in what is absent. */
import type { CharsetName, Profile, ProfileSchema } from "../../src/core/index.ts";

export type Edition = "2011" | "2013" | "2019";
export const CHARSETS = ["gbk", "utf8", "ascii", "utf16be"] as const satisfies readonly CharsetName[];
const UP_CHARSETS = ["gbk", "utf8", "ascii", "utf16be", "utf16le"] as const satisfies readonly CharsetName[];
/** Body of 1023 bytes less flag and type of 2019. */
export const MAX_TEXT_BYTES = 1021;
export const DEFAULT_TEXT_BYTES = 500;

export interface Settings {
  readonly edition: Edition | "auto";
  readonly charset: CharsetName;
  readonly maxBytes: number;
  readonly tts: boolean;
  readonly flags: { readonly normal?: number; readonly urgent?: number } | null;
  readonly textType: number;
  readonly questions: boolean | null;
  readonly questionFlags: number | null;
  readonly upCharset: CharsetName | "auto";
  readonly ucs2: "be" | "le";
  readonly transparentTypes: readonly number[];
  readonly waybillText: boolean;
  readonly unknown: "unsupported" | "ok";
  readonly handOutCode: boolean;
  readonly quickReplies: readonly string[];
}

/** The charset of 0x6006 with encoding 1. */
export function wideCharset({ ucs2 }: Settings): CharsetName {
  return ucs2 === "be" ? "utf16be" : "utf16le";
}

export function settings(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

export const DEFAULTS: Settings = {
  edition: "auto",
  charset: "gbk",
  maxBytes: DEFAULT_TEXT_BYTES,
  tts: false,
  flags: null,
  textType: 1,
  questions: null,
  questionFlags: null,
  upCharset: "auto",
  ucs2: "be",
  transparentTypes: [],
  waybillText: false,
  unknown: "unsupported",
  handOutCode: true,
  quickReplies: [],
};

const BYTE = { type: "integer", minimum: 0, maximum: 255 };

export const PROFILE_SCHEMA: ProfileSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    edition: {
      enum: ["auto", "2011", "2013", "2019"],
      default: DEFAULTS.edition,
      description: "edition of the standard for bodies and flags; auto: by bit 14 and lengths. The header always follows the device's own",
    },
    quickReplies: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 60 },
      maxItems: 32,
      default: DEFAULTS.quickReplies,
      description: "events the driver may pick (0x8301, set at each login); the one picked (0x0301) is stored as these words",
    },
    charset: { enum: CHARSETS, default: DEFAULTS.charset, description: "charset of texts to the device" },
    maxBytes: {
      type: "integer",
      minimum: 20,
      maximum: MAX_TEXT_BYTES,
      default: DEFAULTS.maxBytes,
      description: "text bytes in one 0x8300; longer texts are split, each part with its own receipt",
    },
    tts: { type: "boolean", default: DEFAULTS.tts, description: "also read texts aloud" },
    flags: {
      type: ["object", "null"],
      additionalProperties: false,
      properties: { normal: BYTE, urgent: BYTE },
      default: DEFAULTS.flags,
      description: "flag byte of 0x8300 instead of the edition's, for vendors that use their own (AIP 0x02, BSJ 0x01)",
    },
    textType: { ...BYTE, default: DEFAULTS.textType, description: "text type of 0x8300 in 2019: 1 notice, 2 service" },
    questions: {
      type: ["boolean", "null"],
      default: DEFAULTS.questions,
      description: "ask questions with 0x8302 (true) or as numbered text (false); null: by edition, 2019 removed 0x8302",
    },
    questionFlags: {
      type: ["integer", "null"],
      minimum: 0,
      maximum: 255,
      default: DEFAULTS.questionFlags,
      description: "flag byte of 0x8302",
    },
    upCharset: {
      enum: ["auto", ...UP_CHARSETS],
      default: DEFAULTS.upCharset,
      description: "charset of 0x6006 and 0x0900 texts; auto: of 0x6006 by its encoding byte (0 gbk, 1 UTF-16 in the order of ucs2)",
    },
    ucs2: {
      enum: ["be", "le"],
      default: DEFAULTS.ucs2,
      description: "byte order of 0x6006 texts with encoding 1 while upCharset is auto; no document says",
    },
    transparentTypes: {
      type: "array",
      items: BYTE,
      uniqueItems: true,
      maxItems: 256,
      default: DEFAULTS.transparentTypes,
      description: "types of 0x0900 that carry a driver's text, such as 240-255 or 65",
    },
    waybillText: { type: "boolean", default: DEFAULTS.waybillText, description: "0x0701 carries ASCII text (AOVX), not a waybill" },
    unknown: {
      enum: ["unsupported", "ok"],
      default: DEFAULTS.unknown,
      description: "answer to messages we do not know: result 3 or result 0",
    },
    handOutCode: {
      type: "boolean",
      default: DEFAULTS.handOutCode,
      description: "a registering device is given its auth code; whoever knows the phone number can then register and log in",
    },
    receipts: {
      enum: ["device", "implied"],
      default: "device",
      description: "implied: for devices that never acknowledge, delivery is inferred from the order of TCP bytes",
    },
  },
};
