/** A tracker's settings for Galileosky: what the sources leave open is a switch here. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { INNER_DEFAULTS, INNER_PROPERTIES, type InnerSettings } from "../carried/profile.ts";
import { CONSOLE_DEFAULTS, CONSOLE_PROPERTIES, type ConsoleSettings } from "../console/profile.ts";
import { HEAD } from "./wire.ts";

export interface Settings extends InnerSettings, ConsoleSettings {
  /** Nothing else fits into the tunnel. */
  readonly inner: "none" | "garmin-fmi";
  readonly charset: "ascii" | "cp1251";
  readonly crc: "strict" | "lenient";
  readonly binaryReplies: "ignore" | "receipt";
  readonly tunnelHead: number;
  readonly tunnelFraming: "serial" | "bare";
}

export const DEFAULTS: Settings = {
  ...INNER_DEFAULTS,
  ...CONSOLE_DEFAULTS,
  inner: "none",
  charset: "ascii",
  crc: "strict",
  binaryReplies: "ignore",
  tunnelHead: HEAD.tunnel,
  tunnelFraming: "serial",
};

export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

const { fmiLevel, fmiUnicode, fmiChoices, fmiShow, fmiResendSeconds } = INNER_PROPERTIES;

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Galileosky",
  type: "object",
  additionalProperties: false,
  properties: {
    inner: {
      enum: ["none", "garmin-fmi"],
      default: DEFAULTS.inner,
      description: "what is attached to the tracker: nothing that shows texts, or a Garmin navigator, which makes it a chat",
    },
    ...CONSOLE_PROPERTIES,
    console: { ...CONSOLE_PROPERTIES.console, description: `with inner none: ${CONSOLE_PROPERTIES.console.description}` },
    charset: { enum: ["ascii", "cp1251"], default: DEFAULTS.charset, description: "of commands and replies; Cyrillic is a guess" },
    crc: {
      enum: ["strict", "lenient"],
      default: DEFAULTS.crc,
      description: "after the login: a packet with a wrong checksum is not acknowledged, or acknowledged and not read",
    },
    binaryReplies: {
      enum: ["ignore", "receipt"],
      default: DEFAULTS.binaryReplies,
      description: "a reply in tag EB, which newer firmware may have: nothing, or a receipt without words",
    },
    tunnelHead: {
      type: "integer",
      minimum: 3,
      maximum: 255,
      default: DEFAULTS.tunnelHead,
      description: "head of tunnelled packets to the device; that it is the device's own, 6, is an assumption",
    },
    tunnelFraming: {
      enum: ["serial", "bare"],
      default: DEFAULTS.tunnelFraming,
      description: "tunnelled Garmin packets with their serial framing (10 ... 10 03), or without; not documented",
    },
    ...{ fmiLevel, fmiUnicode, fmiChoices, fmiShow, fmiResendSeconds },
  },
};
