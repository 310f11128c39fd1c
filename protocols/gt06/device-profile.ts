/** What only the simulated device reads of a profile. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** Its login: with device type and time zone, or without. */
  readonly login: "long" | "short";
  /** How it replies to commands: 0x21 in ASCII or UTF-16BE, 0x15 with or without a language, 0x15 in a padded buffer. */
  readonly replies: "21" | "21-utf16" | "15" | "15-language" | "15-padded";
  readonly replyFlag: "echo" | "zero";
  /** How long it takes for a command. */
  readonly replyMs: number;
  /** A heartbeat travels in the segment of each reply. */
  readonly joined: boolean;
  /** What it asks the server for after its login. */
  readonly asks: "nothing" | "time" | "address";
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...settingsOf(profile), ...(profile as Partial<DeviceSettings>) };
}

const DEFAULTS = { login: "long", replies: "21", replyFlag: "echo", replyMs: 200, joined: false, asks: "nothing" } as const;
