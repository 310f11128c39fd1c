/** The fleet of the first start: something to try at once. */
import type { Protocol } from "../core/index.ts";
import type { FleetDocument } from "./document.ts";

/** The API key of the demo user, as the documentation's examples have it. */
export const DEMO_HASH = "a6aa75587e5c59c32d347da438505fc3";
/** Trackers whose protocol is known from the start. */
const MAX_DEVICES = 2;

/** What the demo user signs in with. */
export const DEMO_LOGIN = { login: "demo@example.com", password: "demo" };

export interface DemoDevice {
  readonly protocol: string;
  readonly deviceId: string;
}

/** The devices of the demo fleet that speak one protocol each: those of the first protocols that have one. */
export function demoDevices(protocols: readonly Protocol[]): readonly DemoDevice[] {
  const devices = protocols.flatMap(({ name, demo }) => (demo === undefined ? [] : [{ protocol: name, deviceId: demo.deviceId }]));
  return devices.slice(0, MAX_DEVICES);
}

/** One user with a tracker and a driver for each of those devices, and a tracker that takes any protocol. */
export function demoFleet(timeZone: string, protocols: readonly Protocol[]): Required<FleetDocument> {
  const tracker = { user_id: 1_000_001, group_id: 0, blocked: false, tariff_id: 1_000_001 };
  const trucks = demoDevices(protocols).map(({ protocol, deviceId }, index) => ({
    ...tracker,
    id: 1_000_001 + index,
    label: `Truck ${index + 1}`,
    device_id: deviceId,
    model: protocol,
    protocol,
  }));
  return {
    dealers: [{ id: 1_000_001, device_limit: null }],
    tariffs: [{ id: 1_000_001, features: ["chat"], has_reports: true }],
    users: [
      {
        id: 1_000_001,
        ...DEMO_LOGIN,
        time_zone: timeZone,
        dealer_id: 1_000_001,
        api_keys: [{ hash: DEMO_HASH, title: "demo" }],
      },
    ],
    employees: trucks.map(({ id }, index) => ({ id, user_id: 1_000_001, ...DRIVERS[index], tracker_id: id })),
    trackers: [...trucks, { ...tracker, id: 1_000_003, label: "Van 3 (any protocol)", device_id: "861234567890123" }],
  };
}

const DRIVERS = [
  { first_name: "Ada", last_name: "Driver" },
  { first_name: "Bo", last_name: "Carrier" },
] as const;
