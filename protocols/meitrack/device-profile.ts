/** What the simulated tracker reads from its profile beside the gateway's settings; unknown values mean the default. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** The packet of a position. */
  readonly positions: "AAA" | "CCE" | "CCC" | "AAC";
  /** It was told C03,1: the next event goes out when the last was confirmed by AFF. */
  readonly awaitsAff: boolean;
  /** What it answers when a command is not as it should be; silence: nothing, as to a wrong checksum. */
  readonly faults: "Error" | "silence";
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  const settings = settingsOf(profile);
  return {
    ...settings,
    positions: oneOf(profile["positions"], ["AAA", "CCE", "CCC", "AAC"]),
    awaitsAff: profile["awaitsAff"] === true,
    faults: oneOf(profile["faults"], ["Error", "silence"]),
    knownIdError: settings.knownIdError === "" ? "2" : settings.knownIdError,
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly [T, ...T[]]): T {
  return allowed.find((name) => name === value) ?? allowed[0];
}
