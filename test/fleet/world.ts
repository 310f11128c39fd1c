/** A fleet over the memory store, and a second node over the same. */
import { PROTOCOLS } from "../../protocols/index.ts";
import type { Chore, FleetStore } from "../../src/chat/fleet-store.ts";
import { StoreUnavailable } from "../../src/chat/ports.ts";
import type { FleetDocument } from "../../src/fleet/document.ts";
import { Fleet } from "../../src/fleet/fleet.ts";
import type { FleetDiff } from "../../src/fleet/fleet-diff.ts";
import type { ErasingStore } from "../../src/fleet/fleet-sync.ts";
import { FleetRefused, type Problem } from "../../src/fleet/problems.ts";
import { MemoryFleetStore } from "../../src/store/fleet-memory.ts";

export interface FleetWorld {
  readonly time: { now: number };
  readonly store: FleetStore;
  readonly fleet: Fleet;
  readonly other: Fleet;
  /** What was done to messages, in order. */
  readonly chores: Chore[];
  /** What the first node's listeners were told. */
  readonly diffs: FleetDiff[];
  /** Makes disown and erase fail while set. */
  readonly outage: { messages: boolean };
  import(document: FleetDocument): ReturnType<Fleet["provisioning"]["import"]>;
  /** The problems of a refused document. */
  refused(document: unknown): Promise<readonly Problem[]>;
}

export function fleetWorld(): FleetWorld {
  const time = { now: Date.UTC(2026, 10, 22) };
  const clock = { now: () => time.now };
  const store = new MemoryFleetStore(clock);
  const chores: Chore[] = [];
  const outage = { messages: false };
  const record = (chore: Chore): Promise<void> => {
    if (outage.messages) return Promise.reject(new StoreUnavailable("planned"));
    chores.push(chore);
    return Promise.resolve();
  };
  const messages: ErasingStore = {
    disown: (trackerId) => record({ type: "disown", trackerId }),
    erase: (trackerId, userId) => record({ type: "erase", trackerId, ...(userId === undefined ? {} : { userId }) }),
    forget: (userId) => record({ type: "forget", userId }),
  };
  const make = (): Fleet => new Fleet({ store, protocols: PROTOCOLS, messages, clock, warn: () => undefined, pollMs: 20 });
  const fleet = make();
  const diffs: FleetDiff[] = [];
  fleet.onChange((diff) => diffs.push(diff));
  return {
    time,
    store,
    fleet,
    other: make(),
    chores,
    diffs,
    outage,
    import: (document) => fleet.provisioning.import(document),
    refused: async (document) => {
      const outcome: unknown = await fleet.provisioning.import(document).catch((error: unknown) => error);
      if (outcome instanceof FleetRefused) return outcome.problems;
      throw new Error(`expected a refusal, got ${String(outcome)}`);
    },
  };
}

/** The document of the specification's page. */
export const EXAMPLE = {
  dealers: [{ id: 1, device_limit: null }],
  tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
  users: [
    {
      id: 1,
      login: "ada@example.com",
      password: "demo",
      time_zone: "Europe/Berlin",
      dealer_id: 1,
      api_keys: [{ hash: "a6aa75587e5c59c32d347da438505fc3", title: "demo" }],
    },
  ],
  employees: [{ id: 123456, user_id: 1, first_name: "Ada", last_name: "Driver", tracker_id: 999199 }],
  trackers: [
    {
      id: 999199,
      user_id: 1,
      label: "Truck 1",
      group_id: 0,
      device_id: "356307042441013",
      model: "wialon-ips",
      protocol: "wialon-ips",
      blocked: false,
      tariff_id: 1,
      phone: null,
      password: null,
      profile: { charset: "utf8" },
    },
  ],
} as const satisfies FleetDocument;

/** `count` trackers of user 1 from id 1 on. */
export function manyTrackers(count: number): FleetDocument {
  const trackers = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    user_id: 1,
    label: `Truck ${index + 1}`,
    device_id: String(860_000_000_000_000 + index),
    model: "wialon-ips",
    tariff_id: 1,
    ...(index % 3 === 0 ? {} : { protocol: index % 3 === 1 ? "wialon-ips" : "jt808" }),
  }));
  return { users: [{ id: 1, login: "ada" }], tariffs: [{ id: 1, features: ["chat"] }], trackers };
}
