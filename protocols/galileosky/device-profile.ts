/** What only the simulated device reads of a profile. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** What it sends as its positions. */
  readonly packs: "main" | "compressed" | "photo";
  /** The number that its users gave it. */
  readonly deviceNumber: number;
  /** How long it takes for a command. */
  readonly replyMs: number;
  /** Replies bring this number back, or 0. */
  readonly replyNumber: "echo" | "zero";
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...settingsOf(profile), ...(profile as Partial<DeviceSettings>) };
}

const DEFAULTS = { packs: "main", deviceNumber: 50, replyMs: 200, replyNumber: "echo" } as const;
