/** What only the simulated device reads of a profile. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** Newer firmware says who it is first; older begins with records. */
  readonly identification: boolean;
  readonly records: "records" | "extended";
  /** Records in one packet. */
  readonly count: number;
  /** How long it takes for a command. */
  readonly replyMs: number;
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...settingsOf(profile), ...(profile as Partial<DeviceSettings>) };
}

const DEFAULTS = { identification: true, records: "records", count: 1, replyMs: 200 } as const;
