/** What only the simulated device reads of its profile, beside the settings of the gateway's codec. */
import type { Profile } from "../../src/core/index.ts";
import { CONFIRMATION } from "./codes.ts";

export interface DeviceSettings {
  /** How it says who it is: TERM_IDENTITY with IMEI or with TID alone, positions that name the object, or as a dispatcher's link. */
  readonly login: "imei" | "tid" | "object" | "dispatcher";
  /** What follows the answer to a text's record: DELIV and MSGCONF, one of them, COMCONF inside that very answer, nothing, or "in progress" first. */
  readonly confirm: "both" | "deliv" | "msgconf" | "comconf" | "record" | "inprogress";
  /** CCT of a text that is rejected. */
  readonly rejectCode: number;
  readonly delivMs: number;
  readonly readMs: number;
  /** Where the first copy of each driver's text is damaged: header check, data check, or the length. */
  readonly damage: "none" | "header" | "data" | "length";
  /** Each packet of its own is sent twice. */
  readonly repeat: boolean;
  /** BS; null: not said. */
  readonly bufferBytes: number | null;
  /** Of a dispatcher's link: the units that it carries. */
  readonly objects: readonly number[];
  /** Whether confirmations on such a link name their unit, or leave it to the SID. */
  readonly confirmObject: boolean;
}

const DEFAULTS: DeviceSettings = {
  login: "imei",
  confirm: "both",
  rejectCode: CONFIRMATION.illegal,
  delivMs: 0,
  readMs: 0,
  damage: "none",
  repeat: false,
  bufferBytes: null,
  objects: [],
  confirmObject: true,
};

export function deviceSettingsOf(profile: Profile): DeviceSettings {
  return { ...DEFAULTS, ...(profile as Partial<DeviceSettings>) };
}
