/** The devices of a campaign: protocols with the settings under which they play. */
import { PROTOCOLS } from "../../../protocols/index.ts";
import type { Profile, Protocol } from "../../../src/core/index.ts";

export interface Kind {
  readonly name: string;
  readonly protocol: Protocol;
  /** The tracker's settings, and what the device reads beside them. */
  readonly profile: Profile;
  readonly device: Profile;
  readonly serials: boolean;
  /** Copies of a text that one delivery may put on the wire: link layers repeat by themselves. */
  readonly copies: number;
  /** A text whose receipt is missing is asked about, and the device says that it has it. */
  readonly asked: boolean;
  readonly deviceId: (place: number) => string;
}

const IMEI_DIGITS = 15;

export const KINDS: readonly Kind[] = [
  kind("wialon-ips", "wialon-ips", { serials: false }),
  kind("jt808", "jt808", { deviceId: (place) => `1380${String(place).padStart(7, "0")}` }),
  kind("teltonika-line", "teltonika", {}),
  kind("egts", "egts", {}),
  // What was read was received: the display keeps that back as well.
  kind("navtelecom", "navtelecom", { profile: { serial: "text" }, device: { readMs: null }, serials: false, copies: 3 }),
  kind("jt808-2019", "jt808", { device: { edition: "2019" }, deviceId: (place) => `1390${String(place).padStart(7, "0")}` }),
  kind("teltonika-garmin", "teltonika", { profile: { inner: "garmin-fmi", fmiResendSeconds: 2 }, copies: 20, asked: true }),
];

/** Prompt in every way: what flows is measured with these. */
export const CANARY = "jt808";

export function kindNamed(name: string): Kind {
  const found = KINDS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no kind of device ${name}`);
  return found;
}

interface Choices {
  readonly profile?: Profile;
  readonly device?: Profile;
  readonly serials?: boolean;
  readonly copies?: number;
  readonly asked?: boolean;
  readonly deviceId?: Kind["deviceId"];
}

function kind(name: string, protocolName: string, choices: Choices): Kind {
  const protocol = PROTOCOLS.find((one) => one.name === protocolName);
  if (protocol === undefined) throw new Error(`no protocol ${protocolName}`);
  const { profile = {}, device = {}, serials = true, copies = 1, asked = false, deviceId = imei } = choices;
  return { name, protocol, profile, device: { ...profile, ...device }, serials, copies, asked, deviceId };
}

function imei(place: number): string {
  return `86${String(place).padStart(IMEI_DIGITS - 2, "0")}`;
}
