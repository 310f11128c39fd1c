/** What only the simulated navigator reads of a profile. */
import type { Profile } from "../../src/core/index.ts";
import { type InnerSettings, innerSettings } from "../carried/profile.ts";

export interface NavigatorSettings extends InnerSettings {
  /** It asks for Unicode after the enable. */
  readonly navigatorUnicode: boolean;
  /** Numbers of the protocols it names when asked for its product. */
  readonly navigatorProtocols: readonly number[];
  /** It loses every n-th acknowledgement of the link; 0: none. */
  readonly navigatorLosesAcks: number;
}

const DEFAULTS = { navigatorUnicode: true, navigatorProtocols: [602, 603, 604, 605, 607], navigatorLosesAcks: 0 } as const;

export function navigatorSettings(profile: Profile): NavigatorSettings {
  return { ...DEFAULTS, ...innerSettings(profile), ...(profile as Partial<NavigatorSettings>) };
}
