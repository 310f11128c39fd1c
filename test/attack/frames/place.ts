/** The real process with a tracker for every seat and a port for every protocol. */
import type { Protocol } from "../../../src/core/index.ts";
import { freePort, Product, TOKEN } from "../../support/product.ts";
import type { Door } from "./conversation.ts";
import { type Bench, type Seat, seatsOf } from "./seats.ts";

export interface Place {
  readonly product: Product;
  /** Of the ports that speak one protocol. */
  readonly own: ReadonlyMap<Protocol, number>;
}

/** Of attacks that are no conversation of one seat. */
export interface Noted {
  readonly kind: string;
  readonly count: number;
  readonly wrong: readonly string[];
}

/** Another command line than the product's, and what it is told. */
export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const DEMO = { user_id: 1_000_001, tariff_id: 1_000_001 } as const;

export async function besieged(benches: readonly Bench[], program: Program | undefined): Promise<Place> {
  const own = new Map<Protocol, number>();
  for (const { protocol } of benches) own.set(protocol, await freePort());
  const env = {
    LOG_LEVEL: "error",
    RATE_LIMIT: "100000/s",
    LOGIN_RATE: "100000/s",
    // What is left half said is closed while the rest goes on.
    LOGIN_TIMEOUT: "15s",
    HALF_FRAME_TIMEOUT: "15s",
    PROTOCOL_PORTS: [...own].map(([{ name }, port]) => `${name}:${port}`).join(","),
    ...program?.env,
  };
  const product = await Product.start(env, program?.path);
  await product.importFleet({
    trackers: benches.flatMap(seatsOf).map(({ trackerId, deviceId, protocol, settings }) => ({
      ...DEMO,
      id: trackerId,
      label: `${protocol.name} ${deviceId}`,
      device_id: deviceId,
      protocol: protocol.name,
      profile: settings,
    })),
  });
  return { product, own };
}

export function portOf({ product, own }: Place, { protocol }: Pick<Seat, "protocol">, door: Door): number {
  const port = door === "universal" ? product.gatewayPort : own.get(protocol);
  if (port === undefined) throw new Error(`no port of ${protocol.name}`);
  return port;
}

export function lives({ product }: Place): boolean {
  try {
    return process.kill(product.pid, 0);
  } catch {
    return false;
  }
}

/** Trackers that have a line. */
export async function linesAt({ product }: Place): Promise<readonly number[]> {
  const response = await fetch(`${product.url}/admin/lines`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { list } = (await response.json()) as { readonly list: readonly { readonly tracker_id: number }[] };
  return list.map((line) => line.tracker_id);
}
