/** Who plays: accounts, and devices of several kinds, each with its tracker. */
import { CANARY, KINDS, type Kind, kindNamed } from "./actors/kinds.ts";
import type { Traits } from "./history.ts";

export interface Player {
  readonly kind: Kind;
  readonly deviceId: string;
  readonly traits: Traits;
}

export const USERS = 2;
/** API keys of the accounts. */
export const HASHES: readonly string[] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
const FIRST_TRACKER = 101;

/** So many of each kind, and a canary for each node. */
export function castOf(each: number, nodes: number, kinds: readonly Kind[] = KINDS): readonly Player[] {
  const players: Player[] = [];
  const add = (kind: Kind, home: number | null): void => {
    const place = players.length;
    const trackerId = FIRST_TRACKER + place;
    const { name, protocol, serials, copies } = kind;
    const device = home === null ? `${name}-${trackerId}` : `canary-${home}`;
    const user = home === null ? place % USERS : 0;
    const traits = {
      device,
      trackerId,
      user,
      kind: name,
      protocol: protocol.name,
      serials,
      attempts: protocol.capabilities.attempts,
      copies,
      home,
    };
    players.push({ kind, deviceId: kind.deviceId(trackerId), traits });
  };
  for (let node = 0; node < nodes; node += 1) add(kindNamed(CANARY), node);
  for (let round = 0; round < each; round += 1) for (const kind of kinds) add(kind, null);
  return players;
}

/** What the product is told of them. */
export function fleetOf(players: readonly Player[]): object {
  return {
    dealers: [{ id: 1, device_limit: null }],
    tariffs: [{ id: 1, features: ["chat"], has_reports: true }],
    users: HASHES.map((hash, user) => ({
      id: user + 1,
      login: `user${user}@example.com`,
      password: `campaign-${user}`,
      time_zone: "UTC",
      dealer_id: 1,
      api_keys: [{ hash, title: "campaign" }],
    })),
    trackers: players.map(({ kind, deviceId, traits }) => ({
      id: traits.trackerId,
      user_id: traits.user + 1,
      label: traits.device,
      device_id: deviceId,
      model: kind.name,
      protocol: traits.protocol,
      tariff_id: 1,
      profile: kind.profile,
    })),
  };
}
