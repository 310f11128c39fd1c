/** A fleet document laid over the fleet: whole records, each with its path. What the document omits stays. */
import type { ApiKey, Employee } from "../chat/accounts.ts";
import type { Tariff, Tracker } from "../chat/fleet.ts";
import type { Account, Dealer } from "../chat/fleet-store.ts";
import type { Instant } from "../chat/message.ts";
import type { ApiKeyEntry, DealerEntry, EmployeeEntry, FleetDocument, TariffEntry, TrackerEntry, UserEntry } from "./document.ts";
import type { FleetIndex } from "./fleet-index.ts";
import type { Problems } from "./problems.ts";
import { makeHash, sha256Of } from "./secrets.ts";

/** One entity of the document: what it was (undefined: new) and what it becomes. */
export interface Merged<T> {
  readonly path: string;
  readonly before: T | undefined;
  readonly after: T;
}

export interface MergedUser extends Merged<Account> {
  /** To be hashed; undefined: the password stays. */
  readonly password: string | null | undefined;
}

/** A key that was made because the document gave no hash; shown once. */
export interface MadeKey {
  readonly userId: number;
  readonly title: string;
  readonly hash: string;
}

export interface MergedFleet {
  readonly dealers: readonly Merged<Dealer>[];
  readonly tariffs: readonly Merged<Tariff>[];
  readonly users: readonly MergedUser[];
  readonly employees: readonly Merged<Employee>[];
  readonly trackers: readonly Merged<Tracker>[];
  readonly madeKeys: readonly MadeKey[];
}

/** Missing fields of new entities and ids given twice become problems. `now` stamps new API keys. */
export function mergeDocument(
  document: FleetDocument,
  index: FleetIndex,
  { problems, now }: { readonly problems: Problems; readonly now: Instant },
): MergedFleet {
  const madeKeys: MadeKey[] = [];
  const each = <E extends { readonly id: number }, T>(
    list: string,
    entries: readonly E[] | undefined,
    merge: (entry: E, path: string) => T,
  ): T[] => {
    const seen = new Map<number, string>();
    return (entries ?? []).map((entry, position) => {
      const path = `${list}[${position}]`;
      const first = seen.get(entry.id);
      if (first !== undefined) problems.add(`${path}.id`, `${entry.id} was given before, at ${first}`);
      seen.set(entry.id, path);
      return merge(entry, path);
    });
  };
  const required = (value: unknown, path: string, field: string): void => {
    if (value === undefined) problems.add(path, `${field} is missing, and there is no such entity yet`);
  };
  return {
    dealers: each("dealers", document.dealers, (entry, path) => mergeDealer(entry, path, index.dealers.get(entry.id))),
    tariffs: each("tariffs", document.tariffs, (entry, path) => mergeTariff(entry, path, index.tariffs.get(entry.id))),
    users: each("users", document.users, (entry, path) => {
      const before = index.users.get(entry.id);
      required(entry.login ?? before, path, "login");
      const apiKeys = mergeKeys(entry.api_keys ?? [], before?.apiKeys ?? [], now, (hash, title) =>
        madeKeys.push({ userId: entry.id, title, hash }),
      );
      return { ...mergeUser(entry, path, before, apiKeys), password: entry.password };
    }),
    employees: each("employees", document.employees, (entry, path) => {
      const before = index.employees.get(entry.id);
      required(entry.user_id ?? before, path, "user_id");
      return mergeEmployee(entry, path, before);
    }),
    trackers: each("trackers", document.trackers, (entry, path) => {
      const before = index.stored.get(entry.id);
      required(entry.user_id ?? before, path, "user_id");
      required(entry.device_id ?? before, path, "device_id");
      return mergeTracker(entry, path, before);
    }),
    madeKeys,
  };
}

function mergeDealer(entry: DealerEntry, path: string, before: Dealer | undefined): Merged<Dealer> {
  return { path, before, after: { id: entry.id, deviceLimit: given(entry.device_limit, before?.deviceLimit ?? null) } };
}

function mergeTariff(entry: TariffEntry, path: string, before: Tariff | undefined): Merged<Tariff> {
  const features = entry.features ?? before?.features ?? [];
  return { path, before, after: { id: entry.id, features, hasReports: entry.has_reports ?? before?.hasReports ?? true } };
}

function mergeUser(entry: UserEntry, path: string, before: Account | undefined, apiKeys: readonly ApiKey[]): Merged<Account> {
  const after = {
    id: entry.id,
    login: entry.login ?? before?.login ?? "",
    timeZone: entry.time_zone ?? before?.timeZone ?? "UTC",
    dealerId: given(entry.dealer_id, before?.dealerId ?? null),
    passwordHash: before?.passwordHash ?? null,
    apiKeys,
  };
  return { path, before, after };
}

function mergeEmployee(entry: EmployeeEntry, path: string, before: Employee | undefined): Merged<Employee> {
  const after = {
    id: entry.id,
    userId: entry.user_id ?? before?.userId ?? 0,
    firstName: entry.first_name ?? before?.firstName ?? "",
    lastName: entry.last_name ?? before?.lastName ?? "",
    trackerId: given(entry.tracker_id, before?.trackerId ?? null),
  };
  return { path, before, after };
}

function mergeTracker(entry: TrackerEntry, path: string, before: Tracker | undefined): Merged<Tracker> {
  const deviceId = entry.device_id ?? before?.deviceId ?? "";
  const after = {
    id: entry.id,
    userId: entry.user_id ?? before?.userId ?? 0,
    label: entry.label ?? before?.label ?? deviceId,
    groupId: entry.group_id ?? before?.groupId ?? 0,
    deviceId,
    model: given(entry.model, before?.model ?? null),
    protocol: given(entry.protocol, before?.protocol ?? null),
    blocked: entry.blocked ?? before?.blocked ?? false,
    tariffId: given(entry.tariff_id, before?.tariffId ?? null),
    phone: given(entry.phone, before?.phone ?? null),
    password: given(entry.password, before?.password ?? null),
    profile: entry.profile ?? before?.profile ?? {},
  };
  return { path, before, after };
}

/** Keys of the entry are added or renamed, others stay; a key without a hash is made unless one of its title exists. */
function mergeKeys(
  entries: readonly ApiKeyEntry[],
  before: readonly ApiKey[],
  now: Instant,
  made: (hash: string, title: string) => void,
): readonly ApiKey[] {
  const keys = new Map(before.map((key) => [key.sha256, key]));
  for (const { hash, title = "" } of entries) {
    if (hash === undefined) {
      if ([...keys.values()].some((key) => key.title === title)) continue;
      const fresh = makeHash();
      made(fresh, title);
      keys.set(sha256Of(fresh), { sha256: sha256Of(fresh), title, createdAt: now });
    } else {
      const sha256 = sha256Of(hash);
      const known = keys.get(sha256);
      keys.set(sha256, { sha256, title: title || (known?.title ?? ""), createdAt: known?.createdAt ?? now });
    }
  }
  return [...keys.values()];
}

/** null is a value, undefined is an omission. */
function given<T>(value: T | undefined, otherwise: T): T {
  return value === undefined ? otherwise : value;
}
