/** What the simulated device reads from its profile beside the gateway's settings; unknown values mean the default. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** Any "digits.digits"; 1.x speaks without CRC and without saying its version. */
  readonly version: string;
  /** Which packets travel in a container. */
  readonly compressed: "none" | "login" | "all";
  /** How CRC fields are written: "FC45", "c45" for 0C45, or "0xC45". */
  readonly crc: "padded" | "short" | "0x";
  /** The packet that carries a driver's text. */
  readonly textIn: "M" | "D" | "B";
  /** What `position` sends. */
  readonly positions: "SD" | "D" | "B";
  readonly lineEnd: "\r\n" | "\n";
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  const version = profile["version"];
  return {
    ...settingsOf(profile),
    version: typeof version === "string" && /^\d+\.\d+$/.test(version) ? version : "2.0",
    compressed: oneOf(profile["compressed"], ["none", "login", "all"]),
    crc: oneOf(profile["crc"], ["padded", "short", "0x"]),
    textIn: oneOf(profile["textIn"], ["M", "D", "B"]),
    positions: oneOf(profile["positions"], ["SD", "D", "B"]),
    lineEnd: oneOf(profile["lineEnd"], ["\r\n", "\n"]),
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly [T, ...T[]]): T {
  return allowed.find((name) => name === value) ?? allowed[0];
}
