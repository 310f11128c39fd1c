/** Accounts and their trackers, as every node holds them in memory. Ids are signed 32-bit. */
import type { Profile, Protocol } from "../core/protocol.ts";
import type { TrackerId } from "./message.ts";

export type UserId = number;

export interface Tracker {
  readonly id: TrackerId;
  readonly userId: UserId;
  readonly label: string;
  readonly groupId: number;
  /** The identity that the device sends; compare by `deviceKey`. */
  readonly deviceId: string;
  readonly model: string | null;
  /** Null until its first login. */
  readonly protocol: string | null;
  readonly blocked: boolean;
  readonly tariffId: number | null;
  readonly phone: string | null;
  /** Password or auth code; null accepts any. */
  readonly password: string | null;
  /** Checked against the protocol's schema, defaults applied; as imported while the protocol is unknown. */
  readonly profile: Profile;
}

export interface Tariff {
  readonly id: number;
  readonly features: readonly string[];
  readonly hasReports: boolean;
}

export interface User {
  readonly id: UserId;
  readonly login: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly dealerId: number | null;
}

/** The fleet as this node sees it now: reads are synchronous and cost no round trip. */
export interface Directory {
  tracker(id: TrackerId): Tracker | undefined;
  /** By the identity a device sends; leading zeros of all-digit ids are ignored. */
  trackerOfDevice(deviceId: string): Tracker | undefined;
  trackersOf(user: UserId): readonly Tracker[];
  user(id: UserId): User | undefined;
  /** The user of an API key (or session) given as 32 hex digits. */
  userOfHash(hash: string): User | undefined;
  tariff(id: number): Tariff | undefined;
  /** A dealer's limit on trackers per call; null: none. */
  deviceLimit(dealerId: number): number | null;
  /** The employee assigned to a tracker now. */
  employeeOf(tracker: TrackerId): number | null;
  protocol(name: string): Protocol | undefined;
  /** A tracker whose protocol was open keeps the one it first logged in with. */
  learnProtocol(tracker: TrackerId, protocol: string): Promise<void>;
  /** A device that is not in the fleet tried to log in (kept in memory and for the admin, at most 1,000). */
  reportUnknown(device: UnknownDevice): void;
}

export interface UnknownDevice {
  readonly key: string;
  readonly protocol: string;
  readonly address: string;
}

/** One key for all spellings of a device id: BCD phones come padded with zeros. */
export function deviceKey(deviceId: string): string {
  return /^\d+$/.test(deviceId) ? deviceId.replace(/^0+(?=\d)/, "") : deviceId;
}
