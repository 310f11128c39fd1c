/** A fleet of one tracker: the first device that comes, or the one that was named. */
import { type Directory, deviceKey, type Tracker, type UnknownDevice } from "../../chat/fleet.ts";
import type { Profile, Protocol } from "../../core/index.ts";

export const GUEST = 1;

export interface OpenHouseOptions {
  readonly protocol: Protocol;
  readonly profile: Profile;
  /** Null: whoever comes first. */
  readonly deviceId: string | null;
  readonly password: string | null;
}

export class OpenHouse implements Directory {
  readonly #options: OpenHouseOptions;
  /** Devices that came and were not the one. */
  readonly strangers = new Set<string>();
  #guest: Tracker | null = null;

  constructor(options: OpenHouseOptions) {
    this.#options = options;
  }

  tracker(id: number): Tracker | undefined {
    return this.#guest !== null && id === GUEST ? this.#guest : undefined;
  }

  trackerOfDevice(deviceId: string): Tracker | undefined {
    const expected = this.#guest?.deviceId ?? this.#options.deviceId;
    if (expected !== null && deviceKey(expected) !== deviceKey(deviceId)) return undefined;
    this.#guest ??= this.#welcome(deviceId);
    return this.#guest;
  }

  trackersOf(): readonly Tracker[] {
    return this.#guest === null ? [] : [this.#guest];
  }

  user(): undefined {
    return undefined;
  }

  userOfHash(): undefined {
    return undefined;
  }

  tariff(): undefined {
    return undefined;
  }

  deviceLimit(): null {
    return null;
  }

  employeeOf(): null {
    return null;
  }

  protocol(name: string): Protocol | undefined {
    return name === this.#options.protocol.name ? this.#options.protocol : undefined;
  }

  learnProtocol(): Promise<void> {
    return Promise.resolve();
  }

  reportUnknown({ key }: UnknownDevice): void {
    this.strangers.add(key);
  }

  #welcome(deviceId: string): Tracker {
    const { protocol, profile, password } = this.#options;
    const nobody = { userId: 1, groupId: 0, model: null, blocked: false, tariffId: null, phone: null };
    return { ...nobody, id: GUEST, label: deviceId, deviceId, protocol: protocol.name, password, profile };
  }
}
