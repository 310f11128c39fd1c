/** What the simulated watch reads from its profile beside the gateway's settings; unknown values mean the default. */
import type { Profile } from "../../src/core/index.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** The two characters its frames begin with; ZJ has an index. */
  readonly maker: string;
  /** Case of the hex digits of its lengths. */
  readonly lengthCase: "upper" | "lower";
  /** What `position` sends; alarms are repeated until they are acknowledged. */
  readonly positions: "UD" | "UD2" | "AL" | "AL_LTE";
  /** How it acknowledges a text: by the bare word, or by repeating all of it. */
  readonly receipt: "bare" | "whole";
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  const maker = profile["maker"];
  return {
    ...settingsOf(profile),
    maker: typeof maker === "string" && /^[0-9A-Za-z]{2}$/.test(maker) ? maker : "3G",
    lengthCase: oneOf(profile["lengthCase"], ["upper", "lower"]),
    positions: oneOf(profile["positions"], ["UD", "UD2", "AL", "AL_LTE"]),
    receipt: oneOf(profile["receipt"], ["bare", "whole"]),
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly [T, ...T[]]): T {
  return allowed.find((name) => name === value) ?? allowed[0];
}
