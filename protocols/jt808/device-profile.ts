/** What only the simulated device reads of its profile, beside the settings of the gateway's codec. */
import type { Profile } from "../../src/core/index.ts";
import { RESULT } from "./messages.ts";

export interface DeviceSettings {
  /** Result of a text that is rejected: 1 failed, 2 bad message, 3 unsupported. */
  readonly rejectResult: number;
}

const DEFAULTS: DeviceSettings = { rejectResult: RESULT.failed };

export function deviceSettings(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...(profile as Partial<DeviceSettings>) };
}
