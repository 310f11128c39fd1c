/** A tracker's settings for @Track: what the sources leave open is a switch here. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { INNER_CHARSETS, INNER_DEFAULTS, type InnerCharset, type InnerSettings } from "../carried/profile.ts";

export interface Settings {
  readonly inner: "none" | "line";
  readonly delivered: "terminal" | "port";
  readonly charset: InnerCharset;
  /** Characters of data in one GTDAT. */
  readonly maxBytes: number;
  readonly commandPassword: string | null;
  readonly needAck: "ask" | "reserved";
  readonly sack: "always" | "heartbeat";
  readonly fromPort: "text" | "ignore";
}

/** Of GV200, GV300 and GL300. */
export const MAX_DATA_BYTES = 100;

export const DEFAULTS: Settings = {
  inner: "none",
  delivered: "terminal",
  charset: "utf8",
  maxBytes: MAX_DATA_BYTES,
  commandPassword: null,
  needAck: "ask",
  sack: "always",
  fromPort: "text",
};

export function settingsOf(profile: Profile): Settings {
  return { ...DEFAULTS, ...(profile as Partial<Settings>) };
}

/** Sign, token of up to six digits, comma and CR LF. */
const LINE_OVERHEAD = 10;

/** For lines of text, which travel in base64: one line fits one GTDAT. */
export function lineSettings({ charset, maxBytes }: Settings): InnerSettings {
  return { ...INNER_DEFAULTS, inner: "line", charset, maxBytes: base64Room(maxBytes) - LINE_OVERHEAD };
}

/** Bytes that so many characters of base64 hold. */
export function base64Room(characters: number): number {
  return Math.floor(characters / 4) * 3;
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Queclink @Track",
  type: "object",
  additionalProperties: false,
  properties: {
    inner: {
      enum: ["none", "line"],
      default: DEFAULTS.inner,
      description:
        "what is attached to the serial port: whatever shows plain ASCII, or a terminal with lines of text and tokens, in base64",
    },
    delivered: {
      enum: ["terminal", "port"],
      default: DEFAULTS.delivered,
      description: "with inner line, what delivers a text: the terminal's own #ACK, or +ACK:GTDAT, which says that the port took it",
    },
    charset: {
      enum: INNER_CHARSETS,
      default: DEFAULTS.charset,
      description: "charset of lines, and of what the port says in hex (GTDTT); a plain text down is ASCII",
    },
    maxBytes: {
      type: "integer",
      minimum: 80,
      maximum: 200,
      default: DEFAULTS.maxBytes,
      description: "characters of data in one GTDAT, at most 100 on documented models; longer texts are split",
    },
    commandPassword: {
      type: ["string", "null"],
      pattern: "^[0-9A-Za-z_#-]{4,20}$",
      default: DEFAULTS.commandPassword,
      writeOnly: true,
      description: "the device's password for commands; null: the factory's, its model in lower case. A wrong one is met with silence",
    },
    needAck: {
      enum: ["ask", "reserved"],
      default: DEFAULTS.needAck,
      description: "the field behind the data: 1 asks for +ACK:GTDAT, or empty as where it is called reserved",
    },
    sack: {
      enum: ["always", "heartbeat"],
      default: DEFAULTS.sack,
      description: "answer every message with +SACK, or only heartbeats, as the device is set (SACK enable)",
    },
    fromPort: {
      enum: ["text", "ignore"],
      default: DEFAULTS.fromPort,
      description: "with inner none: what the serial port says is a driver's text, or a sensor's and dropped",
    },
    receipts: {
      enum: ["device", "implied"],
      default: "device",
      description: "implied: for devices that never send +ACK:GTDAT, delivery is inferred from the order of TCP bytes",
    },
  },
};
