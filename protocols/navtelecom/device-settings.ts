/** What the simulated device reads from its profile beside the gateway's settings; unknown values mean the default. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf, type VersionName } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** The version that is offered first; none: the device speaks plain NTCB. */
  readonly offer: VersionName | "none";
  /** What becomes of a text on the display. */
  readonly display: "ok" | "truncated" | "busy" | "none" | "unconfigured";
  /** How often the display is busy before it takes a text (`display: "busy"`). */
  readonly busyTimes: number;
  /** The driver confirms a text after this long; null: never. */
  readonly readMs: number | null;
  /** Every other command that comes while telemetry is unanswered is lost. */
  readonly loseCommands: boolean;
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  const { busyTimes, readMs, loseCommands } = profile as Partial<Record<string, unknown>>;
  return {
    ...settingsOf(profile),
    offer: oneOf(profile["offer"], ["2.0", "1.0", "3.0", "none"]),
    display: oneOf(profile["display"], ["ok", "truncated", "busy", "none", "unconfigured"]),
    busyTimes: typeof busyTimes === "number" ? busyTimes : 2,
    readMs: typeof readMs === "number" || readMs === null ? readMs : 1_000,
    loseCommands: loseCommands === true,
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly [T, ...T[]]): T {
  return allowed.find((name) => name === value) ?? allowed[0];
}
