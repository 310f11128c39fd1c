/** The `Directory` over the fleet's index. */
import type { Directory, Tariff, Tracker, UnknownDevice, User, UserId } from "../chat/fleet.ts";
import type { FleetChanges, FleetRecord } from "../chat/fleet-store.ts";
import type { TrackerId } from "../chat/message.ts";
import type { Protocol } from "../core/index.ts";
import type { FleetIndex } from "./fleet-index.ts";
import type { FleetSync } from "./fleet-sync.ts";
import type { Profiles } from "./profiles.ts";
import { sha256Of } from "./secrets.ts";
import type { UnknownDevices } from "./unknown-devices.ts";

export interface DirectoryDeps {
  readonly sync: FleetSync;
  readonly profiles: Profiles;
  readonly unknown: UnknownDevices;
}

export class FleetDirectory implements Directory {
  readonly #deps: DirectoryDeps;
  readonly #index: FleetIndex;
  /** Learned, waiting to be committed together. */
  #lesson: Lesson | null = null;

  constructor(deps: DirectoryDeps) {
    this.#deps = deps;
    this.#index = deps.sync.index;
  }

  tracker(id: TrackerId): Tracker | undefined {
    return this.#index.trackers.get(id);
  }

  trackerOfDevice(deviceId: string): Tracker | undefined {
    return this.#index.trackerOfDevice(deviceId);
  }

  trackersOf(user: UserId): readonly Tracker[] {
    return this.#index.trackersOf(user);
  }

  user(id: UserId): User | undefined {
    return this.#index.users.get(id);
  }

  /** API keys; a session needs a round trip, see `Accounts.userOfSession`. */
  userOfHash(hash: string): User | undefined {
    return this.#index.userOfKey(sha256Of(hash));
  }

  tariff(id: number): Tariff | undefined {
    return this.#index.tariffs.get(id);
  }

  deviceLimit(dealerId: number): number | null {
    return this.#index.dealers.get(dealerId)?.deviceLimit ?? null;
  }

  /** An employee whose tracker went to another user is not shown to the new owner. */
  employeeOf(tracker: TrackerId): number | null {
    const employee = this.#index.assigned(tracker);
    return employee !== undefined && employee.userId === this.tracker(tracker)?.userId ? employee.id : null;
  }

  protocol(name: string): Protocol | undefined {
    return this.#deps.profiles.protocol(name);
  }

  /** When thousands of devices log in for the first time at once, one commit carries all that waited for the one before. */
  learnProtocol(tracker: TrackerId, protocol: string): Promise<void> {
    this.#lesson ??= this.#begin();
    const { learned, done } = this.#lesson;
    if (!learned.has(tracker)) learned.set(tracker, protocol);
    return done;
  }

  reportUnknown(device: UnknownDevice): void {
    this.#deps.unknown.report(device);
  }

  #begin(): Lesson {
    const learned = new Map<TrackerId, string>();
    const done = this.#deps.sync.change((index) => {
      // From here on others wait for the next commit; this function may be asked again about the same ones.
      if (this.#lesson?.learned === learned) this.#lesson = null;
      return changesOf(learned, index);
    });
    // A store that cannot be reached ends before anything was asked.
    const forget = (): void => {
      if (this.#lesson?.learned === learned) this.#lesson = null;
    };
    done.catch(forget);
    return { learned, done };
  }
}

interface Lesson {
  readonly learned: Map<TrackerId, string>;
  readonly done: Promise<void>;
}

function changesOf(learned: ReadonlyMap<TrackerId, string>, index: FleetIndex): FleetChanges | null {
  const put: FleetRecord[] = [];
  for (const [id, protocol] of learned) {
    const stored = index.stored.get(id);
    if (stored?.protocol === null) put.push({ kind: "tracker", value: { ...stored, protocol } });
  }
  return put.length === 0 ? null : { put, remove: [], chores: [] };
}
