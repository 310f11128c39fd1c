/** What only the simulated device reads of a profile; unknown values mean the default. */
import type { Profile } from "../../src/core/index.ts";
import { factoryPassword } from "./models.ts";
import { type Settings, settingsOf } from "./profile.ts";

export interface DeviceSettings extends Settings {
  /** Model code and version of the protocol. */
  readonly version: string;
  readonly name: string;
  /** What the port's bytes travel in; `auto`: the short form when they are plain, else hex. */
  readonly form: "auto" | "short" | "long" | "hex";
  /** Count number of the first message. */
  readonly count: number;
  /** Commands are refused with `+NACK`, as in the AT@ family; the classic one is silent. */
  readonly nack: boolean;
  readonly password: string;
}

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  const { version, name, form, count, nack } = profile as Partial<Record<string, unknown>>;
  const settings = settingsOf(profile);
  const own = {
    version: typeof version === "string" ? version : "270B01",
    name: typeof name === "string" ? name : "gv300w",
    form: FORMS.find((one) => one === form) ?? "auto",
    count: typeof count === "number" ? count & 0xffff : 0,
    nack: nack === true,
  } as const;
  return { ...settings, ...own, password: settings.commandPassword ?? factoryPassword(own.version, own.name) ?? "gv200" };
}

const FORMS = ["auto", "short", "long", "hex"] as const;
