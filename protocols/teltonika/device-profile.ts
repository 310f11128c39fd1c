/** What only the simulated device reads of a profile. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settings } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** Codec of its records. */
  readonly avl: "8" | "8e" | "16";
  /** Records in one packet. */
  readonly records: number;
  /** What the bytes of its port travel in. */
  readonly upCodec: 12 | 13 | 15;
  /** Type of those messages (its parameter "CMD ID"). */
  readonly upType: number;
  /** A keep-alive FF before the login. */
  readonly ping: boolean;
}

export function deviceSettings(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...settings(profile), ...(profile as Partial<DeviceSettings>) };
}

const DEFAULTS = { avl: "8e", records: 1, upCodec: 12, upType: 0x06, ping: false } as const;
