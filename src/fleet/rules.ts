/** What must hold over the merged fleet: references, uniqueness, zones, protocols and profiles. */
import { isDeepStrictEqual } from "node:util";
import { loginKey, MAX_API_KEYS, PRINTABLE } from "../chat/accounts.ts";
import { deviceKey, type Tracker } from "../chat/fleet.ts";
import type { FleetIndex } from "./fleet-index.ts";
import type { Merged, MergedFleet } from "./merge.ts";
import type { Problems } from "./problems.ts";
import type { Profiles } from "./profiles.ts";

export interface RuleDeps {
  readonly index: FleetIndex;
  readonly profiles: Profiles;
  readonly problems: Problems;
}

/** Adds a problem for every broken rule. */
export function checkRules(fleet: MergedFleet, deps: RuleDeps): void {
  checkReferences(fleet, deps);
  checkUsers(fleet, deps);
  checkKeys(fleet, deps);
  checkDeviceIds(fleet, deps);
  checkAssignments(fleet, deps);
  for (const tracker of fleet.trackers) checkProtocol(tracker, deps);
}

function checkReferences(fleet: MergedFleet, { index, problems }: RuleDeps): void {
  const users = known(index.users, fleet.users);
  const trackers = known(index.stored, fleet.trackers);
  const dealers = known(index.dealers, fleet.dealers);
  const tariffs = known(index.tariffs, fleet.tariffs);
  const refer = (path: string, kind: string, id: number | null, exists: (id: number) => boolean): void => {
    // 0 stands for a missing required id, which is a problem already.
    if (id !== null && id !== 0 && !exists(id)) problems.add(path, `there is no ${kind} ${id}`);
  };
  for (const { path, after } of fleet.users) refer(`${path}.dealer_id`, "dealer", after.dealerId, dealers);
  for (const { path, after } of fleet.employees) {
    refer(`${path}.user_id`, "user", after.userId, users);
    refer(`${path}.tracker_id`, "tracker", after.trackerId, trackers);
  }
  for (const { path, after } of fleet.trackers) {
    refer(`${path}.user_id`, "user", after.userId, users);
    refer(`${path}.tariff_id`, "tariff", after.tariffId, tariffs);
  }
}

function checkUsers(fleet: MergedFleet, { index, problems }: RuleDeps): void {
  const logins = new Claims(fleet.users, (login) => index.userOfLogin(login)?.id);
  const zones = new Map<string, boolean>();
  for (const { path, before, after } of fleet.users) {
    // Who has such a login from an older version keeps it: an export must be taken back.
    if (after.login !== "" && after.login !== before?.login && !PRINTABLE.test(after.login))
      problems.add(`${path}.login`, "must be printable characters");
    const holder = after.login === "" ? null : logins.claim(loginKey(after.login), after.id);
    if (holder !== null) problems.add(`${path}.login`, `user ${holder} has this login`);
    const valid = zones.get(after.timeZone) ?? isTimeZone(after.timeZone);
    zones.set(after.timeZone, valid);
    if (!valid) problems.add(`${path}.time_zone`, `"${after.timeZone}" is no IANA time zone`);
  }
}

function checkKeys(fleet: MergedFleet, { index, problems }: RuleDeps): void {
  const keys = new Claims(fleet.users, (sha256) => index.userOfKey(sha256)?.id);
  for (const { path, after } of fleet.users) {
    if (after.apiKeys.length > MAX_API_KEYS) problems.add(`${path}.api_keys`, `a user has at most ${MAX_API_KEYS}`);
    for (const { sha256 } of after.apiKeys) {
      const holder = keys.claim(sha256, after.id);
      if (holder !== null) problems.add(`${path}.api_keys`, `user ${holder} has one of these keys`);
    }
  }
}

function checkDeviceIds(fleet: MergedFleet, { index, problems }: RuleDeps): void {
  const devices = new Claims(fleet.trackers, (key) => index.trackerOfDevice(key)?.id);
  for (const { path, after } of fleet.trackers) {
    const holder = after.deviceId === "" ? null : devices.claim(deviceKey(after.deviceId), after.id);
    if (holder !== null) problems.add(`${path}.device_id`, `tracker ${holder} has this device id`);
  }
}

function checkAssignments(fleet: MergedFleet, { index, problems }: RuleDeps): void {
  const assigned = new Claims(fleet.employees, (tracker) => index.assigned(Number(tracker))?.id);
  for (const { path, after } of fleet.employees) {
    const holder = after.trackerId === null ? null : assigned.claim(String(after.trackerId), after.id);
    if (holder !== null) problems.add(`${path}.tracker_id`, `employee ${holder} is assigned to tracker ${after.trackerId}`);
  }
}

/** Things that only one entity may hold. */
class Claims {
  readonly #claimed = new Map<string, number>();
  readonly #merged: ReadonlySet<number>;
  readonly #holderNow: (key: string) => number | undefined;

  constructor(merged: readonly Merged<{ readonly id: number }>[], holderNow: (key: string) => number | undefined) {
    this.#merged = new Set(merged.map(({ after }) => after.id));
    this.#holderNow = holderNow;
  }

  /** Who else holds it; null: nobody. An entity that the document changes holds only what it claims. */
  claim(key: string, id: number): number | null {
    const now = this.#holderNow(key);
    const holder = this.#claimed.get(key) ?? (now === undefined || this.#merged.has(now) ? undefined : now);
    if (holder === undefined) this.#claimed.set(key, id);
    return holder === undefined || holder === id ? null : holder;
  }
}

function checkProtocol({ path, before, after }: Merged<Tracker>, { profiles, problems }: RuleDeps): void {
  const { protocol } = after;
  // A tracker that learned its protocol may have fields of another: as exported it is taken back.
  if (before?.protocol === protocol && isDeepStrictEqual(before.profile, after.profile)) return;
  if (protocol !== null && profiles.protocol(protocol) === undefined) {
    if (before?.protocol === protocol) return;
    problems.add(`${path}.protocol`, `unknown protocol "${protocol}", known are ${profiles.names.join(", ")}`);
    return;
  }
  for (const problem of profiles.check(after.profile, protocol, `${path}.profile`)) problems.add(problem.path, problem.error);
}

function known(
  existing: ReadonlyMap<number, unknown>,
  merged: readonly { readonly after: { readonly id: number } }[],
): (id: number) => boolean {
  const added = new Set(merged.map(({ after }) => after.id));
  return (id) => existing.has(id) || added.has(id);
}

/** Offsets like +01:00 are no zone of the IANA database, though Intl takes them. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
