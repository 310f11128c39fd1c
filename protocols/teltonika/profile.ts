/** A tracker's settings for Teltonika: what the sources leave open is a switch here. */
import type { Profile, ProfileSchema } from "../../src/core/index.ts";
import { INNER_DEFAULTS, INNER_PROPERTIES, type InnerSettings, innerSettings } from "../carried/profile.ts";
import { CONSOLE_DEFAULTS, CONSOLE_PROPERTIES, type ConsoleSettings } from "../console/profile.ts";

export interface Settings extends InnerSettings, ConsoleSettings {
  readonly downType: number | null;
  readonly camera: boolean;
  readonly commands: "codec12" | "codec14";
  readonly quietMs: number;
}

export const DEFAULTS: Settings = {
  ...INNER_DEFAULTS,
  ...CONSOLE_DEFAULTS,
  downType: null,
  camera: true,
  commands: "codec12",
  quietMs: 1_000,
};

export function settings(profile: Profile): Settings {
  return { ...DEFAULTS, ...innerSettings(profile), ...(profile as Partial<Settings>) };
}

export const PROFILE_SCHEMA: ProfileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Teltonika",
  type: "object",
  additionalProperties: false,
  properties: {
    ...INNER_PROPERTIES,
    ...CONSOLE_PROPERTIES,
    console: { ...CONSOLE_PROPERTIES.console, description: `with inner none: ${CONSOLE_PROPERTIES.console.description}` },
    downType: {
      type: ["integer", "null"],
      minimum: 1,
      maximum: 15,
      default: DEFAULTS.downType,
      description: "type of codec 12 that writes to the serial port, such as 5, 7 or 14; null: 5 for lines, the device's own for a Garmin",
    },
    camera: { type: "boolean", default: DEFAULTS.camera, description: "type 13 is a camera's transfer, never a text" },
    commands: { enum: ["codec12", "codec14"], default: DEFAULTS.commands, description: "how a command of the console is sent" },
    quietMs: {
      type: "integer",
      minimum: 0,
      maximum: 10_000,
      default: DEFAULTS.quietMs,
      description: "silence after a login or a record before anything is sent to the terminal: the device may have more records",
    },
  },
};
