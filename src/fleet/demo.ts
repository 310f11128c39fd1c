/** The fleet of the first start: something to try at once. */
import type { FleetDocument } from "./document.ts";

/** The API key of the demo user, as the documentation's examples have it. */
export const DEMO_HASH = "a6aa75587e5c59c32d347da438505fc3";

/** What the demo user signs in with. */
export const DEMO_LOGIN = { login: "demo@example.com", password: "demo" };

/** One user with three trackers: two of a known protocol, one that takes any. `protocols`: names that this build has. */
export function demoFleet(timeZone: string, protocols: readonly string[]): Required<FleetDocument> {
  const known = (name: string): string | null => (protocols.includes(name) ? name : null);
  const tracker = { user_id: 1_000_001, group_id: 0, blocked: false, tariff_id: 1_000_001 };
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
    employees: [
      { id: 1_000_001, user_id: 1_000_001, first_name: "Ada", last_name: "Driver", tracker_id: 1_000_001 },
      { id: 1_000_002, user_id: 1_000_001, first_name: "Bo", last_name: "Carrier", tracker_id: 1_000_002 },
    ],
    trackers: [
      { ...tracker, id: 1_000_001, label: "Truck 1", device_id: "356307042441013", model: "wialon-ips", protocol: known("wialon-ips") },
      { ...tracker, id: 1_000_002, label: "Truck 2", device_id: "13912345678", model: "jt808", protocol: known("jt808") },
      { ...tracker, id: 1_000_003, label: "Van 3 (any protocol)", device_id: "861234567890123" },
    ],
  };
}
