/** The product with a mixed fleet of simulated devices, as a dispatcher meets it. */
import type { DeviceOptions } from "../../../src/core/index.ts";
import type { FleetDocument } from "../../../src/fleet/document.ts";
import { Product, TestDevice, TOKEN } from "../../support/product.ts";

export const DISPATCHER = { login: "dispatch@example.com", password: "correct horse" };
/** A name that would like to be markup. */
export const HOSTILE_LABEL = '<img src=x onerror="document.title=1">&amp;\u202Ereven';

export interface FleetMember {
  readonly id: number;
  readonly label: string;
  readonly driver: string;
  readonly deviceId: string;
  readonly protocol: string;
  readonly profile: Readonly<Record<string, unknown>>;
}

const GARMIN = { inner: "garmin-fmi" };

export const MEMBERS = {
  truck: { id: 11, label: "Truck 11", driver: "Ada Lindqvist", deviceId: "356307042441013", protocol: "wialon-ips", profile: {} },
  tanker: { id: 12, label: "Tanker 12", driver: "Bo Carrier", deviceId: "13912345678", protocol: "jt808", profile: {} },
  garmin: { id: 13, label: "Van 13", driver: "Cleo Marsh", deviceId: "352093081429150", protocol: "teltonika", profile: GARMIN },
  away: { id: 14, label: "Reefer 14", driver: "Dag Holm", deviceId: "356307042441014", protocol: "wialon-ips", profile: {} },
  hostile: { id: 15, label: HOSTILE_LABEL, driver: "</bdi><b>Eve</b>", deviceId: "356307042441015", protocol: "wialon-ips", profile: {} },
} as const satisfies Readonly<Record<string, FleetMember>>;
export type MemberName = keyof typeof MEMBERS;

const ACCOUNT = 7;

function fleetDocument(members: readonly FleetMember[]): FleetDocument {
  return {
    dealers: [{ id: 1, device_limit: null }],
    tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
    users: [{ id: ACCOUNT, ...DISPATCHER, time_zone: "Asia/Tashkent", dealer_id: 1, api_keys: [{ hash: API_KEY, title: "tests" }] }],
    employees: members.map(({ id, driver }) => {
      const [first_name = "", ...last] = driver.split(" ");
      return { id, user_id: ACCOUNT, first_name, last_name: last.join(" "), tracker_id: id };
    }),
    trackers: members.map(({ id, label, deviceId, protocol, profile }) => {
      return { id, user_id: ACCOUNT, label, group_id: id % 2, device_id: deviceId, protocol, profile, tariff_id: 1, blocked: false };
    }),
  };
}

/** For looking past the page. */
export const API_KEY = "00112233445566778899aabbccddee77";

/** The product on free ports, with this fleet and no other. */
export async function startMixedFleet(members: readonly FleetMember[] = Object.values(MEMBERS)): Promise<Product> {
  const product = await Product.start({ DEMO: "false", NODE_ID: "gw-1" });
  const answer = await fetch(`${product.url}/admin/fleet`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(fleetDocument(members)),
  });
  if (!answer.ok) throw new Error(`the fleet was refused: ${await answer.text()}`);
  return product;
}

/** A member's device, connecting and reconnecting until it is stopped. */
export function startDevice({ gatewayPort }: Product, member: FleetMember, options: Partial<DeviceOptions> = {}): TestDevice {
  return new TestDevice(member.protocol, member.deviceId, gatewayPort, { profile: member.profile, ...options });
}
