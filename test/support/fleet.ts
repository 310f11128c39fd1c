/** A small fleet in memory for tests: build it from partial records, change it while the test runs. */
import type { Directory, Tariff, Tracker, UnknownDevice, User, UserId } from "../../src/chat/fleet.ts";
import { deviceKey } from "../../src/chat/fleet.ts";
import type { TrackerId } from "../../src/chat/message.ts";
import { type Capabilities, type CharsetName, LineFramer, type Protocol, splitText } from "../../src/core/index.ts";

/** What a test says about its fleet; everything left out gets a harmless default. */
export interface FleetPlan {
  readonly trackers?: readonly (Pick<Tracker, "id"> & Partial<Tracker>)[];
  readonly users?: readonly (Pick<User, "id"> & Partial<User>)[];
  readonly tariffs?: readonly Tariff[];
  /** Hash to user; the default gives user 1 the hash `HASH`. */
  readonly hashes?: Readonly<Record<string, UserId>>;
  /** Tracker to employee. */
  readonly employees?: Readonly<Record<TrackerId, number>>;
  readonly deviceLimits?: Readonly<Record<number, number>>;
  readonly protocols?: readonly Protocol[];
}

/** The API key of user 1 in the default fleet: the one of the documented examples. */
export const HASH = "a6aa75587e5c59c32d347da438505fc3";

/** A tariff with everything: the default of trackers. */
const FULL_TARIFF: Tariff = { id: 1, features: ["chat"], hasReports: true };

export class MemoryDirectory implements Directory {
  readonly trackers: Map<TrackerId, Tracker>;
  readonly users: Map<UserId, User>;
  readonly tariffs: Map<number, Tariff>;
  readonly hashes: Map<string, UserId>;
  readonly employees: Map<TrackerId, number>;
  readonly deviceLimits: Map<number, number>;
  readonly protocols: Map<string, Protocol>;
  readonly unknown: UnknownDevice[] = [];

  constructor(plan: FleetPlan = {}) {
    this.trackers = byId((plan.trackers ?? []).map(makeTracker));
    this.users = byId((plan.users ?? [{ id: 1 }]).map(makeUser));
    this.tariffs = byId(plan.tariffs ?? [FULL_TARIFF]);
    this.hashes = new Map(Object.entries(plan.hashes ?? { [HASH]: 1 }));
    this.employees = numberKeys(plan.employees);
    this.deviceLimits = numberKeys(plan.deviceLimits);
    this.protocols = new Map((plan.protocols ?? []).map((protocol) => [protocol.name, protocol]));
  }

  tracker(id: TrackerId): Tracker | undefined {
    return this.trackers.get(id);
  }

  trackerOfDevice(deviceId: string): Tracker | undefined {
    const key = deviceKey(deviceId);
    return [...this.trackers.values()].find((tracker) => deviceKey(tracker.deviceId) === key);
  }

  trackersOf(user: UserId): readonly Tracker[] {
    return [...this.trackers.values()].filter((tracker) => tracker.userId === user);
  }

  user(id: UserId): User | undefined {
    return this.users.get(id);
  }

  userOfHash(hash: string): User | undefined {
    const id = this.hashes.get(hash);
    return id === undefined ? undefined : this.users.get(id);
  }

  tariff(id: number): Tariff | undefined {
    return this.tariffs.get(id);
  }

  deviceLimit(dealerId: number): number | null {
    return this.deviceLimits.get(dealerId) ?? null;
  }

  employeeOf(tracker: TrackerId): number | null {
    return this.employees.get(tracker) ?? null;
  }

  protocol(name: string): Protocol | undefined {
    return this.protocols.get(name);
  }

  learnProtocol(tracker: TrackerId, protocol: string): Promise<void> {
    this.change(tracker, { protocol });
    return Promise.resolve();
  }

  reportUnknown(device: UnknownDevice): void {
    this.unknown.push(device);
  }

  /** Changes a tracker as an import would; unknown ids are ignored. */
  change(id: TrackerId, fields: Partial<Tracker>): void {
    const tracker = this.trackers.get(id);
    if (tracker !== undefined) this.trackers.set(id, { ...tracker, ...fields });
  }
}

/** A tracker of user 1 with every field set. */
function makeTracker(fields: Pick<Tracker, "id"> & Partial<Tracker>): Tracker {
  return {
    userId: 1,
    label: `Tracker ${fields.id}`,
    groupId: 0,
    deviceId: `device-${fields.id}`,
    model: null,
    protocol: null,
    blocked: false,
    tariffId: FULL_TARIFF.id,
    phone: null,
    password: null,
    profile: {},
    ...fields,
  };
}

/** A protocol that exists only as capabilities and a preview: enough for the API, useless on a line. */
export function paperProtocol(name: string, capabilities: Partial<Capabilities> = {}, charset: CharsetName = "utf8"): Protocol {
  const whole: Capabilities = {
    textDown: "chat",
    textUp: true,
    receipts: "by-tag",
    read: false,
    choices: false,
    charsets: [charset],
    maxBytes: 1_000,
    window: 1,
    attempts: 10,
    unstored: "silence",
    ...capabilities,
  };
  return {
    name,
    title: name,
    capabilities: whole,
    profile: { type: "object" },
    detect: () => "no",
    connect: () => ({
      framer: new LineFramer({ maxBytes: 100 }),
      identified: () => {},
      decode: () => ({ events: [] }),
      encode: () => ({ type: "refused", reason: "a paper protocol sends nothing" }),
    }),
    preview: (text) => {
      const { parts, lost, empty } = splitText(text, charset, whole.maxBytes);
      return { charset, bytesPerPart: whole.maxBytes, parts: parts.length, lost, empty };
    },
    explain: () => ({ title: name, fields: [] }),
    device: () => {
      throw new Error("a paper protocol has no device");
    },
  };
}

function makeUser(fields: Pick<User, "id"> & Partial<User>): User {
  return { login: `user${fields.id}@example.com`, timeZone: "UTC", dealerId: null, ...fields };
}

function byId<T extends { readonly id: number }>(items: readonly T[]): Map<number, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function numberKeys(record: Readonly<Record<number, number>> = {}): Map<number, number> {
  return new Map(Object.entries(record).map(([key, value]) => [Number(key), value]));
}
