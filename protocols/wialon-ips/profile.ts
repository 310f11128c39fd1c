/** A tracker's settings for this protocol: what the specification leaves open is a switch here. */
import type { CharsetName, Profile, ProfileSchema } from "../../src/core/index.ts";

export type TextCharset = Extract<CharsetName, "utf8" | "cp1251" | "ascii">;

export const CHARSETS: readonly [TextCharset, ...TextCharset[]] = ["utf8", "cp1251", "ascii"];

/** The largest text that a string parameter may carry (W20); for `M` no limit is stated. */
export const MAX_TEXT_BYTES = 1344;

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Wialon IPS",
  type: "object",
  additionalProperties: false,
  properties: {
    charset: {
      type: "string",
      enum: CHARSETS,
      default: "utf8",
      description: "How texts are written; the specification does not say. With ascii, texts from the device are read as UTF-8.",
    },
    maxBytes: {
      type: "integer",
      minimum: 20,
      maximum: MAX_TEXT_BYTES,
      default: 1000,
      description: "Text bytes in one #M#; a longer text goes out in several.",
    },
    receipts: {
      type: "string",
      enum: ["device", "implied"],
      default: "device",
      description: "What counts as delivered: the device's own #AM#, or for devices that never send one also the order of TCP bytes.",
    },
    strictPoints: {
      type: "boolean",
      default: false,
      description: "Replace '|', which some devices take for the separator of a point message.",
    },
  },
};

export interface Settings {
  readonly charset: TextCharset;
  readonly maxBytes: number;
  readonly strictPoints: boolean;
}

/** The settings of a checked profile; what is missing has its default. */
export function settingsOf(profile: Profile): Settings {
  const { charset, maxBytes, strictPoints } = profile as Partial<Record<string, unknown>>;
  return {
    charset: CHARSETS.find((name) => name === charset) ?? "utf8",
    maxBytes: typeof maxBytes === "number" ? maxBytes : 1000,
    strictPoints: strictPoints === true,
  };
}

/** Texts from a device that knows only ASCII for its screen may still be UTF-8. */
export function readingCharset(charset: TextCharset): TextCharset {
  return charset === "ascii" ? "utf8" : charset;
}
